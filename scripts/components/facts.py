"""Facts of a page: one row for each value, with its place, its time and what it measures.

``doc._.facts`` is a list of `Fact`, one for each MONEY, POVERTY_RATE and MEASURE of ``doc.ents``.
Rules read the sentence in its NORM view (Simplified, half-width, without artefacts):

- Indicator: the noun that the value counts stands behind it (9户农民), or before it (路灯65盏).
  The table of indicators gives noun, verb and kind of value a name (`poverty_rate`,
  `households_out_of_poverty`, `investment` …); where no row fits, the noun itself stands.
- Place: the nearest administrative place before the value up to the next semicolon, or the one
  that 全镇, 该村 point back to; else one behind the value in its clause; else the page's topic at
  that point, the place named most, of late and at the head of sentences.
- Time: the nearest expression of time before the value whose clause holds a value itself or
  nothing else (截至目前，); else one in the value's own clause behind it; else the page's date.
  Written as in EDTF (ISO 8601-2): 2014, 2014-12 (年底), 2016-12-13, 2015/2017, 2015/.. (以来).
- Confidence: the product of the shares of right answers that each way of finding indicator,
  place and time reached on values read by hand (`CONFIDENCE`), less where it is a plan, and of
  ``span._.confidence``, where the pipeline gives one.
"""

import csv
import io
import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from itertools import accumulate, pairwise
from pathlib import Path
from typing import Any, NamedTuple

import numpy
from spacy.attrs import NORM, ORTH, SPACY
from spacy.errors import Errors
from spacy.language import Language
from spacy.tokens import Doc, Span
from spacy.training import Example
from spacy.util import SimpleFrozenList

LABELS = ("MONEY", "POVERTY_RATE", "MEASURE")
MAX_SENTENCE = 400  # tokens; a page without a sentence end is cut
HEAD_LINES = 3000  # characters from the beginning in which the page's date is looked for
TOPIC_DECAY = 0.9  # of a mention's weight that is left one sentence on
HEAD, ASIDE = 3.0, 0.3  # weight of a mention at the head of its sentence, and of an aside
INNER = 0.3  # of the topic's weight that a place in it needs to be the topic instead
WRAP = 25  # tokens of a line that may go on in the next one; shorter ones are titles
# Share of right answers on the values read by hand, by the way of finding them; what was never
# wrong there counts as less than 1.
CONFIDENCE = {
    "table": 0.98, "behind": 0.85, "before": 0.86, "nothing": 0.2,
    "sentence": 0.86, "level": 0.98, "topic": 0.95, "nowhere": 0.6,
    "clause": 0.97, "carried": 0.95, "page": 0.95, "never": 0.95,
}  # fmt: skip
PLANNED = 0.7

# NORMs of the tokenizer: a gloss or invisible characters, and a line break.
_ARTEFACT, _BREAK = "\u2060", "\n"
_ENDS = "。!?"
_CLOSERS = "”』」)】’"
_CHINESE_YEAR = re.compile("(?:一九|二零)[零一二三四五六七八九]{2}(?=年)")
_NUMERALS = str.maketrans("零一二三四五六七八九", "0123456789")
_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}


@dataclass(frozen=True)
class Fact:
    """A value with what the page says about it.

    document: ``doc.user_data["document"]``, if it is set. start, end: half-open code-point offsets
    into the Doc's text; sentence_start: where `sentence` begins in it. place_code: GB/T 2260, as
    ``span._.place`` has it (None for a village; within: the code of the division that it lies
    in). place: its name. time: EDTF. indicator: a name of the table, or the noun as the page has
    it (Simplified). value: ``span._.quantity``. confidence: 0 to 1; span_confidence: the part of
    it that says how likely the span itself is right, None where the pipeline doesn't say. model:
    name and version of the pipeline.
    """

    document: str | None
    start: int
    end: int
    text: str
    label: str
    sentence: str
    sentence_start: int
    place_code: str | None
    place: str | None
    within: str | None
    time: str | None
    indicator: str | None
    value: Any
    confidence: float
    span_confidence: float | None
    model: str

    def to_row(self) -> dict[str, Any]:
        """Flat data for a table, with the value's own fields; its bounds are floats."""
        row = {name: getattr(self, name) for name in self.__dataclass_fields__}
        value = row.pop("value")
        row |= {name: getattr(value, name, None) for name in VALUE_COLUMNS}
        for end in ("low", "high"):
            row[end] = None if row[end] is None else float(row[end])
        return row | {"basis": "/".join(row["basis"] or ()) or None}


