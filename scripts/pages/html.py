"""A saved HTML page as lines whose offsets lead into its source."""

import re
from html import unescape
from html.parser import HTMLParser

from scripts.pages.glyphs import Glyph, Ledger, Line

_HTML = re.compile(
    r"<(?:!doctype html|html|head|body|meta|title|article|div|table|h[1-6]|p|br)(?:\s[^<>]*)?/?>",
    re.IGNORECASE,
)
_HEADINGS = {"title", "h1", "h2", "h3", "h4", "h5", "h6"}
# Elements that end a line of text; everything else runs on within it.
_BLOCK = re.compile(
    "title|h[1-6]|address|article|aside|blockquote|body|br|center|dd|div|dl|dt|figcaption|figure|"
    "footer|form|header|hr|html|li|main|nav|ol|option|p|pre|section|select|table|tbody|td|tfoot|"
    "th|thead|tr|ul"
)
# Elements without text of the page. A form is not among them: on many government sites it
# wraps the whole page.
_CODE = {"script", "style", "noscript", "template", "svg", "iframe"}
_NAVIGATION = {"nav", "header", "footer", "aside", "select", "button", "textarea"}


def is_html(raw: str) -> bool:
    """Whether `raw` is HTML rather than plain text."""
    return bool(_HTML.search(raw))


def html_lines(raw: str, ledger: Ledger) -> list[Line]:
    """Lines of the page's text; markup and what stands in navigation elements is left out."""
    ledger.drop(0, len(raw), "markup")
    reader = _Reader(raw, ledger)
    reader.feed(raw)
    reader.close()
    reader.end_line()
    return reader.lines


class _Reader(HTMLParser):
    def __init__(self, raw: str, ledger: Ledger) -> None:
        # References are kept apart so that each keeps its own range.
        super().__init__(convert_charrefs=False)
        self.lines: list[Line] = []
        self._raw = raw
        self._lower = raw.lower()
        self._ledger = ledger
        self._line_starts = [0] + [at.end() for at in re.finditer("\n", raw)]
        self._line = Line([])
        self._open: list[str] = []

    def end_line(self) -> None:
        if self._line.glyphs:
            self.lines.append(self._line)
        self._line = Line([])

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if _BLOCK.fullmatch(tag):
            self.end_line()
        # An element that is never closed must not swallow the rest of the page.
        known = tag == "a" or tag in _HEADINGS | _CODE | _NAVIGATION
        if known and self._lower.find(f"</{tag}", self._offset()) >= 0:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if _BLOCK.fullmatch(tag):
            self.end_line()
        if tag in self._open:
            last = len(self._open) - 1 - self._open[::-1].index(tag)
            del self._open[last]

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if _BLOCK.fullmatch(tag):
            self.end_line()

    def handle_data(self, data: str) -> None:
        if _CODE.intersection(self._open):  # most of many pages: no glyph is made of it
            return
        at = self._offset()
        self._add([Glyph(char, i, i + 1) for i, char in enumerate(data, at)])

    def handle_entityref(self, name: str) -> None:
        self._reference(len("&") + len(name))

    def handle_charref(self, name: str) -> None:
        self._reference(len("&#") + len(name))

    def parse_marked_section(self, i: int, report: int = 1) -> int:
        # ``<![if …]>`` of a word processor; the library's own version refuses unknown words.
        return self.parse_bogus_comment(i)

    def _reference(self, length: int) -> None:
        if _CODE.intersection(self._open):
            return
        start = self._offset()
        end = start + length
        end += self._raw.startswith(";", end)
        char = unescape(self._raw[start:end])
        if len(char) == 1:
            self._add([Glyph(char, start, end)])
        else:  # no reference after all, or one that stands for two characters: kept as written
            self._add([Glyph(self._raw[i], i, i + 1) for i in range(start, end)])

    def _offset(self) -> int:
        line, column = self.getpos()
        return self._line_starts[line - 1] + column

    def _add(self, glyphs: list[Glyph]) -> None:
        headings = [tag for tag in self._open if tag in _HEADINGS]
        navigation = _NAVIGATION.intersection(self._open)
        if navigation and not (navigation == {"header"} and "h1" in headings):
            self._ledger.drop_glyphs(glyphs, "site navigation")
            return
        for glyph in glyphs:
            self._ledger.drop(glyph.start, glyph.end, None)
        self._line.glyphs += glyphs
        self._line.tag = headings[-1] if headings else ""
        if "a" in self._open:
            self._line.linked += len(glyphs)
