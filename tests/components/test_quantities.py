"""Values of spans: hand-made cases, laws of conversion, and strings of any kind."""

import json
import pickle
from decimal import Decimal
from pathlib import Path

import pytest
import spacy
from hypothesis import given, settings
from hypothesis import strategies as st
from spacy.tokens import Doc, DocBin

from scripts.annotation.marks import parse
from scripts.components import tokenizer  # noqa: F401  (registers the tokenizer)
from scripts.components.quantities import LABELS, Quantities
from scripts.components.quantity import Quantity
from scripts.value_cases import expected, read_cases

CASES = read_cases(Path(__file__).with_name("quantities.tsv"))
UNITS = Path("scripts/components/data/units.csv")
# Cases that the parser is known to get wrong; each with its reason.
KNOWN_FAILURES: dict[str, str] = {}


@pytest.fixture(scope="module")
def nlp():
    config = {"nlp": {"tokenizer": {"@tokenizers": "zh_poverty_news.CharTokenizer.v1"}}}
    nlp = spacy.blank("zh", config=config)
    component = nlp.add_pipe("quantities")
    component.initialize(list, units=UNITS)
    return nlp


def read(nlp, marked: str) -> list[Quantity]:
    text, spans = parse(marked)
    doc = nlp.make_doc(text)
    doc.ents = [doc.char_span(s.start, s.end, label=s.label) for s in spans]
    return [ent._.quantity for ent in nlp.get_pipe("quantities")(doc).ents]


@pytest.mark.parametrize(("marked", "number", "notation"), CASES)
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


def test_there_are_enough_cases():
    assert len(CASES) >= 600
    assert len(KNOWN_FAILURES) <= 0.02 * len(CASES)


def value(nlp, marked: str) -> Quantity:
    return read(nlp, marked)[0]


@pytest.mark.parametrize(
    ("marked", "unit", "number"),
    [
        ("[15亩]MEASURE", "公顷", "1"),
        ("[2公顷]MEASURE", "亩", "30"),
        ("[3亩]MEASURE", "平方米", "2000"),
        ("[6万亩]MEASURE", "hectare", "4000"),
        ("[1.5公顷]MEASURE", "meter ** 2", "15000"),
        ("[5斤]MEASURE", "kilogram", "2.5"),
        ("[3公斤]MEASURE", "斤", "6"),
        ("[3.5万元]MONEY", "万元", "3.5"),
        ("[12345元]MONEY", "亿元", "0.00012345"),
        ("[5角]MONEY", "元", "0.5"),
        ("[3里]MEASURE", "kilometer", "1.5"),
        ("[2吨]MEASURE", "千克", "2000"),
        ("[36万千瓦]MEASURE", "万千瓦", "36"),
        ("[2兆瓦时]MEASURE", "千瓦时", "2000"),
        ("[2‰]POVERTY_RATE", "%", "0.2"),
        ("[3户]MEASURE", "户", "3"),
    ],
)
def test_to(nlp, marked, unit, number):
    assert value(nlp, marked).to(unit).low == Decimal(number)


@pytest.mark.parametrize(
    ("marked", "unit"),
    [
        ("[3亩]MEASURE", "公斤"),
        ("[3亩]MEASURE", "furlong"),
        ("[3万元]MONEY", "美元"),
        ("[3垧]MEASURE", "亩"),
        ("[5箱]MEASURE", "个"),
        ("[200多]MEASURE农户", "户"),
    ],
)
def test_to_refuses(nlp, marked, unit):
    with pytest.raises(ValueError, match=r"unit|size"):
        value(nlp, marked).to(unit)


def test_order(nlp):
    small, large = read(nlp, "共[14亩]MEASURE，另[1公顷]MEASURE。")
    assert small < large
    assert large > small
    assert small <= large
    rest, more = read(nlp, "剩[20多户]MEASURE，共[30户]MEASURE。")
    assert rest < more
    low, high = read(nlp, "[3-5亩]MEASURE，[4-6亩]MEASURE。")
    assert not low < high
    assert not high < low
    with pytest.raises(ValueError, match="area against mass"):
        _ = value(nlp, "[3亩]MEASURE") < value(nlp, "[3斤]MEASURE")
    with pytest.raises(ValueError, match="亩"):
        _ = value(nlp, "每亩[300元]MONEY") < value(nlp, "[300元]MONEY")
    with pytest.raises(ValueError, match="size"):
        _ = value(nlp, "[3箱]MEASURE") < value(nlp, "[3袋]MEASURE")


def test_sc_span_has_the_value_too(nlp):
    doc = nlp.make_doc("投资120万元。")
    doc.ents = [doc.char_span(2, 7, label="MONEY")]
    doc.spans["sc"] = [doc.char_span(2, 7, label="MONEY")]
    nlp.get_pipe("quantities")(doc)
    assert doc.spans["sc"][0]._.quantity.low == 1200000
    assert doc[0:2]._.quantity is None


