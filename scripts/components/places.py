"""Codes of places: each LOC gets its division of the People's Republic where the page leaves one.

The table (made by ``scripts/divisions.py``) is given once, at initialize, and travels compressed
inside the model. ``span._.place`` is a `Place` for every LOC of ``doc.ents`` and
``doc.spans["sc"]``, None for any other span.

How a name is read
- Candidates: divisions whose full name it is (the word for the level is part of it, so 朝阳区 is
  never 朝阳市); else whose short name it is; else whose former name it is. A bare 广安 is the
  prefecture, not the district in it; of two levels a province wins (吉林). Characters that the
  page lost (华?市) fit any character.
- Chain: of names side by side (秦安县五营镇), the candidates that lie one in the other stay.
- Page: what is settled supports what is not. A candidate gets, from each settled place, the
  points of the smallest division that both share (`POINTS`), four times in the same sentence,
  twice from a title. Its score is its share of the points of all candidates; 0.75 settles it.
  Repeated until nothing new is settled, so a county helps what stands before it, too.
- A name of one reading is settled without support, but for those that are often something else
  (`_needs_support`): then something in the division above must be settled on the page.
- A village, or a township that the table lacks, gets `within`: the division in front of it, or
  the only one that its paragraph names, or the only county of the page.

Everything else has the code None and a reason; nothing is guessed.
"""

import csv
import re
import zlib
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import numpy
from opencc import OpenCC
from spacy.attrs import NORM
from spacy.language import Language
from spacy.tokens import Doc, Span
from spacy.training import Example

# What two places share, from the smallest division that both lie in. A municipality has no
# prefectures and counts as one.
POINTS = {"province": 1.0, "prefecture": 3.0, "county": 9.0, "township": 27.0}
MUNICIPALITIES = ("11", "12", "31", "50")
SETTLES = 0.75
LISTED = 10  # candidates that a Place lists at most: 城关镇 has a hundred

_KEY = "place"  # of the results in Doc.user_data: plain tuples, so that a Doc can be serialised
_LEVEL = re.compile(r"(?:自治[州县旗]|地区|街道|苏木|[省市县区旗盟州镇乡])\Z")
_VILLAGE = re.compile(r"(?<=.)(?:自然村|行政村|村|社区|居委会|嘎查|[屯庄寨组队])\Z")
_TOWNSHIP = re.compile(r"(?<=..)(?:镇|乡|街道|苏木)\Z")
_NATURE = tuple("江河湖海山岭")
_LOST = re.compile("[?□\ufffd]")
# NORMs of the tokenizer: a gloss or invisible characters, and a line break.
_ARTEFACT, _BREAK = "\u2060", "\n"
_ENDS = "。！？!?"
_CLOSERS = "”』」）)】"


@dataclass(frozen=True)
class Place:
    """What a LOC names.

    code: GB/T 2260 (six digits); for a township its county's code, a slash and its name, since no
    open source of the table holds the nine-digit codes. None where unknown or ambiguous.
    name: the canonical name, or the span's own text (Simplified, repaired of page artefacts).
    level: province, prefecture, county, township, village, or None where unknown.
    parents: (code, name) of the divisions above, the province first.
    candidates: (code, name, score) where more than one reading is left or one is too weak to be
    asserted, the best first, ten at most; scores are shares from 0 to 1 and add up to at most 1.
    within: code of the division that a village, or a township that the table lacks, lies in; it
    is then also the last of `parents`.
    reason: what decided, or why nothing is asserted.
    """

    code: str | None
    name: str
    level: str | None = None
    parents: tuple[tuple[str, str], ...] = ()
    candidates: tuple[tuple[str, str, float], ...] = ()
    within: str | None = None
    reason: str = ""


class Division(NamedTuple):
    """A division in use.

    lineage: the codes from its province down to itself; points: what sharing each of them adds.
    """

    code: str
    name: str
    level: str
    lineage: tuple[str, ...]
    points: tuple[float, ...]


