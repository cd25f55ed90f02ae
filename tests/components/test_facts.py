"""Facts: indicator, place and time of values, in sentences of every kind and strings of any."""

import json
import pickle
import random
from pathlib import Path

import pytest
import spacy
from hypothesis import given, settings
from hypothesis import strategies as st
from spacy.tokens import Doc, DocBin, Span

import scripts.components.tokenizer  # noqa: F401  (registers the tokenizer)
from scripts.annotation.marks import parse
from scripts.annotation.spans import flat
from scripts.components import facts, indicators, places, quantities  # noqa: F401

ROOT = Path(__file__).parents[2]
DATA = ROOT / "scripts/components/data"
TOKENIZER = {"nlp": {"tokenizer": {"@tokenizers": "zh_poverty_news.CharTokenizer.v1"}}}
LABELS = ("LOC", "MONEY", "POVERTY_RATE", "MEASURE")


@pytest.fixture(scope="module")
def nlp():
    nlp = spacy.blank("zh", config=TOKENIZER)
    nlp.add_pipe("quantities").initialize(list, units=DATA / "units.csv")
    nlp.add_pipe("places").initialize(list, table=DATA / "divisions.csv")
    nlp.add_pipe("facts").initialize(list, indicators=DATA / "indicators.csv")
    return nlp


def run(nlp, doc):
    for _, component in nlp.pipeline:
        doc = component(doc)
    return doc


def read(nlp, marked):
    text, spans = parse(marked)
    doc = nlp.make_doc(text)
    doc.ents = [doc.char_span(s.start, s.end, label=s.label) for s in flat(spans)]
    doc.spans["sc"] = [doc.char_span(s.start, s.end, label=s.label) for s in spans]
    return run(nlp, doc)._.facts


@pytest.mark.parametrize(
    ("marked", "indicators"),
    [
        ("贫困发生率降至[1.2%]POVERTY_RATE。", "poverty_rate"),
        ("返贫户[3户]MEASURE[9人]MEASURE。", "households_back_in_poverty persons_back_in_poverty"),
        ("共有[120户]MEASURE[430人]MEASURE脱贫。",
         "households_out_of_poverty persons_out_of_poverty"),
        ("全村共[207户]MEASURE[616人]MEASURE。", "households population"),
        ("累计投入[30万元]MONEY。", "investment"),
        ("发放小额信贷[12户]MEASURE，[60万元]MONEY。", "小额信贷 loans"),
        ("发放贷款[12户]MEASURE，[60万元]MONEY。", "loans loans"),
        ("人均纯收入[4200元]MONEY。", "income_per_person"),
        ("户均增收[800元]MONEY。", "income_per_household"),
        ("种植核桃[500亩]MEASURE，耕地[900亩]MEASURE。", "area_planted farmland"),
        ("硬化道路[3公里]MEASURE。", "roads_built"),
        ("安装路灯[65盏]MEASURE。", "路灯"),
        ("搬迁[9户]MEASURE农民。", "农民"),
        ("[6个]MEASURE贫困村、[20户]MEASURE贫困户达标退出。",
         "villages_out_of_poverty households_out_of_poverty"),
        ("受訓人員達[200人次]MEASURE。", "persons_trained"),
        ("[5000元]MONEY。", ""),
    ],
)  # fmt: skip
def test_indicator(nlp, marked, indicators):
    assert " ".join(fact.indicator or "" for fact in read(nlp, marked)) == indicators


@pytest.mark.parametrize(
    ("marked", "times"),
    [
        ("2014年底共有贫困户[84户]MEASURE。", ["2014-12"]),
        ("2015年脱贫[34户]MEASURE，返贫[1户]MEASURE。", ["2015", "2015"]),
        ("返贫户[12户]MEASURE，2014年底共有贫困户[84户]MEASURE。", ["2014", "2014-12"]),
        ("全村[236户]MEASURE，2013年贫困户[90户]MEASURE。", [None, "2013"]),
        ("2012年因水库搬到县城，有楼[五幢]MEASURE。", [None]),
        ("2015年以来，按照部署，选派[1名]MEASURE干部。", ["2015/.."]),
        ("2015年脱贫[3户]MEASURE。截止目前，有贫困户[5户]MEASURE。", ["2015", "2015/.."]),
        ("2015-2017年投资[3万元]MONEY。", ["2015/2017"]),
        ("2016年5月3日拨付[3万元]MONEY。", ["2016-05-03"]),
        ("2016年13月40日拨付[3万元]MONEY。", [None]),
        ("2016年上半年拨付[3万元]MONEY。", ["2016-01/2016-06"]),
        ("一九五一年植树[二万棵]MEASURE。", ["1951"]),
        ("今年投资[3万元]MONEY。", [None]),
        ("发布时间：2018年3月5日\n今年投资[3万元]MONEY，去年投资[2万元]MONEY。", ["2018", "2017"]),
        ("发布时间：2018年3月5日\n全村有[30户]MEASURE。", ["2018-03-05"]),
        ("2015年植树[3棵]MEASURE，3年后收入[2万元]MONEY。", ["2015", "2018"]),
    ],
)
def test_time(nlp, marked, times):
    assert [fact.time for fact in read(nlp, marked)] == times


