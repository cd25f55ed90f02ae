"""Token vectors that look through what a page adds to its text.

The layers see the visible tokens only, as if glosses, soft hyphens and line breaks were not
there; every other token gets a vector of zeros, so there is still one row per token.
"""

from collections.abc import Callable
from typing import cast

import numpy
import spacy
from spacy.attrs import NORM, intify_attr
from spacy.strings import get_string_id
from spacy.tokens import Doc
from thinc.api import (
    HashEmbed,
    Maxout,
    Model,
    chain,
    concatenate,
    list2ragged,
    ragged2list,
    residual,
    with_array,
)
from thinc.types import Floats2d, Ints2d, Ragged

# The NORMs that the tokenizer gives to tokens that are no part of the text.
_BREAK = get_string_id("\n")
_INVISIBLE = numpy.array([_BREAK, get_string_id("\u2060")], dtype="uint64")
# Odd multipliers of splitmix64 (Steele, Lea and Flood 2014): they spread a pair of 64-bit ids.
_LEFT = numpy.uint64(0xBF58476D1CE4E5B9)
_RIGHT = numpy.uint64(0x94D049BB133111EB)


def visible(doc: Doc) -> numpy.ndarray:
    """Which tokens the model sees: booleans, one per token."""
    return ~numpy.isin(doc.to_array([NORM]).reshape(-1), _INVISIBLE)


def features(doc: Doc, attrs: list[int]) -> Ints2d:
    """Feature ids of the visible tokens, uint64, shape (visible tokens, 3 + len(attrs)).

    Columns: NORM, the bigram of NORMs that ends here, whether a line begins here, `attrs`.
    """
    table = doc.to_array([NORM, *attrs]).reshape(len(doc), -1).astype("uint64")
    seen = ~numpy.isin(table[:, 0], _INVISIBLE)
    where = numpy.flatnonzero(seen)
    norms = table[where, 0]
    before = numpy.concatenate([numpy.zeros(1, dtype="uint64"), norms[:-1]])[: len(norms)]
    bigrams = (before * _LEFT) ^ (norms * _RIGHT)
    breaks = numpy.concatenate([[0], numpy.cumsum(table[:, 0] == _BREAK)])[where]
    begins = numpy.diff(breaks, prepend=-1).clip(0, 1).astype("uint64")
    columns = [norms, bigrams, begins, *table[where, 1:].T]
    return cast(Ints2d, numpy.ascontiguousarray(numpy.stack(columns, axis=1)))


@spacy.registry.architectures("zh_poverty_news.CharEmbed.v1")
def char_embed(
    width: int,
    rows: list[int],
    widths: list[int],
    attrs: list[str],
    pieces: int,
) -> Model[list[Doc], list[Floats2d]]:
    """Embed the visible tokens of each Doc; one row per visible token.

    width: of the output. rows, widths: of the hashed tables for NORM, bigram, line start and
    each of `attrs` (token attributes that a component before this one has set), in this order;
    a table of 0 rows is left out. pieces: of the maxout layer that mixes them.
    """
    columns = [intify_attr(attr) for attr in attrs]
    tables = [
        HashEmbed(table_width, table_rows, column=column, seed=8 + column, dropout=0.0)
        for column, (table_rows, table_width) in enumerate(zip(rows, widths, strict=True))
        if table_rows
    ]
    if len(rows) != 3 + len(columns):
        raise ValueError(f"CharEmbed needs 3 + {len(columns)} entries in rows, got {len(rows)}")
    total = sum(table.get_dim("nO") for table in tables)

    def forward(
        model: Model[list[Doc], list[Ints2d]], docs: list[Doc], is_train: bool
    ) -> tuple[list[Ints2d], Callable[[list[Ints2d]], list[Doc]]]:
        return [
            model.ops.asarray2i(features(d, columns), dtype="uint64") for d in docs
        ], lambda _: []

    extract: Model[list[Doc], list[Ints2d]] = Model("visible_features", forward)
    mix: Model[Floats2d, Floats2d] = Maxout(
        nO=width, nI=total, nP=pieces, normalize=True, dropout=0.0
    )
    embed = concatenate(*tables) if len(tables) > 1 else tables[0]
    return chain(
        extract,
        cast(Model[list[Ints2d], Ragged], list2ragged()),
        with_array(chain(embed, mix)),
        ragged2list(),
    )


@spacy.registry.architectures("zh_poverty_news.VisibleTok2Vec.v1")
def visible_tok2vec(
    embed: Model[list[Doc], list[Floats2d]],
    encode: Model[list[Floats2d], list[Floats2d]],
) -> Model[list[Doc], list[Floats2d]]:
    """Doc → one vector per token: `embed` and `encode` over the visible ones, zeros elsewhere."""
    inner = chain(embed, encode)
    model: Model[list[Doc], list[Floats2d]] = Model(
        "visible_tok2vec", _forward, init=_init, layers=[inner], dims={"nO": None}
    )
    if encode.has_dim("nO"):
        model.set_dim("nO", encode.get_dim("nO"))
    return model


def _init(
    model: Model[list[Doc], list[Floats2d]],
    X: list[Doc] | None = None,
    Y: list[Floats2d] | None = None,
) -> None:
    model.layers[0].initialize(X=X)
    if model.has_dim("nO") is None:
        model.set_dim("nO", model.layers[0].get_dim("nO"))


def _forward(
    model: Model[list[Doc], list[Floats2d]], docs: list[Doc], is_train: bool
) -> tuple[list[Floats2d], Callable[[list[Floats2d]], list[Doc]]]:
    seen = [visible(doc) for doc in docs]
    encoded, backprop = model.layers[0](docs, is_train)
    vectors = [
        rows if mask.all() else _spread(model, rows, mask)
        for rows, mask in zip(encoded, seen, strict=True)
    ]

    def backward(d_vectors: list[Floats2d]) -> list[Doc]:
        backprop([d[mask] for d, mask in zip(d_vectors, seen, strict=True)])
        return []

    return vectors, backward


def _spread(
    model: Model[list[Doc], list[Floats2d]], rows: Floats2d, mask: numpy.ndarray
) -> Floats2d:
    vectors = model.ops.alloc2f(len(mask), model.get_dim("nO"))
    vectors[mask] = rows
    return vectors


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
    encoder = chain(*layers) if len(layers) > 1 else layers[0]
    model: Model[list[Floats2d], list[Floats2d]] = with_array(encoder, pad=sum(dilations))
    model.set_dim("nO", width)
    return model


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

    return Model("dilated_window", forward)
