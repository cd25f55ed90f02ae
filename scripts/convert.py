"""Convert gold corpus and written sentences to spaCy's training format.

Writes ``sentences.spacy`` (all registers), ``pages.spacy`` (all gold pages) and, for each
fold, ``without-<page>.spacy``: the other pages. A document of the pages is a paragraph as it
stands in the raw page, artefacts included.
"""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import typer
from spacy.tokens import DocBin

from scripts.annotation.sentences import read_sentences
from scripts.annotation.spans import Span
from scripts.files import written_whole
from scripts.learning.examples import annotated_doc, blank_pipeline
from scripts.learning.pages import measured_pages


def write_docs(path: Path, texts: Iterable[tuple[str, list[Span]]]) -> int:
    """Write annotated texts as a DocBin, whole or not at all; returns how many."""
    nlp = blank_pipeline()
    docs = DocBin(docs=[annotated_doc(nlp, *annotated) for annotated in texts])
    with written_whole(path) as unfinished:
        docs.to_disk(unfinished)
    return len(docs)


def main(
    seeds: Annotated[Path, typer.Argument(help="Folder of the raw pages.")],
    documents: Annotated[Path, typer.Argument(help="What the step ingest wrote.")],
    corpus: Annotated[Path, typer.Argument(help="Folder with gold/, sentences/ and folds.json.")],
    out: Annotated[Path, typer.Argument(help="Folder for the .spacy files.")],
) -> None:
    """Convert gold corpus and written sentences to .spacy files, one for each fold."""
    pages = {page.id: page.texts() for page in measured_pages(seeds, documents, corpus / "gold")}
    written = [
        (sentence.text, sentence.spans)
        for path in sorted((corpus / "sentences").glob("*.txt"))
        for sentence in read_sentences(path)
    ]
    typer.echo(f"sentences: {write_docs(out / 'sentences.spacy', written)}")
    everything = [text for texts in pages.values() for text in texts]
    typer.echo(f"paragraphs of pages: {write_docs(out / 'pages.spacy', everything)}")
    for fold in json.loads((corpus / "folds.json").read_text(encoding="utf8")):
        others = [text for page in fold["train"] for text in pages[page]]
        count = write_docs(out / f"without-{fold['test']}.spacy", others)
        typer.echo(f"without {fold['test']}: {count}")


if __name__ == "__main__":
    typer.run(main)