class Table:
    """Divisions by code and by name; `data` is the csv of ``scripts/divisions.py`` in UTF-8.

    Names are looked up in the form of the token's NORM, which OpenCC made (乾县 → 干县).
    Raises ValueError for a table without the columns or with an unknown parent.
    """

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.divisions: dict[str, Division] = {}
        self.full: dict[str, list[Division]] = defaultdict(list)
        self.short: dict[str, list[Division]] = defaultdict(list)
        self.former: dict[str, list[Division]] = defaultdict(list)
        self.years: dict[tuple[str, str], str] = {}
        text = data.decode("utf8")
        rows = list(csv.DictReader(text.splitlines()))
        if not rows or not {"code", "name", "level", "parent", "short", "years"} <= set(rows[0]):
            raise ValueError("the table of divisions lacks a column; make it with scripts.divisions")
        # Two columns of the same length: names as they are and as the pipeline sees them.
        views = _simplified(f"{row['name']} {row['short']}" for row in rows)
        # A prefecture may stand after a county that it governs (Hainan, Hubei): parents first.
        order = sorted(range(len(rows)), key=lambda i: list(POINTS).index(rows[i]["level"]))
        for i in order:
            row = rows[i]
            if not row["years"]:
                above = self.divisions[row["parent"]] if row["parent"] else None
                self.divisions[row["code"]] = _division(row, above)
            division = self.divisions[row["code"]]
            name, *shorts = views[i].split()
            forms = {form for form in _forms(name, shorts, row["level"]) if form != name}
            if row["years"]:
                self.years[name, row["code"]] = row["years"]
                for form in (name, *forms):
                    self.former[form].append(division)
                continue
            self.full[name].append(division)
            for form in forms:
                self.short[form].append(division)

    def find(self, name: str) -> tuple[list[Division], str]:
        """Candidates for a name and what of theirs it is: full, short, former or damaged name."""
        for kind in ("full", "short", "former"):
            found = getattr(self, kind).get(name)
            if found:
                return found, kind
        if _LOST.search(name) and len(_LOST.sub("", name)) and len(name) > 1:
            pattern = re.compile(_LOST.sub(".", re.sub(r"[^\w?□\ufffd]", "\0", name)))
            for names in (self.full, self.short):
                fits = [d for key in names if pattern.fullmatch(key) for d in names[key]]
                if fits:
                    return fits, "damaged"
        return [], ""

    def parents(self, division: Division) -> tuple[tuple[str, str], ...]:
        """(code, name) of the divisions above, the province first."""
        return tuple((code, self.divisions[code].name) for code in division.lineage[:-1])


def _division(row: dict[str, str], above: Division | None) -> Division:
    code, level = row["code"], row["level"]
    points = POINTS["prefecture" if code.endswith("0000") and code[:2] in MUNICIPALITIES else level]
    lineage, steps = (above.lineage, above.points) if above else ((), ())
    return Division(
        code, row["name"], level, (*lineage, code), (*steps, points - sum(steps))
    )


def _simplified(lines: Iterable[str]) -> list[str]:
    view: str = OpenCC("t2s").convert("\n".join(lines))
    return view.split("\n")


def _forms(name: str, shorts: list[str], level: str) -> Iterator[str]:
    """Short forms: the listed ones, with the word for the level, and the name without it."""
    yield from shorts
    yield from (short + name[-1] for short in shorts if level != "province")
    bare = _LEVEL.sub("", name)
    # 黄村镇, 开发区街道: what is left is the name of something else.
    if len(bare) > 1 and not (level == "township" and re.search(r"[省市县区旗镇乡村]\Z", bare)):
        yield bare


@dataclass(eq=False)
class _Mention:
    """A LOC of the page. Offsets: tokens; `sentence` and `paragraph` are running numbers."""

    start: int
    end: int
    text: str
    kind: str
    candidates: list[Division]
    sentence: int
    paragraph: int
    title: bool
    front: "_Mention | None" = None
    place: Division | None = None
    within: Division | None = None
    level: str | None = None
    readings: list[tuple[Division, float]] = field(default_factory=list)
    reason: str = "not in the table"

    @property
    def known(self) -> Division | None:
        """The division that the mention is or lies in, as far as settled."""
        return self.place or self.within


