"""What a site puts around its articles, found by the patterns of left_out.yml."""

import re
from functools import cache
from pathlib import Path
from typing import NamedTuple

import srsly

from scripts.components.tokenizer import simplify
from scripts.pages.glyphs import Ledger, Line
from scripts.pages.view import strip

_LINKED = 0.6  # share of a line's characters inside links from which it is navigation
_SENTENCE = re.compile("[。！？；]")
_DOMAIN = re.compile(
    r"(?:https?://|www\.)[\w.-]+|\b[\w-]+\.(?:com|cn|net|org|cc|top|xyz|vip)\b", re.IGNORECASE
)
_PARTS = re.compile(r"[-_|｜]")


class _Rules(NamedTuple):
    patterns: list[tuple[re.Pattern[str], str]]
    teasers: re.Pattern[str]
    teaser: re.Pattern[str]
    spam: re.Pattern[str]


@cache
def _rules() -> _Rules:
    table = srsly.read_yaml(Path(__file__).with_suffix(".yml"))
    return _Rules(
        [(re.compile(row["match"]), row["reason"]) for row in table["patterns"]],
        re.compile(table["teasers"]["head"]),
        re.compile(table["teasers"]["item"]),
        re.compile("|".join(map(re.escape, table["spam"]["words"]))),
    )


def leave_out(lines: list[Line], ledger: Ledger) -> list[Line]:
    """The lines of the articles; what else there is goes to the ledger with its reason.

    The patterns are matched against the Simplified view of a line, and what they match is
    left out, which may be a part of the line.
    """
    kept: list[Line] = []
    in_teasers = False
    for line in lines:
        text = simplify(line.text)
        if _is_spam(text, first=not kept):
            ledger.drop_glyphs(line.glyphs, "spam")
            continue
        if line.tag not in ("h1", "title") and line.linked >= _LINKED * len(text):
            ledger.drop_glyphs(line.glyphs, "site navigation")
            continue
        teasers_begin = bool(_rules().teasers.search(text))
        in_teasers = teasers_begin or (in_teasers and line.tag != "h1" and _may_tease(text))
        _cut(line, ledger)
        if in_teasers:
            ledger.drop_glyphs(line.glyphs, "teaser of another article")
        elif line.glyphs:
            kept.append(line)
    return kept


def _cut(line: Line, ledger: Ledger) -> None:
    text = simplify(line.text)
    for pattern, reason in _rules().patterns:
        if matches := list(pattern.finditer(text)):
            for found in reversed(matches):
                ledger.drop_glyphs(line.glyphs[slice(*found.span())], reason)
                del line.glyphs[slice(*found.span())]
            text = simplify(line.text)
    strip(line, ledger)


def _is_spam(text: str, first: bool) -> bool:
    """Two words of the trade, or at the top of a page a domain among words joined by | or -."""
    if _SENTENCE.search(text):
        return False
    if len(set(_rules().spam.findall(text))) >= 2:
        return True
    return first and bool(_DOMAIN.search(text)) and len(_PARTS.findall(text)) >= 2


def _may_tease(text: str) -> bool:
    """Whether a line below the head of a block of teasers still belongs to it."""
    return bool(_rules().teaser.search(text)) or (len(text) <= 40 and not _SENTENCE.search(text))