def test_other_labels_have_none(nlp):
    doc = nlp.make_doc("秦安县有3户。")
    doc.ents = [doc.char_span(0, 3, label="LOC")]
    assert nlp.get_pipe("quantities")(doc).ents[0]._.quantity is None


def test_values_travel_with_the_doc(nlp):
    doc = nlp.make_doc("全村人均4500元。")
    doc.ents = [doc.char_span(4, 9, label="MONEY")]
    want = nlp.get_pipe("quantities")(doc).ents[0]._.quantity
    assert Doc(nlp.vocab).from_bytes(doc.to_bytes()).ents[0]._.quantity == want
    stored = DocBin(store_user_data=True, docs=[doc]).to_bytes()
    (again,) = DocBin(store_user_data=True).from_bytes(stored).get_docs(nlp.vocab)
    assert again.ents[0]._.quantity == want
    assert doc[2:].as_doc(copy_user_data=True).ents[0]._.quantity == want
    assert Doc.from_docs([doc, doc]).ents[1]._.quantity == want


def test_component_is_stored_with_its_table(nlp, tmp_path):
    component = nlp.get_pipe("quantities")
    component.to_disk(tmp_path / "quantities")
    doc = nlp.make_doc("投资120万元。")
    doc.ents = [doc.char_span(2, 7, label="MONEY")]
    for copy in (
        Quantities().from_disk(tmp_path / "quantities"),
        Quantities().from_bytes(component.to_bytes()),
        pickle.loads(pickle.dumps(component)),
    ):
        assert copy.to_bytes() == component.to_bytes() == UNITS.read_bytes()
        assert copy(doc).ents[0]._.quantity.low == 1200000


def test_initialize_from_a_config(tmp_path):
    config = {
        "nlp": {"tokenizer": {"@tokenizers": "zh_poverty_news.CharTokenizer.v1"}},
        "initialize": {"components": {"quantities": {"units": str(UNITS)}}},
    }
    nlp = spacy.blank("zh", config=config)
    nlp.add_pipe("quantities")
    nlp.initialize()
    nlp.to_disk(tmp_path)
    again = spacy.load(tmp_path)
    assert again.get_pipe("quantities").to_bytes() == UNITS.read_bytes()


def test_without_a_table_it_says_so(nlp):
    with pytest.raises(ValueError, match="E109"):
        Quantities()(nlp.make_doc("3户"))


CHARS = st.sampled_from(
    "0123456789.,，零一二两三五十百千万亿半几数余多来把点元亩户个成%至-—、到约近上 　(\n人每/"
)
STRINGS = st.one_of(st.text(max_size=80), st.text(CHARS, max_size=80))


@settings(max_examples=400, deadline=2000)
@given(before=STRINGS, text=STRINGS, after=STRINGS, label=st.sampled_from(LABELS))
def test_any_string_has_a_value_or_a_reason(nlp, before, text, after, label):
    doc = nlp.make_doc(before + text + after)
    span = doc.char_span(len(before), len(before + text), label=label, alignment_mode="expand")
    doc.ents = [span] if span else []
    for ent in nlp.get_pipe("quantities")(doc).ents:
        got = ent._.quantity
        assert got.text == ent.text
        assert ((got.low, got.high) == (None, None)) == bool(got.reason)
        if got.low is not None and got.high is not None:
            assert got.low <= got.high
        assert Quantity.from_json(json.loads(json.dumps(got.to_json()))) == got


@given(
    number=st.decimals(min_value=0, max_value=10**9, places=4),
    path=st.permutations(["亩", "公顷", "平方米", "平方公里", "顷"]),
)
def test_conversion_comes_back(nlp, number, path):
    start = value(nlp, f"[{number:f}亩]MEASURE")
    there = start
    for unit in path:
        there = there.to(unit)
    back = there.to("亩")
    assert abs(back.low - start.low) <= start.low * Decimal("1e-25")
    assert back.unit == "亩"


@given(number=st.integers(min_value=0, max_value=10**15))
def test_every_whole_number_reads_back(nlp, number):
    assert value(nlp, f"[{number}元]MONEY").low == number
    assert value(nlp, f"[{number:,}元]MONEY").low == number
    assert value(nlp, f"[{chinese(number)}元]MONEY").low == number


def chinese(number: int) -> str:
    """Chinese numeral of a whole number below 10**16."""
    for scale, char in ((10**8, "亿"), (10**4, "万"), (1000, "千"), (100, "百"), (10, "十")):
        if number >= scale:
            whole, rest = divmod(number, scale)
            gap = "零" if 0 < rest < scale // 10 else ""
            return chinese(whole) + char + gap + (chinese(rest) if rest else "")
    return "零一二三四五六七八九"[number]
