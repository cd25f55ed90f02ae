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
  place and time reached on the five seeds (`CONFIDENCE`), less where the clause is a plan.
"""

import re
from bisect import bisect_right
from dataclasses import dataclass
from typing import Any, NamedTuple, cast

import numpy
from spacy.attrs import NORM
from spacy.tokens import Doc, Span

LABELS = ("MONEY", "POVERTY_RATE", "MEASURE")
MAX_SENTENCE = 400  # tokens; a page without a sentence end is cut
HEAD_LINES = 3000  # characters from the beginning in which the page's date is looked for
TOPIC_DECAY = 0.8  # what a mention of a place loses of its weight with every sentence
WRAP = 25  # tokens of a line that may go on in the next one; shorter ones are titles
# Share of right answers on the gold values of the five seeds, by the way of finding them.
CONFIDENCE = {
    "table": 0.95, "behind": 0.85, "before": 0.8, "nothing": 0.3,
    "sentence": 0.9, "level": 0.95, "topic": 0.9, "nowhere": 0.8,
    "clause": 0.95, "carried": 0.9, "page": 0.9, "never": 0.9,
}  # fmt: skip
PLANNED = 0.7

# NORMs of the tokenizer: a gloss or invisible characters, and a line break.
_ARTEFACT, _BREAK = "\u2060", "\n"
_ENDS = "。!?"
_CLOSERS = "”』」)】’"
_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}


@dataclass(frozen=True)
class Fact:
    """A value with what the page says about it.

    start, end, sentence: half-open code-point offsets into the Doc's text. document:
    ``doc.user_data["document"]``, if it is set. place_code: GB/T 2260, as ``span._.place`` has it
    (None for a village; within: the code of the division that it lies in). place: its name.
    time: EDTF. indicator: a name of the table, or the noun as the page has it (Simplified).
    value: ``span._.quantity``. confidence: 0 to 1. model: name and version of the pipeline.
    """

    document: str | None
    start: int
    end: int
    text: str
    label: str
    sentence: tuple[int, int]
    place_code: str | None
    place: str | None
    within: str | None
    time: str | None
    indicator: str | None
    value: Any
    confidence: float
    model: str

    def to_row(self) -> dict[str, Any]:
        """Flat data for a table: the value's own fields beside the others, bounds as strings."""
        row = {name: getattr(self, name) for name in self.__dataclass_fields__}
        value, sentence = row.pop("value"), row.pop("sentence")
        row |= {"sentence_start": sentence[0], "sentence_end": sentence[1]}
        found = value.to_json() if value is not None else {}
        return row | {name: found.get(name) for name in VALUE_COLUMNS} | {
            "basis": "/".join(found.get("basis") or ()) or None
        }  # fmt: skip


VALUE_COLUMNS = (
    "low", "high", "closed_low", "closed_high", "exact", "unit", "pint", "dimension",
    "currency", "basis", "change", "reason",
)  # fmt: skip


# --- sentences


class _Sentence(NamedTuple):
    """Tokens ``[start, end)``, their view, and where each token begins in it."""

    number: int
    start: int
    end: int
    view: str
    at: list[int]

    def offsets(self, span: Span) -> tuple[int, int]:
        """Offsets of a span in the view, cut at the ends of the sentence."""
        return self.at[max(span.start - self.start, 0)], self.at[
            min(span.end, self.end) - self.start
        ]


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
    for at in numpy.flatnonzero(norms == strings.add(_BREAK)).tolist():
        if at - line < WRAP or at == 0 or closed[at - 1]:
            cuts.add(at + 1)
        line = at + 1
    found = [0]
    for cut in sorted(cuts | {len(doc)}):
        while cut - found[-1] > MAX_SENTENCE:
            found.append(found[-1] + MAX_SENTENCE)
        if cut > found[-1]:
            found.append(cut)
    return found


def _sentence(doc: Doc, number: int, start: int, end: int) -> _Sentence:
    pieces, at, length = [], [], 0
    for token in doc[start:end]:
        norm = token.norm_
        if norm in (_ARTEFACT, _BREAK) or norm.isspace():
            piece = ""
        elif norm[:1] in "d12" and token.text[:1].isdigit():  # the NORM of a number is a shape
            piece = token.text.translate(_WIDTH)
        else:
            piece = norm
        at.append(length)
        pieces.append(piece)
        length += len(piece)
    return _Sentence(number, start, end, "".join(pieces), [*at, length])


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
    if not (1 <= int(month) <= 12 and 1 <= int(day) <= 31):
        return None
    return f"{year}-{int(month):02}-{int(day):02}"


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


class _Mention(NamedTuple):
    """An administrative place; of a chain (秦安县五营镇徐洼村) the last one.

    first: where the chain begins, start: where its last name does (tokens). listed: one of
    several side by side (甲村、乙村等), of which none is meant alone.
    """

    first: int
    start: int
    end: int
    place: Any
    name: str
    sentence: int
    weight: float
    listed: bool


def _gap(doc: Doc, start: int, end: int) -> str | None:
    """What stands between two tokens, None where that is more than a few words."""
    if end - start > 12:
        return None
    return "".join(t.norm_ for t in doc[start:end] if t.norm_ not in (_ARTEFACT, _BREAK))


