"""Calibration, choice of the next tasks, and the search for wrong gold."""

import random
from collections import defaultdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scripts.annotation.confidence import (
    Prediction,
    PredictionError,
    calibrate,
    choose,
    read_predictions,
    suspects,
    uncertainty,
)
from scripts.annotation.spans import LABELS, Span

SCORES = st.floats(0, 1, allow_nan=False)


@given(st.lists(st.tuples(SCORES, st.booleans())), SCORES, SCORES)
def test_calibration_rises_and_stays_a_chance(seen, low, high):
    worth = calibrate(seen)
    low, high = sorted((low, high))
    assert 0 <= worth(low) <= worth(high) <= 1


def test_calibration_learns_what_a_score_is_worth():
    rng = random.Random(0)
    # An overconfident model: 0.9 is right in six of ten cases.
    seen = [(0.9, rng.random() < 0.6) for _ in range(1000)]
    seen += [(0.5, rng.random() < 0.2) for _ in range(1000)]
    worth = calibrate(seen)
    assert worth(0.95) == pytest.approx(0.6, abs=0.04)
    assert worth(0.6) == pytest.approx(0.2, abs=0.04)
    assert calibrate([])(0.7) == 0.7


def test_uncertainty():
    assert uncertainty([0.9, 0.6, 1.0]) == pytest.approx(0.4)
    assert uncertainty([]) == 0


def test_the_next_texts_are_unsure_and_unlike():
    texts = ["秦安县五营镇徐洼村", "秦安县五营镇徐洼村", "投资120万元修路", "全县脱贫"]
    assert choose(texts, [0.9, 0.89, 0.5, 0.1], 3) == [0, 2, 3]
    assert choose(texts, [0.1, 0.2, 0.3, 0.4], 9) == [3, 2, 1, 0]
    assert choose([], [], 5) == []


def test_predictions_name_file_and_line(tmp_path):
    path = tmp_path / "predictions.jsonl"
    good = '{"run": 0, "page": "p", "start": 1, "end": 2, "label": "LOC", "score": 0.5}\n'
    path.write_text(good)
    assert read_predictions(path) == [Prediction(0, "p", Span(1, 2, "LOC"), 0.5)]
    path.write_text(good + "{}\n")
    with pytest.raises(PredictionError, match=r"predictions\.jsonl:2: .*a line holds run, page"):
        read_predictions(path)


def a_page(rng):
    """Gold and three imperfect models: right in 90 of 100 cases, and unsure where wrong."""
    gold = [Span(at, at + 3, rng.choice(LABELS)) for at in range(0, 3000, 10)]
    runs = []
    for run in range(3):
        for span in gold:
            if rng.random() < 0.9:
                runs.append(Prediction(run, "p", span, rng.uniform(0.7, 1.0)))
            elif rng.random() < 0.5:
                wrong = Span(span.start, span.end + 1, span.label)
                runs.append(Prediction(run, "p", wrong, rng.uniform(0.4, 0.8)))
    return gold, runs


def test_planted_errors_are_found():
    rng = random.Random(1)
    gold, predictions = a_page(rng)
    planted = rng.sample(range(len(gold)), 15)
    for number in planted:
        span = gold[number]
        gold[number] = Span(span.start, span.end, LABELS[LABELS.index(span.label) - 1])
    ranked = suspects({"p": gold}, predictions)
    first = {suspect.found.a for suspect in ranked[:15]}
    hits = first & {gold[number] for number in planted}
    assert len(hits) >= 13
    assert [s.score for s in ranked] == sorted((s.score for s in ranked), reverse=True)


def test_nothing_predicted_nothing_suspected():
    assert suspects({"p": [Span(0, 1, "LOC")]}, []) == []
    counts = defaultdict(int)
    same = [Prediction(0, "p", Span(0, 1, "LOC"), 0.9)]
    for suspect in suspects({"p": [Span(0, 1, "LOC")]}, same):
        counts[suspect.page] += 1
    assert not counts
