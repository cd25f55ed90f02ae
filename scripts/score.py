"""Step `score`: a pipeline against annotated texts that it has not learned from.

The file holds a text a line: ``{"text": …, "spans": [{"start", "end", "label"}, …]}`` with the
nested layer; other keys are ignored. Every wrong span is written beside the scores, by kind.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import spacy
import typer

from scripts import components  # noqa: F401  (registers what the pipeline is made of)
from scripts.annotation.agreement import wrong_spans
from scripts.annotation.spans import Span, flat
from scripts.files import write_rows, write_whole
from scripts.learning.examples import flat_layer, nested_layer
from scripts.learning.scores import Counts, spread, table


class TextError(ValueError):
    """Annotated texts that can't be used; the message names file, line and mend."""


def read_texts(path: Path) -> Iterator[tuple[str, list[Span]]]:
    """Text and nested spans of each line; raises `TextError`."""
    if not path.exists():
        raise TextError(f"{path}: no such file; give a JSONL file of annotated texts")
    for number, line in enumerate(path.read_text(encoding="utf8").split("\n"), 1):
        if not line:
            continue
        try:
            row = json.loads(line)
            yield row["text"], [Span(s["start"], s["end"], s["label"]) for s in row["spans"]]
        except (ValueError, KeyError, TypeError) as error:
            raise TextError(
                f"{path}:{number}: needs text and spans [{{start, end, label}}, …]: {error!r}"
            ) from error


def main(
    pipeline: Annotated[Path, typer.Argument(help="Folder of a trained pipeline.")],
    texts: Annotated[Path, typer.Argument(help="Annotated texts (JSONL).")],
    out: Annotated[Path, typer.Argument(help="File for the scores; errors in .errors.jsonl.")],
) -> None:
    """Score a pipeline on a JSONL file of annotated texts, strictly, label by label."""
    nlp = spacy.load(pipeline)
    layers = {"flat": Counts(), "nested": Counts()}
    errors: list[dict[str, Any]] = []
    try:
        for number, (text, gold) in enumerate(read_texts(texts), 1):
            doc = nlp(text)
            for layer, right, found in (
                ("flat", flat(gold), flat_layer(doc)),
                ("nested", gold, nested_layer(doc)),
            ):
                layers[layer].add(right, found)
                errors += (
                    {"text": number, "layer": layer, **row}
                    for row in wrong_spans(text, right, found)
                )
    except TextError as error:
        typer.secho(str(error), fg="red", err=True)
        raise typer.Exit(1) from error
    scores = {layer: counts.scores() for layer, counts in layers.items()}
    write_whole(out, json.dumps(scores, indent=1))
    write_rows(out.with_suffix(".errors.jsonl"), errors)
    typer.echo(table({layer: spread([found]) for layer, found in scores.items()}))


if __name__ == "__main__":
    typer.run(main)
