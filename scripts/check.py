"""Step `check`: the annotated data, before anything learns from it.

Gold spans must lie on their page as they say, keep the laws of `scripts.annotation.spans` and
cut no token in two; the folds must test every page once; no written sentence may repeat a
page or another sentence, and no sentence may be read twice. Then the corpus is counted.
"""

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated, Any, get_args

import typer

from scripts.annotation.coverage import coverage
from scripts.annotation.gold import GoldError, GoldSpan, read_gold
from scripts.annotation.readings import ReadingError, read_readings
from scripts.annotation.sentences import Sentence, SentenceError, read_sentences
from scripts.annotation.spans import LABELS, Span, flat, problems
from scripts.components.tokenizer import simplify
from scripts.files import write_whole
from scripts.learning.examples import annotated_doc, blank_pipeline
from scripts.pages.decode import decode
from scripts.pages.document import Script
from scripts.pages.script import script_of

# A run of so many characters in common says that one text was copied from the other.
_COPIED = 15
SCRIPTS = get_args(Script)


def check_gold(path: Path, raw: str, spans: list[GoldSpan]) -> Iterator[str]:
    """What is wrong with the gold spans of one page, each with file and line."""
    lines: dict[str, int] = {}
    for number, row in enumerate(spans, 1):
        if raw[row.start : row.end] != row.text:
            yield (
                f"{path}:{number}: says {row.text!r} where the page has "
                f"{raw[row.start : row.end]!r}; run the command settle again"
            )
        lines[f"{row.label} [{row.start}:{row.end}]"] = number
    for problem in problems(raw, (row.span for row in spans)):
        place = re.match(r"\S+ \[\d+:\d+\]", problem)
        number = lines[place[0]] if place else 0
        yield f"{path}:{number}: {problem}"


def check_copies(pages: dict[str, str], sentences: list[Sentence]) -> Iterator[str]:
    """Sentences that share a run of characters with a page, or their text with a sentence."""
    bare_pages = {page: _bare(raw) for page, raw in pages.items()}
    runs = {run: page for page, text in bare_pages.items() for run in _runs(text)}
    seen: dict[str, str] = {}
    for sentence in sentences:
        where = f"{sentence.register}.txt:{sentence.line}"
        text = _bare(sentence.text)
        for run in _runs(text):
            if run in runs:
                yield f"{where}: {run!r} stands in page {runs[run]}; write it anew"
                break
        if text in seen:
            yield f"{where}: the same text as {seen[text]}; remove one of the two"
        seen.setdefault(text, where)


def _bare(text: str) -> str:
    return "".join(filter(str.isalnum, simplify(text)))


def _runs(text: str) -> Iterator[str]:
    return (text[i : i + _COPIED] for i in range(len(text) - _COPIED + 1))


def check_folds(path: Path, pages: set[str]) -> Iterator[str]:
    """What is wrong with the frozen folds."""
    folds = json.loads(path.read_text(encoding="utf8"))
    for fold in folds:
        if sorted([fold["test"], *fold["train"]]) != sorted(pages):
            yield f"{path}: the fold of {fold['test']} must hold every page exactly once"
    if sorted(fold["test"] for fold in folds) != sorted(pages):
        yield f"{path}: every page must be tested in exactly one fold"


def check_readings(paths: Iterable[Path]) -> tuple[dict[str, list[Span]], list[str]]:
    """The spans of all readings by the checksum of their sentence, and what is wrong with them."""
    readings: dict[str, list[Span]] = {}
    found: list[str] = []
    for path in paths:
        try:
            for number, sentence, spans in read_readings(path):
                if sentence in readings:
                    found.append(
                        f"{path}:{number}: {sentence} was read before; remove one of the two"
                    )
                readings[sentence] = spans
        except ReadingError as error:
            found.append(str(error))
    return readings, found


