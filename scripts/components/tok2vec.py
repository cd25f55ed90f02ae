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
    with_array,
)
from thinc.types import Floats2d, Ints2d, Ragged

from .encoder import maxed_and_normalized, weights
from .tokenizer import ARTEFACT, BREAK

# The NORMs that the tokenizer gives to tokens that are no part of the text.
_BREAK, _ARTEFACT = get_string_id(BREAK), get_string_id(ARTEFACT)
# Lexicon by word length: hashes of the words, sorted (uint64), and their classes (uint8).
Lexicon = dict[str, list[bytes]]
_SHORTEST, _LONGEST = 2, 7
_COLUMNS = 5
_BITS = numpy.uint64(0x3FFFFF)  # last bits of a hash that a table lists (4 MB for each length)
_PAD = numpy.zeros(1, dtype="uint64")
# How many rows the layers see at a time.
_PIECE = 2000
# Odd multipliers of splitmix64 (Steele, Lea and Flood 2014): they spread a pair of 64-bit ids.
_LEFT = numpy.uint64(0xBF58476D1CE4E5B9)
_RIGHT = numpy.uint64(0x94D049BB133111EB)


def visible(doc: Doc) -> numpy.ndarray:
    """Which tokens the model sees: booleans, one per token."""
    return _visible(doc.to_array([NORM]).reshape(-1))


def _visible(norms: numpy.ndarray) -> numpy.ndarray:
    seen: numpy.ndarray = (norms != _BREAK) & (norms != _ARTEFACT)
    return seen


def features(docs: Sequence[Doc], lexicon: Lexicon) -> list[Ints2d]:
    """Feature ids of the visible tokens of each Doc, uint64, shape (visible tokens, 5).

    Columns: NORM; the bigram of NORMs that ends here; whether a line begins here; class and
    place in the longest name of the lexicon here; lengths of its words that begin and end here.
    """
    # All Docs in one go, between two rows that are like no character.
    padded = [_PAD, *(part for doc in docs for part in (doc.to_array([NORM]).reshape(-1), _PAD))]
    table = numpy.concatenate(padded).astype("uint64")
    where = numpy.flatnonzero(_visible(table))
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
    tables: dict[int, Model[Ints2d, Floats2d]] = {
        column: HashEmbed(table_width, table_rows, column=column, seed=8 + column, dropout=0.0)
        for column, (table_rows, table_width) in enumerate(zip(rows, widths, strict=True))
        if table_rows
    }
    total = sum(widths[column] for column in tables)
    mix: Model[Floats2d, Floats2d] = Maxout(
        nO=width, nI=total, nP=pieces, normalize=True, dropout=0.0
    )
    return chain(
        cast(Model[list[Ints2d], Ragged], list2ragged()),
        cast(Any, with_array(cast(Any, _embedded(tables, mix)))),
        ragged2list(),
    )


def _embedded(
    tables: dict[int, Model[Ints2d, Floats2d]], mix: Model[Floats2d, Floats2d]
) -> Model[Ints2d, Floats2d]:
    """The tables side by side, and `mix`; a prediction takes `_products`."""
    side_by_side = [*tables.values()]
    embed = concatenate(*side_by_side) if len(tables) > 1 else side_by_side[0]
    chained: Model[Ints2d, Floats2d] = chain(embed, mix)

    def forward(
        model: Model[Ints2d, Floats2d], ids: Ints2d, is_train: bool
    ) -> tuple[Floats2d, Callable[[Floats2d], Ints2d]]:
        if not is_train and isinstance(model.ops, NumpyOps):
            return maxed_and_normalized(_products(tables, mix, ids), mix), lambda d_rows: ids
        return chained(ids, is_train)

    def init(
        model: Model[Ints2d, Floats2d], X: Ints2d | None = None, Y: Floats2d | None = None
    ) -> None:
        chained.initialize(X=X)

    dims = {"nO": mix.maybe_get_dim("nO")}
    return Model("embedded", forward, init=init, layers=[embed, mix], dims=dims)


def _products(
    tables: dict[int, Model[Ints2d, Floats2d]], mix: Model[Floats2d, Floats2d], ids: Any
) -> Any:
    """What the weights of `mix` make of the rows of all tables, each different one once.

    Characters come again and again, and the columns of the lexicon have few values.
    """
    W, b = weights(mix)
    products = numpy.tile(b, (len(ids), 1))
    groups = ([0], [1], range(2, _COLUMNS))
    at = 0
    for columns in filter(None, ([c for c in group if c in tables] for group in groups)):
        keys = _hash(ids[:, columns].T)
        _, first, which = numpy.unique(keys, return_index=True, return_inverse=True)
        rows: Any = numpy.hstack([cast(Any, tables[c].predict(ids[first])) for c in columns])
        products += (rows @ W[:, at : at + rows.shape[1]].T).take(which, axis=0)
        at += rows.shape[1]
    return products


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
