"""The encoder: the right gradient, and predictions that are those of training."""

import numpy
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scripts.components.encoder import dilated_encoder


def rows(*lengths, width):
    rng = numpy.random.default_rng(0)
    return [rng.normal(size=(length, width)).astype("float32") for length in lengths]


def test_gradient_of_the_dilated_encoder():
    encoder = dilated_encoder(width=3, dilations=[1, 2], pieces=2)
    X = rows(6, 2, width=3)
    encoder.initialize(X=X)
    Y, backprop = encoder(X, is_train=True)
    dX = backprop([numpy.ones_like(y) for y in Y])
    for doc, row, column in ((0, 0, 0), (0, 3, 2), (1, 1, 1)):
        step = 1e-2
        moved = [x.copy() for x in X]
        moved[doc][row, column] += step
        after = sum(float(y.sum()) for y in encoder.predict(moved))
        moved[doc][row, column] -= 2 * step
        before = sum(float(y.sum()) for y in encoder.predict(moved))
        assert dX[doc][row, column] == pytest.approx((after - before) / (2 * step), abs=0.05)


@given(st.lists(st.integers(0, 40), min_size=1), st.integers(1, 9), st.integers(1, 3))
def test_predictions_are_those_of_training(lengths, dilation, pieces):
    encoder = dilated_encoder(width=4, dilations=[1, dilation], pieces=pieces)
    X = rows(*lengths, width=4)
    encoder.initialize(X=rows(3, width=4))
    for predicted, learned in zip(encoder.predict(X), encoder(X, is_train=True)[0], strict=True):
        numpy.testing.assert_allclose(predicted, learned, atol=1e-4)