@pytest.mark.parametrize(
    ("marked", "names"),
    [
        ("[秦安县]LOC[五营镇]LOC[徐洼村]LOC有[30户]MEASURE。", ["徐洼村"]),
        ("[徽县]LOC辖[15个]MEASURE乡镇。全县总人口[22万人]MEASURE。", ["徽县", "徽县"]),
        ("[徽县]LOC[江洛镇]LOC修路。该镇投资[8万元]MONEY，全县投资[9万元]MONEY。",
         ["江洛镇", "徽县"]),
        ("[甲村]LOC[3户]MEASURE；投资[20万元]MONEY改造[乙村]LOC小学。", ["甲村", "乙村"]),
        ("[德格县]LOC、[石渠县]LOC贫困率分别为[32%]POVERTY_RATE和[37%]POVERTY_RATE。",
         ["德格县", "石渠县"]),
        ("[藤县]LOC[藤州镇]LOC、[苍梧县]LOC[梨埠镇]LOC等[16个]MEASURE贫困村。", ["梧州市"]),
        ("[交城县]LOC[野则河村]LOC位于[西社镇]LOC，有[30户]MEASURE。", ["野则河村"]),
        ("[清水河]LOC上架桥[一座]MEASURE。", [None]),
        ("有[30户]MEASURE。", [None]),
    ],
)  # fmt: skip
def test_place(nlp, marked, names):
    assert [fact.place for fact in read(nlp, marked)] == names


def test_place_has_its_code(nlp):
    (fact,) = read(nlp, "[秦安县]LOC有[30户]MEASURE。")
    assert (fact.place_code, fact.within) == ("620522", None)
    (fact,) = read(nlp, "[秦安县]LOC[五营镇]LOC[徐洼村]LOC有[30户]MEASURE。")
    assert (fact.place_code, fact.within) == (None, "620522/五营镇")


def test_offsets_are_those_of_the_raw_text(nlp):
    text, spans = parse("  記\n\n2015年脫貧(pín)[34戶]MEASURE，\n返貧[1戶]MEASURE。 另[2戶]MEASURE")
    doc = nlp.make_doc(text)
    doc.ents = [doc.char_span(s.start, s.end, label=s.label) for s in spans]
    found = run(nlp, doc)._.facts
    assert [text[fact.start : fact.end] for fact in found] == ["34戶", "1戶", "2戶"]
    assert found[0].sentence == "2015年脫貧(pín)34戶，\n返貧1戶。"
    assert found[0].indicator == "households_out_of_poverty"


def test_a_row_is_plain(nlp):
    text, spans = parse("[徽县]LOC每人每年补助[500元]MONEY以上。")
    doc = nlp.make_doc(text)
    doc.user_data["document"] = "page 1"
    doc.ents = [doc.char_span(s.start, s.end, label=s.label) for s in spans]
    (fact,) = run(nlp, doc)._.facts
    row = fact.to_row()
    assert json.loads(json.dumps(row)) == row
    assert row["document"] == "page 1"
    assert (row["low"], row["high"], row["unit"], row["basis"]) == (500.0, None, "元", "人/年")
    assert row["model"] == "zh_pipeline 0.0.0"


def test_a_plan_is_trusted_less(nlp):
    sure, planned = read(nlp, "[徽县]LOC投资[500元]MONEY。[徽县]LOC计划投资[500元]MONEY。")
    assert planned.confidence < sure.confidence


def test_a_doubtful_span_is_trusted_less(nlp):
    if not Span.has_extension("confidence"):  # the component of that name declares it
        Span.set_extension("confidence", default=None)
    text, spans = parse("[徽县]LOC投资[500元]MONEY。")
    doc = nlp.make_doc(text)
    doc.ents = [doc.char_span(s.start, s.end, label=s.label) for s in spans]
    (sure,) = run(nlp, doc)._.facts
    doc.ents[1]._.confidence = 0.5
    (doubtful,) = doc._.facts
    assert (sure.span_confidence, doubtful.span_confidence) == (None, 0.5)
    assert doubtful.confidence == round(sure.confidence / 2, 3)
    assert doubtful.to_row()["span_confidence"] == 0.5


def test_facts_travel_with_the_doc(nlp):
    text, spans = parse("[徽县]LOC2015年脱贫[34户]MEASURE。")
    doc = nlp.make_doc(text)
    doc.ents = [doc.char_span(s.start, s.end, label=s.label) for s in spans]
    want = run(nlp, doc)._.facts
    assert len(want) == 1
    assert Doc(nlp.vocab).from_bytes(doc.to_bytes())._.facts == want
    stored = DocBin(store_user_data=True, docs=[doc]).to_bytes()
    (again,) = DocBin(store_user_data=True).from_bytes(stored).get_docs(nlp.vocab)
    assert again._.facts == want


