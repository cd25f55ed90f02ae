"""Step `label`: silver spans, which a pipeline proposes and nobody reads.

They only make starting weights: a pipeline that learns from them too sees far more names than
people can read (self-training: Yarowsky 1995). Sentences that have been read are left out.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import spacy
import typer

from scripts import components  # noqa: F401  (registers what the pipeline is made of)
from scripts.annotation.readings import checksum, read_readings
from scripts.annotation.spans import Span
from scripts.convert import write_docs
from scripts.learning.examples import nested_layer


def main(
    pipeline: Annotated[Path, typer.Argument(help="The pipeline that proposes.")],
    sentences: Annotated[Path, typer.Argument(help="sentences.txt, which scripts.silver wrote.")],
    readings: Annotated[Path, typer.Argument(help="Folder of the readings (JSONL).")],
    out: Annotated[Path, typer.Argument(help="File for the labelled sentences (.spacy).")],
) -> None:
    """Let a pipeline label the raw sentences that nobody has read."""
    read = {name for path in readings.glob("*.jsonl") for _, name, _ in read_readings(path)}
    lines = sentences.read_text(encoding="utf8").splitlines()
    unread = [line for line in lines if checksum(line) not in read]
    nlp = spacy.load(pipeline)

    def labelled() -> Iterator[tuple[str, list[Span]]]:
        with typer.progressbar(unread, label="Labelling") as progress:
            for doc in nlp.pipe(progress):
                yield doc.text, sorted(nested_layer(doc))

    typer.echo(f"{write_docs(out, labelled())} sentences with silver spans")


if __name__ == "__main__":
    typer.run(main)
