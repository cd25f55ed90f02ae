"""Step `evaluate`: leave one page out, over several seeds of randomness.

For each page the starting weights are adapted to the other pages and the written sentences,
and measured on that page, read raw, artefacts included, as a user would pass it in. Counted
are the spans of its documents: the flat layer from ``doc.ents``, the nested one from
``doc.spans["sc"]``, and how much of the latter the suggester proposed.
"""

import json
import os
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any

import spacy
import typer

from scripts.annotation.agreement import wrong_spans
from scripts.annotation.spans import Span, flat
from scripts.files import write_rows, write_whole
from scripts.learning.calibration import Judged, report
from scripts.learning.edits import VARIANTS, scrambled
from scripts.learning.examples import CANDIDATES, LIKELY, NESTED, flat_layer
from scripts.learning.pages import MeasuredPage, measured_pages
from scripts.learning.scores import Counts, Scores, spread, table
from scripts.train import train

# Components that come after the spans and don't change them.
_AFTER = ["quantities", "places", "facts"]


@dataclass(frozen=True)
class Reading:
    """What a model that never saw a page says of it.

    layers: its ``flat``, ``nested`` and ``suggested`` spans. scores: those of the nested ones.
    variants: for each robustness variant, gold and predicted flat spans of each paragraph.
    """

    layers: dict[str, list[Span]]
    scores: dict[Span, float]
    variants: dict[str, list[tuple[list[Span], list[Span]]]]


Runs = dict[tuple[int, str], Reading]


def run(overrides: dict[str, Any], config: Path, page: MeasuredPage) -> Reading:
    """Train without `page` and read it."""
    with TemporaryDirectory() as folder:
        train(config, Path(folder) / "model", overrides, quiet=True)
        nlp = spacy.load(Path(folder) / "model", exclude=_AFTER)
    doc = nlp(page.raw)
    groups = (*doc.spans[CANDIDATES], *doc.spans[LIKELY])
    offered = {(span.start_char, span.end_char) for span in groups}
    nested = doc.spans[NESTED]
    spans = [Span(s.start_char, s.end_char, s.label_) for s in nested]
    scored = dict(zip(spans, nested.attrs["scores"].tolist(), strict=True))
    scores = {span: scored[span] for span in page.inside(scored)}
    layers = {
        "flat": sorted(page.inside(flat_layer(doc))),
        "nested": sorted(scores),
        "suggested": [span for span in page.gold if (span.start, span.end) in offered],
    }
    variants = {"as it is": page.texts()} | {
        name: scrambled(page.texts(), edit) for name, edit in VARIANTS.items()
    }
    read = {
        name: [
            (flat(gold), sorted(flat_layer(doc)))
            for doc, (_, gold) in zip(nlp.pipe(text for text, _ in texts), texts, strict=True)
        ]
        for name, texts in variants.items()
    }
    return Reading(layers, scores, read)


def gold_of(page: MeasuredPage, layer: str) -> list[Span]:
    """What `layer` is measured against."""
    return flat(page.gold) if layer == "flat" else page.gold


def scorecard(pages: list[MeasuredPage], runs: Runs) -> dict[str, Any]:
    """Mean and spread over the seeds: all pages together, by script, by page."""
    groups = {"all pages": pages}
    for script in sorted({page.script for page in pages}):
        groups[script] = [page for page in pages if page.script == script]
    groups |= {page.id: [page] for page in pages}

    def scores(members: list[MeasuredPage], seed: int, layer: str) -> Scores:
        counts = Counts()
        for page in members:
            counts.add(gold_of(page, layer), runs[seed, page.id].layers[layer])
        return counts.scores()

    seeds = sorted({seed for seed, _ in runs})
    return {
        name: {
            layer: spread(scores(members, seed, layer) for seed in seeds)
            for layer in ("flat", "nested", "suggested")
        }
        for name, members in groups.items()
    }


def single(pages: list[MeasuredPage], runs: Runs) -> dict[str, list[float]]:
    """F1 over all pages of each seed alone, by layer."""
    cards = [
        scorecard(pages, {job: read for job, read in runs.items() if job[0] == seed})["all pages"]
        for seed in sorted({seed for seed, _ in runs})
    ]
    return {layer: [c[layer]["all"]["f"]["mean"] for c in cards] for layer in ("flat", "nested")}


def as_markdown(card: dict[str, Any]) -> str:
    """The scorecard as a readable page."""
    recall = card["all pages"]["suggested"]["all"]["r"]
    return (
        "# Scorecard\n\nLeave one page out: strict span F1 in percent, mean ± standard deviation "
        "over the seeds.\n\n## Flat layer (`doc.ents`)\n\n"
        + table({name: group["flat"] for name, group in card.items()})
        + '\n## Nested layer (`doc.spans["sc"]`)\n\n'
        + table({name: group["nested"] for name, group in card.items()})
        + f"\nRecall of the suggester: {recall['mean']:.1f} ± {recall['sd']:.1f} percent.\n"
    )


