"""The encoder: dilated convolutions over the characters, and how to predict with them fast."""

from collections.abc import Callable
from functools import reduce
from typing import Any, cast

import numpy
import spacy
from thinc.api import Maxout, Model, NumpyOps, chain, residual, with_array
from thinc.types import Floats2d


@spacy.registry.architectures("zh_poverty_news.DilatedEncoder.v1")
def dilated_encoder(
    width: int, dilations: list[int], pieces: int
) -> Model[list[Floats2d], list[Floats2d]]:
    """Residual maxout convolutions of window 3 whose neighbours stand `dilations` apart.

    The names of bodies end with what they are (甘肃省天水市委组织部), and an entity recognizer that
    reads from the left has to know it at their first character. With 1, 2, 4, 8 a character
    sees 15 others on each side, at the cost of four plain layers, which see 4 (iterated
    dilated convolutions: Strubell et al. 2017).
    """
    layers = [
        residual(
            chain(
                _dilated_window(dilation),
                Maxout(nO=width, nI=3 * width, nP=pieces, normalize=True, dropout=0.0),
            )
        )
        for dilation in dilations
    ]
    dims: dict[str, int | None] = {"nO": width, "nI": width}
    stack: Model[Floats2d, Floats2d] = Model(
        "dilated_stack", _stack, layers=layers, dims=dims, init=_init_stack
    )
    model: Model[list[Floats2d], list[Floats2d]] = with_array(stack, pad=sum(dilations))
    model.set_dim("nO", width)
    model.attrs["field"] = sum(dilations)
    return model


def _init_stack(
    model: Model[Floats2d, Floats2d], X: Floats2d | None = None, Y: Floats2d | None = None
) -> None:
    for layer in model.layers:
        layer.initialize(X=X)


def _stack(
    model: Model[Floats2d, Floats2d], X: Floats2d, is_train: bool
) -> tuple[Floats2d, Callable[[Floats2d], Floats2d]]:
    """One layer after another; a prediction takes `_predicted`: the same numbers, sooner."""
    if not is_train and isinstance(model.ops, NumpyOps):
        for layer in model.layers:
            X = _predicted(layer, X)
        return X, lambda dY: dY
    backprops = []
    for layer in model.layers:
        X, backprop = layer(X, is_train)
        backprops.append(backprop)

    def backward(dY: Floats2d) -> Floats2d:
        for backprop in reversed(backprops):
            dY = backprop(dY)
        return dY

    return X, backward


def _predicted(layer: Model[Floats2d, Floats2d], X: Any) -> Any:
    """What a layer of `dilated_encoder` makes of X."""
    window, mix = layer.layers[0].layers
    W, b = weights(mix)
    taps = W.reshape(len(W), 3, -1).transpose(1, 2, 0)
    Y = maxed_and_normalized(_convolved(X, taps, b, window.attrs["dilation"]), mix)
    Y += X
    return Y


def _convolved(X: Any, taps: Any, bias: Any, dilation: int) -> Any:
    """A convolution of window 3 whose neighbours stand `dilation` apart: (rows, outputs).

    X: shape (rows, width). taps: weights of the row before, the row, and the row after, shape
    (3, width, outputs).

    Two rows that are neighbours take four products instead of six: F(2, 3) of Winograd's
    minimal filtering, as Lavin and Gray (2016) use it for convolutional networks.
    """
    (rows, width), outputs = X.shape, len(bias)
    pairs = -(-rows // (2 * dilation))
    padded = numpy.zeros((2 * pairs + 2, dilation, width), dtype=X.dtype)
    padded.reshape(-1, width)[dilation : dilation + rows] = X
    before, first, second, after = padded[:-2:2], padded[1:-1:2], padded[2::2], padded[3::2]

    def product(inputs: Any, tap: Any) -> Any:
        return (inputs.reshape(pairs * dilation, width) @ tap).reshape(pairs, dilation, outputs)

    outer, inner = (taps[0] + taps[2]) / 2, taps[1] / 2
    same = product(first + second, outer + inner)
    same += bias
    other = product(second - first, outer - inner)
    convolved = numpy.empty((pairs, 2, dilation, outputs), dtype=X.dtype)
    numpy.add(same + other, product(before - second, taps[0]), out=convolved[:, 0])
    numpy.subtract(same - other, product(first - after, taps[2]), out=convolved[:, 1])
    return convolved.reshape(2 * pairs * dilation, outputs)[:rows]


def weights(mix: Model[Floats2d, Floats2d]) -> tuple[Any, Any]:
    """Weights (outputs, inputs) and bias of a maxout layer, one piece after the other."""
    maxout = mix.layers[0].layers[0]
    W, b = cast(Any, maxout.get_param("W")), cast(Any, maxout.get_param("b"))
    return W.transpose(1, 0, 2).reshape(-1, W.shape[2]), b.T.reshape(-1)


def maxed_and_normalized(products: Any, mix: Model[Floats2d, Floats2d]) -> Any:
    """The rest of a maxout layer with layer norm: few passes, and no trace of the way back.

    products: of inputs and `weights`, with the bias.
    """
    maxout, norm = mix.layers[0].layers[0], mix.layers[0].layers[1]
    Y = reduce(numpy.maximum, numpy.split(products, maxout.get_dim("nP"), axis=1))
    width = Y.shape[1]
    # A product is the fastest way to a mean over a short axis.
    Y -= Y @ numpy.full((width, 1), 1 / width, dtype=Y.dtype)
    variance = numpy.einsum("ij,ij->i", Y, Y)
    variance /= width
    variance += 1e-8
    Y /= numpy.sqrt(variance)[:, None]
    Y *= norm.get_param("G")
    Y += norm.get_param("b")
    return Y


def _dilated_window(dilation: int) -> Model[Floats2d, Floats2d]:
    """Rows (n, width) → (n, 3 * width): the row `dilation` before, the row, the row after."""

    def forward(
        model: Model[Floats2d, Floats2d], X: Floats2d, is_train: bool
    ) -> tuple[Floats2d, Callable[[Floats2d], Floats2d]]:
        width = X.shape[1]
        window = model.ops.alloc2f(len(X), 3 * width)
        window[dilation:, :width] = X[:-dilation]
        window[:, width : 2 * width] = X
        window[:-dilation, 2 * width :] = X[dilation:]

        def backward(d_window: Floats2d) -> Floats2d:
            dX = d_window[:, width : 2 * width].copy()
            dX[:-dilation] += d_window[dilation:, :width]
            dX[dilation:] += d_window[:-dilation, 2 * width :]
            return dX

        return window, backward

    return Model("dilated_window", forward, attrs={"dilation": dilation})