VALUE_COLUMNS = (
    "low", "high", "closed_low", "closed_high", "exact", "unit", "pint", "dimension",
    "currency", "basis", "change", "reason",
)  # fmt: skip


# --- sentences


# Tokens in the raw page and in the view, by one number for ORTH, NORM and the blank behind: the
# few thousand characters that pages are made of are looked up once.
MAX_PIECES = 200_000
_MIX = numpy.array([1, 0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9], dtype="uint64")
_pieces: dict[int, tuple[str, str]] = {}


class _View:
    """The page as the rules read it, without artefacts; `text` is the raw page."""

    def __init__(self, doc: Doc) -> None:
        tokens = doc.to_array([ORTH, NORM, SPACY])
        keys = (tokens @ _MIX).tolist()
        if len(_pieces) > MAX_PIECES:
            _pieces.clear()
        if unknown := set(keys) - _pieces.keys():
            strings = doc.vocab.strings
            for key, (orth, norm, blank) in zip(keys, tokens.tolist(), strict=True):
                if key in unknown:
                    _pieces[key] = _piece(strings[orth], strings[norm], blank)
        raw, shown = zip(*map(_pieces.__getitem__, keys), strict=True)
        self.text = "".join(raw)
        self._view = _CHINESE_YEAR.sub(lambda match: match[0].translate(_NUMERALS), "".join(shown))
        self._at = [0, *accumulate(map(len, shown))]  # where each token begins in it

    def between(self, start: int, end: int) -> str:
        """What tokens ``[start, end)`` show."""
        return self._view[self._at[start] : self._at[end]]

    def sentence(self, number: int, start: int, end: int) -> "_Sentence":
        """The sentence of tokens ``[start, end)``."""
        return _Sentence(number, start, end, self.between(start, end), self._at)


def _piece(orth: str, norm: str, blank: int) -> tuple[str, str]:
    """A token in the raw page and in the view."""
    if norm in (_ARTEFACT, _BREAK) or norm.isspace():
        shown = ""
    elif norm[:1] in "d12" and orth[:1].isdigit():  # the NORM of a number is a shape
        shown = orth.translate(_WIDTH)
    else:
        shown = norm
    return orth + " " * bool(blank), shown


class _Sentence(NamedTuple):
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


def _cuts(doc: Doc) -> list[int]:
    """First tokens of the sentences, with the length of the Doc at the end."""
    strings = doc.vocab.strings
    norms = doc.to_array([NORM]).reshape(-1)
    ends = numpy.isin(norms, [strings.add(char) for char in _ENDS])
    closers = numpy.isin(norms, [strings.add(char) for char in _CLOSERS])
    after_end = ends.copy()
    after_end[1:] |= closers[1:] & ends[:-1]
    last = after_end.copy()
    last[:-1] &= ~(ends | closers)[1:]
    cuts = set((numpy.flatnonzero(last) + 1).tolist())
    line = 0
    closed = after_end.tolist()
    running = numpy.isin(norms, [strings.add(char) for char in ",、"]).tolist()
    for at in numpy.flatnonzero(norms == strings.add(_BREAK)).tolist():
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


# --- time

