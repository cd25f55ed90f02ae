"""jieba with parts of speech."""

from collections.abc import Iterable, Iterator

from jieba import posseg

from scripts.benchmarking.measure import Reader, Word, placed


def load() -> Reader:
    """jieba's own tagger, its dictionary read from the cache that its first run writes."""
    posseg.initialize()

    def read(texts: Iterable[str]) -> Iterator[list[Word]]:
        for text in texts:
            yield list(placed((pair.word, pair.flag) for pair in posseg.cut(text)))

    return read
