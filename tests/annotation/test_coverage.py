"""Constructions of the written sentences, told from their spans."""

import pytest

from scripts.annotation.coverage import NEAR_MISS, constructions, coverage
from scripts.annotation.marks import parse
from scripts.annotation.sentences import Sentence


def sentence(marked):
    text, spans = parse(marked)
    return Sentence(text, list(spans), "a-register", 1)


@pytest.mark.parametrize(
    ("marked", "expected"),
    [
        ("[[秦安县]LOC林业局]ORG", {("LOC", "county"), ("LOC", "inside ORG"), ("ORG", "government"),
                              ("ORG", "with a place inside")}),
        ("[甘肃省]LOC[天水]LOC", {("LOC", "province"), ("LOC", "chain of places"),
                               ("LOC", "short form")}),
        ("補助[壹佰貳拾萬元]MONEY", {("MONEY", "financial numeral")}),
        ("協調[2.5万]MONEY", {("MONEY", "Arabic numeral"), ("MONEY", "mixed numeral"),
                            ("MONEY", "without 元")}),
        ("每亩[500至800元]MONEY", {("MONEY", "range"), ("MONEY", "per unit")}),
        ("贫困发生率[1.3‰]POVERTY_RATE", {("POVERTY_RATE", "per mille")}),
        ("增长5%，历时3个月，是去年的两倍", {(NEAR_MISS, "percentage"), (NEAR_MISS, "duration"),
                               (NEAR_MISS, "multiple")}),
        ("《秦安县规划》", {(NEAR_MISS, "title")}),
    ],
)  # fmt: skip
def test_constructions(marked, expected):
    assert expected - set(constructions(sentence(marked))) == set()


def test_what_is_marked_is_no_near_miss():
    found = dict(constructions(sentence("贫困发生率[3%]POVERTY_RATE")))
    assert NEAR_MISS not in found


def test_coverage_counts_by_script():
    rows = coverage([sentence("[秦安县]LOC"), sentence("貧困發生率降至[２１％]POVERTY_RATE")])
    assert rows["LOC"]["county"] == {"simplified": 1}
    assert rows["POVERTY_RATE"]["full-width digits"] == {"traditional": 1}
