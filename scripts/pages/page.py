"""One page: raw text in, documents and the account of what was left out."""

import re
from collections.abc import Iterable

from scripts.components.tokenizer import simplify
from scripts.pages.articles import Part, articles
from scripts.pages.document import Document, Kind, Page, Paragraph, runs
from scripts.pages.glyphs import Ledger, Line
from scripts.pages.html import html_lines, is_html
from scripts.pages.kinds import date_of, speakers
from scripts.pages.left_out import leave_out
from scripts.pages.lost import Division, repair_lost
from scripts.pages.script import script_of
from scripts.pages.sentences import sentences
from scripts.pages.view import clean, strip, text_lines, widths
from scripts.pages.wraps import join_wraps

# The name of the site at the end of an HTML title: …--四川频道--人民网.
_SITE = re.compile(r"(?<=.{4})(?:\s*[-_|—–]+\s*[^-_|—–]{2,15})+$")


def read_page(raw: str, id: str, divisions: Iterable[Division] = ()) -> Page:
    """The documents of `raw`, plain text or HTML, and what is left out of them.

    For any string: every raw character belongs to exactly one character of one paragraph or
    to exactly one range that is left out. `divisions` are the names for lost characters.
    """
    ledger = Ledger(len(raw))
    markup = is_html(raw)
    lines = html_lines(raw, ledger) if markup else text_lines(raw, ledger)
    lines = [line for line in lines if clean(line, ledger).glyphs]
    _repair(lines, divisions)
    for line in lines:
        line.rewrite(widths(line.text))
    lines = leave_out(_one_title(lines, ledger), ledger)
    lines = join_wraps(lines, ledger)
    documents = [
        _document(article, id, number) for number, article in enumerate(articles(lines), 1)
    ]
    return Page(id, "html" if markup else "text", documents, ledger.left_out())


def _repair(lines: list[Line], divisions: Iterable[Division]) -> None:
    """Lost characters are looked for in the whole page: one line may name what another lost."""
    repaired = repair_lost("\n".join(line.text for line in lines), divisions)
    at = 0
    for line in lines:
        line.rewrite(repaired[at : at + len(line.glyphs)])
        at += len(line.glyphs) + 1


def _one_title(lines: list[Line], ledger: Ledger) -> list[Line]:
    """The lines with the HTML title only where the page itself shows none."""
    kept = []
    shown = {line.text for line in lines if line.tag != "title"}
    has_h1 = any(line.tag == "h1" for line in lines)
    for line in lines:
        if line.tag == "title":
            site = _SITE.search(line.text)
            bare = line.text[: site.start()] if site else line.text
            if has_h1 or bare in shown:
                ledger.drop_glyphs(line.glyphs, "title of the window")
                continue
            ledger.drop_glyphs(line.glyphs[len(bare) :], "site navigation")
            line.glyphs = line.glyphs[: len(bare)]
            strip(line, ledger)
        if line.glyphs:
            kept.append(line)
    return kept


def _document(parts: list[Part], page: str, number: int) -> Document:
    body = [part for part in parts if part.kind == "body"]
    speaking = dict(zip(map(id, body), speakers([part.simplified for part in body]), strict=True))
    paragraphs = []
    for part in parts:
        text = part.line.text
        paragraphs.append(
            Paragraph(
                kind=part.kind,
                speaker=speaking.get(id(part)),
                text=text,
                simplified=simplify(text),
                sentences=sentences(text),
                raw=runs(part.line.glyphs),
            )
        )

    def all_of(kind: Kind) -> str | None:
        return " ".join(p.text for p in paragraphs if p.kind == kind) or None

    return Document(
        id=f"{page}-{number}",
        page=page,
        title=all_of("title"),
        subtitle=all_of("subtitle"),
        byline=all_of("byline"),
        date=date_of(all_of("dateline") or ""),
        script=script_of("\n".join(p.text for p in paragraphs)),
        paragraphs=paragraphs,
    )
