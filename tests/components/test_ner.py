"""Entity recognizer: the lattice against brute force, pieces, thresholds, any text."""

from itertools import pairwise

import numpy
import pytest
import spacy
from hypothesis import given, settings
from hypothesis import strategies as st
from spacy.training import Example

from scripts.annotation.marks import parse, render
from scripts.components.ner import (
    BEGIN,
    INSIDE,
    LAST,
    UNIT,
    EntityRecognizer,
    column,
    packed,
    pieces,
    posteriors,
)
from scripts.learning.examples import annotated_doc, blank_pipeline, flat_layer

NLP = blank_pipeline()
LABELS = 2


def layings_out(scores, start=0):
    """Every way to lay spans over `scores` from `start` on: tags, log weight, spans."""
    if start == len(scores):
        yield [], 0.0, []
        return
    for tags, weight, spans in layings_out(scores, start + 1):
        yield [0, *tags], weight + scores[start, 0], spans
    for label in range(LABELS):
        for end in range(start, len(scores)):
            inside = [column(INSIDE, label, LABELS)] * (end - start - 1)
            begin, last = column(BEGIN, label, LABELS), column(LAST, label, LABELS)
            own = [begin, *inside, last] if end > start else [column(UNIT, label, LABELS)]
            weighed = sum(scores[start + i, tag] for i, tag in enumerate(own))
            for tags, weight, spans in layings_out(scores, end + 1):
                yield own + tags, weight + weighed, [(start, end, label), *spans]


@pytest.mark.parametrize("lengths", [[1], [3], [5, 1, 4], [2, 2], [1, 0, 3]])
def test_probabilities_are_those_of_all_layings_out(lengths):
    scores = numpy.random.default_rng(0).normal(0, 2, (sum(lengths), 1 + 4 * LABELS))
    found = posteriors(scores, numpy.array(lengths))
    table, chances = found.spans(1e-12, 40)
    spans = dict(zip(map(tuple, table.tolist()), chances, strict=True))
    log_normalizer = 0.0
    for start, end in pairwise([0, *numpy.cumsum(lengths)]):
        text = scores[start:end]
        ways = list(layings_out(text))
        weights = numpy.exp([weight for _, weight, _ in ways])
        log_normalizer += numpy.log(weights.sum())
        tags = numpy.zeros_like(text)
        of_spans: dict[tuple[int, int, int], float] = {}
        for (own, _, laid), weight in zip(ways, weights / weights.sum(), strict=True):
            tags[range(len(text)), own] += weight
            for a, b, label in laid:
                key = (start + a, start + b, label)
                of_spans[key] = of_spans.get(key, 0) + weight
        numpy.testing.assert_allclose(found.tags[start:end], tags, atol=1e-9)
        for key, chance in of_spans.items():
            assert spans.pop(key) == pytest.approx(chance)
    assert not spans
    assert found.log_normalizer == pytest.approx(log_normalizer)


@given(st.lists(st.integers(0, 6), max_size=6))
def test_packing_takes_every_row_once_and_in_step(lengths):
    order, sizes = packed(numpy.array(lengths, dtype=int))
    assert sorted(order.tolist()) == list(range(sum(lengths)))
    assert sizes == [sum(n > step for n in lengths) for step in range(max(lengths, default=0))]


@pytest.mark.parametrize(
    ("text", "lengths"),
    [
        ("", []),
        ("秦安县", [3]),
        ("秦安县，徐洼村。", [4, 4]),
        ("秦\n安(ān)县；村", [4, 1]),  # what is no part of the text doesn't count
        ("村" * 1001, [1000, 1]),
        ("1,200元,村", [3, 1]),  # the comma of a number is no stop
    ],
)
def test_pieces(text, lengths):
    doc = NLP(text)
    found = pieces(doc)
    assert found.lengths.tolist() == lengths
    assert len(found.where) == len(found.titled) == sum(lengths)


@pytest.mark.parametrize(
    ("text", "titled"),
    [
        ("印发《秦安县规划》后", "《秦安县规划"),
        ("《甲》和《乙》", "《甲《乙"),
        ("《" + "甲" * 80 + "》", ""),
        ("没有《结束", ""),
        ("先》后《反", ""),
    ],
)
def test_titles(text, titled):
    found = pieces(NLP(text))
    assert "".join(numpy.array(list(text))[found.where[found.titled]]) == titled


