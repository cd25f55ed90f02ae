"""Token vectors that look through what a page adds to its text.

The layers see the visible tokens only, as if glosses, soft hyphens and line breaks were not
there; every other token gets a vector of zeros, so there is still one row per token.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import Any, cast

import numpy
import spacy
from spacy.attrs import NORM
from spacy.strings import get_string_id
from spacy.tokens import Doc
from thinc.api import (
    HashEmbed,
    Maxout,
    Model,
    NumpyOps,
    chain,
    concatenate,
    list2ragged,
    ragged2list,
    residual,
    with_array,
)
from thinc.types import Floats2d, Ints2d, Ragged

from .tokenizer import ARTEFACT, BREAK

# The NORMs that the tokenizer gives to tokens that are no part of the text.
_BREAK = get_string_id(BREAK)
_INVISIBLE = numpy.array([_BREAK, get_string_id(ARTEFACT)], dtype="uint64")
# Lexicon by word length: hashes of the words, sorted (uint64), and their classes (uint8).
Lexicon = dict[str, list[bytes]]
_SHORTEST, _LONGEST = 2, 7
_COLUMNS = 5
_BITS = numpy.uint64(0x3FFFFF)  # last bits of a hash that a table lists (4 MB for each length)
_PAD = numpy.zeros(1, dtype="uint64")
# How many rows the layers see at a time.
_PIECE = 1000
# Odd multipliers of splitmix64 (Steele, Lea and Flood 2014): they spread a pair of 64-bit ids.
_LEFT = numpy.uint64(0xBF58476D1CE4E5B9)
_RIGHT = numpy.uint64(0x94D049BB133111EB)


def visible(doc: Doc) -> numpy.ndarray:
    """Which tokens the model sees: booleans, one per token."""
    return ~numpy.isin(doc.to_array([NORM]).reshape(-1), _INVISIBLE)


def features(docs: Sequence[Doc], lexicon: Lexicon) -> list[Ints2d]:
    """Feature ids of the visible tokens of each Doc, uint64, shape (visible tokens, 5).

    Columns: NORM; the bigram of NORMs that ends here; whether a line begins here; class and
    place in the longest name of the lexicon here; lengths of its words that begin and end here.
    """
    # All Docs in one go, between two rows that are like no character.
    padded = [_PAD, *(part for doc in docs for part in (doc.to_array([NORM]).reshape(-1), _PAD))]
    table = numpy.concatenate(padded).astype("uint64")
    where = numpy.flatnonzero((table != _INVISIBLE[0]) & (table != _INVISIBLE[1]))
    norms = table[where]
    bigrams = norms * _RIGHT
    bigrams[1:] ^= norms[:-1] * _LEFT
    breaks = numpy.cumsum(table == _BREAK)[where]
    begins = (numpy.diff(breaks, prepend=0) > 0).astype("uint64")
    begins[1:] |= norms[:-1] == 0
    columns = [norms, bigrams, begins, *_matches(norms, lexicon)]
    ids = numpy.ascontiguousarray(numpy.stack(columns, axis=1))
    pads = numpy.flatnonzero(norms == 0)
    return [cast(Ints2d, ids[a + 1 : b]) for a, b in pairwise(pads)]


def make_lexicon(words: Mapping[str, int]) -> Lexicon:
    """The form in which a model keeps a lexicon: hashes of the words, by length.

    words: Simplified words of 2 to 7 characters with their class: 0 for a common word, others
    for kinds of names.
    """
    lexicon: Lexicon = {}
    for length in range(_SHORTEST, _LONGEST + 1):
        listed = sorted(word for word in words if len(word) == length)
        ids = numpy.array(
            [[get_string_id(char) for char in word] for word in listed], dtype="uint64"
        ).reshape(len(listed), length)
        hashes = _hash(ids.T)
        order = numpy.argsort(hashes)
        classes = numpy.array([words[word] for word in listed], dtype="uint8")
        lexicon[str(length)] = [hashes[order].tobytes(), classes[order].tobytes()]
    return lexicon


def _hash(columns: numpy.ndarray) -> numpy.ndarray:
    """One id for each row of characters, whose ids are given column by column."""
    hashes = numpy.zeros(columns.shape[1:], dtype="uint64")
    for column in columns:
        hashes = _go_on(hashes, column)
    return hashes


def _go_on(hashes: numpy.ndarray, following: numpy.ndarray) -> numpy.ndarray:
    """The ids of strings that have one more character."""
    mixed: numpy.ndarray = (hashes * _LEFT) ^ (following * _RIGHT)
    mixed ^= mixed >> numpy.uint64(31)
    return mixed


@lru_cache(maxsize=64)
def _listed(known: bytes, classes: bytes) -> tuple[numpy.ndarray, numpy.ndarray, numpy.ndarray]:
    """Hashes and classes of a lexicon's words of one length, and which last bits occur at all.

    Most strings of a text are no words: the table of bits tells it without a search.
    """
    hashes = numpy.frombuffer(known, dtype="uint64")
    occurs = numpy.zeros(int(_BITS) + 1, dtype=bool)
    occurs[hashes & _BITS] = True
    return hashes, numpy.frombuffer(classes, dtype="uint8"), occurs


def _matches(norms: numpy.ndarray, lexicon: Lexicon) -> tuple[numpy.ndarray, numpy.ndarray]:
    """The two lexicon columns of `features`; both zeros where nothing matches."""
    names = numpy.zeros(len(norms), dtype="uint64")
    words = numpy.zeros(len(norms), dtype="uint64")
    hashes = _go_on(numpy.zeros(len(norms), dtype="uint64"), norms)
    for length in range(_SHORTEST, min(_LONGEST, len(norms)) + 1):
        hashes = _go_on(hashes[:-1], norms[length - 1 :])
        if not lexicon.get(str(length), [b""])[0]:
            continue
        known, classes, occurs = _listed(*lexicon[str(length)])
        maybe = numpy.flatnonzero(occurs[hashes & _BITS])
        at = numpy.searchsorted(known, hashes[maybe]).clip(max=len(known) - 1)
        right = known[at] == hashes[maybe]
        starts, kind = maybe[right], classes[at[right]].astype("uint64")
        bit = numpy.uint64(1 << (length - _SHORTEST))
        common = starts[kind == 0]
        words[common] |= bit
        words[common + length - 1] |= bit << numpy.uint64(8)
        named, kind = starts[kind > 0], kind[kind > 0] * numpy.uint64(4)
        for i in range(length):  # a longer name, which comes later, covers a shorter one
            place = 1 if i == 0 else 3 if i == length - 1 else 2
            names[named + i] = kind + numpy.uint64(place)
    return names, words


@spacy.registry.architectures("zh_poverty_news.CharEmbed.v1")
def char_embed(
    width: int, rows: list[int], widths: list[int], pieces: int
) -> Model[list[Ints2d], list[Floats2d]]:
    """Embed the rows of `features`.

    width: of the output. rows, widths: of the hashed tables for the five columns; a table of
    0 rows is left out. pieces: of the maxout layer that mixes them.
    """
    if not len(rows) == len(widths) == _COLUMNS:
        raise ValueError(f"CharEmbed needs {_COLUMNS} rows and widths, one for each column")
    tables: list[Model[Ints2d, Floats2d]] = [
        HashEmbed(table_width, table_rows, column=column, seed=8 + column, dropout=0.0)
        for column, (table_rows, table_width) in enumerate(zip(rows, widths, strict=True))
        if table_rows
    ]
    total = sum(width for width, table_rows in zip(widths, rows, strict=True) if table_rows)
    mix: Model[Floats2d, Floats2d] = Maxout(
        nO=width, nI=total, nP=pieces, normalize=True, dropout=0.0
    )
    embed = concatenate(*tables) if len(tables) > 1 else tables[0]
    return chain(
        cast(Model[list[Ints2d], Ragged], list2ragged()),
        cast(Any, with_array(cast(Any, _embedded(embed, mix)))),
        ragged2list(),
    )


def _embedded(
    embed: Model[Ints2d, Floats2d], mix: Model[Floats2d, Floats2d]
) -> Model[Ints2d, Floats2d]:
    """chain(embed, mix), whose prediction takes `_mixed`."""
    chained: Model[Ints2d, Floats2d] = chain(embed, mix)

    def forward(
        model: Model[Ints2d, Floats2d], ids: Ints2d, is_train: bool
    ) -> tuple[Floats2d, Callable[[Floats2d], Ints2d]]:
        if not is_train and isinstance(model.ops, NumpyOps):
            return _mixed(mix, embed.predict(ids)), lambda d_rows: ids
        return chained(ids, is_train)

    def init(
        model: Model[Ints2d, Floats2d], X: Ints2d | None = None, Y: Floats2d | None = None
    ) -> None:
        chained.initialize(X=X)

    dims = {"nO": mix.maybe_get_dim("nO")}
    return Model("embedded", forward, init=init, layers=[embed, mix], dims=dims)


@spacy.registry.architectures("zh_poverty_news.VisibleTok2Vec.v1")
def visible_tok2vec(
    embed: Model[list[Ints2d], list[Floats2d]],
    encode: Model[list[Floats2d], list[Floats2d]],
) -> Model[list[Doc], list[Floats2d]]:
    """Doc → one vector per token: `embed` and `encode` over the visible ones, zeros elsewhere.

    encode: must have an attribute ``field``, how many rows to each side it sees. The lexicon
    is an attribute of this layer: it travels with the weights.
    """
    inner: Model[list[Ints2d], list[Floats2d]] = chain(embed, encode)
    return Model(
        "visible_tok2vec",
        _forward,
        init=_init,
        layers=[inner],
        dims={"nO": encode.get_dim("nO")},
        attrs={"lexicon": {}, "field": encode.attrs["field"]},
    )


def _init(
    model: Model[list[Doc], list[Floats2d]],
    X: list[Doc] | None = None,
    Y: list[Floats2d] | None = None,
) -> None:
    model.layers[0].initialize(X=X and features(X, model.attrs["lexicon"]))


def _forward(
    model: Model[list[Doc], list[Floats2d]], docs: list[Doc], is_train: bool
) -> tuple[list[Floats2d], Callable[[list[Floats2d]], list[Doc]]]:
    ids = features(docs, model.attrs["lexicon"])
    if is_train:
        encoded, backprop = model.layers[0](ids, is_train)
    else:
        encoded, backprop = _in_pieces(model, ids), None
    seen = [visible(doc) for doc in docs]
    vectors = [
        rows if mask.all() else spread_out(model, rows, mask)
        for rows, mask in zip(encoded, seen, strict=True)
    ]

    def backward(d_vectors: list[Floats2d]) -> list[Doc]:
        if backprop is None:
            raise ValueError("no gradient of a prediction; call the layer with is_train=True")
        masked = [cast(Any, d)[mask] for d, mask in zip(d_vectors, seen, strict=True)]
        backprop(masked)
        return []

    return vectors, backward


def _in_pieces(model: Model[list[Doc], list[Floats2d]], ids: list[Ints2d]) -> list[Floats2d]:
    """What the inner layers say of `ids`, computed a few thousand rows at a time.

    So many fit into a processor's cache, and memory stays flat for a text of any length. A
    text that is cut overlaps by what the encoder sees, so the cut changes nothing.
    """
    field = model.attrs["field"]
    pieces = [
        (number, max(start - field, 0), start, min(start + _PIECE, len(rows)))
        for number, rows in enumerate(ids)
        for start in range(0, len(rows), _PIECE)
    ]
    found: list[list[Floats2d]] = [[] for _ in ids]
    batch: list[tuple[int, int, int, int]] = []
    for piece in [*pieces, None]:
        if piece is None or sum(end - before for _, before, _, end in batch) >= _PIECE:
            texts = [ids[number][before : end + field] for number, before, _, end in batch]
            for (number, before, start, end), rows in zip(
                batch, model.layers[0].predict(texts) if texts else [], strict=True
            ):
                found[number].append(rows[start - before : end - before])
            batch = []
        if piece is not None:
            batch.append(piece)
    empty = model.ops.alloc2f(0, model.get_dim("nO"))
    return [cast(Floats2d, numpy.concatenate([empty, *rows])) for rows in found]


def spread_out(
    model: Model[list[Doc], list[Floats2d]], rows: Floats2d, mask: numpy.ndarray
) -> Floats2d:
    """Rows of the visible tokens (`mask`) among zeros for the others."""
    vectors = model.ops.alloc2f(len(mask), model.get_dim("nO"))
    cast(Any, vectors)[mask] = rows
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
    """One layer after another; a prediction takes `_predicted`, half the time, same numbers."""
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
    Y = _mixed(mix, window.predict(X))
    Y += X
    return Y


def _mixed(mix: Model[Floats2d, Floats2d], X: Any) -> Any:
    """What maxout and layer norm make of X, in few passes and without a trace of the way back."""
    maxout, norm = mix.layers[0].layers[0], mix.layers[0].layers[1]
    W, b = cast(Any, maxout.get_param("W")), cast(Any, maxout.get_param("b"))
    width, pieces, _ = W.shape
    mixed = X @ W.transpose(1, 0, 2).reshape(pieces * width, -1).T
    mixed += b.T.reshape(-1)
    Y = mixed[:, :width]
    for piece in range(1, pieces):
        numpy.maximum(Y, mixed[:, piece * width : (piece + 1) * width], out=Y)
    Y = Y - Y.mean(axis=1, keepdims=True)
    variance = numpy.einsum("ij,ij->i", Y, Y) / width
    Y *= (1 / numpy.sqrt(variance + 1e-8))[:, None].astype("float32")
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

    return Model("dilated_window", forward)
