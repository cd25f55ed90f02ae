import csv
import json
import pickle
import time
from pathlib import Path

import pytest
import spacy
from hypothesis import given, settings
from hypothesis import strategies as st
from spacy.tokens import Doc, DocBin, Span
from spacy.util import filter_spans

import scripts.components.tokenizer  # noqa: F401
from scripts.annotation.marks import parse
from scripts.components import places

ROOT = Path(__file__).parents[2]
HERE = Path(__file__).parent
TABLE = ROOT / "scripts/components/data/divisions.csv"
TOKENIZER = {"nlp": {"tokenizer": {"@tokenizers": "zh_poverty_news.CharTokenizer.v1"}}}


def pipeline(table=TABLE):
    nlp = spacy.blank("zh", config=TOKENIZER)
    component = nlp.add_pipe("places")
    if table:
        component.initialize(lambda: [], nlp=nlp, table=table)
    return nlp


@pytest.fixture(scope="module")
def nlp():
    return pipeline()


def rows(name):
    with (HERE / name).open(encoding="utf8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


def read(nlp, text, spans):
    """The doc of a text after the component, and its LOCs; spans: (start, end, label)."""
    doc = nlp.make_doc(text)
    made = [doc.char_span(start, end, label=label) for start, end, label in spans]
    assert all(made)
    doc.spans["sc"] = made
    doc.ents = filter_spans(made)
    nlp.get_pipe("places")(doc)
    return doc, [span for span in made if span.label_ == "LOC"]


def read_marked(nlp, marked):
    text, spans = parse(marked.replace("⏎", "\n"))
    return read(nlp, text, [(s.start, s.end, s.label) for s in spans])


def shown(place):
    return place.code or (f"~{place.within}" if place.within else "-")


@pytest.mark.parametrize("row", rows("places.tsv"), ids=lambda row: f"{row['what']}: {row['text']}")
def test_case(nlp, row):
    _, locs = read_marked(nlp, row["text"])
    assert " ".join(shown(span._.place) for span in locs) == row["expected"]


def test_seeds(nlp):
    """At least 95 % of the linkable LOCs right, and nothing asserted that has no code."""
    linkable = right = 0
    gold = rows("places_seeds.tsv")
    for page in {row["page"] for row in gold}:
        mine = [row for row in gold if row["page"] == page]
        text = (ROOT / f"seeds/{page}.txt").read_bytes().decode()
        _, locs = read(nlp, text, [(int(r["start"]), int(r["end"]), "LOC") for r in mine])
        for span, row in zip(locs, mine, strict=True):
            assert span.text == row["text"]
            place = span._.place
            assert place.code in (None, row["code"]), row
            linkable += bool(row["code"])
            right += bool(row["code"]) and place.code == row["code"]
            if not row["code"]:
                assert place.within in (None, row["parent"]), row
    assert linkable > 70
    assert right / linkable >= 0.95


def test_place_of_a_township(nlp):
    _, locs = read_marked(nlp, "[秦安县]LOC[五营镇]LOC")
    assert locs[1]._.place == places.Place(
        "620522/五营镇", "五营镇", "township",
        (("620000", "甘肃省"), ("620500", "天水市"), ("620522", "秦安县")),
        reason="chain",
    )  # fmt: skip


def test_village_has_the_chain_of_its_township(nlp):
    _, locs = read_marked(nlp, "[秦安县]LOC[五营镇]LOC[徐洼村]LOC")
    place = locs[2]._.place
    assert (place.code, place.level, place.within) == (None, "village", "620522/五营镇")
    assert place.parents[-1] == ("620522/五营镇", "五营镇")


def test_ambiguous_place_lists_candidates(nlp):
    _, locs = read_marked(nlp, "[鼓楼区]LOC")
    place = locs[0]._.place
    assert place.code is None
    assert place.reason == "ambiguous"
    assert {code for code, _, _ in place.candidates} == {"320106", "320302", "350102", "410204"}


def test_scores_are_shares(nlp):
    _, locs = read_marked(nlp, "[江苏省]LOC的[鼓楼区]LOC")
    scores = {code: score for code, _, score in locs[1]._.place.candidates}
    assert scores == {"320106": 0.5, "320302": 0.5, "350102": 0.0, "410204": 0.0}


def test_former_name_has_its_years(nlp):
    _, locs = read_marked(nlp, "[长治县]LOC")
    place = locs[0]._.place
    assert (place.code, place.name) == ("140404", "上党区")
    assert place.reason == "former name, 1980-2017"


def test_other_spans_have_none(nlp):
    doc, _ = read_marked(nlp, "[[秦安县]LOC林业局]ORG")
    assert doc.ents[0]._.place is None
    assert doc[0:1]._.place is None


def test_no_spans_at_all(nlp):
    assert nlp("").text == ""
    assert nlp("秦安县").text == "秦安县"


def test_results_survive_serialisation(nlp):
    doc, locs = read_marked(nlp, "[秦安县]LOC[五营镇]LOC与[鼓楼区]LOC")
    expected = [span._.place for span in locs]
    (binned,) = DocBin(store_user_data=True, docs=[doc]).get_docs(nlp.vocab)
    for again in (
        Doc(nlp.vocab).from_bytes(doc.to_bytes()),
        binned,
        pickle.loads(pickle.dumps(doc)),
    ):
        assert [span._.place for span in again.ents] == expected


@pytest.mark.parametrize("way", ["bytes", "disk"])
def test_table_travels_in_the_model(nlp, tmp_path, way):
    if way == "bytes":
        other = pipeline(table=None).from_bytes(nlp.to_bytes())
    else:
        nlp.to_disk(tmp_path)
        other = spacy.load(tmp_path)
        assert (tmp_path / "places").stat().st_size < 1_500_000
    marked = "[秦安县]LOC[五营镇]LOC"
    assert [s._.place for s in read_marked(other, marked)[1]] == [
        s._.place for s in read_marked(nlp, marked)[1]
    ]


def test_table_loads_quickly(nlp):
    data = nlp.get_pipe("places").to_bytes()
    times = []
    for _ in range(3):
        began = time.process_time()
        places.Places().from_bytes(data)
        times.append(time.process_time() - began)
    assert min(times) < 0.3


def test_initialize_reads_the_config():
    config = {"initialize": {"components": {"places": {"table": str(TABLE)}}}}
    nlp = spacy.blank("zh", config=TOKENIZER | config)
    nlp.add_pipe("places")
    nlp.initialize()
    assert nlp.get_pipe("places").table


def test_without_table():
    with pytest.raises(ValueError, match=r"initialize\.components\.places"):
        pipeline(table=None)("秦安县")


def test_table_without_its_columns(tmp_path):
    path = tmp_path / "table.csv"
    path.write_text("code,name\n110000,北京市\n", encoding="utf8")
    with pytest.raises(ValueError, match="lacks a column"):
        pipeline(table=path)


_TEXT = st.text(
    alphabet=st.one_of(
        st.sampled_from("秦安县五营镇徐洼村华?□市鼓楼区川。\n\0(zhèn)\u00ad 12"),
        st.characters(codec="utf-8"),
    )
)  # fmt: skip


@settings(max_examples=200, deadline=None)
@given(text=_TEXT, cuts=st.lists(st.tuples(st.integers(0, 40), st.integers(1, 5))))
def test_any_string(nlp, text, cuts):
    doc = nlp.make_doc(text)
    spans = [Span(doc, a, min(a + n, len(doc)), label="LOC") for a, n in cuts if a < len(doc)]
    doc.spans["sc"] = spans
    doc.ents = filter_spans(spans)
    nlp.get_pipe("places")(doc)
    for span in spans:
        place = span._.place
        assert place is not None
        for code in filter(None, (place.code, place.within)):
            assert nlp.get_pipe("places").table.division(code)
        assert len(place.candidates) <= places.LISTED
        json.dumps([place.code, place.candidates, place.reason])


def test_many_names_stay_cheap(nlp):
    text = "秦安县五营镇徐洼村与鼓楼区城关镇，" * 2000
    spans = [
        (at + start, at + end, "LOC")
        for at in range(0, len(text), 17)
        for start, end in ((0, 3), (3, 6), (6, 9), (10, 13), (13, 16))
    ]
    doc, locs = read(nlp, text, spans)
    began = time.process_time()
    nlp.get_pipe("places")(doc)
    assert len(locs) == 10_000
    assert time.process_time() - began < 3


def test_table_of_divisions():
    with TABLE.open(encoding="utf8", newline="") as file:
        table = list(csv.DictReader(file))
    assert list(table[0]) == ["code", "name", "level", "parent", "short", "former"]
    codes = [row["code"] for row in table]
    assert codes == sorted(set(codes))
    known = set(codes)
    for row in table:
        assert row["parent"] in known or row["level"] == "province"
        if row["level"] == "township":
            assert row["code"] == f"{row['parent']}/{row['name']}"
        else:
            assert row["code"].isdecimal()
            assert len(row["code"]) == 6
