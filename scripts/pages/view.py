"""From raw lines to lines of the view: without artefacts, one width for each sign."""

import re

from scripts.components.tokenizer import GLOSS
from scripts.pages.glyphs import HAN, Glyph, Ledger, Line

_LINE_ENDS = "\n\r\v\f\x85\u2028\u2029"
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060\ufeff]")
_GLOSS = re.compile(GLOSS)
_FORMS = {
    full: full - 0xFEE0
    for full in range(ord("！"), ord("～"))
    if chr(full - 0xFEE0).isalnum() or chr(full) in "％．"
} | str.maketrans("﹐﹔﹕﹖﹗﹪", "，；：？！%")
_FULL_WIDTH = dict(zip(",:;?!", "，：；？！", strict=True))
_CHINESE = re.compile(f"[{HAN}，：；？！（）、。…“”‘’「」『』《》〈〉【】]")
_BRACKETS = re.compile(r"\([^()]*\)")


def text_lines(raw: str, ledger: Ledger) -> list[Line]:
    """Lines of a plain text page; the line ends are left out."""
    lines = [Line([])]
    for at, char in enumerate(raw):
        if char in _LINE_ENDS:
            ledger.drop(at, at + 1, "white space")
            lines.append(Line([]))
        else:
            lines[-1].glyphs.append(Glyph(char, at, at + 1))
    return [line for line in lines if line.glyphs]


def clean(line: Line, ledger: Ledger) -> Line:
    """The line without invisible characters, surplus white space and pinyin glosses."""
    line.indented = line.glyphs[0].char.isspace()
    shown = []
    for glyph in line.glyphs:
        if _INVISIBLE.match(glyph.char):
            ledger.drop_glyphs([glyph], "invisible character")
        else:
            shown.append(glyph)
    line.glyphs = shown
    _blanks(line, ledger)
    for gloss in reversed(list(_GLOSS.finditer(line.text))):
        ledger.drop_glyphs(line.glyphs[slice(*gloss.span())], "pinyin gloss")
        del line.glyphs[slice(*gloss.span())]
    return strip(line, ledger)


def strip(line: Line, ledger: Ledger) -> Line:
    """The line without white space at its two ends."""
    text = line.text
    end = len(text.rstrip())
    start = min(len(text) - len(text.lstrip()), end)
    for glyph in line.glyphs[:start] + line.glyphs[end:]:
        ledger.drop(glyph.start, glyph.end, "white space")
    line.glyphs = line.glyphs[start:end]
    return line


def widths(text: str) -> str:
    """`text` with one width for each sign, length kept.

    Digits, Latin letters, ％ and ． become half-width, small forms (﹔) full-width; , : ; ? !
    beside a Chinese character or sign become full-width, and so do two brackets that have one
    beside either of them.

    >>> widths("（１５ｋｍ）,共35．21％;(km)见图")
    '（15km）,共35.21%;(km)见图'
    """
    chars = list(text.translate(_FORMS))
    for pair in _BRACKETS.finditer(text):
        first, last = pair.start(), pair.end() - 1
        if any(_chinese(chars, at) for at in (first - 1, first + 1, last - 1, last + 1)):
            chars[first], chars[last] = "（）"
    for at, char in enumerate(chars):
        if char in _FULL_WIDTH and (_chinese(chars, at - 1) or _chinese(chars, at + 1)):
            chars[at] = _FULL_WIDTH[char]
    return "".join(chars)


def _chinese(chars: list[str], at: int) -> bool:
    return 0 <= at < len(chars) and bool(_CHINESE.match(chars[at]))


def _blanks(line: Line, ledger: Ledger) -> None:
    """One blank for each run of white space, none where the source of a page is wrapped."""
    shown: list[Glyph] = []
    for run in re.finditer(r"\s+|\S+", line.text):
        glyphs = line.glyphs[slice(*run.span())]
        if not run[0].isspace():
            shown += glyphs
        elif "\n" in run[0] and _wrapped(line.text, *run.span()):
            ledger.drop_glyphs(glyphs, "line wrap")
        else:
            shown.append(glyphs[0]._replace(char=" "))
            ledger.drop_glyphs(glyphs[1:], "white space")
    line.glyphs = shown


def _wrapped(text: str, start: int, end: int) -> bool:
    chars = list(text)
    return _chinese(chars, start - 1) or _chinese(chars, end)