def test_component_is_stored_with_its_table(nlp, tmp_path):
    component = nlp.get_pipe("facts")
    component.to_disk(tmp_path / "facts")
    for copy in (
        facts.Facts().from_disk(tmp_path / "facts"),
        facts.Facts().from_bytes(component.to_bytes()),
        pickle.loads(pickle.dumps(component)),
    ):
        assert copy.to_bytes() == component.to_bytes() == (DATA / "indicators.csv").read_bytes()


def test_initialize_from_a_config(tmp_path):
    table = {"indicators": str(DATA / "indicators.csv")}
    nlp = spacy.blank("zh", config=TOKENIZER | {"initialize": {"components": {"facts": table}}})
    nlp.add_pipe("facts")
    nlp.initialize()
    nlp.to_disk(tmp_path)
    again = spacy.load(tmp_path)
    assert again.get_pipe("facts").to_bytes() == (DATA / "indicators.csv").read_bytes()


def test_without_a_table_it_says_so(nlp):
    with pytest.raises(ValueError, match="E109"):
        facts.Facts()(nlp.make_doc("3户"))
    with pytest.raises(ValueError, match="columns"):
        indicators.Indicators("a,b\n")
    head = ",".join(indicators.COLUMNS)
    with pytest.raises(ValueError, match="investment, noun"):
        indicators.Indicators(f"{head}\ninvestment,money,,(,,,\n")


# --- strings of any kind


def check(doc):
    """The laws of facts: a span behind each row, valid offsets, a value or a reason."""
    text = doc.text
    spans = {(ent.start_char, ent.end_char): ent for ent in doc.ents}
    found = doc._.facts
    assert len(found) == sum(ent.label_ in facts.LABELS for ent in doc.ents)
    for fact in found:
        span = spans[fact.start, fact.end]
        assert (span.text, span.label_) == (fact.text, fact.label)
        assert 0 <= fact.sentence_start <= fact.start < fact.end <= len(text)
        assert text.startswith(fact.sentence, fact.sentence_start)
        assert fact.start < fact.sentence_start + len(fact.sentence)
        assert 0 <= fact.confidence <= 1
        assert fact.value.reason or fact.value.low is not None or fact.value.high is not None
        json.dumps(fact.to_row())


def some_ents(doc, numbers):
    """Spans of every label over whatever tokens, drawn by `numbers`."""
    ents, at = [], 0
    while at < len(doc):
        at += numbers.randint(0, 6)
        end = min(at + numbers.randint(1, 5), len(doc))
        if at < end:
            ents.append(doc[at:end])
            ents[-1].label_ = numbers.choice(LABELS)
        at = end
    return ents


CHARS = st.sampled_from(
    "0123456789.,，零一二两三百万亿几余多年月日底今去前以来截至目村镇县全该、；。！\n\r\t\0 　(（ā)"
    "户人亩元%贫困脱返率为的有共等位于\u00ad\u200b\ufeff😀a\ud7ff"
)
STRINGS = st.one_of(st.text(max_size=120), st.text(CHARS, max_size=120))


@settings(max_examples=400, deadline=2000)
@given(text=STRINGS, seed=st.integers())
def test_any_string(nlp, text, seed):
    doc = nlp.make_doc(text)
    doc.ents = some_ents(doc, random.Random(seed))
    check(run(nlp, doc))


def mutated(text, numbers):
    """A real sentence with characters lost, doubled, swapped and strange ones put in."""
    chars = list(text)
    for _ in range(numbers.randint(1, 8)):
        at = numbers.randrange(len(chars) + 1)
        what = numbers.randrange(5)
        if what == 0 and chars:
            del chars[at : at + numbers.randint(1, 4)]
        elif what == 1:
            chars[at:at] = chars[at : at + numbers.randint(1, 9)]
        elif what == 2 and len(chars) > 1:
            numbers.shuffle(chars[at : at + 6])
        else:
            chars.insert(at, numbers.choice("\0\n\r\t \u3000\u200b\u00ad?□😀ب1９一。，；（)%年"))
    return "".join(chars)


def test_mutated_sentences(nlp):
    lines = [
        parse(line)[0]
        for path in sorted((ROOT / "corpus/sentences").glob("*.txt"))
        for line in path.read_text(encoding="utf8").splitlines()
        if line
    ]
    numbers = random.Random(5)
    for _ in range(10_000):
        doc = nlp.make_doc(mutated(numbers.choice(lines), numbers))
        doc.ents = some_ents(doc, numbers)
        check(run(nlp, doc))


@pytest.mark.parametrize(
    "piece",
    ["徽县投资5万元修路3公里，", "脱貧34戶\0"],
)
def test_five_megabytes_without_a_sentence_end(nlp, piece):
    doc = nlp.tokenizer(piece * (5_000_000 // len(piece.encode()) + 1))
    numbers = random.Random(5)
    ents = []
    for at in range(0, len(doc) - 2, 60):
        span = doc[at : at + 2]
        span.label_ = numbers.choice(LABELS)
        ents.append(span)
    doc.ents = ents
    doc = run(nlp, doc)
    assert len(doc.user_data["facts"]) == sum(ent.label_ in facts.LABELS for ent in doc.ents)
    assert all(row[4] - row[3] <= 20_000 for row in doc.user_data["facts"])
