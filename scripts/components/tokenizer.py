"""Tokenizer of the pipeline: characters, with numbers and Latin words whole, over the raw page.

The text of a token is always the raw text, so every offset is an offset into what the user
passed in. ``NORM`` is the view: Simplified (OpenCC), half-width, digits reduced to a shape.
What a page adds to its text (a pinyin gloss, a soft hyphen, white space) is a token of its
own whose ``NORM`` is ``ARTEFACT`` or ``BREAK``: the model looks through it, and a span can end
before it, as the annotation policy asks (五營鎮 of ``五營鎮(zhèn)徐洼村``).
"""

import re
from collections.abc import Callable, Iterator
from functools import cache
from itertools import accumulate
from pathlib import Path
from typing import Any

import numpy
import spacy
from opencc import OpenCC
from spacy.attrs import NORM
from spacy.tokens import Doc
from spacy.vocab import Vocab

# NORM of a token that is no part of the page's text (WORD JOINER: never a word itself), and
# of one that also begins a new line.
ARTEFACT = "\u2060"
BREAK = "\n"

_TONED = "āáǎàēéěèīíǐìōóǒòūúǔùǖǘǚǜḿńňǹ"
# A gloss is pinyin in brackets right after a Han character; with its tone mark, so that
# (km) or (a) is never one.
GLOSS = rf"(?<=[㐀-鿿豈-﫿𠀀-𳎯])[(（][a-zü]{{0,5}}[{_TONED}][a-zü]{{0,4}}[)）]"
_INVISIBLE = "\u00ad\u200b-\u200f\u2028-\u202e\u2060\ufeff"
_DIGIT = "0-9０-９"
_LATIN = "A-Za-zＡ-Ｚａ-ｚÀ-ÖØ-öø-ʯΑ-ωА-я"
# One token, then the single blank that spaCy keeps as the token's own trailing space. What is
# most of a page, a Han character by itself, comes first, for that is fastest.
_TOKEN = re.compile(
    rf"([㐀-鿿]"
    rf"|{GLOSS}"
    rf"|[{_INVISIBLE}]+"
    rf"|[{_DIGIT}]{{1,3}}(?:[,，][{_DIGIT}]{{3}})+(?![{_DIGIT}])(?:[.．][{_DIGIT}]+)?"
    rf"|[{_DIGIT}]+(?:[.．][{_DIGIT}]+)?"
    rf"|[{_LATIN}]+"
    rf"|\s+"
    rf"|.)( ?)",
    re.DOTALL,
)
_ARTEFACT = re.compile(rf"(?:[(（][^)）]*[{_TONED}][^)）]*[)）]|[{_INVISIBLE}\s]+)\Z")
_YEAR = re.compile(r"(?:19|20)\d\d\Z")
# Full-width forms and the like, one character for one, so that offsets stay as they are.
WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
_NARROW = WIDTH | {
    ord(old): ord(new) for old, new in zip("﹔﹐﹕﹖﹗﹪○〇", ";,:?!%零零", strict=True)
}


@cache
def _converter() -> OpenCC:
    return OpenCC("t2s")


@cache
def _simplified_character(char: str) -> str:
    converted = _converter().convert(char)
    return converted if len(converted) == 1 else char


def simplify(text: str) -> str:
    """Simplified form of `text` by OpenCC (t2s), always of the same length.

    Where the conversion of a line would change its length, the line is converted character
    by character.
    """
    converted: str = _converter().convert(text)
    if len(converted) == len(text):
        return converted
    return "".join(
        new
        if len(new := _converter().convert(line)) == len(line)
        else "".join(map(_simplified_character, line))
        for line in text.splitlines(keepends=True)
    )


def shape(word: str) -> str:
    """What the model sees of a simplified token: half-width, lower case, digits as a shape.

    ``35.21`` → ``dd.dd``, ``3200`` → ``dddd``, ``2016`` → ``20dd``, ``ＫＭ`` → ``km``.
    """
    word = word.translate(_NARROW).lower()
    if word[0].isdigit() and word[0].isascii():
        if _YEAR.match(word):
            return word[:2] + "dd"
        whole, point, part = word.replace(",", "").partition(".")
        return "d" * min(len(whole), 6) + point + "d" * min(len(part), 2)
    return word


def split(text: str) -> tuple[list[str], list[bool]]:
    """Tokens of `text` and whether a blank follows each; joined they give `text` again.

    A leading blank is a token of its own, as everywhere in spaCy.
    """
    pairs = _TOKEN.findall(text)
    return [word for word, _ in pairs], [blank == " " for _, blank in pairs]


class CharTokenizer:
    """Text → Doc of characters, numbers and Latin words; ``doc.text == text`` for any string."""

    def __init__(self, vocab: Vocab) -> None:
        self.vocab = vocab
        self._norms: dict[str, int] = {}

    def __call__(self, text: str) -> Doc:
        """A Doc whose tokens carry the view of `text` in their ``NORM``."""
        words, spaces = split(text)
        doc = Doc(self.vocab, words=words, spaces=spaces)
        if words:
            doc.from_array([NORM], self._norm_ids(text, words, spaces))  # type: ignore[arg-type]
        return doc

    def pipe(self, texts: Iterator[str], batch_size: int = 1000) -> Iterator[Doc]:
        """One Doc per text, in order."""
        yield from map(self, texts)

    def _norm_ids(self, text: str, words: list[str], spaces: list[bool]) -> numpy.ndarray:
        view = simplify(text)
        if view != text:
            ends = accumulate(len(word) + blank for word, blank in zip(words, spaces, strict=True))
            words = [
                view[end - len(word) - blank : end - blank]
                for word, blank, end in zip(words, spaces, ends, strict=True)
            ]
        known = self._norms
        # No NORM is empty, so no number is 0.
        ids = [known.get(word) or self._add(word) for word in words]
        return numpy.array(ids, dtype="uint64").reshape(-1, 1)

    def _add(self, word: str) -> int:
        if _ARTEFACT.match(word):
            norm = BREAK if "\n" in word or "\r" in word else ARTEFACT
        else:
            norm = shape(word)
        number: int = self.vocab.strings.add(norm)
        if len(self._norms) < 200_000:  # a page of random strings must not fill the memory
            self._norms[word] = number
        return number

    # Nothing to store: the rules are the code, and the vocab belongs to the pipeline.
    def to_bytes(self, **_: Any) -> bytes:
        """Nothing."""
        return b""

    def from_bytes(self, data: bytes, **_: Any) -> "CharTokenizer":
        """The tokenizer itself."""
        return self

    def to_disk(self, path: str | Path, **_: Any) -> None:
        """Writes nothing."""

    def from_disk(self, path: str | Path, **_: Any) -> "CharTokenizer":
        """The tokenizer itself."""
        return self


@spacy.registry.tokenizers("zh_poverty_news.CharTokenizer.v1")
def create_tokenizer() -> Callable[[spacy.Language], CharTokenizer]:
    """Factory for ``[nlp.tokenizer]``; takes no settings."""

    def make(nlp: spacy.Language) -> CharTokenizer:
        return CharTokenizer(nlp.vocab)

    return make
