"""The annotated pages, as a model meets them: raw, with the gold spans of their documents."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from scripts.annotation.gold import read_gold
from scripts.annotation.spans import Span
from scripts.pages.decode import decode
from scripts.pages.document import read_pages


@dataclass(frozen=True)
class MeasuredPage:
    """A raw page that has gold.

    paragraphs: half-open raw ranges of its documents' paragraphs; what lies outside was left
    out by ingest and is not measured. gold: the nested layer inside these ranges.
    """

    id: str
    file: str
    script: str
    raw: str
    paragraphs: list[tuple[int, int]]
    gold: list[Span]

    @property
    def characters(self) -> int:
        """How many raw characters its paragraphs have."""
        return sum(end - start for start, end in self.paragraphs)

    def inside(self, spans: Iterable[Span]) -> list[Span]:
        """The spans that lie in a paragraph."""
        return [s for s in spans if any(a <= s.start and s.end <= b for a, b in self.paragraphs)]

    def texts(self) -> list[tuple[str, list[Span]]]:
        """Each paragraph as raw text, artefacts included, with its gold spans."""
        return [
            (
                self.raw[start:end],
                [
                    Span(span.start - start, span.end - start, span.label)
                    for span in self.gold
                    if start <= span.start and span.end <= end
                ],
            )
            for start, end in self.paragraphs
        ]


def measured_pages(seeds: Path, documents: Path, gold: Path) -> Iterator[MeasuredPage]:
    """Every page of `documents` (written by ingest) for which `gold` has a file."""
    for page in read_pages(documents):
        spans = gold / f"{page.id}.jsonl"
        if not spans.exists():
            continue
        raw, _ = decode((seeds / page.file).read_bytes())
        ranges = [p.to_raw(0, len(p.text)) for d in page.documents for p in d.paragraphs]
        scripts = {document.script for document in page.documents}
        script = scripts.pop() if len(scripts) == 1 else "mixed"
        found = MeasuredPage(page.id, page.file, script, raw, ranges, [])
        inside = found.inside(row.span for row in read_gold(spans))
        yield MeasuredPage(page.id, page.file, script, raw, ranges, inside)