def recognizer(threshold=0.5):
    cfg = {"spans_key": "likely", "threshold": threshold, "suggested": 0.1}
    return EntityRecognizer(NLP.vocab, None, "ner", **cfg)


@pytest.mark.parametrize(
    ("threshold", "expected"),
    [
        (0.5, "[秦安县]LOC林业局"),
        (0.7, "秦安县林业局"),
        (0.2, "[秦安县]LOC[林业局]ORG"),  # the likelier of two that overlap
    ],
)
def test_threshold(threshold, expected):
    ner = recognizer(threshold)
    ner.cfg["labels"] = ["LOC", "ORG"]
    doc = NLP("秦安县林业局")
    table = numpy.array([[0, 2, 0], [0, 5, 1], [3, 5, 1]])
    ner.set_annotations([doc], [(table, numpy.array([0.6, 0.25, 0.3]))])
    assert render(doc.text, flat_layer(doc)) == expected
    assert doc.spans["likely"].attrs["scores"].tolist() == [0.6, 0.25, 0.3]


def trained():
    texts = ["[秦安县]LOC[林业局]ORG种树[30万株]MEASURE。", "[徐洼村]LOC有[236户]MEASURE，贫困。"]
    nlp = blank_pipeline()
    config = {
        "model": {
            "@architectures": "zh_poverty_news.TagScores.v1",
            "tok2vec": {
                "@architectures": "zh_poverty_news.VisibleTok2Vec.v1",
                "embed": {
                    "@architectures": "zh_poverty_news.CharEmbed.v1",
                    "width": 16,
                    "rows": [200, 200, 2, 0, 0],
                    "widths": [16, 16, 4, 0, 0],
                    "pieces": 2,
                },
                "encode": {
                    "@architectures": "zh_poverty_news.DilatedEncoder.v1",
                    "width": 16,
                    "dilations": [1, 2],
                    "pieces": 2,
                },
            },
            "hidden_width": 16,
            "pieces": 2,
            "nO": None,
        },
        "spans_key": "likely",
        "threshold": 0.5,
        "suggested": 0.01,
    }
    nlp.add_pipe("zh_ner", name="ner", config=config)
    annotated = [annotated_doc(nlp, *parse(marked)) for marked in texts]

    def examples():
        return [Example(nlp.make_doc(doc.text), doc) for doc in annotated]

    optimizer = nlp.initialize(examples)
    losses = [nlp.update(examples(), sgd=optimizer)["ner"] for _ in range(60)]
    return nlp, texts, losses


@pytest.fixture(scope="module")
def learned():
    return trained()


def test_learns_and_is_the_same_after_loading(learned, tmp_path):
    nlp, texts, losses = learned
    assert losses[-1] < losses[0] / 20
    nlp.to_disk(tmp_path / "model")
    again = spacy.load(tmp_path / "model")
    for marked in texts:
        text, _ = parse(marked)
        assert render(text, flat_layer(nlp(text))) == marked
        assert render(text, flat_layer(again(text))) == marked


def test_gradient_is_that_of_the_loss(learned):
    nlp, texts, _ = learned
    ner = nlp.get_pipe("ner")
    reference = annotated_doc(nlp, *parse(texts[1]))
    example = Example(nlp.make_doc(reference.text), reference)
    width = 1 + 4 * len(ner.labels)
    scores = numpy.random.default_rng(1).normal(0, 1, (len(reference), width)).astype("float64")
    _, (gradient,) = ner.get_loss([example], [scores])
    for row, tag in [(0, 0), (2, 3), (len(reference) - 1, 1), (5, width - 1)]:
        moved = scores.copy()
        moved[row, tag] += 1e-4
        back = scores.copy()
        back[row, tag] -= 1e-4
        slope = (ner.get_loss([example], [moved])[0] - ner.get_loss([example], [back])[0]) / 2e-4
        assert gradient[row, tag] == pytest.approx(slope, abs=1e-3)


@settings(max_examples=50, deadline=None)
@given(st.text(max_size=80))
def test_any_text(learned, text):
    nlp, _, _ = learned
    doc = nlp(text)
    for ent in doc.ents:
        assert 0 <= ent.start_char < ent.end_char <= len(text)
        assert ent.text == text[ent.start_char : ent.end_char]