_YEAR = r"(?P<year>(?:19|20)\d\d)"
_TIME = re.compile(
    rf"(?P<from>(?:19|20)\d\d)年?(?:[-—–~～至到]+)(?P<to>(?:19|20)\d\d)(?=年|\D)"
    rf"|{_YEAR}[年.\-/](?P<month>\d{{1,2}})[月.\-/](?P<day>\d{{1,2}})日?(?P<since_day>以来|起)?"
    rf"|{_YEAR.replace('year', 'year2')}年(?:度?(?P<part>底|末|年底|年末|初|上半年|下半年)"
    r"|(?P<month2>\d{1,2})月(?:份|底|末)?)?(?P<since>以来|起|开始|至今)?"
    r"|(?P<now>截[至止](?:目前|现在|今)|目前|至今|迄今|现在)"
    r"|(?P<relative>今年|本年|去年|上年|前年|明年|当年|同年)(?P<end>底|末|初)?(?P<since2>以来)?"
    r"|(?P<after>\d{1,2})年[之以]?后"
)
_SHIFT = {"今年": 0, "本年": 0, "去年": -1, "上年": -1, "前年": -2, "明年": 1}
_PARTS = {"初": "-01", "上半年": "-01/{0}-06", "下半年": "-07/{0}-12"}
_DATE_LINE = re.compile(
    rf"\D{{0,30}}?{_YEAR}[年.\-/](?P<month>\d{{1,2}})[月.\-/](?P<day>\d{{1,2}})(?!\d).{{0,40}}"
)


class _Time(NamedTuple):
    start: int
    end: int
    value: str | None


def _iso(year: str, month: str, day: str) -> str | None:
    try:
        return date(int(year), int(month), int(day)).isoformat()
    except ValueError:
        return None


def _page_date(text: str) -> str | None:
    """Date of the first line near the head of the page that is little else than a date."""
    for line in text[:HEAD_LINES].splitlines():
        match = _DATE_LINE.fullmatch(line.strip().translate(_WIDTH)) if len(line) < 80 else None
        if match and "。" not in line:
            return _iso(match["year"], match["month"], match["day"])
    return None


def _times(view: str, page: str | None, latest: str | None) -> list[_Time]:
    """Expressions of time in a sentence; `latest`: the last year named before it."""
    found: list[_Time] = []
    for match in _TIME.finditer(view):
        value, year = _time(match, page, latest)
        if match["year"] or match["year2"] or match["from"]:
            latest = year or latest
        found.append(_Time(match.start(), match.end(), value))
    return found


def _time(
    match: re.Match[str], page: str | None, latest: str | None
) -> tuple[str | None, str | None]:
    """EDTF of an expression, and the year that later ones can refer to."""
    if match["from"]:
        return f"{match['from']}/{match['to']}", match["to"]
    if match["year"]:
        day = _iso(match["year"], match["month"], match["day"])
        return day and f"{day}/.." if match["since_day"] else day, match["year"]
    if year := match["year2"]:
        part = match["part"]
        value = year + (_PARTS.get(part, "-12").format(year) if part else "")
        if match["month2"] and 1 <= int(match["month2"]) <= 12:
            value = f"{year}-{int(match['month2']):02}"
        return f"{value}/.." if match["since"] else value, year
    if match["now"]:
        return page or (latest and f"{latest}/.."), None
    if match["after"]:
        return (str(int(latest) + int(match["after"])) if latest else None), None
    base = latest if match["relative"] in ("当年", "同年") else page and page[:4]
    if not base:
        return None, None
    value = str(int(base) + _SHIFT.get(match["relative"], 0))
    if match["end"]:
        value += "-01" if match["end"] == "初" else "-12"
    return f"{value}/.." if match["since2"] else value, None


# --- places

_BACK = re.compile("[全该本]([县市区州省镇乡村旗])")
_VILLAGE = re.compile("(?:村|社区|屯|庄|寨|嘎查|组)\\Z")
_JOINED = re.compile("[、和与及至到]|以及")
# Bodies whose name says where they come from, not what a sentence is about.
_FIRM = re.compile("公司|银行|集团|基金会|大学|厂")
_BORDERS = ("等", "交界", "接壤", "相邻", "毗邻")
_LIES = ("位于", "地处", "属于", "隶属", "距离", "毗邻")


class _Mention(NamedTuple):
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

    def lies_in(self, other: "_Mention") -> bool:
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


