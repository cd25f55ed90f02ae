"""Check the annotated data before anything learns from it.

Gold spans must lie on their page as they say, keep the laws of `scripts.annotation.spans` and
cut no token in two; the folds must hold every page once; no written sentence may repeat a
page or another sentence.
"""

import json
from collections.abc import Iterator
from pathlib import Path

import typer

from scripts.annotation.gold import GoldError, GoldSpan, read_gold
from scripts.annotation.sentences import Sentence, SentenceError, read_sentences
from scripts.annotation.spans import problems
from scripts.components.tokenizer import simplify
from scripts.learning.examples import annotated_doc, blank_pipeline
from scripts.pages.decode import decode

# A run of so many characters in common says that one text was copied from the other.
_COPIED = 15


def check_gold(path: Path, raw: str, spans: list[GoldSpan]) -> Iterator[str]:
    """What is wrong with the gold spans of one page, each with file and line."""
    for number, span in enumerate(spans, 1):
        if raw[span.start : span.end] != span.text:
            yield (
                f"{path}:{number}: says {span.text!r} where the page has "
                f"{raw[span.start : span.end]!r}; run the command settle again"
            )
        for problem in problems(raw, [span.span]):
            yield f"{path}:{number}: {problem}"
    lines = {span.span: number for number, span in enumerate(spans, 1)}
    for problem in problems(raw, (span.span for span in spans)):
        line = next((n for s, n in lines.items() if f"[{s.start}:{s.end}]" in problem), 0)
        yield f"{path}:{line}: {problem}"


def check_copies(pages: dict[str, str], sentences: list[Sentence]) -> Iterator[str]:
    """Sentences that share a run of characters with a page, or their text with a sentence."""
    grams = {
        text[i : i + _COPIED]: page
        for page, text in pages.items()
        for i in range(len(text) - _COPIED + 1)
    }
    seen: dict[str, str] = {}
    for sentence in sentences:
        where = f"{sentence.register}.txt:{sentence.line}"
        text = _bare(sentence.text)
        for i in range(len(text) - _COPIED + 1):
            if page := grams.get(text[i : i + _COPIED]):
                yield f"{where}: {text[i : i + _COPIED]!r} stands in page {page}; write it anew"
                break
        if first := seen.get(text):
            yield f"{where}: the same text as {first}; remove one of the two"
        seen.setdefault(text, where)


def _bare(text: str) -> str:
    return "".join(filter(str.isalnum, simplify(text)))


def main(
    seeds: Path = typer.Argument(..., help="Folder of the raw pages."),
    gold: Path = typer.Argument(..., help="Folder of the gold corpus."),
    sentences: Path = typer.Argument(..., help="Folder of the written sentences."),
    folds: Path = typer.Argument(..., help="The frozen folds (JSON)."),
) -> None:
    """Check gold corpus, written sentences and folds; every finding names file and line."""
    nlp = blank_pipeline()
    found: list[str] = []
    pages: dict[str, str] = {}
    written: list[Sentence] = []
    for path in sorted(gold.glob("*.jsonl")):
        page = seeds / f"{path.stem}.txt"
        raw, _ = decode(page.read_bytes())
        pages[path.stem] = _bare(raw)
        try:
            spans = read_gold(path)
            found += check_gold(path, raw, spans)
            annotated_doc(nlp, raw, (span.span for span in spans))
        except (GoldError, ValueError) as error:
            found.append(f"{path}: {error}")
    for path in sorted(sentences.glob("*.txt")):
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
    rows = json.loads(folds.read_text(encoding="utf8"))
    for row in rows:
        if row["test"] in row["train"] or {row["test"], *row["train"]} != pages.keys():
            found.append(f"{folds}: the fold of {row['test']} must hold every page exactly once")
    if sorted(row["test"] for row in rows) != sorted(pages):
        found.append(f"{folds}: every page must be tested in exactly one fold")
    for finding in found:
        typer.secho(finding, fg="red", err=True)
    if found:
        raise typer.Exit(1)
    typer.echo(f"{len(pages)} pages and {len(written)} written sentences: no problems")


if __name__ == "__main__":
    typer.run(main)
