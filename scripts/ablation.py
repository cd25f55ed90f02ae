"""Step `ablation`: what each part of the pipeline is worth.

Every variant learns from the written sentences only, for the same few steps, over several seeds
of randomness, and is measured on the five pages, of which it has seen none, and on a file of
texts that lies outside the project (validation). Each row adds one thing to the row above it;
the last one takes the flat layer from the span categorizer instead of the recognizer. Speed is
that of the learned components, in characters a second of processor time on one core.
"""

import json
import os
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Annotated, Any

import spacy
import typer

from scripts.annotation.spans import Span, flat
from scripts.files import write_whole
from scripts.learning.examples import flat_layer, nested_layer
from scripts.learning.pages import measured_pages
from scripts.learning.scores import Counts, Scores, spread, table
from scripts.score import read_texts
from scripts.train import train

Texts = list[tuple[str, list[Span]]]
_ROWS = "components.tok2vec.model.embed.rows"
_PLAIN: dict[str, Any] = {
    "corpora.train.damaged": 0.0,
    "corpora.train.joined": 0.0,
    "paths.lexicon": None,
    _ROWS: [6000, 0, 2, 0, 0],
}
_BIGRAMS = _PLAIN | {_ROWS: [6000, 20000, 2, 0, 0]}
_LEXICON: dict[str, Any] = {"corpora.train.damaged": 0.0, "corpora.train.joined": 0.0}
_DAMAGED: dict[str, Any] = {}
ENTITIES, CATEGORIZED = "ner", "spancat"


def variants(start: Path) -> dict[str, dict[str, Any]]:
    """Rows of the table that are trained: name and what overrides the config."""
    return {
        "characters": _PLAIN,
        "+ bigrams": _BIGRAMS,
        "+ lexicon": _LEXICON,
        "+ augmentation": _DAMAGED,
        "+ pretrained token vectors": {"paths.init_tok2vec": str(start)},
    }


def run(config: Path, overrides: dict[str, Any], sets: dict[str, Texts]) -> dict[str, Any]:
    """Train one pipeline; its scores on each set by layer, and its speed."""
    with TemporaryDirectory() as folder:
        train(config, Path(folder) / "model", overrides, quiet=True)
        nlp = spacy.load(Path(folder) / "model", exclude=["nested_layer"])
    found: dict[str, dict[str, Scores]] = {}
    for name, texts in sets.items():
        entities, categorized = Counts(), Counts()
        for doc, (_, gold) in zip(nlp.pipe(text for text, _ in texts), texts, strict=True):
            entities.add(flat(gold), flat_layer(doc))
            categorized.add(flat(gold), flat(nested_layer(doc)))
        found[name] = {ENTITIES: entities.scores(), CATEGORIZED: categorized.scores()}
    return {"scores": found, "speed": speed(nlp, [text for text, _ in sets["folds"]])}


def speed(nlp: spacy.Language, texts: list[str]) -> float:
    """Characters a second of processor time, the median of five."""
    times = []
    for _ in range(5):
        start = time.process_time()
        for _ in nlp.pipe(texts):
            pass
        times.append(time.process_time() - start)
    return sum(map(len, texts)) / median(times)


def row(name: str, layer: str, runs: list[dict[str, Any]]) -> dict[str, Any]:
    """A row of ablation.json: mean and spread of F1 on each set, and the median speed."""
    sets = {key: spread(one["scores"][key][layer] for one in runs) for key in runs[0]["scores"]}
    return {
        "name": name,
        **{key: {label: f["f"] for label, f in scores.items()} for key, scores in sets.items()},
        "characters_per_second": round(median(one["speed"] for one in runs)),
    }


def main(
    seeds: Annotated[Path, typer.Argument(help="Folder of the raw pages.")],
    documents: Annotated[Path, typer.Argument(help="Folder that scripts.ingest wrote.")],
    corpus: Annotated[Path, typer.Argument(help="Folder with gold/ and spacy/.")],
    config: Annotated[Path, typer.Argument(help="Config that trains a pipeline (cpu.cfg).")],
    start: Annotated[Path, typer.Argument(help="Pipeline with the pretrained token vectors.")],
    out: Annotated[Path, typer.Argument(help="Folder for ablation.json and ablation.md.")],
    texts: Annotated[
        Path | None, typer.Option(help="Annotated texts (JSONL) to measure on besides the pages.")
    ] = None,
    runs: Annotated[int, typer.Option(min=1, help="How many seeds of randomness.")] = 3,
    steps: Annotated[int, typer.Option(min=1, help="Training steps of each variant.")] = 150,
) -> None:
    """Measure what each part of the pipeline is worth; the table stands in docs/measured."""
    pages = measured_pages(seeds, documents, corpus / "gold")
    sets = {"folds": [text for page in pages for text in page.texts()]}
    if texts:
        sets["validation"] = list(read_texts(texts))
    sentences = str(corpus / "spacy" / "sentences.spacy")
    common = {
        "corpora.train.path": [sentences],
        "corpora.train.repeated": 1,
        "paths.train": sentences,
        "training.max_steps": steps,
        "training.optimizer.learn_rate.total_steps": steps + 20,
    }
    found: dict[str, list[dict[str, Any]]] = {}
    with ProcessPoolExecutor(os.cpu_count(), mp_context=get_context("spawn")) as pool:
        jobs = {
            (name, seed): pool.submit(run, config, common | own | {"system.seed": seed}, sets)
            for name, own in variants(start).items()
            for seed in range(runs)
        }
        with typer.progressbar(jobs.items(), label="Variants", show_eta=True) as progress:
            for (name, _), job in progress:
                found.setdefault(name, []).append(job.result())
    rows = [row(name, ENTITIES, done) for name, done in found.items()]
    last = list(found)[-1]
    rows.append(row(f"{last}, spancat alone", CATEGORIZED, found[last]))
    write_whole(out / "ablation.json", json.dumps({"steps": steps, "rows": rows}, indent=1))
    readable = f"# Ablation\n\n{__doc__.partition(chr(10) * 2)[2]}\n{steps} steps, {runs} seeds.\n"
    for key, title in (("folds", "Five pages"), ("validation", "Validation")):
        if key in sets:
            shown = {
                r["name"]: {k: {"f": f, "gold": {"mean": 1}} for k, f in r[key].items()}
                for r in rows
            }
            readable += f"\n## {title}\n\n{table(shown)}"
    speeds = "".join(f"| {r['name']} | {r['characters_per_second']:,} |\n" for r in rows)
    readable += f"\n## Speed\n\n| | characters a second |\n|---|---|\n{speeds}"
    write_whole(out / "ablation.md", readable)
    typer.echo(readable)


if __name__ == "__main__":
    typer.run(main)
