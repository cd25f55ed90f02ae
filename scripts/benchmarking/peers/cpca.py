"""cpca: provinces, prefectures and counties by name."""

from collections.abc import Iterable, Iterator

import cpca

from scripts.benchmarking.measure import Reader, Word


def load() -> Reader:
    """Its matcher, which knows where a name stands and ends; its tables of addresses don't."""

    def read(texts: Iterable[str]) -> Iterator[list[Word]]:
        for text in texts:
            yield [
                (name.start_index, name.end_index + 1, "name") for name in cpca.matcher.iter(text)
            ]

    return read
