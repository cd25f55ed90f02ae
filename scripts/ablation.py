"""Step `ablation`: what each part of the pipeline is worth.

Each row adds one thing to the row above it; words of a segmenter and the lexicon are rows that
stand for each other, and the last row takes the flat layer from the span categorizer instead of
the recognizer. Every variant learns for the same few steps from the other four pages, and from
the written sentences where its row says so; it is measured on the page that it has not seen, and
on a file of texts that lies outside the project (validation), over several seeds of randomness.
The pretrained token vectors are those of the step `words`, which has seen no span. Speed is that
of the learned components, in characters a second of processor time on one core.
"""

import json
import os
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from itertools import chain
from multiprocessing import get_context
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Annotated, Any

import spacy
import typer

from scripts.annotation.spans import Span, flat
from scripts.files import write_whole
from scripts.learning import segmenters  # noqa: F401  (registers the segmenters)
from scripts.learning.examples import flat_layer, nested_layer
from scripts.learning.pages import measured_pages
from scripts.learning.scores import Counts, Scores, spread, table
from scripts.lexicon import train_segmenter
from scripts.score import read_texts
from scripts.train import train

Texts = list[tuple[str, list[Span]]]
Overrides = dict[str, Any]
# Gold and predicted flat spans of texts, by layer.
Read = dict[str, list[tuple[list[Span], list[Span]]]]
ENTITIES, CATEGORIZED = "ner", "spancat"
FOLDS, VALIDATION = "folds", "validation"
_TOK2VEC = "components.tok2vec.model"
_ROWS = f"{_TOK2VEC}.embed.rows"
_BARE: Overrides = {"corpora.train.damaged": 0.0, "corpora.train.joined": 0.0}
_BIGRAMS = _BARE | {"paths.lexicon": None, _ROWS: [6000, 20000, 2, 0, 0]}


def _segmented(name: str, **settings: str) -> Overrides:
    """The words of a running segmenter in the place of the lexicon."""
    return _BIGRAMS | {
        _ROWS: [6000, 20000, 2, 0, 3000],
        f"{_TOK2VEC}.@architectures": "zh_poverty_news.WordTok2Vec.v1",
        f"{_TOK2VEC}.segmenter": {"@misc": f"zh_poverty_news.{name}.v1"} | settings,
    }


def variants(start: Path, pkuseg: Path, sentences: Path) -> dict[str, Overrides]:
    """Rows of the table that are trained: name and what overrides the config."""
    vectors = _BARE | {"paths.init_tok2vec": str(start)}
    written = vectors | {"paths.beside": str(sentences)}
    augmented = {name: value for name, value in written.items() if name not in _BARE}
    return {
        "characters": _BIGRAMS | {_ROWS: [6000, 0, 2, 0, 0]},
        "+ bigrams": _BIGRAMS,
        "+ words of jieba": _segmented("JiebaWords"),
        "or words of pkuseg": _segmented("PkusegWords", model=str(pkuseg)),
        "or lexicon": _BARE,
        "+ pretrained token vectors": vectors,
        "+ written sentences": written,
        "+ augmentation": augmented,
    }


def folds(
    tests: list[str], data: Path, own: Overrides, seed: int, steps: int, words_in_batch: int
) -> Iterator[tuple[str, Overrides]]:
    """Each page that is left out, with everything that overrides the config."""
    for test in tests:
        others = str(data / f"without-{test}.spacy")
        common = {
            "corpora.train.path": others,
            "corpora.train.repeated": 6,
            "paths.train": others,
            "system.seed": seed,
            "training.batcher.size": words_in_batch,
            "training.max_steps": steps,
            "training.optimizer.learn_rate.total_steps": steps + 20,
        }
        yield test, common | own


def run(config: Path, overrides: Overrides, page: Texts, texts: Texts) -> dict[str, Any]:
    """Train one pipeline; what it reads in the page and the texts, and its speed."""
    with TemporaryDirectory() as folder:
        train(config, Path(folder) / "model", overrides, quiet=True)
        nlp = spacy.load(Path(folder) / "model", exclude=["nested_layer"])
    found: dict[str, Read] = {}
    for name, given in ((FOLDS, page), (VALIDATION, texts)):
        found[name] = {ENTITIES: [], CATEGORIZED: []}
        for doc, (_, gold) in zip(nlp.pipe(text for text, _ in given), given, strict=True):
            found[name][ENTITIES].append((flat(gold), sorted(flat_layer(doc))))
            found[name][CATEGORIZED].append((flat(gold), flat(nested_layer(doc))))
    return {"read": found, "speed": speed(nlp, [text for text, _ in page])}


def speed(nlp: spacy.Language, texts: list[str]) -> float:
    """Characters a second of processor time, the median of five."""
    times = []
    for _ in range(5):
        start = time.process_time()
        for _ in nlp.pipe(texts):
            pass
        times.append(time.process_time() - start)
    return sum(map(len, texts)) / median(times)


