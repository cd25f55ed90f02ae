"""What the components reach on values read by hand: ``corpus/values``.

``quantities.jsonl``: every MONEY, POVERTY_RATE and MEASURE of the seeds' gold with its value
(`Quantity.to_json` without text and reason; null where the text leaves no reading), read before
the parser's answer was seen. ``facts.jsonl``: the same spans with place, time (EDTF) and indicator.
``facts_sentences.jsonl``: the same for 95 values in written sentences, drawn by lot.
"""

import json
from collections import Counter
from pathlib import Path

import pytest
import spacy

import scripts.components.tokenizer  # noqa: F401  (registers the tokenizer)
from scripts.annotation.gold import read_gold
from scripts.annotation.marks import parse
from scripts.annotation.spans import flat
from scripts.components import facts, places, quantities  # noqa: F401

ROOT = Path(__file__).parents[2]
DATA = ROOT / "scripts/components/data"
TOKENIZER = {"nlp": {"tokenizer": {"@tokenizers": "zh_poverty_news.CharTokenizer.v1"}}}
FIELDS = ("place", "time", "indicator")
# Spans whose value the parser reads otherwise than the reader did.
KNOWN_FAILURES = {
    ("000_d82dfc39ab933caf", 1761): "70万余: to the reader below 71万, to the parser below 80万",
    ("004_0dc6abbfd83702dd", 1824): "2个乡镇党委书记: townships or secretaries; no kind is said",
}


@pytest.fixture(scope="module")
def nlp():
    nlp = spacy.blank("zh", config=TOKENIZER)
    nlp.add_pipe("quantities").initialize(list, units=DATA / "units.csv")
    nlp.add_pipe("places").initialize(list, table=DATA / "divisions.csv")
    nlp.add_pipe("facts").initialize(list, indicators=DATA / "indicators.csv")
    return nlp


def rows(name):
    lines = (ROOT / "corpus/values" / name).read_text(encoding="utf8").splitlines()
    return list(map(json.loads, lines))


def run(nlp, text, spans):
    doc = nlp.make_doc(text)
    doc.ents = [doc.char_span(s.start, s.end, label=s.label) for s in flat(spans)]
    doc.spans["sc"] = [doc.char_span(s.start, s.end, label=s.label) for s in spans]
    for _, component in nlp.pipeline:
        doc = component(doc)
    return doc


@pytest.fixture(scope="module")
def seeds(nlp):
    found = {}
    for path in sorted((ROOT / "corpus/gold").glob("*.jsonl")):
        raw = (ROOT / "seeds" / f"{path.stem}.txt").read_bytes().decode()
        found[path.stem] = run(nlp, raw, [gold.span for gold in read_gold(path)])
    return found


def test_every_span_of_the_gold_has_its_value(seeds):
    spans = {
        (page, ent.start_char, ent.end_char)
        for page, doc in seeds.items()
        for ent in doc.ents
        if ent.label_ in quantities.LABELS
    }
    for name in ("quantities.jsonl", "facts.jsonl"):
        read = [(row["page"], row["start"], row["end"]) for row in rows(name)]
        assert len(read) == len(set(read))
        assert set(read) == spans


def test_quantities_of_the_seeds(seeds):
    wrong = set()
    read = rows("quantities.jsonl")
    for row in read:
        span = seeds[row["page"]].char_span(row["start"], row["end"])
        got = span._.quantity.to_json()
        reason = got.pop("reason")
        assert got.pop("text") == row["text"]
        if got != row["expected"] and not (row["expected"] is None and reason):
            wrong.add((row["page"], row["start"]))
    assert wrong == KNOWN_FAILURES.keys()
    assert len(wrong) <= 0.01 * len(read)


def same(field, got, want):
    """Equal; for a noun, also where one is the other with more before it (the same head)."""
    if field != "indicator" or not got or not want:
        return got == want
    return got.endswith(want) or want.endswith(got)


def scores(pairs):
    """Precision, recall and share of rows right in every field, in percent."""
    count = Counter()
    for fact, row in pairs:
        right = [same(field, getattr(fact, field), row[field]) for field in FIELDS]
        count["all"] += all(right)
        for field, hit in zip(FIELDS, right, strict=True):
            said, wanted = getattr(fact, field) is not None, row[field] is not None
            count[field, "said"] += said
            count[field, "wanted"] += wanted
            count[field, "right"] += hit and said
    found = {
        f"{field} {name}": round(100 * count[field, "right"] / count[field, of], 1)
        for field in FIELDS
        for name, of in (("precision", "said"), ("recall", "wanted"))
    }
    return found | {"rows right": round(100 * count["all"] / len(pairs), 1)}


def pairs_of(doc, read):
    found = {(fact.start, fact.end): fact for fact in doc._.facts}
    return [(found[row["start"], row["end"]], row) for row in read]


def test_facts_of_the_seeds(seeds, record_property):
    pairs = []
    for page, doc in seeds.items():
        pairs += pairs_of(doc, [row for row in rows("facts.jsonl") if row["page"] == page])
    found = scores(pairs)
    record_property("facts", found)
    print(f"\nfacts of the seeds, {len(pairs)} rows: {found}")
    assert found["place precision"] >= 95
    assert found["time precision"] >= 95
    assert found["indicator precision"] >= 90
    assert found["rows right"] >= 90


def test_facts_of_written_sentences(nlp, record_property):
    read = rows("facts_sentences.jsonl")
    pairs = []
    for sentence in dict.fromkeys(row["sentence"] for row in read):
        text, spans = parse(sentence)
        here = [row for row in read if row["sentence"] == sentence]
        pairs += pairs_of(run(nlp, text, spans), here)
    found = scores(pairs)
    record_property("facts", found)
    print(f"\nfacts of written sentences, {len(pairs)} rows: {found}")
    assert found["place precision"] >= 80
    assert found["indicator precision"] >= 70


def test_series_of_a_village(seeds):
    series = {}
    for fact in seeds["000_d82dfc39ab933caf"]._.facts:
        if fact.place == "徐洼村" and fact.time and fact.indicator.endswith(("poverty", "rate")):
            series.setdefault(fact.indicator, []).append((fact.time, str(fact.value.low)))
    assert series == {
        "poverty_rate": [("2014-12", "35.21"), ("2015/..", "21.27")],
        "households_in_poverty": [("2013", "90"), ("2014-12", "84"), ("2015/..", "51")],
        "persons_in_poverty": [("2013", "432"), ("2014-12", "400"), ("2015/..", "247")],
        "households_out_of_poverty": [("2014", "18"), ("2015", "34")],
        "persons_out_of_poverty": [("2014", "86"), ("2015", "158")],
        "households_back_in_poverty": [("2014", "12"), ("2015", "1")],
        "persons_back_in_poverty": [("2014", "54"), ("2015", "8")],
    }


def test_confidence_is_no_more_than_what_is_reached(seeds):
    pairs = []
    for page, doc in seeds.items():
        pairs += pairs_of(doc, [row for row in rows("facts.jsonl") if row["page"] == page])
    right = [all(same(f, getattr(fact, f), row[f]) for f in FIELDS) for fact, row in pairs]
    assert sum(fact.confidence for fact, _ in pairs) <= sum(right)
