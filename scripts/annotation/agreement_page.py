"""A page to look at: how far annotators agree, and every place where they don't."""

from collections.abc import Iterable
from html import escape

from scripts.annotation.agreement import Comparison
from scripts.annotation.spans import Span

_AROUND = 20
_KINDS = {"type": "标签不同", "boundary": "边界不同", "both": "都不同", "missing": "一方没有"}
_STYLE = """body{font:16px/1.7 sans-serif;margin:2em auto;max-width:60em;padding:0 1em}
table{border-collapse:collapse;margin:1em 0}td,th{border:1px solid #bbb;padding:.2em .6em;
text-align:left;vertical-align:top}mark{padding:0 .15em;border-radius:.2em}small{color:#555}"""


def agreement_page(comparisons: Iterable[Comparison], colours: dict[str, tuple[str, str]]) -> str:
    """An HTML page; colours: background and text colour of each label."""
    sections = "".join(_section(comparison, colours) for comparison in comparisons)
    return (
        "<!doctype html><html lang=zh><meta charset=utf-8><title>标注一致性</title>"
        f"<style>{_STYLE}</style><h1>标注一致性</h1>{sections}</html>\n"
    )


def _section(found: Comparison, colours: dict[str, tuple[str, str]]) -> str:
    rows = [
        f"<tr><td><small>{escape(where)}</small></td><td>{_KINDS[d.kind]}</td>"
        f"<td>{_shown(text, d.a, d.place, colours)}</td>"
        f"<td>{_shown(text, d.b, d.place, colours)}</td></tr>"
        for where, text, d in found.differ
    ]
    figures = "".join(
        _figures(line) for line in found.agreement.table().splitlines() if "---" not in line
    )
    name, one, other = map(escape, (found.name, found.a, found.b))
    return (
        f"<h2>{name}</h2>"
        f"<p>a = {one}，b = {other}；{found.texts} 个文本，{len(rows)} 处不一致。</p>"
        f"<table>{figures}</table>"
        f"<table><tr><th>任务<th>类别<th>{one}<th>{other}</tr>{''.join(rows)}</table>"
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
