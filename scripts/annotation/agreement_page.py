"""A page to look at: how far two annotators agree, and every place where they don't."""

from collections.abc import Iterable
from html import escape

from scripts.annotation.agreement import Agreement, Disagreement
from scripts.annotation.spans import Span

_AROUND = 20
_KINDS = {"type": "标签不同", "boundary": "边界不同", "both": "都不同", "missing": "一方没有"}
_STYLE = """body{font:16px/1.7 sans-serif;margin:2em auto;max-width:60em;padding:0 1em}
table{border-collapse:collapse;margin:1em 0}td,th{border:1px solid #bbb;padding:.2em .6em;
text-align:left;vertical-align:top}mark{padding:0 .15em;border-radius:.2em}small{color:#555}"""


def agreement_page(
    names: tuple[str, str],
    agreement: Agreement,
    found: Iterable[tuple[str, str, list[Disagreement]]],
    colours: dict[str, tuple[str, str]],
) -> str:
    """An HTML page; `found`: of each task its name, its text and its disagreements.

    colours: background and text colour of each label.
    """
    rows = [
        f"<tr><td><small>{escape(where)}</small></td><td>{_KINDS[d.kind]}</td>"
        f"<td>{_shown(text, d.a, d.place, colours)}</td>"
        f"<td>{_shown(text, d.b, d.place, colours)}</td></tr>"
        for where, text, disagreements in found
        for d in disagreements
    ]
    figures = "".join(
        _figures(line) for line in agreement.table().splitlines() if "---" not in line
    )
    one, other = map(escape, names)
    return (
        f"<!doctype html><html lang=zh><meta charset=utf-8><title>{one} / {other}</title>"
        f"<style>{_STYLE}</style><h1>{one} 与 {other}</h1>"
        f"<p>a = {one}，b = {other}；共 {len(rows)} 处不一致。</p><table>{figures}</table>"
        f"<table><tr><th>任务<th>类别<th>{one}<th>{other}</tr>{''.join(rows)}</table></html>\n"
    )


def _figures(line: str) -> str:
    return (
        "<tr>" + "".join(f"<td>{escape(cell.strip())}" for cell in line.split("|")[1:-1]) + "</tr>"
    )


def _shown(
    text: str, span: Span | None, place: tuple[int, int], colours: dict[str, tuple[str, str]]
) -> str:
    start, end = max(place[0] - _AROUND, 0), place[1] + _AROUND
    if span is None:
        return f"<small>{escape(text[start:end])}</small>"
    back, front = colours[span.label]
    return (
        f"{escape(text[start : span.start])}<mark style='background:{back};color:{front}'>"
        f"{escape(text[span.start : span.end])}</mark><small>{span.label}</small>"
        f"{escape(text[span.end : end])}"
    )