def _loc(span: Span, view: _View) -> _Loc:
    place = span._.place
    name = place.name if place else view.between(span.start, span.end) or span.text
    division = bool(place and place.level) or bool(_VILLAGE.search(name))
    return _Loc(span.start, span.end, place, name, division)


def _locs(doc: Doc, ents: list[Span], view: _View) -> list[_Loc]:
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


def _near(view: _View, start: int, end: int) -> str | None:
    """What stands between two tokens, None where that is more than a few words."""
    return view.between(start, end) if end - start <= 12 else None


def _mentions(doc: Doc, ents: list[Span], view: _View, cuts: list[int]) -> list[_Mention]:
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
        found.append(_Mention(first, loc.end, loc.place, loc.name, sentence, weight, aside))
    names = {mention.name for mention in found}
    return [
        m._replace(name=f"{m.name}村") if f"{m.name}村" in names and not m.aside else m
        for m in found
    ]


class _Topic:
    """What the page is about, sentence by sentence: places by the weight of their mentions."""

    def __init__(self, mentions: list[_Mention]) -> None:
        self._mentions = mentions
        self._read = 0
        self._weights: dict[str, tuple[float, int, _Mention]] = {}
        self._asked = -1  # the sentence that `_answers` holds for
        self._answers: dict[str | None, _Mention | None] = {}

    def at(self, sentence: int, level: str | None = None) -> _Mention | None:
        """The topic where `sentence` begins or in its head; of the level of 全镇, 该村."""
        if self._asked != sentence:
            self._asked, self._answers = sentence, {}
        if level not in self._answers:
            self._answers[level] = self._find(sentence, level)
        return self._answers[level]

    def _find(self, sentence: int, level: str | None) -> _Mention | None:
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


# --- indicators


class _Rule(NamedTuple):
    indicator: str
    kind: str
    basis: str
    noun: re.Pattern[str] | None
    before: re.Pattern[str] | None
    after: re.Pattern[str] | None
    clause: re.Pattern[str] | None


class _Context(NamedTuple):
    """What stands around a value, or around values side by side (236户1136人).

    before: its clause up to it; after: what follows up to a comma; noun: what it counts.
    """

    before: str
    after: str
    noun: str
    way: str


COLUMNS = ("indicator", "kind", "basis", "noun", "before", "after", "clause")
_FILLERS = re.compile(
    r"(?:[\s:：\"“”‘’「」『』()]|[共达约近逾超为有了总各均等的到至于是在按]|超过|不到|不足|[累共总合预]计|"
    r"现有|其中|分别|大约|不少于|不低于|零下|每[年月人户村])+\Z"
)
_GIVEN = re.compile(r"\A标准(?:安排|预算|发放|拨付|补助|给予)?")
_RELATIVE = re.compile("[有无能可没]|可以|能够|具有|居住|参加|从事")
_FUNCTION = tuple("对将给从在把与和及或以由于有为是")
_HAN = re.compile("[一-鿿a-z]+")
_HAN_RUN = re.compile("[一-鿿a-z]+\\Z")
_QUOTES = dict.fromkeys(map(ord, '"“”‘’「」『』'))
_SIZE = re.compile("(?:长|宽|高|深|厚|占地|面积|全长|总长|占地面积|建筑面积)\\Z")


