"""An annotation pass: a page as one reader marked it, put back on the raw page."""

import re
from pathlib import Path

from scripts.annotation.marks import MarkError, parse
from scripts.annotation.spans import Span
from scripts.components.tokenizer import GLOSS

# What a reader need not copy: pinyin glosses and white space.
_SKIPPED = re.compile(rf"{GLOSS}|\s+")


class PassError(ValueError):
    """A pass that can't be put on its page; the message names file, line and mend."""


def read_pass(path: Path, raw: str) -> list[Span]:
    """Spans of the pass in `path` as offsets into `raw`, the page that it marks.

    The pass holds the page's text with inline marks; glosses and white space may be left out
    of it, everything else must be there in the same order. Raises `PassError`.
    """
    skipped = {i for match in _SKIPPED.finditer(raw) for i in range(*match.span())}
    visible = [i for i in range(len(raw)) if i not in skipped]
    spans: list[Span] = []
    at = 0
    for number, line in enumerate(path.read_text(encoding="utf8").splitlines(), 1):
        try:
            text, marked = parse(line)
        except MarkError as error:
            raise PassError(f"{path}:{number}: {error}") from error
        where = []
        for char in text:
            if char.isspace():
                where.append(-1)
                continue
            if at == len(visible) or raw[visible[at]] != char:
                page = "".join(raw[i] for i in visible[at : at + 10])
                raise PassError(
                    f"{path}:{number}: has {char!r} where the page has {page!r}; copy it"
                )
            where.append(visible[at])
            at += 1
        spans += [Span(where[s.start], where[s.end - 1] + 1, s.label) for s in marked]
    if at < len(visible):
        page = "".join(raw[i] for i in visible[at : at + 10])
        raise PassError(f"{path}: ends before the page does, which goes on with {page!r}")
    return sorted(spans, key=lambda s: (s.start, -s.end))
