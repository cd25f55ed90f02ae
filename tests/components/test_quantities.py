"""Values of spans: hand-made cases, laws of conversion, and strings of any kind."""

import json
from decimal import Decimal
from pathlib import Path

import pytest
import spacy
from hypothesis import given, settings
from hypothesis import strategies as st
from spacy.tokens import Doc, DocBin

from scripts.annotation.marks import parse
from scripts.components import tokenizer  # noqa: F401  (registers the tokenizer)
from scripts.components.quantities import LABELS, Quantities, Quantity

CASES = Path(__file__).with_name("quantities.tsv")
UNITS = Path("scripts/components/data/units.csv")
# Cases that the parser is known to get wrong; each with its reason.
KNOWN_FAILURES: dict[str, str] = {}
# Dimension and pint name of the units in the cases; classifiers of one kind; currency.
KINDS = {
    "money": "元:CNY 角 分 美元:USD 港元:HKD 新台币:TWD 澳门元:MOP 欧元:EUR 英镑:GBP 日元:JPY 加元:CAD "
    "澳元:AUD",
    "ratio": "%:percent ‰:permille",
    "length": "米:meter 厘米:centimeter 毫米:millimeter 公里:kilometer 里 尺 丈",
    "area": "亩 公顷:hectare 平方米:meter_**_2 平方公里:kilometer_**_2 顷 垧 分地",
    "volume": "立方米:meter_**_3 升:liter 毫升:milliliter",
    "mass": "吨:metric_ton 公斤:kilogram 克:gram 斤 两 担 石",
    "energy": "千瓦时:kilowatt_hour",
    "power": "千瓦:kilowatt 瓦:watt 兆瓦:megawatt",
    "apparent_power": "千伏安:kilovolt_ampere",
    "voltage": "伏:volt 千伏:kilovolt",
    "temperature": "℃:degree_Celsius",
    "angle": "度:degree",
    "time": "天:day",
    "persons": "人 名 位",
    "households": "户",
    "animals": "头 匹 羽 尾 峰 头只",
    "plants": "株 棵",
    "events": "次 场 期 起 例 趟 人次 户次 班次 架次",
}
UNIT = {
    name: (dimension, (pint or "").replace("_**_", " ** ") or None)
    for dimension, names in KINDS.items()
    for name, _, pint in (entry.partition(":") for entry in names.split())
}


@pytest.fixture(scope="module")
def nlp():
    config = {"nlp": {"tokenizer": {"@tokenizers": "zh_poverty_news.CharTokenizer.v1"}}}
    nlp = spacy.blank("zh", config=config)
    component = nlp.add_pipe("quantities")
    component.initialize(list, units=UNITS)
    return nlp


def read(nlp, marked: str) -> list[Quantity]:
    text, spans = parse(marked.replace("<T>", "\t").replace("<N>", "\n"))
    doc = nlp.make_doc(text)
    doc.ents = [doc.char_span(s.start, s.end, label=s.label) for s in spans]
    return [ent._.quantity for ent in nlp.get_pipe("quantities")(doc).ents]


def expected(notation: str, text: str) -> Quantity | None:
    """The value that a notation of quantities.tsv stands for; None for unknown."""
    if notation == "?":
        return None
    ends, unit, *rest = notation.split()
    exact, ends = not ends.startswith("~"), ends.removeprefix("~")
    low, _, high = ends.strip("[]()").partition(",")
    bounds = [None if end == "*" else Decimal(end) for end in (low, high or low)]
    name, _, dimension = unit.partition(":")
    pint = currency = None
    if not dimension:
        dimension, pint = UNIT["分地" if name == "分" and "money" in rest else name]
    if dimension == "money":
        currency = next((item[1:] for item in rest if item[0] == "@"), "CNY")
    return Quantity(
        low=bounds[0],
        high=bounds[1],
        closed_low=bounds[0] is not None and ends[0] != "(",
        closed_high=bounds[1] is not None and ends[-1] != ")",
        exact=exact,
        unit=None if name == "-" else name,
        pint=pint,
        dimension=dimension,
        currency=currency,
        basis=tuple(part for item in rest if item[0] == "/" for part in item[1:].split("/")),
        change="Δ" in rest,
        text=text,
    )


def cases() -> list[tuple[str, int, str]]:
    """Marked text, number of the span in it, notation of its value."""
    found = []
    for line in CASES.read_text(encoding="utf8").splitlines():
        if line and not line.startswith("#"):
            marked, _, values = line.partition("\t")
            notations = values.split(" | ")
            _, spans = parse(marked)
            assert len(spans) == len(notations), line
            found += [(marked, number, note) for number, note in enumerate(notations)]
    return found


@pytest.mark.parametrize(("marked", "number", "notation"), cases())
def test_value(nlp, marked, number, notation):
    if f"{marked} {number}" in KNOWN_FAILURES:
        pytest.xfail(KNOWN_FAILURES[f"{marked} {number}"])
    got = read(nlp, marked)[number]
    want = expected(notation, got.text)
    if want is None:
        assert (got.low, got.high) == (None, None)
        assert got.reason
    else:
        assert got == want
