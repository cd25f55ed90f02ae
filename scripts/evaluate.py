"""Evaluate leave-one-page-out: adapt each base to four pages, measure on the fifth.

Every page is read raw, artefacts included, as a user would pass it in. Counted are the spans
of its documents (what ingest leaves out has no gold): the flat layer from ``doc.ents``, the
nested one from ``doc.spans["sc"]``, and how much of the latter the suggester proposed.
"""

import json
import os
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import typer

from scripts.train import train  # first: it sets the number of threads
from scripts.annotation.spans import Span, flat
from scripts.learning.examples import CANDIDATES, flat_layer, nested_layer
from scripts.learning.pages import MeasuredPage, measured_pages
from scripts.learning.scores import Counts, spread, table


def predict(model: Path, page: MeasuredPage) -> dict[str, list[Span]]:
    """What the model finds in the raw page: ``flat``, ``nested`` and ``suggested`` spans."""
    import spacy

    doc = spacy.load(model)(page.raw)
    offered = {(s.start_char, s.end_char) for s in (*doc.spans[CANDIDATES], *doc.ents)}
    return {
        "flat": sorted(page.inside(flat_layer(doc))),
        "nested": sorted(page.inside(nested_layer(doc))),
        "suggested": [span for span in page.gold if (span.start, span.end) in offered],
    }


def run(
    config: Path, base: Path, data: Path, sentences: Path, page: MeasuredPage, seed: int
) -> dict[str, list[Span]]:
    """Adapt `base` to the other pages and predict `page`."""
    overrides: dict[str, Any] = {
        "paths.base": str(base),
        "paths.train": str(data),
        "paths.sentences": str(sentences),
        "system.seed": seed,
    }
    with TemporaryDirectory() as folder:
        model = Path(folder) / "model"
        train(config, model, overrides, quiet=True)
        return predict(model, page)


def scorecard(
    pages: list[MeasuredPage], runs: dict[tuple[int, str], dict[str, list[Span]]]
) -> dict[str, Any]:
    """Mean and spread over the seeds: all pages together, by script, by page."""
    seeds = sorted({seed for seed, _ in runs})
    groups = {"all pages": pages}
    for script in sorted({page.script for page in pages}):
        groups[script] = [page for page in pages if page.script == script]
    groups |= {page.id: [page] for page in pages}
    card: dict[str, Any] = {}
    for name, members in groups.items():
        card[name] = {}
        for layer in ("flat", "nested", "suggested"):
            per_seed = []
            for seed in seeds:
                counts = Counts()
                for page in members:
                    gold = flat(page.gold) if layer == "flat" else page.gold
                    counts.add(gold, runs[seed, page.id][layer])
                per_seed.append(counts.scores())
            card[name][layer] = spread(per_seed)
    return card


def as_markdown(card: dict[str, Any], seeds: int) -> str:
    """The scorecard as a readable page."""
    groups = [name for name in card if name != "suggested"]
    recall = card["all pages"]["suggested"]["all"]["r"]
    return (
        f"# Scorecard\n\nLeave one page out, {seeds} seeds: strict span F1 in percent, mean ± "
        "standard deviation.\n\n## Flat layer (`doc.ents`)\n\n"
        + table({name: card[name]["flat"] for name in groups})
        + '\n## Nested layer (`doc.spans["sc"]`)\n\n'
        + table({name: card[name]["nested"] for name in groups})
        + f"\nRecall of the suggester: {recall['mean']:.1f} ± {recall['sd']:.1f} percent.\n"
    )


def main(
    seeds: Path = typer.Argument(..., help="Folder of the raw pages."),
    documents: Path = typer.Argument(..., help="What the step ingest wrote."),
    corpus: Path = typer.Argument(..., help="Folder with gold/ and folds.json."),
    data: Path = typer.Argument(..., help="What the step convert wrote."),
    config: Path = typer.Argument(..., help="Config that adapts a base pipeline."),
    bases: Path = typer.Argument(..., help="Folder with a base pipeline for each seed."),
    metrics: Path = typer.Argument(..., help="Folder for scorecard.json, .md, predictions.json."),
) -> None:
    """Measure leave-one-page-out over all seeds and write the scorecard."""
    pages = list(measured_pages(seeds, documents, corpus / "gold"))
    folds = json.loads((corpus / "folds.json").read_text(encoding="utf8"))
    by_id = {page.id: page for page in pages}
    jobs = [
        (int(base.name.removeprefix("seed-")), fold["test"], base)
        for base in sorted(bases.glob("seed-*"))
        for fold in folds
    ]
    runs: dict[tuple[int, str], dict[str, list[Span]]] = {}
    with ProcessPoolExecutor(os.cpu_count(), mp_context=get_context("spawn")) as pool:
        futures = [
            pool.submit(
                run,
                config,
                base,
                data / f"without-{page}.spacy",
                data / "sentences.spacy",
                by_id[page],
                seed,
            )
            for seed, page, base in jobs
        ]
        with typer.progressbar(zip(jobs, futures, strict=True), length=len(jobs)) as progress:
            for (seed, page, _), future in progress:
                runs[seed, page] = future.result()
    card = scorecard(pages, runs)
    metrics.mkdir(parents=True, exist_ok=True)
    text = as_markdown(card, len({seed for seed, _ in runs}))
    found = [
        {"seed": seed, "page": page, **{layer: [list(vars(s).values()) for s in spans]}}
        for (seed, page), layers in runs.items()
        for layer, spans in layers.items()
        if layer != "suggested"
    ]
    (metrics / "predictions.json").write_text(json.dumps(found), encoding="utf8")
    (metrics / "scorecard.md").write_text(text, encoding="utf8")
    (metrics / "scorecard.json").write_text(json.dumps(card, indent=1), encoding="utf8")
    typer.echo(text)


if __name__ == "__main__":
    typer.run(main)