def _mentions(doc: Doc, cuts: list[int]) -> list[_Mention]:
    """The administrative places of the page in order."""
    chains: list[tuple[int, Span, Any, str]] = []
    for ent in doc.ents:
        if ent.label_ != "LOC":
            continue
        place = ent._.place
        name = place.name if place else _gap(doc, ent.start, ent.end) or ent.text
        if not (place and place.level) and not _VILLAGE.search(name):
            continue
        first = ent.start
        if chains and _gap(doc, chains[-1][1].end, ent.start) == "":
            first = chains.pop()[0]
        chains.append((first, ent, place, name))
    found = []
    joined = [
        bool(_JOINED.fullmatch(_gap(doc, left[1].end, right[0]) or "-"))
        for left, right in zip(chains, chains[1:], strict=False)
    ]
    for number, (first, ent, place, name) in enumerate(chains):
        sentence = bisect_right(cuts, first) - 1
        head = _gap(doc, cuts[sentence], first)
        listed = (doc[ent.end].norm_ == "等" if ent.end < len(doc) else False) or True in joined[
            max(number - 1, 0) : number + 1
        ]
        weight = 1.0 if head is None else 3.0
        found.append(_Mention(first, ent.start, ent.end, place, name, sentence, weight, listed))
    return found


class _Topic:
    """What the page is about, sentence by sentence: places by the weight of their mentions."""

    def __init__(self, mentions: list[_Mention]) -> None:
        self._mentions = mentions
        self._read = 0
        self._weights: dict[str, tuple[float, int, _Mention]] = {}

    def at(self, sentence: int, level: str | None = None) -> _Mention | None:
        """The topic where `sentence` begins or in its head; of the level of 全镇, 该村."""
        while self._read < len(self._mentions):
            mention = self._mentions[self._read]
            if mention.sentence > sentence or (mention.sentence == sentence and mention.weight < 3):
                break
            weight, last, _ = self._weights.get(mention.name, (0.0, 0, mention))
            weight *= TOPIC_DECAY ** (mention.sentence - last)
            self._weights[mention.name] = weight + mention.weight, mention.sentence, mention
            self._read += 1
        best, found = 0.0, None
        for name, (weight, last, mention) in self._weights.items():
            now = weight * TOPIC_DECAY ** (sentence - last)
            if level and not name.endswith("村庄屯寨" if level == "村" else level):
                continue
            if now > best:
                best, found = now, mention
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
    r"(?:[\s:：\"“”‘’「」『』()]|[共达约近逾超为有了总各均等的到至于是计各在]|超过|不到|不足|累计|"
    r"总计|合计|已有|现有|其中|分别|大约|不少于|不低于|按|每年|每月|每人|每户|每村)+\Z"
)
_RELATIVE = re.compile("[有无能可没]|可以|能够|具有|居住|参加|从事")
_HAN_RUN = re.compile("[一-鿿a-z]+\\Z")
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
        text = re.sub('["“”‘’「」『』]', "", text).removeprefix("的")
        if _RELATIVE.match(text) and "的" in text:
            text = text[text.index("的") + 1 :]
        match = self._stop.search(text)
        text = text[: match.start()] if match else text
        run = re.match("[一-鿿a-z]+", text)
        return run[0] if run and len(run[0]) < 20 else ""

    def noun_before(self, text: str) -> str:
        """The noun at the end of what stands before a value; a verb where it stands alone."""
        text = _FILLERS.sub("", text)
        run = _HAN_RUN.search(text[-24:])
        if not run:
            return ""
        noun = self._lead.sub("", run[0])
        return noun if len(noun) < 16 else ""


def _alternation(words: Iterable[str]) -> str:
    return "|".join(map(re.escape, sorted(set(words), key=lambda word: (-len(word), word))))


# --- the component

_CLAUSE = re.compile("[,;。!?\n]")
_PLAN = re.compile("计划|规划建|拟|力争|争取到20|目标|预计|预期|将(?:达|建|新|投|实)|要求|确保到")


class _Reader:
    """Reads one Doc."""

    def __init__(self, doc: Doc, indicators: Indicators, model: str) -> None:
        self.doc = doc
        self.indicators = indicators
        self.model = model
        self.cuts = _cuts(doc)
        self.page = _page_date(doc.text)

    def rows(self) -> Iterator[tuple[Any, ...]]:
        """The stored form of each fact, in the order of the page."""
        spans = [ent for ent in self.doc.ents if ent.label_ in LABELS]
        mentions = _mentions(self.doc, self.cuts)
        firsts = [mention.first for mention in mentions]
        topic = _Topic(mentions)
        latest: str | None = None
        seen = 0
        at = 0
        while at < len(spans):
            number = bisect_right(self.cuts, spans[at].start) - 1
            start, end = self.cuts[number], self.cuts[number + 1]
            until = at
            while until < len(spans) and spans[until].start < end:
                until += 1
            latest = self._latest(seen, start) or latest
            seen = start
            sentence = _sentence(self.doc, number, start, end)
            here = mentions[bisect_left(firsts, start) : bisect_left(firsts, end)]
            yield from self._sentence(sentence, spans[at:until], here, topic, latest)
            at = until

    def _latest(self, start: int, end: int) -> str | None:
        """The last year that the text between two tokens names."""
        if start >= end:
            return None
        first, last = self.doc[start], self.doc[end - 1]
        text = self.doc.text[first.idx : last.idx + len(last)]
        years = _LONE_YEAR.findall(text[-LATEST:])
        return cast(str, years[-1]) if years else None
