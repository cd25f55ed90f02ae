"""Sentences of the raw assets: official documents, papers, and a treebank."""

import hashlib
import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

_SENTENCE = re.compile(r"[^。！？\n]+[。！？]?")
_HAN = re.compile("[㐀-鿿]")
_FORMULA = re.compile(r"\$([^$]{1,60})\$")
_NUMBER = re.compile(r"[\d.% ~-]+")
# Two texts that share so many characters in a row hold the same sentence.
_SAME = 10
_SHORTEST, _LONGEST = 8, 250


def sentences(text: str) -> Iterator[str]:
    """Chinese sentences of 8 to 250 characters; what holds formulas or table cells is none."""
    for found in _SENTENCE.findall(_FORMULA.sub(_plain, text)):
        sentence = found.strip()
        han = len(_HAN.findall(sentence))
        formula = re.search(r"[$\\|]", sentence)
        if _SHORTEST <= len(sentence) <= _LONGEST and han > 0.55 * len(sentence) and not formula:
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


def checksums(text: str) -> set[str]:
    """Checksums of all runs of 10 characters of `text`, white space apart: 10 hex digits each."""
    bare = re.sub(r"\s+", "", text)
    found = {bare[i : i + _SAME] for i in range(len(bare) - _SAME + 1)}
    return {hashlib.sha256(run.encode("utf8")).hexdigest()[:10] for run in found}


def segmented_sentences(iob: Path) -> Iterator[list[str]]:
    """Sentences of a UNER file, as lists of words."""
    for block in iob.read_text(encoding="utf8").split("\n\n"):
        lines = [line for line in block.splitlines() if line and not line.startswith("#")]
        if lines:
            yield [line.split("\t")[1] for line in lines]


def raw_sentences(paths: Iterable[Path], held_out: Path) -> list[str]:
    """All sentences of raw documents (JSONL) and treebanks (.iob2), each once, in their order.

    held_out: checksums of the texts to measure on (`checksums`), a line each; a sentence that
    shares ten characters in a row with one of them is left out.
    """
    kept_apart = set(held_out.read_text(encoding="ascii").split())
    found: dict[str, None] = {}
    for path in paths:
        if path.suffix == ".iob2":
            whole = map("".join, segmented_sentences(path))
            found |= dict.fromkeys(s for s in whole if _SHORTEST <= len(s) <= _LONGEST)
        else:
            found |= dict.fromkeys(s for text in raw_texts([path]) for s in sentences(text))
    return [sentence for sentence in found if not checksums(sentence) & kept_apart]
