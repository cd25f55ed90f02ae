"""Step `agreement`: how far the two annotation passes over the pages agree.

Counted is what the documents hold; what ingest leaves out is not part of the corpus.
"""

import json
from pathlib import Path
from typing import Annotated

import typer

from scripts.annotation.agreement import Agreement
from scripts.annotation.passes import read_pass
from scripts.files import write_whole
from scripts.learning.pages import measured_pages


def main(
    seeds: Annotated[Path, typer.Argument(help="Folder of the raw pages.")],
    documents: Annotated[Path, typer.Argument(help="Folder that scripts.ingest wrote.")],
    corpus: Annotated[Path, typer.Argument(help="Folder with gold/ and passes/a, passes/b.")],
    metrics: Annotated[Path, typer.Argument(help="Folder for agreement.json and agreement.md.")],
) -> None:
    """Compare the passes a and b over all pages, label by label, and with the settled gold.

    Example: python -m scripts.agreement seeds corpus/documents corpus training/metrics
    """
    comparisons = {"pass a and pass b": Agreement(), "pass a and gold": Agreement()}
    comparisons["pass b and gold"] = Agreement()
    for page in measured_pages(seeds, documents, corpus / "gold"):
        a, b = (
            page.inside(read_pass(corpus / "passes" / name / page.file, page.raw)) for name in "ab"
        )
        pairs = ((a, b), (a, page.gold), (b, page.gold))
        for agreement, pair in zip(comparisons.values(), pairs, strict=True):
            agreement.add(page.characters, *pair)
    report = "# Agreement of the annotation passes\n\nNested layer, all pages. " + (
        "Side a is the first of the two that a heading names.\n"
    )
    for name, agreement in comparisons.items():
        report += f"\n## {name.capitalize()}\n\n{agreement.table()}"
    figures = {name: agreement.figures() for name, agreement in comparisons.items()}
    write_whole(metrics / "agreement.md", report)
    write_whole(metrics / "agreement.json", json.dumps(figures, indent=1))
    typer.echo(report)


if __name__ == "__main__":
    typer.run(main)
