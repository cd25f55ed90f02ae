"""Step `report`: one page that shows what was learned, how good it is, and where it is wrong.

A single HTML file, Chinese and English, that needs no network: charts are SVG, style and script
stand inside. What was not measured is said, with the command that measures it.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import jinja2
import spacy
import typer
from markupsafe import Markup
from spacy.tokens import Doc

from scripts import components  # noqa: F401  (registers what the pipeline is made of)
from scripts.annotation.confidence import read_predictions
from scripts.annotation.sentences import read_sentences
from scripts.annotation.spans import LABELS, Span
from scripts.files import write_whole
from scripts.learning.pages import MeasuredPage, measured_pages
from scripts.pages.document import Page, read_pages
from scripts.reporting import charts, counting, drawing
from scripts.reporting.measured import MEASURED_BY, read_measured
from scripts.version import project_version

ROOM = Path(__file__).parent / "reporting"


class Shown(NamedTuple):
    """A page as a reader sees it: its text with spans, values and places; its places in words."""

    id: str
    text: Markup
    places: list[tuple[str, str, str]]


def shown(doc: Doc, page: Page) -> Shown:
    """`doc`, the whole raw page, as a reader sees it; what ingest leaves out is grey."""
    tags: dict[Span, str] = {}
    places: dict[str, tuple[str, str, str]] = {}
    for span in (*doc.ents, *doc.spans.get("sc", [])):
        place, quantity = span._.place, span._.quantity
        tag = span.label_
        if quantity:
            row = [None if end is None else float(end) for end in (quantity.low, quantity.high)]
            tag = drawing.value(row[0], row[1], quantity.unit)
        elif place:
            within = f"∈{place.within.partition('/')[0]}" if place.within else None
            tag = place.code or within or ("?" if place.candidates else "–")
            chain = " ".join(name for _, name in place.parents)
            places.setdefault(place.name, (place.name, tag, chain or place.reason))
        tags[Span(span.start_char, span.end_char, span.label_)] = tag.partition("/")[0]
    aside = [(left.start, left.end) for left in page.left_out]
    return Shown(page.id, drawing.drawn(doc.text, tags, tags, aside), list(places.values()))


def fact_rows(doc: Doc, label: str) -> Iterator[dict[str, Any]]:
    """The facts of a label that have a place and a value, as the plots take them."""
    for fact in doc._.facts:
        row = fact.to_row()
        ends = [end for end in (row["low"], row["high"]) if end is not None]
        if fact.label == label and fact.place and ends and not row["change"]:
            yield {
                "place": fact.place,
                "time": fact.time or "?",
                "indicator": fact.indicator or "?",
                "amount": ends[0],
                "said": drawing.value(row["low"], row["high"], row["unit"]),
                "unit": row["unit"],
                "text": fact.text,
            }


def drawn_card(card: counting.Card) -> dict[str, Any]:
    """An entry of the error browser."""
    text = card.page.raw[card.start : card.end]

    def side(spans: list[Span]) -> Markup:
        moved = [Span(s.start - card.start, s.end - card.start, s.label) for s in spans]
        return drawing.drawn(text, moved, {span: span.label for span in moved})

    def said(span: Span | None) -> tuple[str, str] | None:
        return (span.label, card.text(span)) if span else None

    return {
        "card": card,
        "gold": side(card.gold),
        "predicted": side(card.predicted),
        "wrong": [(counting.kind_of(w), said(w.a), said(w.b)) for w in card.wrong],
    }


def learned(
    measured: dict[str, Any], pages: list[MeasuredPage], documents: list[Page], corpus: Path
) -> dict[str, Any]:
    """Everything that the page shows of the measured files: figures, charts, error cards."""
    found: dict[str, Any] = {}
    if card := measured["scorecard"]:
        layers = {layer: card["all pages"][layer] for layer in ("flat", "nested")}
        found["scores_chart"] = charts.scores(layers)
    if predictions := measured["predictions"]:
        sentences = [s for p in sorted(corpus.glob("sentences/*.txt")) for s in read_sentences(p)]
        found["kinds"] = counting.kinds(pages, predictions)
        found["kinds_chart"] = charts.kinds(found["kinds"])
        found["seen"] = counting.seen_and_unseen(pages, sentences, predictions)
        found["cards"] = [drawn_card(c) for c in counting.cards(pages, documents, predictions)]
        found["runs"] = len(predictions)
    if curve := measured["curve"]:
        found["forecast"] = counting.forecast(curve["shares"], 200)
        found["curve_chart"] = charts.curve(curve["shares"], found["forecast"])
    if calibration := measured["calibration"]:
        found["calibration_chart"] = charts.calibration(calibration["bins"])
    if benchmark := measured["benchmark"]:
        found["speed_charts"] = [charts.speed(table) for table in benchmark["tables"]]
    return found


def read_by(pipeline: Path, pages: list[MeasuredPage], documents: list[Page]) -> dict[str, Any]:
    """The pages as the trained pipeline reads them, and the plots of what it read."""
    nlp = spacy.load(pipeline)
    docs = {page.id: nlp(page.raw) for page in pages}
    rates = [row for doc in docs.values() for row in fact_rows(doc, "POVERTY_RATE")]
    money = [row for doc in docs.values() for row in fact_rows(doc, "MONEY") if row["unit"] == "元"]
    return {
        "pages": [shown(docs[page.id], page) for page in documents if page.id in docs],
        "rates": rates,
        "rates_chart": charts.rates(rates) if rates else None,
        "money": money,
        "money_chart": charts.money(money) if money else None,
    }


def style(labels: dict[str, Any]) -> Markup:
    """The style sheet, with the colours of configs/labels.json."""
    rules = "".join(
        # Yellow on white needs a darker line; the tag keeps the colour itself.
        f".u.{name} {{ border-color: color-mix(in srgb, {row['background_color']} 80%, black); }}\n"
        f".u.{name}::after, .{name}.tag {{ background: {row['background_color']}; "
        f"color: {row['text_color']}; }}\n"
        for name, row in labels.items()
    )
    return Markup((ROOM / "style.css").read_text(encoding="utf8").replace("{labels}\n", rules))


def render(**context: Any) -> str:
    """The page, from its template."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(ROOM),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("page.html").render(
        LABELS=LABELS,
        ROWS=(*LABELS, "all"),
        KINDS=counting.KINDS,
        script=Markup((ROOM / "filter.js").read_text(encoding="utf8")),
        **context,
    )


