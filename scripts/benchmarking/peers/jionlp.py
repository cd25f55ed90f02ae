"""jionlp: its amounts of money, and the tagged words of jiojio, on which it builds."""

from collections.abc import Iterable, Iterator

import jiojio
import jionlp

from scripts.benchmarking.measure import Reader, Word, placed


def load() -> Reader:
    """The tagger as jionlp sets it where it looks for places, and jionlp's finder of amounts."""
    jiojio.init(pos_rule=True, pos=True)
    jionlp.ner.extract_money("一元", with_parsing=False)

    def read(texts: Iterable[str]) -> Iterator[list[Word]]:
        for text in texts:
            amounts = jionlp.ner.extract_money(text, with_parsing=False)
            yield [*placed(jiojio.cut(text)), *((*found["offset"], "money") for found in amounts)]

    return read
