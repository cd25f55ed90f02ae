"""What reads a model's output in numpy does so too where a transformer runs on a GPU.

No GPU is needed: the arrays here refuse what cupy's refuse, to be used by numpy unconverted.
"""

import numpy
import pytest
from spacy.training import Example
from thinc.api import NumpyOps

from scripts.annotation.marks import parse
from scripts.learning.examples import annotated_doc, blank_pipeline

TEXT, SPANS = parse("[秦安县]LOC修路[35米]MEASURE，共[两处]MEASURE。")


class OnDevice(numpy.ndarray):
    def __array_function__(self, function, *_):
        raise TypeError(f"implicit conversion to numpy in {function.__name__}; use ops.to_numpy")


class DeviceOps(NumpyOps):
    def to_numpy(self, data, *, byte_order=None):
        return numpy.asarray(data.view(numpy.ndarray))

    def asarray2f(self, data, *, dtype="float32"):
        return data.astype(dtype).view(OnDevice)


def piped(name, **config):
    nlp = blank_pipeline()
    pipe = nlp.add_pipe(name, config=config)
    doc = annotated_doc(nlp, TEXT, SPANS)
    return pipe, Example(nlp.make_doc(TEXT), doc)


def scores(example, width):
    rows = numpy.random.default_rng(0).random((len(example.predicted), width)).astype("float32")
    return rows.view(OnDevice)


def test_the_arrays_refuse_numpy():
    with pytest.raises(TypeError, match="implicit conversion"):
        numpy.concatenate([numpy.zeros(1).view(OnDevice)])


def test_entity_recognizer():
    tok2vec = {
        "@architectures": "spacy.HashEmbedCNN.v2", "width": 8, "depth": 1, "embed_size": 20,
        "window_size": 1, "maxout_pieces": 2, "subword_features": False, "pretrained_vectors": None,
    }  # fmt: skip
    model = {
        "@architectures": "zh_poverty_news.TagScores.v1", "tok2vec": tok2vec, "hidden_width": 8,
        "pieces": 2, "nO": None,
    }  # fmt: skip
    pipe, example = piped("zh_ner", model=model, spans_key="likely", threshold=0.5, suggested=0.1)
    pipe.initialize(lambda: [example])
    pipe.model.ops = DeviceOps()
    found = scores(example, 1 + 4 * len(pipe.labels))
    loss, (gradient,) = pipe.get_loss([example], [found])
    assert loss > 0
    assert isinstance(gradient, OnDevice)


def test_span_finder():
    pipe, example = piped(
        "zh_span_finder",
        model={
            "@architectures": "spacy.SpanFinder.v1",
            "scorer": {"@layers": "spacy.LinearLogistic.v1", "nO": 2},
            "tok2vec": {"@architectures": "spacy.Tok2VecListener.v1", "width": 8},
        },
        spans_key="candidates",
        threshold=0.5,
        max_length=5,
        within="likely",
    )
    pipe.model.ops = DeviceOps()
    pipe.set_annotations([example.predicted], scores(example, 2))
    assert len(example.predicted.spans["candidates"])
