"""Suggester of the span categorizer: found spans, each once."""

import numpy
import pytest
from spacy.tokens import Doc
from thinc.api import Model

from scripts.components.spans import found_spans_suggester, make_span_finder
from scripts.learning.examples import blank_pipeline

NLP = blank_pipeline()


def doc_with(text: str, likely: list[tuple[int, int]], found: list[tuple[int, int]]) -> Doc:
    doc = NLP(text)
    doc.spans["likely"] = [doc.char_span(a, b, "LOC") for a, b in likely]
    doc.spans["candidates"] = [doc.char_span(a, b) for a, b in found]
    return doc


@pytest.mark.parametrize(
    ("likely", "found", "suggested"),
    [
        ([], [], []),
        ([(0, 3)], [], [[0, 3]]),
        ([(0, 3)], [(0, 3), (0, 6)], [[0, 3], [0, 6]]),
        ([], [(3, 6), (0, 6), (0, 3)], [[0, 3], [0, 6], [3, 6]]),
    ],
)
def test_candidates(likely, found, suggested):
    suggest = found_spans_suggester(["candidates", "likely"])
    ragged = suggest([doc_with("秦安县林业局", likely, found), NLP("无")])
    assert ragged.dataXd.tolist() == suggested
    assert ragged.lengths.tolist() == [len(suggested), 0]


@pytest.mark.parametrize(
    ("scores", "found"),
    [
        ([[0.9, 0.0], [0.0, 0.0], [0.0, 0.9], [0.0, 0.0]], [(0, 3)]),
        ([[0.9, 0.1], [0.0, 0.9], [0.9, 0.9], [0.0, 0.0]], [(0, 2), (0, 3), (2, 3)]),
        ([[0.0, 0.9], [0.0, 0.0], [0.0, 0.0], [0.9, 0.0]], []),
        ([[0.9, 0.0], [0.0, 0.0], [0.0, 0.0], [0.0, 0.9]], []),  # longer than three tokens
    ],
)
def test_span_finder(scores, found):
    model = Model("unused", lambda model, X, is_train: (X, lambda dY: dY))
    finder = make_span_finder(NLP, "span_finder", model, "candidates", 0.5, 3, "likely")
    docs = [NLP("秦安县"), NLP("秦安县林")]
    finder.set_annotations(docs, numpy.array([[0.0, 0.0]] * 3 + scores))
    assert [(s.start, s.end) for s in docs[1].spans["candidates"]] == found
    assert not docs[0].spans["candidates"]


@pytest.mark.parametrize(
    ("likely", "found"),
    [
        ([], []),
        ([(0, 6)], [(0, 3), (0, 6), (3, 6)]),
        ([(0, 3)], [(0, 3)]),
        ([(0, 3), (3, 6)], [(0, 3), (3, 6)]),
        ([(0, 3), (2, 6)], [(0, 3), (3, 6)]),
        ([(1, 5)], []),
    ],
)
def test_candidates_lie_inside_a_likely_span(likely, found):
    model = Model("unused", lambda model, X, is_train: (X, lambda dY: dY))
    finder = make_span_finder(NLP, "span_finder", model, "candidates", 0.5, 9, "likely")
    doc = doc_with("秦安县林业局", likely, [])
    finder.set_annotations([doc], numpy.array([[0.9, 0], [0, 0], [0, 0.9]] * 2))
    assert [(s.start, s.end) for s in doc.spans["candidates"]] == found
