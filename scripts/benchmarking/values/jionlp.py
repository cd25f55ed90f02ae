"""JioNLP: amounts of money, in a text or by themselves."""

from contextlib import suppress
from typing import Any

import jionlp

from scripts.benchmarking.values.reading import Ends, answer

LABELS = ("MONEY",)
_CURRENCIES = {
    "元": "CNY", "美元": "USD", "港元": "HKD", "港币": "HKD", "欧元": "EUR", "英镑": "GBP",
    "日元": "JPY", "韩元": "KRW", "新台币": "TWD", "澳元": "AUD", "加元": "CAD",
}  # fmt: skip


def _ends(found: dict[str, Any]) -> Ends:
    number, kind = found["num"], found["definition"]
    low, high = (number[0], number[-1]) if isinstance(number, list) else (number, number)
    if kind == "blur-":  # below: 近百万元
        low = None
    elif kind == "blur+":  # above: 5000元以上
        high = None
    return low, high, _CURRENCIES.get(found["case"], found["case"])


def read(text: str, start: int, end: int, label: str) -> list[Ends]:
    """What it finds at a span in its text, and what it makes of the span alone."""
    found = []
    for piece, left, right in ((text, start, end), (text[start:end], 0, end - start)):
        for entity in jionlp.ner.extract_money(piece, with_parsing=True):
            first, last = entity["offset"]
            if first < right and left < last and entity["detail"]:
                found.append(_ends(entity["detail"]))
    with suppress(ValueError, KeyError, TypeError):  # not an amount to it
        found.append(_ends(jionlp.parse_money(text[start:end])))
    return found


if __name__ == "__main__":
    answer(read, LABELS)