class Indicators:
    """Names what values measure, by a table.

    table: CSV in UTF-8 with `COLUMNS`. A row holds for a value of its kind (dimension or unit) and
    basis, where each expression is found: `noun` in the noun counted, `before` and `clause` in
    the clause up to the value and in all of it, `after` right behind the value. The first row
    that holds gives the indicator. A row without an indicator holds words, separated by blanks:
    in `before` verbs that end a noun to their right, in `after` those that end one to their left.
    Raises ValueError for other columns and for what is no regular expression.
    """

    def __init__(self, table: str) -> None:
        reader = csv.DictReader(io.StringIO(table))
        if tuple(reader.fieldnames or ()) != COLUMNS:
            raise ValueError(f"the table of indicators needs the columns {', '.join(COLUMNS)}")
        self._rules: dict[str, list[_Rule]] = {}
        before, after = ["的"], ["的"]
        for row in reader:
            if not row["indicator"]:
                before += row["before"].split()
                after += row["after"].split()
                continue
            patterns = []
            for column in COLUMNS[3:]:
                try:
                    patterns.append(re.compile(row[column]) if row[column] else None)
                except re.error as error:
                    raise ValueError(f"{row['indicator']}, {column}: {error}") from error
            rule = _Rule(row["indicator"], row["kind"], row["basis"], *patterns)
            self._rules.setdefault(rule.kind, []).append(rule)
        self._lead = re.compile(rf".*(?:{_alternation(before)})(?=.)")
        self._stop = re.compile(_alternation(after))

    def name(self, label: str, value: Any, context: _Context) -> tuple[str | None, str]:
        """Indicator of a value, and the way it was found; see `CONFIDENCE`."""
        if label == "POVERTY_RATE":
            return "poverty_rate", "table"
        dimension = value.dimension if value is not None else None
        kinds = (value.unit, dimension) if dimension else ("money" if label == "MONEY" else None,)
        clause = context.before + context.noun + context.after
        for kind in kinds:
            for rule in self._rules.get(kind or "", ()):
                if (
                    (not rule.basis or (value is not None and rule.basis in value.basis))
                    and (not rule.noun or rule.noun.search(context.noun))
                    and (not rule.before or rule.before.search(context.before))
                    and (not rule.after or rule.after.match(context.after))
                    and (not rule.clause or rule.clause.search(clause))
                ):
                    return rule.indicator, "table"
        return context.noun or None, context.way

    def noun_behind(self, text: str) -> str:
        """The noun at the head of what follows a value, empty if there is none."""
        text = _GIVEN.sub("", text.translate(_QUOTES).removeprefix("的"))
        if _RELATIVE.match(text) and "的" in text:
            text = text[text.index("的") + 1 :]
        if not (run := _HAN.match(text)):
            return ""
        stop = self._stop.search(run[0])
        noun = run[0][: stop.start()] if stop else run[0]
        return noun if len(noun) < 20 else ""

    def noun_before(self, text: str) -> str:
        """The noun at the end of what stands before a value; a verb where it stands alone."""
        fillers = _FILLERS.search(text, max(len(text) - 60, 0))
        text = text[: fillers.start()] if fillers else text
        run = _HAN_RUN.search(text[-24:])
        if not run:
            return ""
        noun = self._lead.sub("", run[0])
        return noun if len(noun) < 16 and noun not in _FUNCTION else ""


def _alternation(words: Iterable[str]) -> str:
    return "|".join(sorted(set(words), key=lambda word: (-len(word), word)))


# --- one page

_CLAUSE = re.compile("[,;。!?]")
_SEGMENT = re.compile("[;。!?]")
_PLAN = re.compile("计划|拟|力争|目标|预计|预期|将[达建新投实到]|要求|确保到|如期")
_SIDE_BY_SIDE = re.compile("[、和]?")
_LONE_YEAR = re.compile(r"((?:19|20)\d\d)年")
_ALONE = re.compile("[到自从以来,至]*")  # what a clause that is only a time may hold besides
_OWNED = re.compile(r".{0,40}?的(?=[一-鿿])")


class _Reader:
    """Reads one Doc."""

    def __init__(self, doc: Doc, indicators: Indicators, model: str) -> None:
        self._doc = doc
        self._indicators = indicators
        self._model = model
        ents = doc.ents
        self._spans = [ent for ent in ents if ent.label_ in LABELS]
        self._names = [ent for ent in ents if ent.label_ in ("ORG", "LOC")]

    def rows(self) -> Iterator[tuple[Any, ...]]:
        """The stored form of each fact, in the order of the page."""
        doc, spans = self._doc, self._spans
        if not spans:
            return
        view = _View(doc)
        page = _page_date(view.text)
        years = [(match.start(), match[1]) for match in _LONE_YEAR.finditer(view.text)]
        cuts = _cuts(doc)
        mentions = _mentions(doc, self._names, view, cuts)
        firsts = [mention.first for mention in mentions]
        topic = _Topic(mentions)
        at = 0
        while at < len(spans):
            number = bisect_right(cuts, spans[at].start) - 1
            start, end = cuts[number], cuts[number + 1]
            until = at
            while until < len(spans) and spans[until].start < end:
                until += 1
            named = bisect_left(years, (doc[start].idx, ""))
            reader = _SentenceReader(
                view.sentence(number, start, end),
                spans[at:until],
                mentions[bisect_left(firsts, start) : bisect_left(firsts, end)],
                topic,
                page,
                years[named - 1][1] if named else None,
                self._indicators,
            )
            last = doc[end - 1]
            bounds = doc[start].idx, last.idx + len(last)
            for span, row in zip(spans[at:until], reader.rows(), strict=True):
                yield span.start_char, span.end_char, span.label_, *bounds, *row, self._model
            at = until


