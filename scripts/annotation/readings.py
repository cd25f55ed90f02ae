"""Readings: spans of raw sentences that are named by their checksum, for their text is others'."""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

from scripts.annotation.spans import Span


class ReadingError(ValueError):
    """A line that can't be used; the message names file, line and mend."""


def checksum(sentence: str) -> str:
    """By which a reading names its sentence: the first 16 hex digits of its SHA-256."""
    return hashlib.sha256(sentence.encode("utf8")).hexdigest()[:16]


def read_readings(path: Path) -> Iterator[tuple[int, str, list[Span]]]:
    """Line number, checksum and spans of each reading; raises `ReadingError`."""
    for number, line in enumerate(path.read_text(encoding="utf8").splitlines(), 1):
        try:
            row = json.loads(line)
            yield number, row["sentence"], [Span(*span) for span in row["spans"]]
        except (ValueError, KeyError, TypeError) as error:
            raise ReadingError(
                f"{path}:{number}: {error!r}; a line holds sentence, reader and spans "
                "[[start, end, label], …]"
            ) from error