def figures(
    gold: dict[str, list[GoldSpan]], sentences: list[Sentence], readings: dict[str, list[Span]]
) -> dict[str, Any]:
    """What the corpus holds: spans per label and layer; texts, entities and skeletons."""
    nested = [row.span for rows in gold.values() for row in rows]
    flat_spans = [span for rows in gold.values() for span in flat(row.span for row in rows)]
    strings: dict[str, set[str]] = {label: set() for label in LABELS}
    skeletons = set()
    for sentence in sentences:
        skeleton, at = "", 0
        for span in flat(sentence.spans):
            skeleton += sentence.text[at : span.start] + span.label
            at = span.end
        skeletons.add(skeleton + sentence.text[at:])
        for span in sentence.spans:
            strings[span.label].add(sentence.text[span.start : span.end])
    return {
        "gold nested": Counter(span.label for span in nested),
        "gold flat": Counter(span.label for span in flat_spans),
        "written spans": Counter(span.label for s in sentences for span in s.spans),
        "distinct written strings": {label: len(found) for label, found in strings.items()},
        "read spans": Counter(span.label for spans in readings.values() for span in spans),
        "sentences": len(sentences),
        "sentences read": len(readings),
        "sentences by register": Counter(s.register for s in sentences),
        "sentences by script": Counter(script_of(s.text) for s in sentences),
        "sentences without a span": sum(not s.spans for s in sentences),
        "distinct skeletons": len(skeletons),
        "coverage": coverage(sentences),
    }


def as_markdown(counted: dict[str, Any]) -> str:
    """The figures as a readable page."""
    rows = ("gold nested", "gold flat", "written spans", "distinct written strings", "read spans")
    text = "# The corpus\n\n| | " + " | ".join(LABELS) + " |\n" + "|---" * (len(LABELS) + 1) + "|\n"
    for row in rows:
        text += f"| {row} | " + " | ".join(str(counted[row][label]) for label in LABELS) + " |\n"
    text += f"\n{counted['sentences']} written sentences, {counted['distinct skeletons']} distinct "
    text += f"skeletons, {counted['sentences without a span']} without a span; "
    text += f"{counted['sentences read']} readings of raw sentences.\n\n"
    for group in ("sentences by register", "sentences by script"):
        listed = ", ".join(f"{name} {count}" for name, count in sorted(counted[group].items()))
        text += f"{group.capitalize()}: {listed}.\n"
    text += "\n## Constructions of the written sentences\n\n| | construction | "
    text += " | ".join(SCRIPTS) + " |\n" + "|---" * (len(SCRIPTS) + 2) + "|\n"
    for label, named in counted["coverage"].items():
        for name, counts in named.items():
            shown = " | ".join(f"{counts.get(script, 0):,}" for script in SCRIPTS)
            text += f"| {label} | {name} | {shown} |\n"
    return text


def main(
    seeds: Annotated[Path, typer.Argument(help="Folder of the raw pages.")],
    corpus: Annotated[
        Path, typer.Argument(help="Folder with gold/, sentences/, readings/, folds.json.")
    ],
    metrics: Annotated[Path, typer.Argument(help="Folder for corpus.json and corpus.md.")],
) -> None:
    """Check gold corpus, written sentences and folds; every finding names file and line.

    Example: python -m scripts.check seeds corpus training/metrics
    """
    nlp = blank_pipeline()
    found: list[str] = []
    pages: dict[str, str] = {}
    gold: dict[str, list[GoldSpan]] = {}
    written: list[Sentence] = []
    for path in sorted((corpus / "gold").glob("*.jsonl")):
        (page,) = seeds.glob(f"{path.stem}.*")
        pages[path.stem], _ = decode(page.read_bytes())
        try:
            gold[path.stem] = read_gold(path)
            found += check_gold(path, pages[path.stem], gold[path.stem])
            annotated_doc(nlp, pages[path.stem], (row.span for row in gold[path.stem]))
        except (GoldError, ValueError) as error:
            found.append(f"{path}: {error}")
    for path in sorted((corpus / "sentences").glob("*.txt")):
        try:
            written += read_sentences(path)
        except SentenceError as error:
            found.append(str(error))
    for sentence in written:
        try:
            annotated_doc(nlp, sentence.text, sentence.spans)
        except ValueError as error:
            found.append(f"{sentence.register}.txt:{sentence.line}: {error}")
    found += check_copies(pages, written)
    found += check_folds(corpus / "folds.json", set(pages))
    readings, wrong = check_readings(sorted((corpus / "readings").glob("*.jsonl")))
    found += wrong
    for finding in found:
        typer.secho(finding, fg="red", err=True)
    if found:
        raise typer.Exit(1)
    counted = figures(gold, written, readings)
    write_whole(metrics / "corpus.json", json.dumps(counted, indent=1))
    write_whole(metrics / "corpus.md", as_markdown(counted))
    typer.echo(as_markdown(counted))


if __name__ == "__main__":
    typer.run(main)
