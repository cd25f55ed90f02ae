"""What the components reach on values read by hand, by `scripts.measure_facts`."""

from pathlib import Path

import pytest

from scripts import measure_facts
from scripts.components import quantities
from scripts.measure_facts import FIELDS, same, scores

ROOT = Path(__file__).parents[2]
DATA = ROOT / "scripts/components/data"
# Spans whose value the parser reads otherwise than the reader did.
KNOWN_FAILURES = {
    ("000_d82dfc39ab933caf", 1761): "70万余: to the reader below 71万, to the parser below 80万",
    ("004_0dc6abbfd83702dd", 1824): "2个乡镇党委书记: townships or secretaries; no kind is said",
}


@pytest.fixture(scope="module")
def nlp():
    return measure_facts.pipeline(DATA)


@pytest.fixture(scope="module")
def seeds(nlp):
    return measure_facts.seed_docs(nlp, ROOT / "seeds", ROOT / "corpus/gold")


@pytest.fixture(scope="module")
def pairs(seeds):
    return measure_facts.seed_pairs(seeds, rows("facts.jsonl"))


def rows(name):
    return measure_facts.read_rows(ROOT / "corpus/values" / name)


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
    read = rows("quantities.jsonl")
    wrong = {(row["page"], row["start"]) for row in measure_facts.wrong_values(seeds, read)}
    assert wrong == KNOWN_FAILURES.keys()
    assert len(wrong) <= 0.01 * len(read)


def test_facts_of_the_seeds(pairs, record_property):
    found = scores(pairs)
    record_property("facts", found)
    print(f"\nfacts of the seeds, {len(pairs)} rows: {found}")
    assert found["place precision"] >= 95
    assert found["time precision"] >= 95
    assert found["indicator precision"] >= 90
    assert found["rows right"] >= 90


def test_facts_of_written_sentences(nlp, record_property):
    pairs = measure_facts.sentence_pairs(nlp, rows("facts_sentences.jsonl"))
    found = scores(pairs)
    record_property("facts", found)
    print(f"\nfacts of written sentences, {len(pairs)} rows: {found}")
    assert found["place precision"] >= 80
    assert found["indicator precision"] >= 70


def test_series_of_a_village(seeds):
    series = measure_facts.series(seeds["000_d82dfc39ab933caf"]._.facts, "徐洼村")
    assert series == {
        "poverty_rate": [("2014-12", "35.21"), ("2015/..", "21.27")],
        "households_in_poverty": [("2013", "90"), ("2014-12", "84"), ("2015/..", "51")],
        "persons_in_poverty": [("2013", "432"), ("2014-12", "400"), ("2015/..", "247")],
        "households_out_of_poverty": [("2014", "18"), ("2015", "34")],
        "persons_out_of_poverty": [("2014", "86"), ("2015", "158")],
        "households_back_in_poverty": [("2014", "12"), ("2015", "1")],
        "persons_back_in_poverty": [("2014", "54"), ("2015", "8")],
    }


def test_confidence_is_no_more_than_what_is_reached(pairs):
    right = [all(same(f, getattr(fact, f), row[f]) for f in FIELDS) for fact, row in pairs]
    assert sum(fact.confidence for fact, _ in pairs) <= sum(right)
