"""Recognizers-Text: currencies, percentages, dimensions, and numbers where it knows no unit."""

from recognizers_number import NumberRecognizer
from recognizers_number_with_unit import NumberWithUnitRecognizer
from recognizers_text import Culture

from scripts.benchmarking.values.reading import Ends, answer

LABELS = ("MONEY", "POVERTY_RATE", "MEASURE")
_NUMBERS, _UNITS = NumberRecognizer(Culture.Chinese), NumberWithUnitRecognizer(Culture.Chinese)
_NUMBER = _NUMBERS.get_number_model()
_MODELS = {
    "MONEY": _UNITS.get_currency_model(),
    "POVERTY_RATE": _NUMBERS.get_percentage_model(),
    "MEASURE": _UNITS.get_dimension_model(),
}


def read(text: str, start: int, end: int, label: str) -> list[Ends]:
    """What it finds at a span in its text, and in the span alone: with a unit, then numbers."""
    found: list[Ends] = []
    for piece, left, right in ((text, start, end), (text[start:end], 0, end - start)):
        for model in (_MODELS[label], _NUMBER):
            here = [
                entity.resolution
                for entity in model.parse(piece)
                if entity.start < right and left <= entity.end and entity.resolution
            ]
            values = [str(entity.get("value") or "").rstrip("%") for entity in here]
            if values and all(values):  # of several, the first and the last: 500至800元
                found.append((values[0], values[-1], here[-1].get("isoCurrency")))
    return found


if __name__ == "__main__":
    answer(read, LABELS)
