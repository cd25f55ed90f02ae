"""Step `agreement`: how far the two annotation passes agree, and the annotators of each round.

Counted is what the documents hold; what ingest leaves out is not part of the corpus.
"""

import json
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path
from typing import Annotated

import typer

from scripts.annotation.adjudication import compared
from scripts.annotation.agreement import Comparison
from scripts.annotation.agreement_page import agreement_page
from scripts.annotation.passes import read_pass
from scripts.annotation.tasks import TaskError
from scripts.doccano.exchange import LABELS, read_round
from scripts.files import write_whole
from scripts.learning.pages import measured_pages


def main(
    seeds: Annotated[Path, typer.Argument(help="Folder of the raw pages.")],
    documents: Annotated[Path, typer.Argument(help="Folder that scripts.ingest wrote.")],
    corpus: Annotated[Path, typer.Argument(help="Folder with gold/, passes/a, passes/b, rounds/.")],
    metrics: Annotated[Path, typer.Argument(help="Folder for agreement.json, .md and .html.")],
) -> None:
    """Compare the passes a and b, each with the gold, and every two annotators of each round.

    Per label: exact and overlap F1, Cohen's kappa on characters, and how
    often they differ in type, in boundary, in both, or one has no span.
    agreement.html shows every disagreement in its sentence.

    Example: python -m scripts.agreement seeds corpus/documents corpus training/metrics
    """
    try:
        comparisons = [*_passes(seeds, documents, corpus), *_rounds(corpus / "rounds")]
    except TaskError as error:
        typer.secho(str(error), fg="red", err=True)
        raise typer.Exit(1) from error
    report = "# Agreement of the annotators\n\nNested layer.\n"
    for found in comparisons:
        report += f"\n## {found.name}\n\n{found.texts} texts; a is {found.a}, b is {found.b}.\n"
        report += f"\n{found.agreement.table()}"
    figures = {found.name: found.agreement.figures() for found in comparisons}
    colours = {
        row["text"]: (row["background_color"], row["text_color"])
        for row in json.loads(LABELS.read_text(encoding="utf-8"))
    }
    write_whole(metrics / "agreement.html", agreement_page(comparisons, colours))
    write_whole(metrics / "agreement.md", report)
    write_whole(metrics / "agreement.json", json.dumps(figures, indent=1, ensure_ascii=False))
    typer.echo(report)


def _passes(seeds: Path, documents: Path, corpus: Path) -> Iterator[Comparison]:
    pairs = ("pass a", "pass b"), ("pass a", "gold"), ("pass b", "gold")
    found = [Comparison(f"{a} and {b}", a, b) for a, b in pairs]
    for page in measured_pages(seeds, documents, corpus / "gold"):
        versions = {
            f"pass {name}": page.inside(read_pass(corpus / "passes" / name / page.file, page.raw))
            for name in "ab"
        } | {"gold": page.gold}
        for comparison, (a, b) in zip(found, pairs, strict=True):
            comparison.add(page.id, page.raw, page.characters, versions[a], versions[b])
    yield from found


def _rounds(folder: Path) -> Iterator[Comparison]:
    for round_folder in sorted(path.parent for path in folder.glob("*/confirmed")):
        versions = read_round(round_folder)
        for a, b in combinations(versions, 2):
            comparison = Comparison(f"round {round_folder.name}: {a} and {b}", a, b)
            for task, of_a, of_b in compared(versions[a], versions[b]):
                where = f"{task.document}, {task.paragraph}"
                comparison.add(where, task.text, len(task.text), of_a, of_b)
            yield comparison


if __name__ == "__main__":
    typer.run(main)
