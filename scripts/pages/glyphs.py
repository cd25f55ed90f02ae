"""The view's characters with their raw ranges, and the account of what is left out.

Offsets are code points into the raw text, half-open: ``raw[start:end]``.
"""

from dataclasses import dataclass
from itertools import groupby
from typing import NamedTuple

# Inside a character class: Han characters, 〇 included.
HAN = "〇㐀-鿿豈-﫿𠀀-𳎯"


class Glyph(NamedTuple):
    """One character of the view and the raw range that it stands for (an entity is longer)."""

    char: str
    start: int
    end: int


@dataclass
class Line:
    """A line of the page, later a paragraph: its glyphs in raw order.

    `tag` is the HTML element when it says what the line is (``h1`` … ``h6``, ``title``),
    `linked` counts the glyphs inside links, `indented` says that white space came first.
    """

    glyphs: list[Glyph]
    tag: str = ""
    linked: int = 0
    indented: bool = False

    @property
    def text(self) -> str:
        """The characters of the view."""
        return "".join(glyph.char for glyph in self.glyphs)

    def rewrite(self, text: str) -> None:
        """Put the characters of `text`, which has the line's length, in place of its own."""
        pairs = zip(self.glyphs, text, strict=True)
        self.glyphs = [glyph._replace(char=char) for glyph, char in pairs]


class LeftOut(NamedTuple):
    """A raw range that is in no document, and why."""

    start: int
    end: int
    reason: str


class Ledger:
    """For each raw character the reason why it is left out, or None while it is kept."""

    def __init__(self, size: int) -> None:
        self._reasons: list[str | None] = [None] * size

    def drop(self, start: int, end: int, reason: str | None) -> None:
        """Leave ``raw[start:end]`` out; with None it is kept again."""
        self._reasons[start:end] = [reason] * (end - start)

    def drop_glyphs(self, glyphs: list[Glyph], reason: str) -> None:
        """Leave out neighbouring `glyphs`, with what was left out between them before."""
        if glyphs:
            self.drop(glyphs[0].start, glyphs[-1].end, reason)

    def left_out(self) -> list[LeftOut]:
        """What is left out, in raw order; neighbours with the same reason are one."""
        found = []
        start = 0
        for reason, run in groupby(self._reasons):
            end = start + len(list(run))
            if reason is not None:
                found.append(LeftOut(start, end, reason))
            start = end
        return found
