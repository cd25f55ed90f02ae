"""Inline marks: ``[[秦安县]LOC林业局]ORG``, the form in which people write annotated text.

A square bracket of the text itself is written ``\\[`` or ``\\]``, a backslash ``\\\\``.
"""

import re
from collections.abc import Iterable

from scripts.annotation.spans import LABELS, Span

_CLOSE = re.compile(r"\](" + "|".join(sorted(LABELS, key=len, reverse=True)) + ")")
_SPECIAL = re.compile(r"[\[\]\\]")


class MarkError(ValueError):
    """A line whose marks can't be read; the message names the column (from 1) and the mend."""


def parse(marked: str) -> tuple[str, list[Span]]:
    """Text and spans of a marked line; offsets count code points of the text without marks."""
    text: list[str] = []
    spans: list[Span] = []
    open_at: list[tuple[int, int]] = []
    at = 0
    while at < len(marked):
        char = marked[at]
        if char == "\\" and at + 1 < len(marked):
            text.append(marked[at + 1])
            at += 2
        elif char == "[":
            open_at.append((len(text), at))
            at += 1
        elif char == "]":
            label = _CLOSE.match(marked, at)
            if not label:
                raise MarkError(f"column {at + 1}: after ] one of {', '.join(LABELS)} is missing")
            if not open_at:
                raise MarkError(f"column {at + 1}: ]{label[1]} closes nothing; add its [")
            start, _ = open_at.pop()
            spans.append(Span(start, len(text), label[1]))
            at = label.end()
        else:
            text.append(char)
            at += 1
    if open_at:
        raise MarkError(f"column {open_at[-1][1] + 1}: this [ is never closed; add ]LABEL")
    return "".join(text), sorted(spans, key=lambda s: (s.start, -s.end))


def render(text: str, spans: Iterable[Span]) -> str:
    """The marked form of `text`: what `parse` reads back to the same text and spans."""
    opens: dict[int, int] = {}
    closes: dict[int, list[Span]] = {}
    for span in sorted(spans, key=lambda s: (s.start, -s.end)):
        opens[span.start] = opens.get(span.start, 0) + 1
        closes.setdefault(span.end, []).insert(0, span)
    out: list[str] = []
    for at in range(len(text) + 1):
        out += [f"]{span.label}" for span in closes.get(at, ())]
        out.append("[" * opens.get(at, 0))
        if at < len(text):
            out.append(_SPECIAL.sub(r"\\\g<0>", text[at]))
    return "".join(out)