class _SentenceReader:
    """Reads the values of one sentence; offsets are those of its view."""

    def __init__(
        self,
        sentence: _Sentence,
        spans: list[Span],
        mentions: list[_Mention],
        topic: _Topic,
        page: str | None,
        latest: str | None,
        indicators: Indicators,
    ) -> None:
        self._indicators = indicators
        self._topic = topic
        self._page = page
        self._number = sentence.number
        self._view = sentence.view
        self._spans = spans
        self._at = [sentence.offsets(span.start, span.end) for span in spans]
        self._mentions = [
            (*sentence.offsets(mention.first, mention.end), mention) for mention in mentions
        ]
        self._times = _times(sentence.view, page, latest)
        self._back = list(_BACK.finditer(sentence.view))
        self._clauses = [match.start() for match in _CLAUSE.finditer(sentence.view)]
        self._segments = [match.start() for match in _SEGMENT.finditer(sentence.view)]
        # Nouns are looked for where no time and no place stands.
        masked = list(sentence.view)
        for start, end in (
            *((time.start, time.end) for time in self._times),
            *((start, end) for start, end, _ in self._mentions),
            *(match.span() for match in self._back),
        ):
            masked[start:end] = " " * (end - start)
        self._masked = "".join(masked)

    def rows(self) -> Iterator[tuple[Any, ...]]:
        """Place (code, name, within), time, indicator and confidence of each value."""
        previous: _Context | None = None
        for number, span in enumerate(self._spans):
            context = self._context(number)
            value = span._.quantity
            indicator, way = self._indicators.name(span.label_, value, context)
            if indicator is None and previous and not context.before.strip(" ,"):
                carried = previous._replace(after=context.after)
                indicator, way = self._indicators.name(span.label_, value, carried)
            else:
                previous = context
            place, found = self._place(number)
            time, told = self._time(number, indicator or "")
            confidence = CONFIDENCE[way] * CONFIDENCE[found] * CONFIDENCE[told]
            start, end = self._at[number]
            if _PLAN.search(self._view, _last(self._clauses, start), end):
                confidence *= PLANNED
            yield *place, time, indicator, round(confidence, 3)

    def _context(self, number: int) -> _Context:
        first, last = self._side_by_side(number)
        start, end = self._at[first][0], self._at[last][1]
        clause = _last(self._clauses, start)
        head = max(clause, self._at[first - 1][1] if first else 0)
        before = self._masked[head:start]
        stop = _next(self._clauses, end, len(self._view))
        until = min(stop, self._at[last + 1][0] if last + 1 < len(self._at) else stop)
        after = self._masked[end:until]
        noun, way = self._indicators.noun_behind(after), "behind"
        if not noun:
            noun, way = self._indicators.noun_before(before), "before"
            if _SIZE.search(noun) and (owner := _OWNED.match(self._masked, end)):
                noun = self._indicators.noun_behind(self._masked[owner.end() :]) or noun
        rest = "".join(
            self._masked[left:right]
            for left, right in zip(
                [end, *(b for _, b in self._at[last + 1 :])],
                [*(a for a, _ in self._at[last + 1 :]), stop],
                strict=True,
            )
            if left < min(right, stop)
        )
        return _Context(before, rest[:60], noun, way if noun else "nothing")

    def _side_by_side(self, number: int) -> tuple[int, int]:
        """First and last of the values that stand side by side with this one."""
        first, last = number, number
        while first and _SIDE_BY_SIDE.fullmatch(self._between(first - 1)):
            first -= 1
        while last + 1 < len(self._at) and _SIDE_BY_SIDE.fullmatch(self._between(last)):
            last += 1
        return first, last

    def _between(self, number: int) -> str:
        """What stands between a value and the next one."""
        return self._view[self._at[number][1] : self._at[number + 1][0]]

    def _place(self, number: int) -> tuple[tuple[str | None, str | None, str | None], str]:
        start, end = self._at[number]
        segment = _last(self._segments, start)
        before = [m for m in self._mentions if segment <= m[0] and m[1] <= start]
        back = [match for match in self._back if segment <= match.start() and match.end() <= start]
        found, way = None, "sentence"
        if back and (not before or before[-1][0] < back[-1].start()):
            level, way = back[-1][1], "level"
            ends = tuple("村庄屯寨" if level == "村" else level)
            here = [m for _, stop, m in self._mentions if stop <= start and m.name.endswith(ends)]
            found = here[-1] if here else self._topic.at(self._number, level)
            topic = self._topic.at(self._number)
            if not found and topic and topic.place:  # 全县 after a town of the county
                for code, name in reversed(topic.place.parents):
                    if name.endswith(ends):
                        return (code, name, None), way
        elif before:
            owners = [
                m for _, stop, m in before if not m.aside and "等" not in self._view[stop:start]
            ]
            found = owners[-1] if owners else None
            for mention in owners[:-1]:
                if found and mention.lies_in(found):
                    found = mention
            listed = [m for _, _, m in before if m.aside]
            if not found and listed:
                if apiece := self._apiece(number, listed):
                    found = apiece
                elif above := _above(listed):
                    return above, "sentence"
        else:
            stop = _next(self._clauses, end, len(self._view))
            behind = [m for m in self._mentions if end <= m[0] and m[1] <= stop]
            found = behind[0][2] if behind and not behind[0][2].aside else None
        if not found:
            found, way = self._topic.at(self._number), "topic"
        if not found:
            return (None, None, None), "nowhere"
        place = found.place
        return (place and place.code, found.name, place and place.within), way

    def _apiece(self, number: int, listed: list[_Mention]) -> _Mention | None:
        """The place of a value in 甲县、乙县贫困率分别为3%、2%, where there are as many of both."""
        first, last = self._side_by_side(number)
        clause = self._view[_last(self._clauses, self._at[first][0]) : self._at[first][0]]
        if "分别" in clause and len(listed) == last - first + 1 > 1:
            return listed[number - first]
        return None

    def _time(self, number: int, indicator: str) -> tuple[str | None, str]:
        start, end = self._at[number]
        clause, stop = _last(self._clauses, start), _next(self._clauses, end, len(self._view))
        for time in reversed(self._times):
            if time.end > start:
                continue
            if time.start >= clause:
                return time.value, "clause"
            first = _last(self._clauses, time.start)
            last = _next(self._clauses, time.end, len(self._view))
            rest = self._view[first : time.start] + self._view[time.end : last]
            holds = any(time.end <= a and b <= last for a, b in self._at)
            same = _last(self._segments, start) <= time.start
            if _ALONE.fullmatch(rest) or (holds and same):
                return time.value, "carried"
        for time in self._times:
            values = any(time.end <= a < stop for a, _ in self._at)
            if end <= time.start < stop and not values:
                return time.value, "clause"
            # 返贫12户，2014年底共有贫困户84户: what led there happened in that year.
            flow = indicator.endswith(("out_of_poverty", "back_in_poverty"))
            if flow and end <= time.start and time.value:
                return time.value[:4], "carried"
        return (self._page, "page") if self._page else (None, "never")