def main(
    seeds: Annotated[Path, typer.Argument(help="Folder of the raw pages.")],
    documents: Annotated[Path, typer.Argument(help="Folder that the step ingest wrote.")],
    corpus: Annotated[Path, typer.Argument(help="Folder with gold/ and sentences/.")],
    metrics: Annotated[Path, typer.Argument(help="Folder of what the workflow measured.")],
    measured: Annotated[Path, typer.Argument(help="Folder of what was measured once.")],
    pipeline: Annotated[Path, typer.Argument(help="The trained pipeline.")],
    configs: Annotated[Path, typer.Argument(help="Folder with meta.json and labels.json.")],
    out: Annotated[Path, typer.Argument(help="File for the page.")],
) -> None:
    """Make one page of what was learned, how good it is and where it is wrong."""
    try:
        found = read_measured(metrics, measured) | {"predictions": None}
        if (path := metrics / "predictions.jsonl").exists():
            found["predictions"] = counting.by_run(read_predictions(path))
    except ValueError as error:
        typer.secho(str(error), fg="red", err=True)
        raise typer.Exit(1) from error
    pages = list(measured_pages(seeds, documents, corpus / "gold"))
    read = list(read_pages(documents))
    rows = json.loads((configs / "labels.json").read_text(encoding="utf8"))
    labels = {row["text"]: row for row in rows}
    html = render(
        measured=found,
        missing=MEASURED_BY | {"predictions": "evaluate"},
        meta=json.loads((configs / "meta.json").read_text(encoding="utf8")),
        labels=labels,
        style=style(labels),
        version=project_version(),
        learned=learned(found, pages, read, corpus),
        read=read_by(pipeline, pages, read),
    )
    write_whole(out, html)
    absent = [name for name, value in found.items() if value is None]
    typer.echo(f"{out}: {len(html.encode()) / 1e6:.1f} MB")
    if absent:
        typer.echo(f"not measured: {', '.join(absent)}")


if __name__ == "__main__":
    typer.run(main)
