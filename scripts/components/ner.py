"""Entity recognizer: the flat layer, from the exact probability of every span.

An entity recognizer that reads from the left has to name a body at its first character
(甘肃省天水市委组织部). This one weighs all ways to lay labelled spans side by side over a sentence,
takes every span that is more likely than not, and says how likely it is.

A token stands outside (O), alone in a span (U), or begins (B), continues (I), ends (L) one. So
between two tokens a text is either closed or inside a span of one label, and the forward and
backward sums of a linear-chain CRF (Lafferty, McCallum and Pereira 2001) need one state for
each label and one more, not one for each tag. The rules of BILUO are the only transitions;
nothing about them is learned.

Texts are packed as in a recurrent network: first all first tokens, the longest text first, then
all second tokens, so that one step of the recursion serves all texts at once.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, cast

import numpy
import spacy
from spacy.attrs import NORM
from spacy.language import Language
from spacy.pipeline import TrainablePipe
from spacy.scorer import get_ner_prf
from spacy.strings import get_string_id
from spacy.tokens import Doc, Span
from spacy.training import Example
from spacy.vocab import Vocab
from thinc.api import Linear, Maxout, Model, NumpyOps, chain, with_array
from thinc.types import Floats2d

from .encoder import maxed_and_normalized, weights
from .tok2vec import visible

FACTORY = "zh_ner"
# The NORMs of tokens that are no part of the text, and of those with which no span goes on.
_STOPS = numpy.array([get_string_id(char) for char in "。！；，!;,"], dtype="uint64")
_OPENS, _CLOSES = get_string_id("《"), get_string_id("》")
_LONGEST_TITLE = 60  # tokens; what opens and doesn't close so soon is no title
_NEVER = -1e4  # log weight of a tag that can't be
_FARTHEST = 1000  # tokens without a stop, after which a text is cut all the same
_LONGEST = 40  # tokens of a span
_BLOCK = 2000  # rows of the hidden layer at a time
Array = numpy.ndarray[Any, Any]
# Columns of the scores: O, then a block of one column per label for each of these.
BEGIN, INSIDE, LAST, UNIT = range(4)


def column(part: int, label: int, labels: int) -> int:
    """The column of a tag: `part` is BEGIN, INSIDE, LAST or UNIT; `label` counts from 0."""
    return 1 + part * labels + label


def packed(lengths: Array) -> tuple[Array, list[int]]:
    """Order and sizes of the packed form of texts that lie one after another.

    Returns the row of each packed row, and how many texts have a first, second … token.
    """
    lengths = numpy.asarray(lengths)
    starts = numpy.concatenate([[0], numpy.cumsum(lengths)[:-1]])
    longest_first = numpy.argsort(-lengths, kind="stable")
    steps = numpy.arange(lengths.max(initial=0))
    sizes = numpy.searchsorted(-lengths[longest_first], -steps, side="left")
    order = [starts[longest_first[:size]] + step for step, size in zip(steps, sizes, strict=True)]
    return numpy.concatenate([numpy.zeros(0, dtype="int64"), *order]), sizes.tolist()


@dataclass(frozen=True)
class Posteriors:
    """What a lattice says, one row per token and in the order of the texts.

    tags: probability of each tag, shape (tokens, 1 + 4 labels). ends: probability that a span
    of a label which has reached this token ends with it, shape (tokens, labels).
    log_normalizer: log of the sum over all layings-out of all texts.
    """

    tags: Array
    ends: Array
    log_normalizer: float

    def spans(self, at_least: float, longest: int) -> tuple[Array, Array]:
        """Spans that are `at_least` so likely and at most `longest` tokens long.

        Returns rows of (first token, last token, label), in the order of the text, and their
        probabilities.
        """
        labels = self.ends.shape[1]
        begin, _, last, unit = numpy.split(self.tags[:, 1:], 4, axis=1)
        stays = numpy.log1p(-self.ends.clip(max=1 - 1e-12))
        before = numpy.concatenate([numpy.zeros((1, labels)), numpy.cumsum(stays, axis=0)])
        rows, chances = [], []
        for label in range(labels):
            alone = numpy.flatnonzero(unit[:, label] >= at_least)
            rows.append(numpy.stack([alone, alone, numpy.full(len(alone), label)], axis=1))
            chances.append(unit[alone, label])
            starts = numpy.flatnonzero(begin[:, label] >= at_least)
            ends = numpy.flatnonzero(last[:, label] >= at_least)
            first = numpy.searchsorted(ends, starts, side="right")
            beyond = numpy.searchsorted(ends, starts + longest, side="left")
            many = beyond - first
            start = numpy.repeat(starts, many)
            skipped = numpy.repeat(numpy.cumsum(many) - many, many)
            end = ends[numpy.arange(len(start)) - skipped + numpy.repeat(first, many)]
            within = before[end, label] - before[start + 1, label]
            chance = begin[start, label] * numpy.exp(within) * self.ends[end, label]
            likely = chance >= at_least
            found = [start[likely], end[likely], numpy.full(int(likely.sum()), label)]
            rows.append(numpy.stack(found, axis=1))
            chances.append(chance[likely])
        table, chance = numpy.concatenate(rows), numpy.concatenate(chances)
        order = numpy.lexsort((table[:, 2], table[:, 1], table[:, 0]))
        return table[order], chance[order]


def posteriors(scores: Array, lengths: Array) -> Posteriors:
    """Weigh all layings-out of texts that lie one after another.

    scores: log weight of each tag, shape (tokens, 1 + 4 labels); lengths: tokens of each text.
    """
    labels = (scores.shape[1] - 1) // 4
    order, sizes = packed(lengths)
    top = scores.max(axis=1, keepdims=True, initial=-numpy.inf)
    # A row for each tag: what is one step's work then lies side by side.
    logs = numpy.ascontiguousarray((scores - top)[order].T, dtype="float64")
    likelihoods = numpy.exp(logs, out=logs)
    outside = likelihoods[0]
    begin, inside, last, unit = likelihoods[1:].reshape(4, labels, -1)
    closing = outside + unit.sum(axis=0)
    offsets = numpy.concatenate([[0], numpy.cumsum(sizes)]).astype("int64")
    # What can stand before each token, then what can follow it; both scaled to a sum of 1.
    closed_before, inside_before = numpy.empty_like(outside), numpy.empty_like(begin)
    closed_after, inside_after = numpy.empty_like(outside), numpy.empty_like(begin)
    first = sizes[0] if sizes else 0
    closed, within = numpy.ones(first), numpy.zeros((labels, first))
    log_normalizer = float(top.sum())
    for step, size in enumerate(sizes):
        rows = slice(offsets[step], offsets[step] + size)
        # Texts that ended before this step have summed up to what is closed.
        log_normalizer += float(numpy.log(closed[size:]).sum())
        closed, within = closed[:size], within[:, :size]
        closed_before[rows], inside_before[:, rows] = closed, within
        opened = closed * begin[:, rows] + within * inside[:, rows]
        closed = closed * closing[rows] + (within * last[:, rows]).sum(axis=0)
        total = closed + opened.sum(axis=0)
        log_normalizer += float(numpy.log(total).sum())
        closed, within = closed / total, opened / total
    log_normalizer += float(numpy.log(closed).sum())
    closed, within = numpy.ones(0), numpy.zeros((labels, 0))
    for step in reversed(range(len(sizes))):
        size, new = sizes[step], sizes[step] - len(closed)
        rows = slice(offsets[step], offsets[step] + size)
        closed = numpy.concatenate([closed, numpy.ones(new)])
        within = numpy.concatenate([within, numpy.zeros((labels, new))], axis=1)
        closed_after[rows], inside_after[:, rows] = closed, within
        reopened = inside[:, rows] * within + last[:, rows] * closed
        closed = closing[rows] * closed + (begin[:, rows] * within).sum(axis=0)
        total = closed + reopened.sum(axis=0)
        closed, within = closed / total, reopened / total
    stays, stops = inside * inside_after, last * closed_after
    tags = numpy.concatenate(
        [
            (closed_before * outside * closed_after)[None],
            closed_before * begin * inside_after,
            inside_before * stays,
            inside_before * stops,
            closed_before * unit * closed_after,
        ]
    )
    tags /= tags.sum(axis=0)
    reached = stays + stops
    ends = numpy.divide(stops, reached, out=numpy.ones_like(stops), where=reached > 0)
    back = numpy.empty_like(order)
    back[order] = numpy.arange(len(order))
    return Posteriors(tags[:, back].T, ends[:, back].T, log_normalizer)


@dataclass(frozen=True)
class Pieces:
    """What of a Doc can be in a span.

    where: its visible tokens. lengths: of the pieces they fall into; a piece ends with a stop
    that no span goes beyond, and one without a stop is cut. titled: for each visible token,
    whether it stands in a title, 《…》, where nothing is marked (annotation policy).
    """

    where: Array
    lengths: Array
    titled: Array


def pieces(doc: Doc) -> Pieces:
    """Find the pieces of `doc`."""
    where = numpy.flatnonzero(visible(doc))
    norms = doc.to_array([NORM]).reshape(-1).astype("uint64")[where]
    ends = numpy.flatnonzero((norms[:, None] == _STOPS).any(axis=1)) + 1
    edges = numpy.unique(numpy.concatenate([[0], ends, [len(where)]]))
    if numpy.diff(edges).max(initial=0) > _FARTHEST:
        cuts = [numpy.arange(start, end, _FARTHEST) for start, end in pairwise(edges)]
        edges = numpy.concatenate([*cuts, edges[-1:]])
    titled = numpy.zeros(len(where), dtype=bool)
    opening, closing = numpy.flatnonzero(norms == _OPENS), numpy.flatnonzero(norms == _CLOSES)
    for start, at in zip(opening, numpy.searchsorted(closing, opening), strict=True):
        if at < len(closing) and closing[at] - start <= _LONGEST_TITLE:
            titled[start : closing[at]] = True
    return Pieces(where, numpy.diff(edges), titled)


@spacy.registry.architectures("zh_poverty_news.TagScores.v1")
def tag_scores(
    tok2vec: Model[list[Doc], list[Floats2d]], hidden_width: int, pieces: int, nO: int | None = None
) -> Model[list[Doc], list[Floats2d]]:
    """Log weights of the tags, one row per token: a maxout layer and a linear one.

    nO: number of tags, set when the labels are known.
    """
    hidden: Model[Floats2d, Floats2d] = Maxout(
        nO=hidden_width, nP=pieces, normalize=True, dropout=0.0
    )
    output: Model[Floats2d, Floats2d] = Linear(nO=nO)
    model: Model[list[Doc], list[Floats2d]] = chain(
        tok2vec, cast(Any, with_array(_in_blocks(hidden, output)))
    )
    model.set_ref("output", output)
    return model


def _in_blocks(
    hidden: Model[Floats2d, Floats2d], output: Model[Floats2d, Floats2d]
) -> Model[Floats2d, Floats2d]:
    """chain(hidden, output), whose prediction takes as many rows at a time as fit into a cache."""
    chained: Model[Floats2d, Floats2d] = chain(hidden, output)

    def forward(
        model: Model[Floats2d, Floats2d], X: Floats2d, is_train: bool
    ) -> tuple[Floats2d, Callable[[Floats2d], Floats2d]]:
        if is_train or not isinstance(model.ops, NumpyOps):
            return chained(X, is_train)
        W, b = weights(hidden)
        scores = model.ops.alloc2f(len(X), output.get_dim("nO"), zeros=False)
        for at in range(0, len(X), _BLOCK):
            products = cast(Any, X[at : at + _BLOCK]) @ W.T
            products += b
            scores[at : at + _BLOCK] = output.predict(maxed_and_normalized(products, hidden))
        return scores, lambda dY: dY

    def init(
        model: Model[Floats2d, Floats2d], X: Floats2d | None = None, Y: Floats2d | None = None
    ) -> None:
        chained.initialize(X=X, Y=Y)

    dims = {"nI": chained.maybe_get_dim("nI"), "nO": chained.maybe_get_dim("nO")}
    return Model("in_blocks", forward, init=init, layers=[hidden, output], dims=dims)


class EntityRecognizer(TrainablePipe):  # type: ignore[misc]  # Cython, without types
    """Sets ``doc.ents``, and what it thinks of other spans in ``doc.spans[spans_key]``.

    Entities are the spans whose probability reaches `threshold`; of two that overlap, which
    happens below a half only, the likelier one. In ``doc.spans[spans_key]``, with their
    probabilities in the group's ``attrs["scores"]``, stand all spans that reach `suggested`.
    """

    def __init__(
        self,
        vocab: Vocab,
        model: Model[list[Doc], list[Floats2d]],
        name: str,
        *,
        spans_key: str,
        threshold: float,
        suggested: float,
    ) -> None:
        self.vocab = vocab
        self.model = model
        self.name = name
        self.cfg: dict[str, Any] = {
            "labels": [],
            "spans_key": spans_key,
            "threshold": threshold,
            "suggested": suggested,
        }
        self.scorer = lambda examples, **_: get_ner_prf(examples)

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels, in the order of the model's columns."""
        return tuple(self.cfg["labels"])

    @property
    def label_data(self) -> list[str]:
        """What ``spacy init labels`` stores."""
        return list(self.cfg["labels"])

    def add_label(self, label: str) -> int:
        """Add a label before the model is initialized; 1 if it is new."""
        if label in self.labels:
            return 0
        if self.model.get_ref("output").has_dim("nO"):
            raise ValueError(f"{self.name}: the model has its labels; train a new one for {label}")
        self.cfg["labels"].append(label)
        self.vocab.strings.add(label)
        return 1

    def initialize(
        self,
        get_examples: Callable[[], Iterable[Example]],
        *,
        nlp: Language | None = None,
        labels: list[str] | None = None,
    ) -> None:
        """Learn the labels from `labels` or the examples' entities, and set up the model."""
        examples = list(get_examples())
        found = {ent.label_ for eg in examples for ent in eg.reference.ents}
        for label in labels or sorted(found):
            self.add_label(label)
        if not self.labels:
            raise ValueError(f"{self.name}: no entities in the training data; nothing to learn")
        self.model.get_ref("output").set_dim("nO", 1 + 4 * len(self.labels))
        sample = [eg.x for eg in examples[:10]]
        self.model.initialize(X=sample, Y=[self.model.ops.alloc2f(len(d), 1) for d in sample])

    def predict(self, docs: Iterable[Doc]) -> list[tuple[Array, Array]]:
        """For each Doc, rows of (first token, last token, label) and their probabilities."""
        docs = list(docs)
        if not any(map(len, docs)):
            return [(numpy.zeros((0, 3), dtype="int64"), numpy.zeros(0)) for _ in docs]
        placed = [pieces(doc) for doc in docs]
        found = self._weigh(self.model.predict(docs), placed)
        table, chances = found.spans(min(self.cfg["suggested"], self.cfg["threshold"]), _LONGEST)
        results, offset = [], 0
        for piece in placed:
            count = len(piece.where)
            first, beyond = numpy.searchsorted(table[:, 0], [offset, offset + count])
            rows = table[first:beyond].copy()
            rows[:, :2] = piece.where[rows[:, :2] - offset]
            results.append((rows, chances[first:beyond]))
            offset += count
        return results

    def set_annotations(self, docs: Iterable[Doc], found: list[tuple[Array, Array]]) -> None:
        """Write entities and other likely spans."""
        labels = [self.vocab.strings.add(label) for label in self.labels]
        for doc, (table, chances) in zip(docs, found, strict=True):
            spans = [
                Span(doc, first, last + 1, label=labels[label])
                for first, last, label in table.tolist()
            ]
            doc.spans[self.cfg["spans_key"]] = spans
            doc.spans[self.cfg["spans_key"]].attrs["scores"] = chances
            sure = numpy.flatnonzero(chances >= self.cfg["threshold"])
            taken, entities = bytearray(len(doc)), []
            for i in sure[numpy.argsort(-chances[sure], kind="stable")].tolist():
                span = spans[i]
                if not any(taken[span.start : span.end]):
                    taken[span.start : span.end] = b"\1" * (span.end - span.start)
                    entities.append(span)
            doc.set_ents(entities)

    def get_loss(self, examples: Iterable[Example], scores: list[Any]) -> tuple[float, list[Any]]:
        """Negative log-likelihood of the gold laying-out, and its gradient; both are sums."""
        examples = list(examples)
        placed = [pieces(eg.predicted) for eg in examples]
        found = self._weigh(scores, placed)
        loss, gradients, offset = found.log_normalizer, [], 0
        for eg, scored, piece in zip(examples, scores, placed, strict=True):
            rows = cast(Any, self.model.ops).to_numpy(scored)
            where, gold = piece.where, self._tags(eg, piece)
            loss -= float(rows[where, gold].sum())
            d_visible = found.tags[offset : offset + len(where)].copy()
            d_visible[numpy.arange(len(where)), gold] -= 1
            gradient: Any = numpy.zeros(rows.shape, dtype="float32")
            gradient[where] = d_visible
            gradients.append(self.model.ops.asarray2f(gradient))
            offset += len(where)
        return loss, gradients

    def _weigh(self, scores: list[Any], placed: list[Pieces]) -> Posteriors:
        # On the CPU, wherever a transformer below has put the scores.
        to_numpy = cast(Any, self.model.ops).to_numpy
        visible = [to_numpy(rows)[p.where] for rows, p in zip(scores, placed, strict=True)]
        for rows, piece in zip(visible, placed, strict=True):
            rows[piece.titled, 1:] = _NEVER
        return posteriors(
            numpy.concatenate(visible), numpy.concatenate([piece.lengths for piece in placed])
        )

    def _tags(self, example: Example, found: Pieces) -> Array:
        """The gold tag of each visible token, as columns of the scores."""
        tags = numpy.zeros(len(found.where), dtype="int64")
        piece = numpy.repeat(numpy.arange(len(found.lengths)), found.lengths)
        count = len(self.labels)
        for ent in example.reference.ents:
            if ent.label_ not in self.labels:
                raise ValueError(f"{self.name}: unknown label {ent.label_!r}; see `labels`")
            first, beyond = numpy.searchsorted(found.where, [ent.start, ent.end])
            cut = first == beyond or piece[first] != piece[beyond - 1]
            if cut or found.titled[first:beyond].any():
                continue  # it can't be found, so nothing is learned from it
            label = self.labels.index(ent.label_)
            tags[first:beyond] = column(INSIDE, label, count)
            tags[first] = column(BEGIN, label, count)
            tags[beyond - 1] = column(LAST, label, count)
            if beyond == first + 1:
                tags[first] = column(UNIT, label, count)
        return tags


def make_ner(
    nlp: Language,
    name: str,
    model: Model[list[Doc], list[Floats2d]],
    spans_key: str,
    threshold: float,
    suggested: float,
) -> EntityRecognizer:
    """Factory.

    spans_key: group of ``doc.spans`` for all spans whose probability reaches `suggested`.
    threshold: from which probability a span is an entity; lower finds more, higher errs less.
    """
    return EntityRecognizer(
        nlp.vocab, model, name, spans_key=spans_key, threshold=threshold, suggested=suggested
    )


# The wheel and the repository hold the same factory; both may be loaded in one process.
if not Language.has_factory(FACTORY):
    Language.factory(
        FACTORY,
        assigns=["doc.ents", "token.ent_iob", "token.ent_type", "doc.spans"],
        default_score_weights={"ents_f": 1.0, "ents_p": 0.0, "ents_r": 0.0, "ents_per_type": None},
        func=make_ner,
    )
