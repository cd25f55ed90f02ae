"""span._.confidence: calibrated scores on entities and on the places inside them."""

import json

import numpy
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scripts.annotation.marks import parse
from scripts.components.confidence import Confidence, calibrated
from scripts.components.layers import NestedLayer
from scripts.learning.examples import annotated_doc, blank_pipeline

NLP = blank_pipeline()
LINES = {"entity": [2.0, 0.0], "inner": [1.0, -1.0]}


@pytest.mark.parametrize(
    ("score", "line", "expected"),
    [
        (0.5, (1.0, 0.0), 0.5),
        (0.8, (1.0, 0.0), 0.8),
        (0.8, (2.0, 0.0), 16 / 17),
        (0.8, (1.0, -1.0), 4 / (4 + 2.718281828)),
    ],
)
def test_calibrated(score, line, expected):
    assert calibrated(score, line) == pytest.approx(expected)


@given(st.floats(0, 1), st.floats(0.1, 5), st.floats(-5, 5))
def test_always_a_probability(score, slope, intercept):
    assert 0 <= calibrated(score, (slope, intercept)) <= 1


def scored_doc():
    text, spans = parse("[[秦安县]LOC林业局]ORG有[236户]MEASURE")
    doc = annotated_doc(NLP, text, spans)
    doc.spans["likely"] = list(doc.ents)
    doc.spans["likely"].attrs["scores"] = numpy.array([0.8, 0.9])
    doc.spans["sc"].attrs["scores"] = numpy.array([0.7, 0.6, 0.5])
    return doc


def test_entities_take_the_recognizer_s_score_and_inner_places_the_categorizer_s():
    doc = NestedLayer("sc", "likely")(scored_doc())
    assert doc.spans["sc"].attrs["scores"].tolist() == [0.8, 0.7, 0.9]
    component = Confidence("sc")
    component.from_bytes(json.dumps(LINES).encode())
    component(doc)
    found = {span.text: span._.confidence for span in doc.spans["sc"]}
    assert found == {
        "秦安县林业局": round(16 / 17, 4),
        "秦安县": round(7 / (7 + 3 * 2.718281828), 4),
        "236户": round(81 / 82, 4),
    }
    assert [ent._.confidence for ent in doc.ents] == [found["秦安县林业局"], found["236户"]]


def test_the_calibration_travels_with_the_pipeline(tmp_path):
    path = tmp_path / "calibration.json"
    path.write_text(json.dumps({"lines": LINES}), encoding="utf8")
    component = Confidence("sc")
    component.initialize(lambda: [], calibration=path)
    component.to_disk(tmp_path / "confidence")
    assert Confidence("sc").from_disk(tmp_path / "confidence").lines == component.lines
