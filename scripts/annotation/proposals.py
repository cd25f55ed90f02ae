"""Proposals by rules and lexicon: what an annotator corrects before a model can propose.

Few rules that are mostly right, not all that there are. They read the Simplified view, whose
offsets are those of the text.
"""

import csv
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from scripts.annotation.spans import Span
from scripts.pages.document import Document
from scripts.pages.glyphs import HAN

SOURCE = "rules"  # the `proposed_by` of a task

_ARABIC = r"(?<![0-9A-Za-z.第])[0-9]+(?:,[0-9]{3})*(?:\.[0-9]+)?"
_CHINESE = (
    r"(?<![第“一二三四五六七八九十百千万])"
    r"[二三四五六七八九十百千万两几数][一二三四五六七八九十百千万亿]*"
)
_MORE = r"(?:[-—~～至][0-9.]+)?[十百千万亿]*?[余多来几]?[十百千万亿]*?"
_IN_WORDS = r"[零一二三四五六七八九十百千万亿两几数壹贰叁肆伍陆柒捌玖拾佰仟]+[余多来]?[万亿]?"
# Units of the table that are more often something else.
_NO_MONEY = frozenset("角毛分块圆")
_NO_MEASURE = frozenset("级届分成方石钱字两度节章班面门号") | {"课时", "个工"}
# With a Chinese numeral only these: 三个, 十条; not 三会一课, 四位一体, 千方百计.
_PLAIN_UNITS = "个 名 户 人 处 座 所 项 条 次 支 幢 栋 台 家 头 只 亩 株 棵 米 公里 平方米 吨 公斤"
_NOT_COUNTED = r"(?!月|季度|星期|小时|工作日|百分点|年头|钟头)"
_SET_PHRASES = re.compile(r"[八六]项规定|千家万户|千[头条]万|《[^》]*》")
_PLACELESS = re.compile(r"《[^》]*》|闽宁协作|南水北调|西气东输")

_NATURE = re.compile("[山河江湖](?!区)")  # 吕梁山, 清水河

_RATE = re.compile(r"贫困(?:发生)?率(?=([^。；！？率占度]{0,40}))")
_PERCENT = re.compile(
    r"(?<!下降)(?<!降低)(?<!减少)(?<!提高)(?<!上升)(?<!增长)(?<!了)"
    r"((?<![0-9.])[0-9]+(?:\.[0-9]+)?%(?:[-—~～至][0-9.]+%)?"
    r"|百分之[零一二三四五六七八九十百点]+|(?<=[为至到])[零0](?=[，。；]|$))"
)
_SUM = re.compile(
    r"(?:资金|投资|收入|贷款|产值)[^，。；、0-9]{0,4}([0-9.]+[余多]?[万亿])(?=[，。；、）]|$)"
)

# What may stand right before a body that no place is named for.
_JOINS = (
    "和与由向受按照经对把在为同及到被的从让给请报跟当挥强行导助是织任求"
    "了将深入彻据着会后时以位调领来幢取"
)
# A body of one level: the word of level, then its organ.
_OFFICE = "(?:(?:组织部|宣传部|统战部)(?!门)|政法委|双联办|党校|常委会)"
_ORGAN = (
    f"(?:党?委{_OFFICE}?|{_OFFICE}|直机关工委|人民政府|政府|人大常委会|人大|政协|纪委监委|纪委"
    f"|监委|人民法院|法院|检察院|团委|扶贫办|扶贫开发办公室|督查组|[{HAN}]{{2,5}}?局)"
)
_BODY = re.compile(
    rf"(?<![各级该每所困])(?:自治区|省市|市县|县（市、区）|[省市州县区旗])(?!市?场){_ORGAN}(?!员)"
    r"|(?<![各级县乡])[乡镇](?:党委|政府|人民政府|人大)"
    r"|(?<![贫困农乡政全各每示范])村(?:“两委”|两委|委会|委(?!员)|党总支|党支部|支部)"
)
_MID_NAME = re.compile(rf"(?![{_JOINS}])[{HAN}]$")
_ALONE = re.compile(
    r"党中央|中共中央|国务院扶贫办|国务院|(?<![党共])中央(?=[和、决要提])"
    r"|(?:财政|教育|民政|水利|农业农村|交通运输)部(?!门)"
)
_NAMED = re.compile(
    rf"[{HAN}]{{0,8}}?(?:有限责任公司|有限公司|集团|银行|大学|学院|中学|小学|卫生院|医院|合作社)"
)
# A village: right after the place that it lies in, or after a preposition; never a class of them.
_NO_NAME = (
    "(?!.{0,3}(?:贫困|行政|示范|帮扶|重点|联系|美丽|乡[镇村]"
    "|[该本全各每驻联入进赴下农新组村幢个一二三四五六七八九十两几]村))"
)
_VILLAGE = re.compile(rf"{_NO_NAME}[{HAN}]{{1,3}}?(?:自然村|村|社区|镇|乡)(?![镇村级])")
_TO_VILLAGE = re.compile(
    rf"[至对到赴托成]({_NO_NAME}[{HAN}]{{2,3}}?(?:自然村|村))(?![民级里内庄官务组上妇屯])"
)


