"""Pages, documents and paragraphs, and their form on disk.

Offsets are half-open: ``[start, end)``, in code points; raw offsets count in the decoded text
of the file without its byte order mark.
"""

import json
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from scripts.pages.glyphs import Glyph, LeftOut

Kind = Literal["title", "subtitle", "byline", "dateline", "heading", "caption", "body"]
Script = Literal["simplified", "traditional", "mixed"]


@dataclass(frozen=True)
class Paragraph:
    """A paragraph of the view.

    `simplified` has the length of `text`; `sentences` are offsets into both. `raw` is the way
    back, a list of runs ``[view start, raw start, raw end]``: a run reaches to the next one,
    and either its two sides have the same length or it is one view character (an entity).
    """

    kind: Kind
    speaker: str | None
    text: str
    simplified: str
    sentences: list[tuple[int, int]]
    raw: list[tuple[int, int, int]]

    def to_raw(self, start: int, end: int) -> tuple[int, int]:
        """Raw offsets of the span ``[start, end)`` of the view, which must not be empty."""
        if not 0 <= start < end <= len(self.text):
            raise ValueError(f"[{start}:{end}] is no span of a text of {len(self.text)} characters")
        return self._raw_range(start)[0], self._raw_range(end - 1)[1]

    def _raw_range(self, at: int) -> tuple[int, int]:
        run = bisect_right(self.raw, at, key=lambda run: run[0]) - 1
        view_start, raw_start, raw_end = self.raw[run]
        view_end = self.raw[run + 1][0] if run + 1 < len(self.raw) else len(self.text)
        if view_end - view_start == 1:
            return raw_start, raw_end
        return raw_start + at - view_start, raw_start + at - view_start + 1


@dataclass(frozen=True)
class Document:
    """One article: what is known about it, and its paragraphs in reading order."""

    id: str
    page: str
    title: str | None
    subtitle: str | None
    byline: str | None
    date: str | None
    script: Script
    paragraphs: list[Paragraph]


@dataclass(frozen=True)
class Page:
    """A file that was read: its documents, and what is in none of them, in raw order.

    `file`, `sha256` and `encoding` are empty for a page that came from a string.
    """

    id: str
    format: str
    documents: list[Document]
    left_out: list[LeftOut]
    file: str = ""
    sha256: str = ""
    encoding: str = ""


def runs(glyphs: list[Glyph]) -> list[tuple[int, int, int]]:
    """The map of `Paragraph.raw` for the glyphs of a paragraph."""
    found: list[tuple[int, int, int]] = []
    single = False  # whether the last run is an entity, which nothing can be added to
    for at, glyph in enumerate(glyphs):
        wide = glyph.end - glyph.start > 1
        if found and not wide and not single and found[-1][2] == glyph.start:
            found[-1] = (found[-1][0], found[-1][1], glyph.end)
        else:
            found.append((at, glyph.start, glyph.end))
        single = wide
    return found


def to_json(page: Page) -> dict[str, Any]:
    """The line of pages.jsonl for `page`."""
    row = asdict(page)
    row["left_out"] = [left._asdict() for left in page.left_out]
    return row


def from_json(row: dict[str, Any]) -> Page:
    """What `to_json` wrote."""
    documents = [
        Document(**{**document, "paragraphs": [_paragraph(p) for p in document["paragraphs"]]})
        for document in row["documents"]
    ]
    left_out = [LeftOut(**left) for left in row["left_out"]]
    return Page(**{**row, "documents": documents, "left_out": left_out})


def _paragraph(row: dict[str, Any]) -> Paragraph:
    return Paragraph(
        **{
            **row,
            "sentences": [(start, end) for start, end in row["sentences"]],
            "raw": [(view, start, end) for view, start, end in row["raw"]],
        }
    )


def read_pages(folder: Path) -> Iterator[Page]:
    """The pages that the step `ingest` wrote to `folder`, in the order of their ids."""
    with (folder / "pages.jsonl").open(encoding="utf-8") as file:
        for line in file:
            yield from_json(json.loads(line))
