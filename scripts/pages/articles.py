"""Titles to articles: which paragraph of a page belongs to which title.

A newspaper page may print a title below its article. So the head of an article (title,
subtitle, byline) is found first, then every paragraph is given to a head: to the one above it,
unless its words, and those of its neighbours, speak for another.
"""

import re
from bisect import bisect
from collections import Counter, defaultdict
from dataclasses import dataclass
from itertools import pairwise
from math import log

from scripts.components.tokenizer import simplify
from scripts.pages.document import Kind
from scripts.pages.glyphs import Line
from scripts.pages.kinds import is_credit, kind_of, opens_article

# What it costs to give a paragraph to another head than the paragraph before it, in units of
# the similarity of a paragraph to a head, which is at most 1. From 0.2 to 0.5 the newspaper
# page of the seeds comes out right, also with other titles of it put below their articles.
_SWITCH = 0.35
# A page with more titles than a newspaper's has is a list: each paragraph belongs to the one above.
_MANY = 100
_NOT_WORD = re.compile(r"\W+")


@dataclass
class Part:
    """A paragraph and what it is."""

    line: Line
    kind: Kind
    simplified: str


@dataclass
class _Head:
    at: int  # index of the first part of the page that belongs to it
    parts: list[Part]

    @property
    def text(self) -> str:
        return " ".join(p.simplified for p in self.parts if p.kind in ("title", "subtitle"))


def articles(lines: list[Line]) -> list[list[Part]]:
    """The articles of a page in the order of their titles, each with its parts as they read."""
    parts = [Part(line, kind_of(line), simplify(line.text)) for line in lines]
    heads = _heads(parts)
    in_heads = {id(part) for head in heads for part in head.parts}
    items = [(at, part) for at, part in enumerate(parts) if id(part) not in in_heads]
    if not heads:
        found = [parts] if parts else []
    else:
        owners = _assign(items, heads) if len(heads) <= _MANY else _above(items, heads)
        owned: list[list[tuple[int, Part]]] = [[] for _ in heads]
        for item, owner in zip(items, owners, strict=True):
            owned[owner].append(item)
        found = [_article(head, own) for head, own in zip(heads, owned, strict=True)]
    for article in found:
        _captions(article)
    return found


def _article(head: _Head, items: list[tuple[int, Part]]) -> list[Part]:
    """Head and paragraphs; a head that stands below all of them is put first."""
    before = [part for at, part in items if at < head.at]
    after = [part for at, part in items if at > head.at]
    return before + head.parts + after if after else head.parts + before


def _captions(parts: list[Part]) -> None:
    """Captions that only their place tells: above a photographer's name, or the last words."""
    first_body = next((part for part in parts if part.kind == "body"), None)
    for part, following in pairwise(parts):
        if part is first_body and is_credit(following.simplified):
            part.kind = "caption"
    if len(parts) > 1 and parts[-1].kind == "heading" and first_body:
        parts[-1].kind = "caption"


def _heads(parts: list[Part]) -> list[_Head]:
    """The heads of a page: runs of short lines that something tells to be more than headings.

    That is a subtitle, byline, dateline or h1 among them, the top of the page, the byline of
    another article above them, or 本报讯 below.
    """
    heads: list[_Head] = []
    seen_body = False
    at = 0
    while at < len(parts):
        segment = _segment(parts, at)
        if not segment:
            seen_body = seen_body or parts[at].kind == "body"
            at += 1
            continue
        end = at + len(segment)
        # A byline below a body ends its article; one in a head does not end it.
        after_byline = at > 0 and parts[at - 1].kind == "byline"
        in_head = bool(heads) and heads[-1].parts[-1] is parts[at - 1]
        opening = end < len(parts) and opens_article(parts[end].simplified)
        kinds = {part.kind for part in segment}
        if "heading" in kinds and (
            any(part.line.tag in ("h1", "title") for part in segment)
            or kinds & {"subtitle", "byline", "dateline"}
            or not (seen_body or heads)
            or (after_byline and not in_head)
            or opening
        ):
            _name_title(segment)
            heads.append(_Head(at, segment))
        at = end
    return heads


