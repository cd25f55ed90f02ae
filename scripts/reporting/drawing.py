"""Spans drawn on the text that they mark, in the manner of displaCy's span style.

A line under the text for each span, nested ones below each other, with a tag at the start of
each line. The text itself stays as it is: tags are no text, so what is copied from the report
is the page. displaCy's own renderer puts a box around every token and a blank after it, so a
page of Chinese would neither wrap on a phone nor copy.
"""

from collections.abc import Iterable, Mapping
from itertools import pairwise
from unicodedata import east_asian_width

from markupsafe import Markup

from scripts.annotation.spans import Span

# Sizes as in style.css, in pixels: a character of the text and of a tag.
_TEXT, _TAG = 16, 10
# Spans up to so many characters are not broken at the end of a line, so that a tag has room.
_WHOLE = 10


def drawn(
    text: str,
    spans: Iterable[Span],
    tags: Mapping[Span, str],
    aside: Iterable[tuple[int, int]] = (),
) -> Markup:
    """`text` with a line and its tag under each span; ranges of `aside` in grey."""
    ordered = sorted(spans, key=lambda span: (span.start, -span.end, span.label))
    rows = _rows(ordered)
    aside = list(aside)
    edges = {0, len(text)}
    edges.update(edge for span in ordered for edge in (span.start, span.end))
    edges.update(edge for ends in aside for edge in ends)
    places = sorted(edges)
    out = Markup()
    for start, end in pairwise(places):
        piece = Markup.escape(text[start:end])
        if any(a <= start and end <= b for a, b in aside):
            piece = Markup('<span class="aside">{}</span>').format(piece)
        over = [span for span in ordered if span.start <= start and end <= span.end]
        for span in sorted(over, key=rows.__getitem__):
            piece = Markup('<span class="u {} r{}{}"{}{}>{}</span>').format(
                span.label,
                rows[span],
                " whole" if span.end - span.start <= _WHOLE else "",
                Markup(' data-tag="{}"').format(tags[span]) if span.start == start else "",
                _room(text, span, tags[span]) if span.end == end else "",
                piece,
            )
        out += piece
    return out


def _rows(ordered: list[Span]) -> dict[Span, int]:
    """The line under the text on which each span is drawn: the first that is free at its start."""
    rows: dict[Span, int] = {}
    for span in ordered:
        taken = {row for other, row in rows.items() if other.end > span.start}
        rows[span] = next(row for row in range(len(taken) + 1) if row not in taken)
    return rows


def _room(text: str, span: Span, tag: str) -> Markup:
    """Room to the right of a span that is shorter than its tag, so that no tag covers another."""
    missing = _width(tag) * _TAG + 8 - _width(text[span.start : span.end]) * _TEXT
    return Markup(f' style="margin-right:{missing:.0f}px"') if missing > 0 else Markup()


def _width(text: str) -> float:
    """About how wide `text` is, in characters as wide as high."""
    return sum(
        1.0 if east_asian_width(char) in "WFA" else 0.72 if char.isupper() else 0.6 for char in text
    )


def short(number: float) -> str:
    """A number as a tag shows it: 120万, 2.5亿, 35.21."""
    for size, unit in ((1e8, "亿"), (1e4, "万")):
        if abs(number) >= size:
            return f"{number / size:.4g}{unit}"
    return f"{number:.6g}"


def value(low: float | None, high: float | None, unit: str | None) -> str:
    """An interval as a tag shows it: 120万元, 500–600平方米, ≤3%, ≥1000元."""
    if low is None and high is None:
        return "?"
    if low is None or high is None:
        sign, end = ("≤", high) if low is None else ("≥", low)
        return f"{sign}{short(end or 0.0)}{unit or ''}"
    ends = short(low) if low == high else f"{short(low)}–{short(high)}"
    return f"{ends}{unit or ''}"
