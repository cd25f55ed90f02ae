"""Step `curve`: what 25, 50, 75 and 100 % of the data give, measured on left-out pages.

Each fold of the step `evaluate` is trained anew with a share of the written sentences and of
its own pages; larger shares hold the smaller ones, and all of the data is what `evaluate`
measured. The starting weights are the same each time. Three times as long as `evaluate`, so it is
a workflow of its own and its result is kept.
"""

import json
import os
import random
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any

import typer

from scripts.annotation.sentences import read_sentences
from scripts.convert import write_docs
from scripts.evaluate import Runs, run, scorecard, single
from scripts.files import write_whole
from scripts.learning.pages import MeasuredPage, measured_pages

SHARES = (25, 50, 75)


def first(share: int, things: list[Any]) -> list[Any]:
    """The first `share` percent of `things`, at least one."""
    return things[: max(round(len(things) * share / 100), 1)]


def write_share(
    folder: Path, share: int, seed: int, sentences: list[Any], folds: dict[str, list[MeasuredPage]]
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Write the texts of a share; yields each page to measure, with what overrides the config."""
    rng = random.Random(seed)
    written = first(share, rng.sample(sentences, len(sentences)))
    write_docs(folder / "sentences.spacy", written)
    for test, train in folds.items():
        pages = first(share, rng.sample(train, len(train)))
        write_docs(folder / f"{test}.spacy", [text for page in pages for text in page.texts()])
        yield (
            test,
            {
                "paths.train": str(folder / f"{test}.spacy"),
                "paths.beside": str(folder / "sentences.spacy"),
                "system.seed": seed,
            },
        )


def rows(pages: list[MeasuredPage], found: dict[int, Runs]) -> Iterator[dict[str, Any]]:
    """What curve.json says of each share: scores with their spread, and F1 of each run."""
    for share, runs in found.items():
        card = scorecard(pages, runs)["all pages"]
        yield {
            "share": share,
            "flat": card["flat"],
            "nested": card["nested"],
            "runs": single(pages, runs),
        }


def everything(metrics: Path) -> dict[str, Any]:
    """The row of all the data: what `evaluate` measured."""
    card, runs = (
        json.loads((metrics / f"{name}.json").read_text(encoding="utf8"))
        for name in ("scorecard", "runs")
    )
    all_pages = card["all pages"]
    return {"share": 100, "flat": all_pages["flat"], "nested": all_pages["nested"], "runs": runs}


def main(
    seeds: Annotated[Path, typer.Argument(help="Folder of the raw pages.")],
    documents: Annotated[Path, typer.Argument(help="Folder that scripts.ingest wrote.")],
    corpus: Annotated[Path, typer.Argument(help="Folder with gold/, sentences/ and folds.json.")],
    config: Annotated[Path, typer.Argument(help="Config that adapts the starting weights.")],
    metrics: Annotated[Path, typer.Argument(help="Folder that scripts.evaluate filled.")],
    out: Annotated[Path, typer.Argument(help="File for the curve (JSON).")],
    runs: Annotated[int, typer.Option(min=1, help="How many seeds of randomness.")] = 3,
    workers: Annotated[int, typer.Option(min=1, help="Trainings at a time.")] = os.cpu_count() or 1,
) -> None:
    """Measure what 25, 50, 75 and 100 % of the sentences and pages give."""
    pages = {page.id: page for page in measured_pages(seeds, documents, corpus / "gold")}
    sentences = [
        (sentence.text, sentence.spans)
        for path in sorted((corpus / "sentences").glob("*.txt"))
        for sentence in read_sentences(path)
    ]
    folds = {
        fold["test"]: [pages[page] for page in fold["train"]]
        for fold in json.loads((corpus / "folds.json").read_text(encoding="utf8"))
    }
    jobs = [(share, seed) for share in SHARES for seed in range(runs)]
    found: dict[int, Runs] = {share: {} for share in SHARES}
    with (
        TemporaryDirectory() as folder,
        ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool,
    ):
        futures = {
            (share, seed, test): pool.submit(run, overrides, config, pages[test])
            for share, seed in jobs
            for test, overrides in write_share(
                Path(folder) / f"{share}-{seed}", share, seed, sentences, folds
            )
        }
        with typer.progressbar(futures.items(), label="Trainings", show_eta=True) as progress:
            for (share, seed, test), future in progress:
                found[share][seed, test] = future.result()
    others = max(folds.values(), key=len)
    shares = [
        row
        | {
            "sentences": len(first(row["share"], sentences)),
            "pages": len(first(row["share"], others)),
        }
        for row in (*rows(list(pages.values()), found), everything(metrics))
    ]
    write_whole(out, json.dumps({"shares": shares}, indent=1))
    for row in shares:
        flat, nested = (row[layer]["all"]["f"]["mean"] for layer in ("flat", "nested"))
        typer.echo(f"{row['share']:>3} %: flat {flat:.1f}, nested {nested:.1f}")


if __name__ == "__main__":
    typer.run(main)
