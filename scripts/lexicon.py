"""Step `lexicon`: the words and names whose soft features the token vectors read.

Common words come from raw texts as spacy-pkuseg segments them, with a model trained here on
UD Chinese GSD's words (its own models are downloads), and from jieba's dictionary (MIT); names
of divisions from ``divisions.csv``. Written is a word and its class per line; class 0 is a
common word, the others are kinds of names.
"""

import csv
import re
from collections import Counter
from collections.abc import Iterable
from importlib import resources
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import spacy_pkuseg
import typer

from scripts.files import write_whole
from scripts.learning.raw import segmented_sentences

_HAN = re.compile("[㐀-鿿]{2,7}")
# A word that pkuseg cut so often in the raw texts is no accident of segmentation.
_OFTEN = 3
_LEVELS = {"province": 1, "prefecture": 2, "county": 3, "township": 4}
_SHORT, _SHORT_TOWNSHIP = 5, 6
# Of jieba's tags: place, body, person; with the frequency from which a word is taken.
_JIEBA = {"ns": (7, 3), "nt": (8, 3), "nr": (9, 100)}


def train_segmenter(train: Path, test: Path, names: list[str], folder: Path) -> spacy_pkuseg.pkuseg:
    """A pkuseg model trained on UD Chinese GSD, which knows `names` besides."""
    for source in (train, test):
        lines = "\n".join(map(" ".join, segmented_sentences(source)))
        (folder / source.name).write_text(lines + "\n", encoding="utf8")
    spacy_pkuseg.train(
        str(folder / train.name), str(folder / test.name), str(folder / "model"), train_iter=5
    )
    return spacy_pkuseg.pkuseg(str(folder / "model"), user_dict=names)


def division_names(rows: Iterable[dict[str, str]]) -> dict[str, int]:
    """Full and short names of divisions, with the class of their level; full names win."""
    full: dict[str, int] = {}
    short: dict[str, int] = {}
    for row in rows:
        full[row["name"]] = _LEVELS[row["level"]]
        for form in row["short"].split():
            short[form] = _SHORT_TOWNSHIP if row["level"] == "township" else _SHORT
    return short | full


def listed_words() -> dict[str, int]:
    """Common words and names of jieba's dictionary (word, frequency and tag per line)."""
    dictionary = resources.files("jieba") / "dict.txt"
    words = {}
    for line in dictionary.read_text(encoding="utf8").splitlines():
        word, frequency, tag = line.split(" ")
        kind, least = _JIEBA.get(tag[:2], (0, 20))
        if not tag.startswith(("m", "t")) and int(frequency) >= least and len(word) <= 5:
            words[word] = kind
    return words


def main(
    raw: Annotated[Path, typer.Argument(help="Raw sentences, one a line (scripts.silver).")],
    train: Annotated[Path, typer.Argument(help="UD Chinese GSD, training part (.iob2).")],
    test: Annotated[Path, typer.Argument(help="UD Chinese GSD, test part (.iob2).")],
    divisions: Annotated[Path, typer.Argument(help="divisions.csv.")],
    out: Annotated[Path, typer.Argument(help="File for the lexicon (word and class per line).")],
) -> None:
    """Count the lexicon from texts that a segmenter trained here has cut into words."""
    with divisions.open(encoding="utf8", newline="") as file:
        names = division_names(csv.DictReader(file))
    counts: Counter[str] = Counter()
    with TemporaryDirectory() as folder:
        segmenter = train_segmenter(train, test, sorted(names), Path(folder))
        lines = raw.read_text(encoding="utf8").splitlines()
        with typer.progressbar(lines, label="Segmenting") as progress:
            for line in progress:
                counts.update(segmenter.cut(line))
    common = {word: 0 for word, count in counts.items() if count >= _OFTEN}
    words = common | listed_words() | names
    kept = sorted((word, kind) for word, kind in words.items() if _HAN.fullmatch(word))
    write_whole(out, "".join(f"{word}\t{kind}\n" for word, kind in kept))
    typer.echo(f"{len(kept)} words and names")


if __name__ == "__main__":
    typer.run(main)
