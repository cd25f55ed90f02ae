"""Step `compare-values`: values that ours, JioNLP and Recognizers-Text read in the same cases.

A case is right where both ends of the number are (no bound, or no value at all, where the case
says so), and the currency of money. Bounds that belong or not, exactness, unit, basis and change
are asked of ours only. Of what another system reads in the sentence and in the span alone, the
best counts; it reads the Simplified form.
"""

import json
from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Annotated, Any

import spacy
import typer

from scripts.annotation.marks import parse
from scripts.benchmarking.systems import PEERS, environment, printed, version_of
from scripts.components.quantities import LABELS, Quantities
from scripts.components.quantity import Quantity
from scripts.components.tokenizer import simplify
from scripts.files import write_whole
from scripts.value_cases import expected, read_cases

COMPARED = ("jionlp", "recognizers")


def our_values(cases: list[tuple[str, int, str]], units: Path) -> list[Quantity]:
    """What the component reads in each case."""
    tokenizer = {"nlp": {"tokenizer": {"@tokenizers": "zh_poverty_news.CharTokenizer.v1"}}}
    nlp = spacy.blank("zh", config=tokenizer)
    component = Quantities()
    component.initialize(list, units=units)
    values = []
    for marked, number, _ in cases:
        text, spans = parse(marked)
        doc = nlp.make_doc(text)
        doc.ents = [doc.char_span(s.start, s.end, label=s.label) for s in spans]  # type: ignore[misc]
        values.append(component(doc).ents[number]._.quantity)
    return values


def peer_values(reader: str, python: Path, cases: list[tuple[str, int, str]]) -> list[Any]:
    """What a system answers to each case: a list of ends, or None for a label it can't read."""
    lines = []
    for marked, number, _ in cases:
        text, spans = parse(marked)
        span = spans[number]
        asked = {"text": simplify(text), "start": span.start, "end": span.end, "label": span.label}
        lines.append(json.dumps(asked) + "\n")
    module = f"scripts.benchmarking.values.{reader}"
    told = printed(python, [module], input="".join(lines))
    answers: list[Any] = json.loads(told.splitlines()[-1])
    return answers


def is_right(want: Quantity | None, answers: Sequence[Sequence[str | None]]) -> bool:
    """Whether one of the answers has both ends and the currency; none is right for no value."""
    if want is None:
        return not answers
    return any(
        _same(want.low, low)
        and _same(want.high, high)
        and (currency or want.currency) == want.currency
        for low, high, currency in answers
    )


def _same(want: Decimal | None, got: str | None) -> bool:
    try:
        return want is None if got is None else want is not None and Decimal(got) == want
    except InvalidOperation:
        return False


def _row(name: str, labels: list[str], right: list[bool | None]) -> dict[str, Any]:
    row: dict[str, Any] = {"system": name}
    for label in (*LABELS, "all"):
        found = [hit for hit, of in zip(right, labels, strict=True) if label in (of, "all")]
        read = [hit for hit in found if hit is not None]
        whole = len(read) == len(found)
        row[label] = {"right": sum(read), "cases": len(found)} if whole else None
    return row


def as_markdown(rows: list[dict[str, Any]], failures: list[str], known: int) -> str:
    """The comparison as a readable page."""
    counts = rows[0]
    head = [f"{label} ({counts[label]['cases']})" for label in (*LABELS, "all")]
    lines = [
        "# Values beside other systems",
        "",
        "`python -m scripts.compare_values tests/components/quantities.tsv docs/measured` writes "
        "this page and makes an environment for each system. Right: both ends of the number and "
        "the currency; of what another system reads in the sentence and in the span alone, the "
        "best counts. JioNLP reads money only. *Whole object* asks for unit, dimension, closed "
        "ends, exactness, basis and change too.",
        "",
        "The cases were written for this project by the parser's author: they say what it covers, "
        "not how it does on text that it has not seen.",
        "",
        "| system | " + " | ".join(head) + " |",
        "|---" * (len(head) + 1) + "|",
    ]
    for row in rows:
        cells = [
            f"{100 * cell['right'] / cell['cases']:.1f} %" if (cell := row[label]) else "–"
            for label in (*LABELS, "all")
        ]
        lines.append(f"| {row['system']} | " + " | ".join(cells) + " |")
    lines += ["", f"Cases of ours that are not right as whole objects: {len(failures)} of {known}."]
    lines += [f"- {failure}" for failure in failures]
    return "\n".join(lines) + "\n"


def main(
    table: Annotated[Path, typer.Argument(help="The cases.")],
    out: Annotated[Path, typer.Argument(help="Folder for quantities.md and quantities.json.")],
    units: Annotated[Path, typer.Option(help="Table of units of the component.")] = Path(
        "scripts/components/data/units.csv"
    ),
) -> None:
    """Compare the values that ours, JioNLP and Recognizers-Text read in the same cases."""
    cases = read_cases(table)
    wanted = [expected(notation, "") for _, _, notation in cases]
    labels = [parse(marked)[1][number].label for marked, number, _ in cases]
    ours = our_values(cases, units)
    whole = [
        bool(got.reason) if want is None else got == expected(case[2], got.text)
        for got, want, case in zip(ours, wanted, cases, strict=True)
    ]
    number = [
        is_right(want, [] if got.reason else [(_text(got.low), _text(got.high), got.currency)])
        for got, want in zip(ours, wanted, strict=True)
    ]
    rows = [
        _row("ours, whole object", labels, list(whole)),
        _row("ours", labels, list(number)),
    ]
    for peer in PEERS:
        if peer.reader in COMPARED:
            answers = peer_values(peer.reader, environment(peer), cases)
            right = [
                None if answer is None else is_right(want, answer)
                for want, answer in zip(wanted, answers, strict=True)
            ]
            rows.append(_row(f"{peer.name} {version_of(peer)}", labels, right))
    failures = [case[0] for case, good in zip(cases, whole, strict=True) if not good]
    page = as_markdown(rows, failures, len(cases))
    data = {"cases": len(cases), "systems": rows, "failures": failures}
    write_whole(out / "quantities.json", json.dumps(data, ensure_ascii=False, indent=1) + "\n")
    write_whole(out / "quantities.md", page)
    typer.echo(page)


def _text(number: Decimal | None) -> str | None:
    return None if number is None else str(number)


if __name__ == "__main__":
    typer.run(main)