def _segment(parts: list[Part], start: int) -> list[Part]:
    """The lines from `start` on that may be one head: up to a byline or a dateline."""
    segment: list[Part] = []
    for at in range(start, len(parts)):
        part = parts[at]
        closed = bool(segment) and segment[-1].kind in ("byline", "dateline")
        if part.kind in ("body", "caption") or (
            closed and part.kind not in ("byline", "dateline", "subtitle")
        ):
            break
        segment.append(part)
    return segment


def _name_title(segment: list[Part]) -> None:
    """Find the title of a head: its h1, the line above the last subtitle, or the longest.

    What else stands above it, subtitles too, is the heading of a column.
    """
    candidates = [at for at, part in enumerate(segment) if part.kind == "heading"]
    tagged = [at for at in candidates if segment[at].line.tag in ("h1", "title")]
    above = [
        at for at in candidates if at + 1 < len(segment) and segment[at + 1].kind == "subtitle"
    ]
    if tagged:
        title = tagged[0]
    elif above:
        title = above[-1]
    else:
        title = max(candidates, key=lambda at: len(segment[at].simplified))
    segment[title].kind = "title"
    for part in segment[:title]:
        if part.kind == "subtitle":
            part.kind = "heading"


def _above(items: list[tuple[int, Part]], heads: list[_Head]) -> list[int]:
    """For each paragraph the number of the head above it; of the first one, where none is."""
    starts = [head.at for head in heads]
    return [max(bisect(starts, at) - 1, 0) for at, _ in items]


def _assign(items: list[tuple[int, Part]], heads: list[_Head]) -> list[int]:
    """For each paragraph the number of its head: the best way through the page.

    Staying with a head costs nothing while no other head comes, nor does going to one that has
    just come; every other step costs _SWITCH. A paragraph pays its similarity to its head.
    """
    similarity = _similarities([part.simplified for _, part in items], heads)
    numbers = range(len(heads))
    scores = [0.0] * len(heads)
    origins: list[list[int]] = []
    previous = -1
    for (at, _), similar in zip(items, similarity, strict=True):
        new = {k for k in numbers if previous < heads[k].at < at}
        first = previous < 0
        previous = at
        # A page that begins without a title begins with the article of its first title.
        new = new or ({0} if first else set())
        # Of the other heads, only the best one so far can be the way here.
        best, other = max(zip(scores, numbers, strict=True))
        steps = [
            max(
                (scores[k] - (0.0 if k in new or not new else _SWITCH), True, k),
                (best - (0.0 if k in new else _SWITCH), other == k, other),
            )
            for k in numbers
        ]
        origins.append([origin for _, _, origin in steps])
        scores = [score + gain for (score, _, _), gain in zip(steps, similar, strict=True)]
    owner = max(numbers, key=lambda k: scores[k])
    owners: list[int] = []
    for came_from in reversed(origins):
        owners.append(owner)
        owner = came_from[owner]
    return owners[::-1]


def _similarities(texts: list[str], heads: list[_Head]) -> list[list[float]]:
    """For each text and head the share of the head's bigrams that the text holds.

    A bigram weighs the more the fewer texts and the fewer other heads have it: names do,
    the common words of all these articles don't.
    """
    of_texts = [_bigrams(text) for text in texts]
    of_heads = [_bigrams(head.text) for head in heads]
    in_texts = Counter(bigram for bigrams in of_texts for bigram in bigrams)
    in_heads = Counter(bigram for bigrams in of_heads for bigram in bigrams)
    weight = {
        bigram: log(1 + len(texts) / (1 + in_texts[bigram])) / count**2
        for bigram, count in in_heads.items()
    }
    heads_with: dict[str, list[int]] = defaultdict(list)
    for number, bigrams in enumerate(of_heads):
        for bigram in bigrams:
            heads_with[bigram].append(number)
    totals = [sum(weight[bigram] for bigram in bigrams) or 1.0 for bigrams in of_heads]
    similarities = []
    for bigrams in of_texts:
        shared = [0.0] * len(heads)
        for bigram in bigrams & heads_with.keys():
            for number in heads_with[bigram]:
                shared[number] += weight[bigram] / totals[number]
        similarities.append(shared)
    return similarities


def _bigrams(text: str) -> set[str]:
    return {a + b for word in _NOT_WORD.split(text) for a, b in pairwise(word)}