@dataclass(frozen=True)
class Lexicon:
    """Names of places, and units as a pattern for money and one for measures.

    names: full names, and short ones of provinces and prefectures; the longest has `longest`
    characters.
    """

    names: frozenset[str]
    longest: int
    money: re.Pattern[str]
    measure: re.Pattern[str]


def read_lexicon(data: Path) -> Lexicon:
    """The lexicon from ``divisions.csv`` and ``units.csv`` in the folder `data`."""
    names = set()
    for row in _rows(data / "divisions.csv"):
        names.add(row["name"])
        if row["level"] in ("province", "prefecture"):
            names.update(row["short"].split(), [_bare(row["name"])])
    # 者下乡 is a township, and in 爱好者下乡 nothing.
    names = {name for name in names if len(name) > 1 and not name.endswith("下乡")}
    forms: dict[str, set[str]] = {"money": set(), "measure": set(), "counted": set()}
    for row in _rows(data / "units.csv"):
        kind = row["dimension"]
        if not row["unit"]:
            if kind in ("persons", "households"):
                forms["counted"].update(form for form in row["forms"].split() if len(form) > 1)
        elif kind not in ("ratio", "time", "group"):
            forms["money" if kind == "money" else "measure"].update(row["forms"].split())
    money, counted = _any(forms["money"] - _NO_MONEY), _any(forms["counted"])
    measures = {form for form in forms["measure"] - _NO_MEASURE if "(" not in form}
    measure, plain = _any(measures), _any(set(_PLAIN_UNITS.split()))
    return Lexicon(
        names=frozenset(names),
        longest=max(map(len, names)),
        money=re.compile(
            rf"(?:人民币|港币|澳门币|新台币)?(?!(?<![近上])万元)(?:{_ARABIC}{_MORE}|{_IN_WORDS})"
            rf"(?:{money})(?:人民币)?(?!素)"
        ),
        measure=re.compile(
            rf"{_ARABIC}{_MORE}(?:{measure}){_NOT_COUNTED}"
            rf"|{_CHINESE}[余多来]?[万亿]?(?:{plain}){_NOT_COUNTED}"
            rf"|{_ARABIC}{_MORE}(?=(?:贫困)?(?:{counted}))"
            r"|一[处次遍户座](?=[，。；、])"
        ),
    )


def propose(document: Document, lexicon: Lexicon) -> list[list[Span]]:
    """Proposed spans for each paragraph of a document, in view offsets and reading order."""
    views = [paragraph.simplified for paragraph in document.paragraphs]
    local = set(_local_names(views, lexicon))
    return [propose_text(view, lexicon, local) for view in views]


def propose_text(view: str, lexicon: Lexicon, local: Iterable[str] = ()) -> list[Span]:
    """Proposed spans of a Simplified text; `local` are names of places known from around it."""
    places = _places(view, lexicon, frozenset(local))
    kept: list[Span] = []
    for span in [
        *_rates(view),
        *_found(lexicon.money, "MONEY", view),
        *(Span(*sum_.span(1), "MONEY") for sum_ in _SUM.finditer(view)),
        *_found(lexicon.measure, "MEASURE", view),
        *_bodies(view, places),
        *places,
    ]:
        over = [k for k in kept if span.start < k.end and k.start < span.end]
        if all(span.label == "LOC" and k.label == "ORG" and _within(span, k) for k in over):
            kept.append(span)
    return sorted(kept, key=lambda span: (span.start, -span.end))


