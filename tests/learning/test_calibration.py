"""Calibration: Platt's line, reliability table, honest on pages it was not fitted on."""

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scripts.components.confidence import calibrated
from scripts.learning.calibration import Judged, bins, expected_error, fit, held_out, report


def spans(count, worth, kind="entity", pages=("a", "b", "c")):
    """Spans whose score overstates: one with score s is right with probability worth(s)."""
    rng = random.Random(0)
    found = []
    for number in range(count):
        score = rng.uniform(0.5, 1)
        right = rng.random() < worth(score)
        found.append(Judged(pages[number % len(pages)], "LOC", kind, score, right))
    return found


def test_a_line_that_is_right_already_stays():
    slope, intercept = fit(spans(4000, lambda score: score))
    assert slope == pytest.approx(1, abs=0.15)
    assert intercept == pytest.approx(0, abs=0.15)


def test_scores_of_all_but_one_send_no_line_to_infinity():
    """Newton's full steps went to a slope of 2654 on scores like these."""
    sure = [Judged("a", "LOC", "entity", 1 - 1e-7, number % 20 > 0) for number in range(1300)]
    unsure = [
        Judged("b", "LOC", "entity", 0.5 + number / 300, number % 4 > 0) for number in range(130)
    ]
    slope, intercept = fit(sure + unsure)
    assert 0 < slope < 1
    assert abs(intercept) < 5
    assert calibrated(1 - 1e-7, (slope, intercept)) == pytest.approx(0.95, abs=0.01)


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), max_size=60))
def test_a_line_is_never_worse_than_the_scores_as_they_are(judged):
    seen = [Judged("a", "LOC", "entity", score, right) for score, right in judged]

    def loss(line):
        probable = [(calibrated(j.score, line), j.right) for j in seen]
        return -sum(math.log(max(p if right else 1 - p, 1e-12)) for p, right in probable)

    assert loss(fit(seen)) <= loss((1.0, 0.0)) + 1e-6


def test_overconfidence_is_mended_on_held_out_pages():
    seen = spans(3000, lambda score: score**3)
    raw = expected_error([(j, j.score) for j in seen])
    assert raw > 0.1
    assert expected_error(held_out(seen)) < 0.03


def test_reliability_table():
    judged = [
        Judged("a", "LOC", "entity", score, right)
        for score, right in [(0.95, True), (0.97, True), (0.92, False), (0.55, True), (1.0, True)]
    ]
    table = bins([(j, j.score) for j in judged])
    assert [(b["from"], b["count"], b["right"]) for b in table] == [(0.5, 1, 1.0), (0.9, 4, 0.75)]


def test_report_holds_lines_for_both_kinds():
    found = report(spans(200, lambda s: s) + spans(200, lambda s: s, "inner"))
    assert set(found["lines"]) == {"entity", "inner"}
    assert set(found) == {"ece", "ece_uncalibrated", "bins", "per_label", "lines"}
