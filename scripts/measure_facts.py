"""Step `measure-facts`: what values and facts reach on those read by hand, and a village's series.

``corpus/values/quantities.jsonl``: every MONEY, POVERTY_RATE and MEASURE of the seeds' gold with
its value; ``facts.jsonl``: the same spans with place, time (EDTF) and indicator;
``facts_sentences.jsonl``: the same for 95 values in written sentences, drawn by lot. The
components read the gold spans, so that their own errors are told from the recognizer's.
"""

import json
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any

import spacy
import typer
from spacy.language import Language
from spacy.tokens import Doc

import scripts.components.facts
import scripts.components.places
import scripts.components.quantities
import scripts.components.tokenizer  # noqa: F401  (registers what the pipeline is made of)
from scripts.annotation.gold import read_gold
from scripts.annotation.marks import parse
from scripts.annotation.spans import Span, flat
from scripts.components.facts import Fact
from scripts.files import write_whole

FIELDS = ("place", "time", "indicator")
SERIES = ("000_d82dfc39ab933caf", "徐洼村")
_TABLES = {"quantities": "units.csv", "places": "divisions.csv", "facts": "indicators.csv"}
_ARGUMENTS = {"quantities": "units", "places": "table", "facts": "indicators"}


def pipeline(tables: Path) -> Language:
    """The three components behind the tokenizer, with the tables in a folder."""
    tokenizer = {"nlp": {"tokenizer": {"@tokenizers": "zh_poverty_news.CharTokenizer.v1"}}}
    nlp = spacy.blank("zh", config=tokenizer)
    for name, table in _TABLES.items():
        component: Any = nlp.add_pipe(name)
        component.initialize(list, **{_ARGUMENTS[name]: tables / table})
    return nlp


def run(nlp: Language, text: str, spans: list[Span]) -> Doc:
    """A Doc with these spans in both layers, after the components."""
    doc = nlp.make_doc(text)
    layers = [
        [doc.char_span(s.start, s.end, label=s.label) for s in layer]
        for layer in (flat(spans), spans)
    ]
    doc.ents, doc.spans["sc"] = layers  # type: ignore[assignment]
    for _, component in nlp.pipeline:
        doc = component(doc)
    return doc


def seed_docs(nlp: Language, seeds: Path, gold: Path) -> dict[str, Doc]:
    """The seed pages with their gold spans, by name."""
    return {
        path.stem: run(
            nlp,
            (seeds / f"{path.stem}.txt").read_bytes().decode(),
            [row.span for row in read_gold(path)],
        )
        for path in sorted(gold.glob("*.jsonl"))
    }


def read_rows(path: Path) -> list[dict[str, Any]]:
    """Rows of a JSONL file."""
    return list(map(json.loads, path.read_text(encoding="utf8").splitlines()))