def _above(mentions: list[_Mention]) -> tuple[str | None, str | None, str | None] | None:
    """The smallest division that several places lie in, as (code, name, within)."""
    lines = [mention.place.parents if mention.place else () for mention in mentions]
    shared = [level for level in lines[0] if all(level in line for line in lines)]
    if len(lines) < 2 or not shared:
        return None
    return *shared[-1], None


def _last(stops: list[int], at: int) -> int:
    """Offset behind the last stop before `at`."""
    number = bisect_left(stops, at)
    return stops[number - 1] + 1 if number else 0


def _next(stops: list[int], at: int, end: int) -> int:
    """Offset of the first stop from `at` on."""
    number = bisect_left(stops, at)
    return stops[number] if number < len(stops) else end


# --- the component


def read_facts(doc: Doc) -> list[Fact]:
    """The facts that the component found, empty before it ran.

    The Doc holds plain tuples, which survive serialisation (there tuples become lists). Raises
    ValueError if the text is not the one the facts were read from.
    """
    facts = []
    calibrated = Span.has_extension("confidence")
    document = doc.user_data.get("document")
    text = doc.text
    for row in doc.user_data.get("facts") or ():
        start, end, label, first, last, code, place, within, time, indicator, confidence, model = (
            row
        )
        span = doc.char_span(start, end)
        if span is None:
            raise ValueError(f"no tokens at the fact [{start}:{end}]; the Doc has been cut")
        sure = span._.confidence if calibrated else None
        if sure is not None:
            confidence = round(confidence * sure, 3)
        facts.append(
            Fact(
                document, start, end, text[start:end], label, text[first:last], first,
                code, place, within, time, indicator, span._.quantity, confidence, sure, model,
            )
        )  # fmt: skip
    return facts


