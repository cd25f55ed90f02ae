"""Suggester of the span categorizer: entities and found spans, each once."""

import pytest
from spacy.tokens import Doc

from scripts.components.spans import found_spans_suggester
from scripts.learning.examples import blank_pipeline

NLP = blank_pipeline()


def doc_with(text: str, ents: list[tuple[int, int]], found: list[tuple[int, int]]) -> Doc:
    doc = NLP(text)
    doc.set_ents([doc.char_span(a, b, "LOC") for a, b in ents])
    doc.spans["candidates"] = [doc.char_span(a, b) for a, b in found]
    return doc


@pytest.mark.parametrize(
    ("ents", "found", "suggested"),
    [
        ([], [], []),
        ([(0, 3)], [], [[0, 3]]),
        ([(0, 3)], [(0, 3), (0, 6)], [[0, 3], [0, 6]]),
        ([], [(3, 6), (0, 6), (0, 3)], [[0, 3], [0, 6], [3, 6]]),
    ],
)
def test_candidates(ents, found, suggested):
    suggest = found_spans_suggester("candidates")
    ragged = suggest([doc_with("秦安县林业局", ents, found), NLP("无")])
    assert ragged.dataXd.tolist() == suggested
    assert ragged.lengths.tolist() == [len(suggested), 0]