def _mentions(doc: Doc, table: Table) -> list[_Mention]:
    """The LOCs of both layers in the order of the page, the longer first."""
    spans = {(s.start, s.end) for s in doc.ents if s.label_ == "LOC"}
    if "sc" in doc.spans:
        spans |= {(s.start, s.end) for s in doc.spans["sc"] if s.label_ == "LOC"}
    if not spans:
        return []
    strings = doc.vocab.strings
    norms = doc.to_array([NORM]).reshape(-1)
    breaks = norms == strings.add(_BREAK)
    hidden = breaks | (norms == strings.add(_ARTEFACT))
    ends = numpy.isin(norms, [strings.add(char) for char in _ENDS])
    closed = ends | numpy.isin(norms, [strings.add(char) for char in _CLOSERS])
    sentences = numpy.cumsum(ends)
    # A line break in the middle of a sentence is a wrap, not the end of a paragraph.
    paragraphs = numpy.cumsum(breaks & numpy.roll(closed, 1))
    lines = numpy.cumsum(breaks)
    running = ends | numpy.isin(norms, [strings.add(char) for char in ",，"])
    title = numpy.bincount(lines, weights=running)[lines] == 0
    visible = numpy.cumsum(~hidden)
    mentions: list[_Mention] = []
    ended: dict[int, _Mention] = {}
    found: dict[str, tuple[list[Division], str]] = {}
    for start, end in sorted(spans, key=lambda at: (at[0], -at[1])):
        text = "".join(t.norm_ for t in doc[start:end] if t.norm_ not in (_ARTEFACT, _BREAK))
        if text not in found:
            found[text] = table.find(text)
        candidates, kind = found[text]
        where = int(sentences[start]), int(paragraphs[start]), bool(title[start])
        mention = _Mention(start, end, text, kind, candidates, *where)
        mention.front = ended.get(int(visible[start]) - int(not hidden[start]))
        ended[int(visible[end - 1])] = mention
        mentions.append(mention)
    return mentions


def _chain(mentions: list[_Mention]) -> None:
    """Of neighbours in a chain, keep the candidates that lie one in the other."""
    for ordered in (mentions, mentions[::-1]):
        for mention in ordered:
            if mention.front is None:
                continue
            codes = {d.code for d in mention.front.candidates}
            inner = [d for d in mention.candidates if not codes.isdisjoint(d.lineage[:-1])]
            if inner:
                above = {code for d in inner for code in d.lineage[:-1]}
                mention.candidates = inner
                mention.front.candidates = [
                    d for d in mention.front.candidates if d.code in above
                ]
                mention.reason = mention.front.reason = "chain"


def _readings(mention: _Mention) -> list[Division]:
    """The candidates that count: for a short name the widest ones, a province before all."""
    if mention.kind != "short":
        return mention.candidates
    provinces = [d for d in mention.candidates if d.level == "province"]
    if provinces and len(mention.text) > 1:
        return provinces
    codes = {d.code for d in mention.candidates}
    return [d for d in mention.candidates if codes.isdisjoint(d.lineage[:-1])]


def _needs_support(mention: _Mention, division: Division) -> bool:
    """Whether this reading is asserted only where the division above it is named on the page.

    Damaged names; what is often a village, a river or a mountain: short names of townships and
    districts, and those that end in 江, 河, 湖, 海, 山, 岭.
    """
    if mention.reason == "chain" or division.level == "province":
        return False
    if mention.kind in ("full", "former") and _LEVEL.search(mention.text):
        return False
    return (
        mention.kind == "damaged"
        or division.level == "township"
        or (division.name.endswith("区") and not _LEVEL.search(mention.text))
        or mention.text.endswith(_NATURE)
    )


