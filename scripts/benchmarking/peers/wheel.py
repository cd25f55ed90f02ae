"""This project's wheel, with everything that it ships."""

from collections.abc import Iterable, Iterator

import zh_poverty_news_sm

from scripts.benchmarking.measure import Reader, Word


def load() -> Reader:
    """The pipeline as a user loads it; the flat layer is what is compared."""
    nlp = zh_poverty_news_sm.load()

    def read(texts: Iterable[str]) -> Iterator[list[Word]]:
        for doc in nlp.pipe(texts):
            yield [(ent.start_char, ent.end_char, ent.label_) for ent in doc.ents]

    return read
