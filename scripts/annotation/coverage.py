"""Which constructions of the policy the written sentences hold: label × construction × script.

A construction is told from the words of a span, Simplified, and what stands beside it. The table
says where sentences are missing; nothing is trained or tested on these patterns.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator

from scripts.annotation.sentences import Sentence
from scripts.annotation.spans import Span
from scripts.components.tokenizer import simplify
from scripts.pages.script import script_of

NEAR_MISS = "unmarked"
# By label and name: a pattern that the span's words hold.
_WORDS: dict[str, dict[str, str]] = {
    "ORG": {
        "party": r"党委|[省市州县区镇乡村盟旗]委$|党组|党支部|总支|纪委|组织部|宣传部|统战部",
        "government": r"政府|[局厅署]$|[局厅].{1,6}[站所队科股处]$|委员会$|国务院|办公室$",
        "firm": r"公司|集团|厂$|商行$|银行|合作社|农场$|超市|专柜",
        "school, hospital": r"学校?$|[小中]学|学院|医院|卫生院|幼儿园|[一二三四五六七八九十]中$",
        "association": r"协会|商会|联合会|工会|妇联|学会|基金会|[村社]两?委|残联|科协|文联",
    },
    "LOC": {
        "province": r"省$|自治区$|^(?:北京|上海|天津|重庆)市?$",
        "prefecture, city": r"[市州盟]$",
        "county": r"[县区旗]$",
        "township": r"[镇乡]$|街道$",
        "village": r"[村屯寨社]$|组$|社区$",
        "water": r"[江河湖海溪泉沟渠]$|水库|湿地",
        "mountain": r"[山岭峰坡原岗]$|盆地|高原|山脉",
        "road, station": r"高速|国道|省道|[路桥站港]$|铁路|机场",
        "park, site": r"园区?$|景区|基地|广场|博物馆|纪念馆|遗址|故居|市场",
        "short form": r"^.$|^..$",
    },
    "MONEY": {
        "Arabic numeral": r"^[\d,.]+",
        "mixed numeral": r"\d[万亿千]\d|\d[万亿千百]",
        "Chinese numeral": r"^[一二三四五六七八九十两百千]",
        "financial numeral": r"[壹贰叁肆伍陆柒捌玖拾佰仟]",
        "full-width digits": r"[０-９]",
        "range": r"[\d元万亿千百][—–~～至到－-]+\d",
        "vague": r"[数几余多上来]",
        "without 元": r"[\d万亿千百]$",
        "other currency": r"美元|港[币元]|欧元|日元|[新台]币|卢布|英镑|法郎|银元",
    },
    "POVERTY_RATE": {
        "percent sign": r"[%％]$",
        "in words": r"百分之|成|千分之",
        "per mille": r"‰",
        "zero": r"^(?:零|0|０)$",
        "full-width digits": r"[０-９]",
    },
    "MEASURE": {
        "Arabic numeral": r"^[\d,.]+",
        "Chinese numeral": r"^[一二三四五六七八九十两百千]",
        "full-width digits": r"[０-９]",
        "range": r"[\d万亿千百][—–~～至到－-]+\d",
        "vague": r"[数几余多上来]",
        "area": r"亩|公顷|平方|垧|hm|km²",
        "length": r"(?<!平方)(?<!立方)(?:公里|千米|[\d万千百十余多]米|里|km|厘米)$",
        "mass, volume": r"吨|[公市]?斤|克$|立方|升$|方$",
        "persons, households": r"[人户名]口?$|[贫困人]口$",
        "animals, plants": r"[头只羽匹尾口株棵箱]$",
        "without a classifier": r"^[\d,.]+[万亿千百]*$",
    },
}
# Near misses: what stands outside every span.
_OUTSIDE = {
    "percentage": r"\d[%％]|百分之",
    "duration": r"\d+ ?(?:年(?!\d*月)|个月|天|小时)(?:[^内]|$)",
    "age": r"\d+周?岁",
    "ordinal": r"第[\d一二三四五六七八九十]+",
    "一个 as article": r"一[个种条项名位]",
    "bare body": r"合作社|企业|公司|学校|医院|[乡镇县]政府|村委会|党支部|有关部门",
    "title": r"《[^》]+》",
    "bare place": r"[全该本我][省市县区镇乡村]|山区|地区",
    "multiple": r"[\d一二三四五六七八九十百两几数]倍",
}


def _beside(sentence: Sentence, span: Span) -> Iterator[str]:
    """Constructions that the other spans of the sentence make."""
    if span.label == "LOC":
        around = {
            s.label
            for s in sentence.spans
            if s != span and s.start <= span.start and s.end >= span.end
        }
        for label in sorted(around):  # in an order that is the same in every run
            yield f"inside {label}"
        if any(s.label == "LOC" and s.start == span.end for s in sentence.spans):
            yield "chain of places"
    if span.label == "ORG" and any(
        s.label == "LOC" and span.start <= s.start and s.end <= span.end for s in sentence.spans
    ):
        yield "with a place inside"
    before, after = sentence.text[: span.start][-4:], sentence.text[span.end :][:2]
    if span.label in ("MONEY", "MEASURE") and (
        after[:1] in ("/", "／") or re.search(r"每.{0,2}$|[人户亩]均.{0,2}$", simplify(before))
    ):
        yield "per unit"


def constructions(sentence: Sentence) -> Iterator[tuple[str, str]]:
    """Label and construction of each span; NEAR_MISS and kind of what stands outside them."""
    text = simplify(sentence.text)
    for span in sentence.spans:
        words = text[span.start : span.end]
        for name, pattern in _WORDS[span.label].items():
            if re.search(pattern, words):
                yield span.label, name
        for name in _beside(sentence, span):
            yield span.label, name
    covered = {i for span in sentence.spans for i in range(span.start, span.end)}
    outside = "".join("\0" if i in covered else char for i, char in enumerate(text))
    for name, pattern in _OUTSIDE.items():
        for _ in re.finditer(pattern, outside):
            yield NEAR_MISS, name


def coverage(sentences: Iterable[Sentence]) -> dict[str, dict[str, Counter[str]]]:
    """How often each construction occurs, by script of its sentence."""
    rows = {label: {name: Counter[str]() for name in named} for label, named in _WORDS.items()}
    rows[NEAR_MISS] = {name: Counter() for name in _OUTSIDE}
    for sentence in sentences:
        script = script_of(sentence.text)
        for label, name in constructions(sentence):
            rows[label].setdefault(name, Counter())[script] += 1
    return rows