def wrong_values(docs: dict[str, Doc], rows: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows of ``quantities.jsonl`` whose value is read otherwise."""
    wrong = []
    for row in rows:
        span: Any = docs[row["page"]].char_span(row["start"], row["end"])
        got = span._.quantity.to_json()
        reason = got.pop("reason")
        del got["text"]
        if got != row["expected"] and not (row["expected"] is None and reason):
            wrong.append(row)
    return wrong


def same(field: str, got: Any, want: Any) -> bool:
    """Equal; for a noun, also where one is the other with more before it (the same head)."""
    if field != "indicator" or not got or not want:
        return bool(got == want)
    return bool(got.endswith(want) or want.endswith(got))


Pair = tuple[Fact, dict[str, Any]]


def seed_pairs(docs: dict[str, Doc], rows: Iterable[dict[str, Any]]) -> list[Pair]:
    """Each fact read by hand in the seeds, behind the one that was found."""
    found = {(page, f.start, f.end): f for page, doc in docs.items() for f in doc._.facts}
    return [(found[row["page"], row["start"], row["end"]], row) for row in rows]


def sentence_pairs(nlp: Language, rows: list[dict[str, Any]]) -> list[Pair]:
    """Each fact read by hand in written sentences, behind the one that was found."""
    pairs = []
    for sentence in dict.fromkeys(row["sentence"] for row in rows):
        found = {(f.start, f.end): f for f in run(nlp, *parse(sentence))._.facts}
        here = (row for row in rows if row["sentence"] == sentence)
        pairs += [(found[row["start"], row["end"]], row) for row in here]
    return pairs


def scores(pairs: list[Pair]) -> dict[str, float]:
    """Precision, recall and share of rows right in every field, in percent."""
    count: Counter[Any] = Counter()
    for fact, row in pairs:
        right = [same(field, getattr(fact, field), row[field]) for field in FIELDS]
        count["all"] += all(right)
        for field, hit in zip(FIELDS, right, strict=True):
            said, wanted = getattr(fact, field) is not None, row[field] is not None
            count[field, "said"] += said
            count[field, "wanted"] += wanted
            count[field, "right"] += hit and said
    found = {
        f"{field} {name}": round(100 * count[field, "right"] / count[field, of], 1)
        for field in FIELDS
        for name, of in (("precision", "said"), ("recall", "wanted"))
    }
    return found | {"rows right": round(100 * count["all"] / len(pairs), 1)}


def series(facts: Iterable[Fact], place: str) -> dict[str, list[tuple[str, str]]]:
    """Time and value of each indicator of poverty at a place, in the order of the page."""
    found: dict[str, list[tuple[str, str]]] = {}
    for fact in facts:
        indicator = fact.indicator or ""
        if fact.place == place and fact.time and indicator.endswith(("poverty", "rate")):
            found.setdefault(indicator, []).append((fact.time, str(fact.value.low)))
    return found


def as_markdown(measured: dict[str, Any]) -> str:
    """What was measured as a readable page."""
    lines = [
        "# Values and facts",
        "",
        "`python -m scripts.measure_facts seeds corpus docs/measured` writes this page. The "
        "components read the gold spans. The rules were made on the seeds; the written sentences "
        "were drawn by lot and read before the rules saw them, and mended for since.",
        "",
        f"Values of the seeds: {measured['values'] - len(measured['wrong'])} of "
        f"{measured['values']} right. Read otherwise:",
        *(f"- {row}" for row in measured["wrong"]),
        "",
        "| percent | " + " | ".join(measured["seeds"]) + " |",
        "|---" * (len(measured["seeds"]) + 1) + "|",
    ]
    for name, count in (("seeds", "facts"), ("sentences", "sentence_facts")):
        cells = (f"{value:.1f}" for value in measured[name].values())
        lines.append(f"| {name}, {measured[count]} facts | " + " | ".join(cells) + " |")
    lines += ["", f"## {SERIES[1]}", "", "| indicator | series |", "|---|---|"]
    for indicator, points in measured["series"].items():
        shown = ", ".join(f"{time}: {value}" for time, value in points)
        lines.append(f"| {indicator} | {shown} |")
    return "\n".join(lines) + "\n"


def main(
    seeds: Annotated[Path, typer.Argument(help="Folder of the raw pages.")],
    corpus: Annotated[Path, typer.Argument(help="Folder that holds gold/ and values/.")],
    out: Annotated[Path, typer.Argument(help="Folder for facts.md and facts.json.")],
    tables: Annotated[Path, typer.Option(help="Folder of the components' tables.")] = Path(
        "scripts/components/data"
    ),
) -> None:
    """Measure values and facts on those read by hand, and print a village's series."""
    nlp = pipeline(tables)
    docs = seed_docs(nlp, seeds, corpus / "gold")
    values = read_rows(corpus / "values/quantities.jsonl")
    facts = read_rows(corpus / "values/facts.jsonl")
    sentences = read_rows(corpus / "values/facts_sentences.jsonl")
    wrong = wrong_values(docs, values)
    measured = {
        "values": len(values),
        "wrong": [f"{row['text']} ({row['page']}, {row['start']})" for row in wrong],
        "facts": len(facts),
        "seeds": scores(seed_pairs(docs, facts)),
        "sentence_facts": len(sentences),
        "sentences": scores(sentence_pairs(nlp, sentences)),
        "series": series(docs[SERIES[0]]._.facts, SERIES[1]),
    }
    page = as_markdown(measured)
    write_whole(out / "facts.json", json.dumps(measured, ensure_ascii=False, indent=1) + "\n")
    write_whole(out / "facts.md", page)
    typer.echo(page)


if __name__ == "__main__":
    typer.run(main)
