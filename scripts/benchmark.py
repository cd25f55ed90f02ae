"""Step `benchmark`: our wheel beside other systems, all on the same texts, in one run.

Each system runs in an environment of its own, on one core with one thread. Systems that know
words or numbers only are mapped to the five labels by `scripts.benchmarking.mapping`, and all
but ours read the Simplified form of a text. The wheel has learned from the seed pages: there
its F1 is the scorecard's, leave one page out.
"""

import json
from collections.abc import Iterable, Iterator
from itertools import cycle
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Annotated, Any, NamedTuple

import typer

from scripts.annotation.spans import LABELS, Span, flat
from scripts.benchmarking.mapping import spans
from scripts.benchmarking.systems import (
    OURS,
    PEERS,
    System,
    environment,
    installed_mb,
    machine,
    measured,
    version_of,
    wheel_environment,
)
from scripts.components.tokenizer import simplify
from scripts.files import write_whole
from scripts.learning.pages import MeasuredPage, measured_pages
from scripts.learning.scores import Counts
from scripts.score import read_texts as annotated_texts

# How many characters are read for the speed, the texts repeated as often as it takes.
_TIMED = 100_000
_LOADS = 5
SEEDS = "the five seed pages"


class AnnotatedText(NamedTuple):
    """A text with the flat layer of its gold."""

    text: str
    gold: list[Span]


def page_text(page: MeasuredPage) -> AnnotatedText:
    """The paragraphs of a seed page, raw, a line each."""
    text, gold = "", []
    for paragraph, found in page.texts():
        gold += [Span(len(text) + s.start, len(text) + s.end, s.label) for s in found]
        text += paragraph + "\n"
    return AnnotatedText(text, flat(gold))


def read_texts(path: Path) -> list[AnnotatedText]:
    """The annotated texts of a JSONL file, a text with its nested layer a line."""
    return [AnnotatedText(text, flat(gold)) for text, gold in annotated_texts(path)]


def repeated(texts: list[str], characters: int) -> Iterator[str]:
    """`texts` over and over until they have `characters`."""
    for text in cycle(texts):
        if characters <= 0:
            return
        yield text
        characters -= len(text)


def write_texts(path: Path, texts: Iterable[str]) -> Path:
    """A file for `scripts.benchmarking.measure`."""
    lines = (json.dumps({"text": text}, ensure_ascii=False) + "\n" for text in texts)
    path.write_text("".join(lines), encoding="utf8")
    return path


def rows(
    system: System, version: str, python: Path, tables: dict[str, list[AnnotatedText]], runs: int
) -> Iterator[dict[str, Any]]:
    """A system's row in each table."""
    loads = [measured(python, system.module)["load_seconds"] for _ in range(_LOADS)]
    for texts in tables.values():
        read = [text if system == OURS else simplify(text) for text, _ in texts]
        with TemporaryDirectory() as folder:
            once = write_texts(Path(folder) / "texts.jsonl", read)
            timed = write_texts(Path(folder) / "timed.jsonl", repeated(read, _TIMED))
            figures = measured(python, system.module, once, timed, runs)
        counts = Counts()
        for text, (_, gold), words in zip(read, texts, figures["words"], strict=True):
            counts.add(gold, spans(system.name, text, words))
        yield {
            "name": system.name,
            "version": version,
            "f": {label: round(score["f"], 1) for label, score in counts.scores().items()},
            "characters_per_second": round(figures["characters_per_second"]),
            "load_seconds": round(median(loads), 2),
            "peak_mb": round(figures["peak_mb"]),
            "installed_mb": round(installed_mb(python), 1),
        }


def as_markdown(tables: list[dict[str, Any]]) -> str:
    """The tables as a readable page."""
    columns = [*LABELS, "all", "characters/s", "load s", "peak MB", "installed MB"]
    lines = [
        "# Benchmark",
        "",
        "Strict span F1 of the flat layer in percent; characters a second of processor time on "
        f"one core, median of several readings of {_TIMED:,} characters after a first one; time "
        f"to import and load, median of {_LOADS}; most memory held; size of the installed "
        "packages. How the words of other systems become spans: "
        "`scripts/benchmarking/mapping.py`. All but ours read the Simplified form. On the seed "
        "pages, from which the wheel has learned, its F1 is the scorecard's: leave one page out.",
    ]
    for table in tables:
        lines += ["", f"## {table['texts']}", ""]
        lines += [f"{table['characters']:,} characters. {table['machine']}.", ""]
        lines += ["| system | " + " | ".join(columns) + " |", "|---" * (len(columns) + 1) + "|"]
        for system in table["systems"]:
            cells = [f"{system['f'][label]:.1f}" for label in (*LABELS, "all")]
            cells += [f"{system['characters_per_second']:,}", f"{system['load_seconds']:.2f}"]
            cells += [f"{system['peak_mb']:,}", f"{system['installed_mb']:.1f}"]
            lines.append(f"| {system['name']} {system['version']} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def main(
    packages: Annotated[Path, typer.Argument(help="Folder that holds the package and its wheel.")],
    seeds: Annotated[Path, typer.Argument(help="Folder of the raw pages.")],
    documents: Annotated[Path, typer.Argument(help="Folder that scripts.ingest wrote.")],
    gold: Annotated[Path, typer.Argument(help="Folder of the gold spans.")],
    scorecard: Annotated[Path, typer.Argument(help="The scorecard, for ours on the seeds.")],
    out: Annotated[Path, typer.Argument(help="Folder for benchmark.json and benchmark.md.")],
    texts: Annotated[
        list[Path] | None, typer.Option(help="More annotated texts (JSONL), a table for each.")
    ] = None,
    runs: Annotated[int, typer.Option(min=1, help="How often each system is timed.")] = 5,
) -> None:
    """Compare our wheel with other systems: F1, speed, load time, memory, size."""
    (wheel,) = packages.glob("*/dist/*.whl")
    tables = {SEEDS: [page_text(page) for page in measured_pages(seeds, documents, gold)]}
    try:
        tables |= {path.stem: read_texts(path) for path in texts or []}
        card = json.loads(scorecard.read_text(encoding="utf8"))["all pages"]["flat"]
    except (OSError, ValueError) as error:
        typer.secho(str(error), fg="red", err=True)
        raise typer.Exit(1) from error
    found: list[dict[str, Any]] = [
        {
            "machine": machine(),
            "texts": name,
            "characters": sum(len(text) for text, _ in annotated),
            "systems": [],
        }
        for name, annotated in tables.items()
    ]
    pythons = {OURS: wheel_environment(wheel)} | {peer: environment(peer) for peer in PEERS}
    versions = {OURS: wheel.name.split("-")[1]} | {peer: version_of(peer) for peer in PEERS}
    for system, python in pythons.items():
        typer.echo(f"{system.name} {versions[system]}")
        for table, row in zip(
            found, rows(system, versions[system], python, tables, runs), strict=True
        ):
            if system == OURS and table["texts"] == SEEDS:
                row["f"] = {label: round(card[label]["f"]["mean"], 1) for label in card}
            table["systems"].append(row)
    write_whole(out / "benchmark.json", json.dumps({"tables": found}, indent=1) + "\n")
    write_whole(out / "benchmark.md", as_markdown(found))
    typer.echo(as_markdown(found))


if __name__ == "__main__":
    typer.run(main)
