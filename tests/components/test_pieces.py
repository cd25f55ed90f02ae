"""What a transformer reads of a page: the view, without what the page adds to its text."""

import numpy
import pytest
from thinc.api import Model, Ragged

from scripts.components.pieces import mean_of_pieces, seen, view_pieces
from scripts.learning.examples import blank_pipeline

NLP = blank_pipeline()


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("秦安縣", ["秦", "安", "县"]),
        ("發(fā)展", ["发", "", "展"]),
        ("扶\n贫", ["扶", "", "贫"]),
        ("扶\u00ad贫", ["扶", "", "贫"]),
        ("35．21％", ["35.21", "%"]),
        ("１，２００元", ["1,200", "元"]),
        ("2016年KM", ["2016", "年", "km"]),
        ("", []),
    ],
)
def test_text_that_is_read(text, read):
    doc = NLP.make_doc(text)
    assert doc.text == text
    assert [seen(token).text for token in doc] == read
    assert [seen(token).is_space for token in doc] == [not word for word in read]


def test_a_piece_encoder_reads_the_view_and_keeps_its_name_and_attributes():
    def forward(model, docs, is_train):
        return [[model.attrs["vocab"].get(t.lower_) for t in doc] for doc in docs], lambda d: d

    encoder = view_pieces(Model("wordpiece_encoder", forward, attrs={"vocab": None}))
    assert encoder.name == "wordpiece_encoder"
    encoder.attrs["vocab"] = {"县": 1}  # as a loader does
    assert encoder.predict([NLP.make_doc("縣(xiàn)長")]) == [[1, None, None]]


@pytest.mark.parametrize("lengths", [[2, 0, 1], [0, 0], []])
def test_vectors_are_means_and_zeros_where_there_are_no_pieces(lengths):
    pieces = numpy.arange(2 * sum(lengths), dtype="f").reshape(-1, 2)
    ragged = Ragged(pieces, numpy.array(lengths, dtype="i"))
    vectors, backprop = mean_of_pieces()(ragged, is_train=True)
    expected = [pieces[a:b].mean(axis=0) if a < b else [0, 0] for a, b in bounds(lengths)]
    assert vectors == pytest.approx(numpy.array(expected, dtype="f").reshape(-1, 2))
    assert backprop(vectors).dataXd.shape == pieces.shape


def bounds(lengths):
    ends = numpy.cumsum(lengths, dtype="i")
    return zip(ends - lengths, ends, strict=True)
