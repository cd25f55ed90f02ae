"""The view of a Doc, which rules read: what its tokens show, its sentences and their offsets."""

import re
from collections.abc import Callable
from itertools import accumulate
from typing import NamedTuple, TypeVar

import numpy
from spacy.attrs import NORM, ORTH, SPACY
from spacy.tokens import Doc

from .tokenizer import ARTEFACT, BREAK, WIDTH

MAX_SENTENCE = 400  # tokens; a page without a sentence end is cut
WRAP = 25  # tokens of a line that may go on in the next one; shorter ones are titles
MAX_KNOWN = 200_000  # different tokens that are kept before it begins anew
_MIX = numpy.array([1, 0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9], dtype="uint64")
# NORMs that end a sentence, and that close it.
ENDS = "。!?"
CLOSERS = "”』」)】’"
_CHINESE_YEAR = re.compile("(?:一九|二零)[零一二三四五六七八九]{2}(?=年)")
_NUMERALS = str.maketrans("零一二三四五六七八九", "0123456789")
_known: dict[int, tuple[str, str]] = {}

T = TypeVar("T")


def looked_up(doc: Doc, known: dict[int, T], show: Callable[[str, str, bool], T]) -> list[T]:
    """What `show` makes of each token's text, NORM and whether a blank follows.

    known: what it gave before, by one number for the three; the few thousand different tokens
    that pages are made of are looked up once.
    """
    tokens = doc.to_array([ORTH, NORM, SPACY])
    keys = (tokens @ _MIX).tolist()
    if len(known) > MAX_KNOWN:
        known.clear()
    try:
        return list(map(known.__getitem__, keys))
    except KeyError:  # a token that no page before had
        strings = doc.vocab.strings
        for key, (orth, norm, blank) in zip(keys, tokens.tolist(), strict=True):
            if key not in known:
                known[key] = show(strings[orth], strings[norm], bool(blank))
        return [known[key] for key in keys]


def with_digits(text: str, norm: str) -> str:
    """The NORM of a token, of a number (whose NORM is a shape) the half-width text."""
    return text.translate(WIDTH) if text[:1].isdigit() else norm


class View:
    """The page as the rules read it, without artefacts; `text` is the raw page."""

    def __init__(self, doc: Doc) -> None:
        tokens = looked_up(doc, _known, _raw_and_shown)
        shown = [view for _, view in tokens]
        self.text = "".join([raw for raw, _ in tokens])
        self._view = _CHINESE_YEAR.sub(lambda match: match[0].translate(_NUMERALS), "".join(shown))
        self._at = [0, *accumulate(map(len, shown))]  # where each token begins in it

    def between(self, start: int, end: int) -> str:
        """What tokens ``[start, end)`` show."""
        return self._view[self._at[start] : self._at[end]]

    def sentence(self, number: int, start: int, end: int) -> "Sentence":
        """The sentence of tokens ``[start, end)``."""
        return Sentence(number, start, end, self.between(start, end), self._at)


def _raw_and_shown(text: str, norm: str, blank: bool) -> tuple[str, str]:
    """A token in the raw page and in the view."""
    gone = norm in (ARTEFACT, BREAK) or norm.isspace()
    return text + " " * blank, "" if gone else with_digits(text, norm)


class Sentence(NamedTuple):
    """Tokens ``[start, end)`` and their view; `at`: where each token of the page begins."""

    number: int
    start: int
    end: int
    view: str
    at: list[int]

    def offsets(self, start: int, end: int) -> tuple[int, int]:
        """Offsets in the view of tokens ``[start, end)``, cut at the end of the sentence."""
        first = self.at[self.start]
        return self.at[start] - first, self.at[min(end, self.end)] - first


def sentence_cuts(doc: Doc) -> list[int]:
    """First tokens of the sentences, with the length of the Doc at the end."""
    strings = doc.vocab.strings
    norms = doc.to_array([NORM]).reshape(-1)
    ends = numpy.isin(norms, [strings.add(char) for char in ENDS])
    closers = numpy.isin(norms, [strings.add(char) for char in CLOSERS])
    after_end = ends.copy()
    after_end[1:] |= closers[1:] & ends[:-1]
    last = after_end.copy()
    last[:-1] &= ~(ends | closers)[1:]
    cuts = set((numpy.flatnonzero(last) + 1).tolist())
    line = 0
    closed = after_end.tolist()
    running = numpy.isin(norms, [strings.add(char) for char in ",、"]).tolist()
    for at in numpy.flatnonzero(norms == strings.add(BREAK)).tolist():
        title = at - line < WRAP and not (at and running[at - 1])
        if title or closed[at - 1]:
            cuts.add(at + 1)
        line = at + 1
    found = [0]
    for cut in sorted(cuts | {len(doc)}):
        while cut - found[-1] > MAX_SENTENCE:
            found.append(found[-1] + MAX_SENTENCE)
        if cut > found[-1]:
            found.append(cut)
    return found