def row(name: str, layer: str, runs: dict[tuple[int, str], dict[str, Any]]) -> dict[str, Any]:
    """A row of ablation.json: mean and spread of F1 over the seeds, and the median speed.

    runs: by seed and left-out page. The pages of a seed are counted together; of the texts each
    run is a reading of its own.
    """
    pages = [
        _scores(one["read"][FOLDS][layer] for (of, _), one in runs.items() if of == seed)
        for seed in sorted({seed for seed, _ in runs})
    ]
    texts = [_scores([one["read"][VALIDATION][layer]]) for one in runs.values()]
    return {
        "name": name,
        **{
            key: {label: f["f"] for label, f in spread(scores).items()}
            for key, scores in ((FOLDS, pages), (VALIDATION, texts))
        },
        "characters_per_second": round(median(one["speed"] for one in runs.values())),
    }


def _scores(read: Iterable[list[tuple[list[Span], list[Span]]]]) -> Scores:
    """Scores of readings that are counted together."""
    counts = Counts()
    for gold, found in chain.from_iterable(read):
        counts.add(gold, found)
    return counts.scores()


def as_markdown(rows: list[dict[str, Any]], settings: str) -> str:
    """The rows as readable tables."""
    readable = f"# Ablation\n\n{(__doc__ or '').partition(chr(10) * 2)[2]}\n{settings}\n"
    for key, title in ((FOLDS, "Leave one page out"), (VALIDATION, "Validation")):
        shown = {
            r["name"]: {k: {"f": f, "gold": {"mean": 1}} for k, f in r[key].items()} for r in rows
        }
        if any(f["mean"] for r in rows for f in r[key].values()):
            readable += f"\n## {title}\n\n{table(shown)}"
    speeds = "".join(f"| {r['name']} | {r['characters_per_second']:,} |\n" for r in rows)
    return readable + f"\n## Speed\n\n| | characters a second |\n|---|---|\n{speeds}"


def main(
    seeds: Annotated[Path, typer.Argument(help="Folder of the raw pages.")],
    documents: Annotated[Path, typer.Argument(help="Folder that scripts.ingest wrote.")],
    corpus: Annotated[Path, typer.Argument(help="Folder with gold/, folds.json and spacy/.")],
    config: Annotated[Path, typer.Argument(help="Config that trains a pipeline (cpu.cfg).")],
    start: Annotated[Path, typer.Argument(help="Pipeline of the step words, for its vectors.")],
    treebank: Annotated[Path, typer.Argument(help="Its train part (.iob2), for pkuseg.")],
    treebank_test: Annotated[Path, typer.Argument(help="Its test part.")],
    out: Annotated[Path, typer.Argument(help="Folder for ablation.json and ablation.md.")],
    texts: Annotated[
        Path | None, typer.Option(help="Annotated texts (JSONL) to measure on besides the pages.")
    ] = None,
    runs: Annotated[int, typer.Option(min=1, help="How many seeds of randomness.")] = 3,
    steps: Annotated[int, typer.Option(min=1, help="Training steps of each variant.")] = 100,
    words_in_batch: Annotated[int, typer.Option(min=1, help="Tokens of a step.")] = 1250,
    workers: Annotated[int, typer.Option(min=1, help="Trainings at a time.")] = os.cpu_count() or 1,
) -> None:
    """Measure what each part of the pipeline is worth; the table stands in docs/measured."""
    pages = {page.id: page for page in measured_pages(seeds, documents, corpus / "gold")}
    tests = [
        fold["test"] for fold in json.loads((corpus / "folds.json").read_text(encoding="utf8"))
    ]
    data = corpus / "spacy"
    given = list(read_texts(texts)) if texts else []
    found: dict[str, dict[tuple[int, str], dict[str, Any]]] = {}
    with (
        TemporaryDirectory() as folder,
        ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool,
    ):
        train_segmenter(treebank, treebank_test, names=[], folder=Path(folder))
        rows_of = variants(start, Path(folder) / "model", data / "sentences.spacy")
        jobs = {
            (name, seed, test): pool.submit(run, config, overrides, pages[test].texts(), given)
            for name, own in rows_of.items()
            for seed in range(runs)
            for test, overrides in folds(tests, data, own, seed, steps, words_in_batch)
        }
        with typer.progressbar(jobs.items(), label="Variants", show_eta=True) as progress:
            for (name, seed, test), job in progress:
                found.setdefault(name, {})[seed, test] = job.result()
    rows = [row(name, ENTITIES, done) for name, done in found.items()]
    last = list(found)[-1]
    rows.append(row(f"{last}, spancat alone", CATEGORIZED, found[last]))
    readable = as_markdown(rows, f"{steps} steps of {words_in_batch} tokens, {runs} seeds.")
    write_whole(out / "ablation.json", json.dumps({"steps": steps, "rows": rows}, indent=1))
    write_whole(out / "ablation.md", readable)
    typer.echo(readable)


if __name__ == "__main__":
    typer.run(main)
