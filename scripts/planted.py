"""Step `planted`: does the search for wrong gold find errors that were put there on purpose?"""

import json
import random
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import typer

from scripts.annotation.agreement import Disagreement
from scripts.annotation.confidence import PredictionError, read_predictions, suspects
from scripts.annotation.gold import GoldError
from scripts.annotation.spans import LABELS, Span
from scripts.annotation.tasks import TaskError
from scripts.files import write_whole
from scripts.pages.document import read_pages
from scripts.select import shown_gold

KINDS = ("type", "boundary", "missing")
# A page, and what is wrong there: side a is what the gold says, side b what is true.
Place = tuple[str, Disagreement]


def main(
    documents: Annotated[Path, typer.Argument(help="Folder that scripts.ingest wrote.")],
    gold: Annotated[Path, typer.Argument(help="Folder of the gold corpus.")],
    predictions: Annotated[Path, typer.Argument(help="Out-of-fold predictions, with scores.")],
    metrics: Annotated[Path, typer.Argument(help="Folder for planted.json and planted.md.")],
    share: Annotated[float, typer.Option(min=0, max=1, help="Of the gold spans.")] = 0.05,
    draws: Annotated[int, typer.Option(min=1, help="How often, each time other spans.")] = 50,
) -> None:
    """Corrupt a share of the gold spans, look for suspects, and report how many of them are found.

    A third each gets another label, another boundary, or is removed. Looked
    at are the first suspects: as many as errors were planted, twice and four
    times as many. What the models contradict in the true gold counts as a
    wrong suspect. The predictions come from models that saw neither the
    page nor the planted errors.

    Example: python -m scripts.planted corpus/documents corpus/gold
    training/metrics/predictions.jsonl training/metrics
    """
    try:
        pages = {page.id: page for page in read_pages(documents)}
        spans = shown_gold(pages, gold)
        known = read_predictions(predictions)
    except (TaskError, GoldError, PredictionError, OSError) as error:
        typer.secho(str(error), fg="red", err=True)
        raise typer.Exit(1) from error
    tally = Tally()
    with typer.progressbar(range(draws), label="Planting") as numbers:
        for number in numbers:
            wrong, planted = plant(spans, share, random.Random(number))
            tally.add(planted, [(s.page, s.found) for s in suspects(wrong, known)])
    write_whole(metrics / "planted.json", json.dumps(tally.figures(), indent=1))
    write_whole(metrics / "planted.md", tally.report())
    typer.echo(tally.report())


def plant(
    gold: Mapping[str, Iterable[Span]], share: float, rng: random.Random
) -> tuple[dict[str, set[Span]], set[Place]]:
    """The gold with a share of its spans corrupted, and what was done to them."""
    wrong = {page: set(spans) for page, spans in gold.items()}
    every = sorted((page, span) for page, spans in wrong.items() for span in spans)
    planted = set()
    for number, (page, span) in enumerate(rng.sample(every, round(share * len(every)))):
        kind = KINDS[number % len(KINDS)]
        while (made := _corrupted(span, kind, rng)) in wrong[page]:
            pass
        wrong[page].remove(span)
        if made:
            wrong[page].add(made)
        planted.add((page, Disagreement(kind, made, span)))
    return wrong, planted


def _corrupted(span: Span, kind: str, rng: random.Random) -> Span | None:
    if kind == "missing":
        return None
    if kind == "type":
        return Span(span.start, span.end, rng.choice([x for x in LABELS if x != span.label]))
    start, end = span.start, span.end
    steps = rng.choice((-2, -1, 1, 2))
    if rng.random() < 0.5:
        start = max(0, min(start + steps, end - 1))
    else:
        end = max(start + 1, end + steps)
    return Span(start, end, span.label)


@dataclass
class Tally:
    """Planted errors and how many of them the first suspects hold, over several draws."""

    planted: Counter[str] = field(default_factory=Counter)  # by kind
    found: dict[int, Counter[str]] = field(
        default_factory=lambda: {1: Counter(), 2: Counter(), 4: Counter()}
    )
    looked_at: Counter[int] = field(default_factory=Counter)

    def add(self, planted: set[Place], ranked: list[Place]) -> None:
        """Count one draw: its errors, and all suspects, the most suspicious first."""
        self.planted.update(error.kind for _, error in planted)
        for times, found in self.found.items():
            first = ranked[: times * len(planted)]
            self.looked_at[times] += len(first)
            found.update(error.kind for page, error in planted if _held(page, error, first))

    def figures(self) -> list[dict[str, float]]:
        """Precision and recall in percent, for each number of suspects looked at."""
        total = self.planted.total()
        return [
            {
                "suspects per error": times,
                "precision": 100 * found.total() / max(self.looked_at[times], 1),
                "recall": 100 * found.total() / max(total, 1),
            }
            | {f"recall {kind}": 100 * found[kind] / max(self.planted[kind], 1) for kind in KINDS}
            for times, found in self.found.items()
        ]

    def report(self) -> str:
        """The figures as a Markdown table."""
        rows = self.figures()
        lines = [f"| {' | '.join(rows[0])} |", "|---" * len(rows[0]) + "|"]
        lines += [f"| {' | '.join(f'{value:.0f}' for value in row.values())} |" for row in rows]
        return (
            "# Planted errors\n\n"
            f"{self.planted.total()} errors in all draws together; figures in percent.\n\n"
            + "\n".join(lines)
            + "\n"
        )


def _held(page: str, error: Disagreement, suspected: Iterable[Place]) -> bool:
    """Whether a suspect is about this error: about its wrong span, or a span where one is gone."""
    assert error.b is not None
    for where, found in suspected:
        if where != page or found.a != error.a:
            continue
        if found.a or (found.b and found.b.start < error.b.end and error.b.start < found.b.end):
            return True
    return False


if __name__ == "__main__":
    typer.run(main)
