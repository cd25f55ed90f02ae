"""The administrative places that a page mentions, and which of them it is about at each point."""

import re
from bisect import bisect_right
from itertools import pairwise
from typing import Any, NamedTuple

from spacy.tokens import Doc, Span

from .views import View

TOPIC_DECAY = 0.9  # of a mention's weight that is left one sentence on
HEAD, ASIDE = 3.0, 0.3  # weight of a mention at the head of its sentence, and of an aside
INNER = 0.3  # of the topic's weight that a place in it needs to be the topic instead

_VILLAGE = re.compile("(?:村|社区|屯|庄|寨|嘎查|组)\\Z")
_JOINED = re.compile("[、和与及至到]|以及")
# Bodies whose name says where they come from, not what a sentence is about.
_FIRM = re.compile("公司|银行|集团|基金会|大学|厂")
_BORDERS = ("等", "交界", "接壤", "相邻", "毗邻")
_LIES = ("位于", "地处", "属于", "隶属", "距离", "毗邻")


class Mention(NamedTuple):
    """An administrative place; of a chain (秦安县五营镇徐洼村) the last one.

    first: where the chain begins; end: where it ends (tokens). aside: not what the sentence is
    about: one of several side by side, or where another one lies (位于西社镇).
    """

    first: int
    end: int
    place: Any
    name: str
    sentence: int
    weight: float
    aside: bool

    def lies_in(self, other: "Mention") -> bool:
        """Whether the other one is a division above this one."""
        above = self.place.parents if self.place else ()
        code = other.place and (other.place.code or other.place.within)
        return bool(code) and any(code == parent for parent, _ in above)


class _Loc(NamedTuple):
    """A LOC: its tokens, what `places` says of it, its name, whether it is administrative."""

    start: int
    end: int
    place: Any
    name: str
    division: bool


def _loc(span: Span, view: View) -> _Loc:
    place = span._.place
    name = place.name if place else view.between(span.start, span.end) or span.text
    division = bool(place and place.level) or bool(_VILLAGE.search(name))
    return _Loc(span.start, span.end, place, name, division)


def _locs(doc: Doc, ents: list[Span], view: View) -> list[_Loc]:
    """The LOCs of the page in order, with those in a longer name but for firms."""
    spans = {(ent.start, ent.end): ent for ent in ents if ent.label_ == "LOC"}
    starts = [ent.start for ent in ents]
    for span in doc.spans.get("sc", ()):
        start, end = span.start, span.end
        at = bisect_right(starts, start) - 1
        if at < 0 or span.label_ != "LOC" or (start, end) in spans:
            continue
        around = ents[at]
        if end <= around.end and not _FIRM.search(view.between(around.start, around.end)):
            spans[start, end] = span
    return [_loc(spans[at], view) for at in sorted(spans, key=lambda at: (at[0], -at[1]))]


def _near(view: View, start: int, end: int) -> str | None:
    """What stands between two tokens, None where that is more than a few words."""
    return view.between(start, end) if end - start <= 12 else None


def mentions_of(doc: Doc, ents: list[Span], view: View, cuts: list[int]) -> list[Mention]:
    """The administrative places of the page in order; those in a longer name where none else is."""
    chains: list[tuple[int, _Loc]] = []
    for loc in _locs(doc, ents, view):
        if chains and loc.start < chains[-1][1].end:  # a part of the name before
            if loc.division and not chains[-1][1].division:
                chains[-1] = chains[-1][0], loc
        elif chains and _near(view, chains[-1][1].end, loc.start) == "":
            if loc.division or not chains[-1][1].division:
                chains[-1] = chains[-1][0], loc
        else:
            chains.append((loc.start, loc))
    joined = [
        bool(_JOINED.fullmatch(_near(view, left[1].end, right[0]) or ""))
        for left, right in pairwise(chains)
    ]
    found = []
    for number, (first, loc) in enumerate(chains):
        if not loc.division:
            continue
        sentence = bisect_right(cuts, first) - 1
        head = view.between(max(cuts[sentence], first - 6), first)
        tail = view.between(loc.end, min(loc.end + 2, len(doc)))
        aside = (
            True in joined[max(number - 1, 0) : number + 1]
            or tail.startswith(_BORDERS)
            or head.endswith(_LIES)
            or "距" in head
        )
        weight = ASIDE if aside else HEAD if first - cuts[sentence] <= 12 else 1.0
        found.append(Mention(first, loc.end, loc.place, loc.name, sentence, weight, aside))
    names = {mention.name for mention in found}
    return [
        m._replace(name=f"{m.name}村") if f"{m.name}村" in names and not m.aside else m
        for m in found
    ]


class Topic:
    """What the page is about, sentence by sentence: places by the weight of their mentions."""

    def __init__(self, mentions: list[Mention]) -> None:
        self._mentions = mentions
        self._read = 0
        self._weights: dict[str, tuple[float, int, Mention]] = {}
        self._asked = -1  # the sentence that `_answers` holds for
        self._answers: dict[str | None, Mention | None] = {}

    def at(self, sentence: int, level: str | None = None) -> Mention | None:
        """The topic where `sentence` begins or in its head; of the level of 全镇, 该村."""
        if self._asked != sentence:
            self._asked, self._answers = sentence, {}
        if level not in self._answers:
            self._answers[level] = self._find(sentence, level)
        return self._answers[level]

    def _find(self, sentence: int, level: str | None) -> Mention | None:
        while self._read < len(self._mentions):
            mention = self._mentions[self._read]
            if mention.sentence > sentence or (
                mention.sentence == sentence and mention.weight < HEAD
            ):
                break
            weight, last, _ = self._weights.get(mention.name, (0.0, 0, mention))
            weight *= TOPIC_DECAY ** (mention.sentence - last)
            self._weights[mention.name] = weight + mention.weight, mention.sentence, mention
            self._read += 1
        ranked = sorted(
            (
                (weight * TOPIC_DECAY ** (sentence - last), mention)
                for name, (weight, last, mention) in self._weights.items()
                if not level or name.endswith(tuple("村庄屯寨" if level == "村" else level))
            ),
            key=lambda entry: -entry[0],
        )
        if not ranked:
            return None
        best, found = ranked[0]
        for weight, mention in ranked[1:]:
            if weight >= INNER * best and mention.lies_in(found):
                found = mention
        return found
