"""Step `readings`: sentences of the raw assets whose spans people have read, as training data.

The text of others is not in this repository; `corpus/readings` holds, for each sentence that was
read to the annotation policy, its checksum, who read it and the offsets of its spans.
"""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from scripts.annotation.spans import Span, problems
from scripts.convert import write_docs


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


def main(
    sentences: Annotated[Path, typer.Argument(help="sentences.txt, which scripts.silver wrote.")],
    readings: Annotated[Path, typer.Argument(help="Folder of the readings (JSONL).")],
    out: Annotated[Path, typer.Argument(help="File for the annotated sentences (.spacy).")],
) -> None:
    """Join the readings with the raw sentences they were made on."""
    lines = sentences.read_text(encoding="utf8").splitlines()
    texts = {checksum(line): line for line in lines}
    found, missing = [], 0
    for path in sorted(readings.glob("*.jsonl")):
        for number, name, spans in read_readings(path):
            if name not in texts:
                missing += 1
                continue
            for problem in problems(texts[name], spans):
                raise ReadingError(f"{path}:{number}: {problem}; mend the offsets of this line")
            found.append((texts[name], spans))
    typer.echo(f"{write_docs(out, found)} readings, {missing} whose sentence is not in the assets")


if __name__ == "__main__":
    typer.run(main)
