"""The mean of several pipelines' weights."""

import numpy
import pytest
import spacy
from spacy.util import fix_random_seed

from scripts import average
from scripts.learning.examples import blank_pipeline


def pipeline(seed, labels=("B-n", "I-n")):
    nlp = blank_pipeline()
    tagger = nlp.add_pipe("tagger")
    for label in labels:
        tagger.add_label(label)
    fix_random_seed(seed)
    nlp.initialize()
    return nlp


def weights(nlp):
    model = nlp.get_pipe("tagger").model
    named = [(node, name) for node in model.walk() for name in node.param_names]
    return [node.get_param(name).copy() for node, name in named if node.has_param(name)]


def test_each_weight_is_the_mean(tmp_path):
    for seed in range(3):
        pipeline(seed).to_disk(tmp_path / str(seed))
    paths = [tmp_path / str(seed) for seed in range(3)]
    parts = [weights(spacy.load(path)) for path in paths]
    average.main(tmp_path / "mean", paths)
    mean = weights(spacy.load(tmp_path / "mean"))
    assert len(mean) == len(parts[0]) > 5
    for found, several in zip(mean, zip(*parts, strict=True), strict=True):
        numpy.testing.assert_allclose(found, sum(several) / 3, rtol=1e-5, atol=1e-7)
    assert not all(map(numpy.allclose, mean, parts[0]))


def test_pipelines_of_other_labels_are_refused():
    with pytest.raises(ValueError, match="same config and labels"):
        average.average([pipeline(0), pipeline(1, labels=("B-n",))])
