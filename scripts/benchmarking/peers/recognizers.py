"""Recognizers-Text: numbers, percentages, currencies and dimensions."""

from collections.abc import Iterable, Iterator

from recognizers_number import NumberRecognizer
from recognizers_number_with_unit import NumberWithUnitRecognizer
from recognizers_text import Culture

from scripts.benchmarking.measure import Reader, Word


def load() -> Reader:
    """Its four models for Chinese, made once."""
    numbers, units = NumberRecognizer(Culture.Chinese), NumberWithUnitRecognizer(Culture.Chinese)
    models = [
        numbers.get_number_model(),
        numbers.get_percentage_model(),
        units.get_currency_model(),
        units.get_dimension_model(),
    ]

    def read(texts: Iterable[str]) -> Iterator[list[Word]]:
        for text in texts:
            yield [
                (found.start, found.end + 1, found.type_name)
                for model in models
                for found in model.parse(text)
            ]

    return read
