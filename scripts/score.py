"""Step `score`: a pipeline against annotated texts that it has not learned from.

The file holds a text a line: ``{"text": …, "spans": [{"start", "end", "label"}, …]}`` with the
nested layer; other keys are ignored.
"""

import json
from pathlib import Path
from typing import Annotated

import spacy
import typer

from scripts import components  # noqa: F401  (registers what the pipeline is made of)
from scripts.annotation.spans import Span, flat
from scripts.files import write_whole
from scripts.learning.examples import flat_layer, nested_layer
from scripts.learning.scores import Counts, spread, table


def main(
    pipeline: Annotated[Path, typer.Argument(help="Folder of a trained pipeline.")],
    texts: Annotated[Path, typer.Argument(help="Annotated texts (JSONL).")],
    out: Annotated[Path, typer.Argument(help="File for the scores (JSON).")],
) -> None:
    """Score a pipeline on a JSONL file of annotated texts, strictly, label by label."""
    if not texts.exists():
        typer.secho(f"{texts}: no such file; set vars.texts to annotated texts", fg="red", err=True)
        raise typer.Exit(1)
    nlp = spacy.load(pipeline)
    layers = {"flat": Counts(), "nested": Counts()}
    for number, line in enumerate(texts.read_text(encoding="utf8").splitlines(), 1):
        try:
            row = json.loads(line)
            gold = [Span(s["start"], s["end"], s["label"]) for s in row["spans"]]
        except (ValueError, KeyError, TypeError) as error:
            typer.secho(f"{texts}:{number}: needs text and spans: {error!r}", fg="red", err=True)
            raise typer.Exit(1) from error
        doc = nlp(row["text"])
        layers["flat"].add(flat(gold), flat_layer(doc))
        layers["nested"].add(gold, nested_layer(doc))
    scores = {layer: counts.scores() for layer, counts in layers.items()}
    write_whole(out, json.dumps(scores, indent=1))
    typer.echo(table({layer: spread([found]) for layer, found in scores.items()}))


if __name__ == "__main__":
    typer.run(main)
