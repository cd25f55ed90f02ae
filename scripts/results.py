"""Step `results`: put the measured figures into the README, between their two markers."""

import json
from pathlib import Path
from typing import Annotated

import typer

from scripts.files import write_whole
from scripts.learning.scores import table

START, END = "<!-- results:start -->\n", "<!-- results:end -->"


def results(metrics: Path) -> str:
    """The table of the README, made from the scorecard and the agreement."""
    card = json.loads((metrics / "scorecard.json").read_text(encoding="utf8"))
    agreement = json.loads((metrics / "agreement.json").read_text(encoding="utf8"))
    rows = {
        "flat": card["all pages"]["flat"],
        "nested": card["all pages"]["nested"],
        **{f"flat, {script}": card[script]["flat"] for script in ("simplified", "traditional")},
    }
    recall = card["all pages"]["suggested"]["all"]["r"]
    exact = agreement["pass a and pass b"]["all"]["exact"]
    return (
        f"{table(rows)}\nRecall of the suggester: {recall['mean']:.1f} ± {recall['sd']:.1f}. "
        f"The two annotation passes agree at {exact:.1f} F1.\n"
    )


def main(
    readme: Annotated[Path, typer.Argument(help="File that holds the two markers.")],
    metrics: Annotated[Path, typer.Argument(help="Folder with scorecard.json, agreement.json.")],
) -> None:
    """Put the measured figures into the README.

    Example: python -m scripts.results README.md training/metrics
    """
    before, _, rest = readme.read_text(encoding="utf8").partition(START)
    _, _, after = rest.partition(END)
    write_whole(readme, before + START + results(metrics) + END + after)


if __name__ == "__main__":
    typer.run(main)
