"""Written sentences: one marked line each, a file per register (``corpus/sentences``)."""

from dataclasses import dataclass
from pathlib import Path

from scripts.annotation.marks import MarkError, parse
from scripts.annotation.spans import Span, problems


class SentenceError(ValueError):
    """A line that can't be used; the message names file, line and mend."""


@dataclass(frozen=True)
class Sentence:
    """A written sentence with its spans; `register` is the file's stem, `line` counts from 1."""

    text: str
    spans: list[Span]
    register: str
    line: int


def read_sentences(path: Path) -> list[Sentence]:
    """The sentences of one register, in the file's order; raises `SentenceError`."""
    sentences = []
    for number, line in enumerate(path.read_text(encoding="utf8").splitlines(), 1):
        try:
            text, spans = parse(line)
        except MarkError as error:
            raise SentenceError(f"{path}:{number}: {error}") from error
        for problem in problems(text, spans):
            raise SentenceError(f"{path}:{number}: {problem}; mend the marks of this line")
        if text.strip():
            sentences.append(Sentence(text, spans, path.stem, number))
    return sentences