class Facts:
    """Pipeline component that sets ``doc._.facts``; see the module's docstring.

    Runs after ``quantities`` and ``places``. The table of indicators is what `initialize` reads;
    it is stored with the component.
    """

    def __init__(self, name: str = "facts", model: str = "") -> None:
        self.name = name
        self.model = model
        self._table = ""
        self._indicators: Indicators | None = None

    def __call__(self, doc: Doc) -> Doc:
        """Set the facts of one Doc; ValueError (E109) before `initialize` or loading."""
        if self._indicators is None:
            raise ValueError(Errors.E109.format(name=self.name))
        doc.user_data["facts"] = list(_Reader(doc, self._indicators, self.model).rows())
        return doc

    def initialize(
        self,
        get_examples: Callable[[], Iterable[Example]],
        *,
        nlp: Language | None = None,
        indicators: Path,
    ) -> None:
        """Read the table of indicators (see `Indicators`), a CSV file in UTF-8."""
        self._load(Path(indicators).read_text(encoding="utf8"))

    def to_bytes(self, *, exclude: Iterable[str] = SimpleFrozenList()) -> bytes:
        """The table."""
        return self._table.encode()

    def from_bytes(self, data: bytes, *, exclude: Iterable[str] = SimpleFrozenList()) -> "Facts":
        """Load the table from what `to_bytes` gave."""
        return self._load(data.decode())

    def to_disk(self, path: str | Path, *, exclude: Iterable[str] = SimpleFrozenList()) -> None:
        """Write the table as indicators.csv into the folder `path`."""
        folder = Path(path)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "indicators.csv").write_bytes(self._table.encode())

    def from_disk(
        self, path: str | Path, *, exclude: Iterable[str] = SimpleFrozenList()
    ) -> "Facts":
        """Load the table that `to_disk` wrote."""
        return self._load((Path(path) / "indicators.csv").read_bytes().decode())

    def _load(self, table: str) -> "Facts":
        self._table = table
        self._indicators = Indicators(table) if table else None
        return self


def create_facts(nlp: Language, name: str) -> Facts:
    """Factory for ``facts``; takes no settings."""
    meta = nlp.meta
    return Facts(name, f"{meta['lang']}_{meta['name']} {meta['version']}")


# The repository's module and the installed wheel's can meet in one process: the first one stays
# (a second factory of that name is spaCy's error E004).
if not Language.has_factory("facts"):
    Language.factory("facts", assigns=["doc._.facts"], requires=["doc.ents"], func=create_facts)
    Doc.set_extension("facts", getter=read_facts)