def errors(pages: list[MeasuredPage], runs: Runs) -> Iterator[dict[str, Any]]:
    """Every wrong span of every run, by kind, with its surroundings."""
    by_id = {page.id: page for page in pages}
    for (seed, name), reading in sorted(runs.items(), key=lambda item: item[0]):
        page = by_id[name]
        for layer in ("flat", "nested"):
            for row in wrong_spans(page.raw, gold_of(page, layer), reading.layers[layer]):
                yield {"seed": seed, "page": name, "layer": layer, **row}


def predictions(runs: Runs) -> Iterator[dict[str, Any]]:
    """Every nested span that a model predicted on the page it had not seen, with its score."""
    for (seed, page), reading in sorted(runs.items(), key=lambda item: item[0]):
        for span, score in sorted(reading.scores.items()):
            yield {"run": seed, "page": page, **asdict(span), "score": round(score, 6)}


def judged(pages: list[MeasuredPage], runs: Runs) -> list[Judged]:
    """The same spans, each with whether it was right."""
    gold = {page.id: set(page.gold) for page in pages}
    return [
        Judged(
            page,
            span.label,
            "entity" if span in set(reading.layers["flat"]) else "inner",
            score,
            span in gold[page],
        )
        for (_, page), reading in sorted(runs.items(), key=lambda item: item[0])
        for span, score in sorted(reading.scores.items())
    ]


def robustness(runs: Runs) -> dict[str, Any]:
    """Flat scores over all pages for each variant of their paragraphs, mean and spread."""
    seeds = sorted({seed for seed, _ in runs})
    names = next(iter(runs.values())).variants

    def scores(name: str, seed: int) -> Scores:
        counts = Counts()
        for (other, _), reading in runs.items():
            for gold, predicted in reading.variants[name] if other == seed else ():
                counts.add(gold, predicted)
        return counts.scores()

    return {"variants": {n: {"flat": spread(scores(n, seed) for seed in seeds)} for n in names}}


def main(
    seeds: Annotated[Path, typer.Argument(help="Folder of the raw pages.")],
    documents: Annotated[Path, typer.Argument(help="Folder that scripts.ingest wrote.")],
    corpus: Annotated[Path, typer.Argument(help="Folder with gold/ and folds.json.")],
    data: Annotated[Path, typer.Argument(help="Folder that scripts.convert wrote.")],
    config: Annotated[Path, typer.Argument(help="Config that adapts the starting weights.")],
    metrics: Annotated[Path, typer.Argument(help="Folder for the scorecard and the errors.")],
    runs: Annotated[int, typer.Option(min=1, help="How many seeds of randomness.")] = 3,
) -> None:
    """Measure leave-one-page-out over several seeds; write scorecard and errors."""
    pages = list(measured_pages(seeds, documents, corpus / "gold"))
    folds = json.loads((corpus / "folds.json").read_text(encoding="utf8"))
    by_id = {page.id: page for page in pages}
    jobs = [(seed, fold["test"]) for seed in range(runs) for fold in folds]
    found: Runs = {}
    with ProcessPoolExecutor(os.cpu_count(), mp_context=get_context("spawn")) as pool:
        futures = []
        for seed, page in jobs:
            overrides = {
                "paths.train": str(data / f"without-{page}.spacy"),
                "paths.beside": str(data / "sentences.spacy"),
                "system.seed": seed,
            }
            futures.append(pool.submit(run, overrides, config, by_id[page]))
        with typer.progressbar(futures, label="Folds", show_eta=True) as progress:
            for job, future in zip(jobs, progress, strict=True):
                found[job] = future.result()
    card = scorecard(pages, found)
    write_rows(metrics / "errors.jsonl", errors(pages, found))
    write_rows(metrics / "predictions.jsonl", predictions(found))
    calibration = report(judged(pages, found))
    write_whole(metrics / "calibration.json", json.dumps(calibration, indent=1))
    variants = robustness(found)
    write_whole(metrics / "robustness.json", json.dumps(variants, indent=1))
    readable = as_markdown(card) + (
        "\n## Robustness (flat layer, paragraph by paragraph)\n\n"
        + table({name: scores["flat"] for name, scores in variants["variants"].items()})
        + f"\nExpected calibration error: {calibration['ece']:.3f} "
        f"({calibration['ece_uncalibrated']:.3f} before calibration).\n"
    )
    write_whole(metrics / "scorecard.md", readable)
    write_whole(metrics / "scorecard.json", json.dumps(card, indent=1))
    write_whole(metrics / "runs.json", json.dumps(single(pages, found), indent=1))
    typer.echo(readable)


if __name__ == "__main__":
    typer.run(main)