@dataclass
class _Support:
    """How often the page, and each sentence, names something settled at or below a code."""

    page: Counter[str] = field(default_factory=Counter)
    near: dict[int, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))

    def add(self, mention: _Mention, place: Division) -> None:
        """Count a settled mention: twice in a title, four times in its own sentence."""
        weight = 2 if mention.title else 1
        for code in place.lineage:
            self.page[code] += weight
            self.near[mention.sentence][code] += 4 - weight

    def points(self, mention: _Mention, division: Division) -> float:
        """Points of a candidate of the mention; see the module's docstring."""
        near = self.near.get(mention.sentence, Counter())
        return sum(
            (self.page[code] + near[code]) * points
            for code, points in zip(division.lineage, division.points, strict=True)
        )


def _decide(mention: _Mention, support: _Support, texts: set[str]) -> Division | None:
    """The reading that the page leaves, or None; sets `readings` and `reason` of the mention."""
    page = support.page
    front = mention.front.place if mention.front else None
    options = [
        d
        for d in _readings(mention)
        # A bare 大营 is a township only where its county is settled.
        if not (mention.kind in ("short", "damaged") and d.level == "township")
        or mention.reason == "chain"
        or page[d.lineage[-2]]
    ]
    if mention.kind != "short" and front:
        # 交城县会立镇, where the table has a 会立镇 elsewhere only.
        wider = [d for d in options if _RANK[front.level] < _RANK[d.level]]
        options = [d for d in options if d not in wider or front.code in d.lineage]
    if not options:
        mention.readings = []
        return None
    points = [support.points(mention, d) for d in options]
    total = sum(points)
    ranked = sorted(
        ((d, share / total if total else 0.0) for d, share in zip(options, points, strict=True)),
        key=lambda reading: (-reading[1], reading[0].code),
    )
    mention.readings = ranked
    best, score = ranked[0]
    if len(options) > 1 and score < SETTLES:
        mention.reason = "ambiguous"
    elif _needs_support(mention, best) and not page[best.lineage[-2]]:
        mention.reason = f"nothing else of {best.lineage[-2]} is on the page"
    elif mention.kind == "full" and best.level == "township" and page and not page[best.lineage[0]]:
        mention.reason = f"nothing else of {best.lineage[0]} is on the page"
    elif mention.kind == "short" and best.level == "township" and mention.text + "村" in texts:
        mention.reason = "the township or the village of this name"
    else:
        if mention.reason != "chain":
            mention.reason = f"{mention.kind} name" if len(options) == 1 else "page"
        return best
    return None


def _settle(mentions: list[_Mention]) -> None:
    """Settle the mentions that have one reading, and what they support, until nothing changes."""
    texts = {mention.text for mention in mentions}
    support = _Support()
    # The name of a township alone is the weakest evidence: what else is there comes first.
    for levels in (("province", "prefecture", "county"), tuple(POINTS)):
        while True:
            new = [
                (mention, place)
                for mention in mentions
                if mention.candidates
                and not mention.place
                and (place := _decide(mention, support, texts))
                and place.level in levels
            ]
            if not new:
                break
            for mention, place in new:
                mention.place = place
            for mention, place in new:
                support.add(mention, place)


def _lie(mentions: list[_Mention]) -> None:
    """Find the division that each village, and each township that the table lacks, lies in."""
    texts = {mention.text for mention in mentions}
    unknown = [mention for mention in mentions if not mention.place and not mention.readings]
    chained: dict[str, set[Division]] = defaultdict(set)
    for mention in unknown:
        if _TOWNSHIP.search(mention.text):
            mention.level = "township"
        elif _VILLAGE.search(mention.text) or mention.text + "村" in texts:
            mention.level = "village"
        if mention.level and mention.front and (known := mention.front.known):
            mention.within, mention.reason = known, "chain"
            chained[mention.text].add(known)
    for name, found in chained.items():
        deepest = max(found, key=lambda d: len(d.lineage))
        if all(d.code in deepest.lineage for d in found):
            for mention in unknown:
                if mention.text in (name, name.removesuffix("村")) and mention.level:
                    mention.within, mention.reason = deepest, "chain"
    page = {m.known for m in mentions if m.known}
    paragraphs: dict[int, set[Division]] = defaultdict(set)
    for mention in mentions:
        if mention.known:
            paragraphs[mention.paragraph].add(mention.known)
    return None