def _within(span: Span, other: Span) -> bool:
    return other.contains(span) and (other.start, other.end) != (span.start, span.end)


def _rates(view: str) -> Iterator[Span]:
    for rate in _RATE.finditer(view):
        for percent in _PERCENT.finditer(view, rate.start(1), rate.end(1)):
            yield Span(*percent.span(), "POVERTY_RATE")


def _found(pattern: re.Pattern[str], label: str, view: str) -> Iterator[Span]:
    phrases = [found.span() for found in _SET_PHRASES.finditer(view)]
    for found in pattern.finditer(view):
        if not any(start <= found.start() < end for start, end in phrases):
            yield Span(*found.span(), label)


def _bodies(view: str, places: list[Span]) -> list[Span]:
    """Bodies with the chain of places before them, the longer ones first."""
    titles = [title.span() for title in _PLACELESS.finditer(view)]
    before = {place.end: place.start for place in places}
    found = [Span(*body.span(), "ORG") for body in _ALONE.finditer(view)]
    ends: set[int] = set()
    for body in _BODY.finditer(view):
        # 华蓥市委组织部: the level is the last character of the place itself.
        start = before.get(body.start() + 1, body.start())
        while start in before:
            start = before[start]
        for prefix in ("中共", "共青团", "团"):
            if view.endswith(prefix, 0, start):
                start -= len(prefix)
                break
        joined = start in ends  # 县委县政府
        if start == body.start() and not joined and _MID_NAME.search(view, 0, start):
            continue  # 洛恩村党支部 of a village that is not known
        found.append(Span(start, body.end(), "ORG"))
        ends.add(body.end())
    for place in places:
        named = _NAMED.match(view, place.end)
        if named and not re.search("[的在和与至到为是等了]", named[0]):
            start = place.start
            while start in before:
                start = before[start]
            found.append(Span(start, named.end(), "ORG"))
    found = [span for span in found if not any(s <= span.start < e for s, e in titles)]
    return sorted(set(found), key=lambda span: (span.start - span.end, span.start))


def _places(view: str, lexicon: Lexicon, local: frozenset[str]) -> list[Span]:
    """Known names, the longest first from left to right, and villages right after one."""
    titles = {at for title in _PLACELESS.finditer(view) for at in range(*title.span())}
    longest = max([lexicon.longest, *map(len, local)])
    places: list[Span] = []
    at = 0
    while at < len(view) - 1:
        if at in titles:
            at += 1
            continue
        end = next(
            (
                end
                for end in range(min(at + longest, len(view)), at + 1, -1)
                if (view[at:end] in lexicon.names or view[at:end] in local)
                # 平川乡镇, 交城县级: what looks like a level belongs to the next word.
                and view[end : end + 1] not in ("镇", "级")
            ),
            at,
        )
        if end > at:
            end += bool(_NATURE.match(view, end))
        elif places and places[-1].end == at and view[at - 1] in "省市州县区旗乡镇":
            village = _VILLAGE.match(view, at)
            end = village.end() if village else at
        if end > at:
            places.append(Span(at, end, "LOC"))
        at = max(end, at + 1)
    return places


def _local_names(views: list[str], lexicon: Lexicon) -> Iterator[str]:
    """Villages that the paragraphs name, and the short forms of the places that they name."""
    for view in views:
        names = {view[place.start : place.end] for place in _places(view, lexicon, frozenset())}
        names.update(found[1] for found in _TO_VILLAGE.finditer(view))
        yield from names
        yield from (bare for name in names if len(bare := _bare(name)) > 1)


def _bare(name: str) -> str:
    """The name without its level: 梧州市 → 梧州, 六肥村 → 六肥."""
    return re.sub(r"(?:自治[州县旗区]|地区|自然村|[省市县区旗盟州镇乡村])$", "", name)


def _any(words: set[str]) -> str:
    return "|".join(map(re.escape, sorted(words, key=lambda word: (-len(word), word))))


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
