"""Candidates for the span categorizer: a span finder, and a suggester that takes its finds."""

from collections.abc import Iterable
from typing import Any, cast

import numpy
import spacy
from spacy.language import Language
from spacy.pipeline.span_finder import SpanFinder
from spacy.pipeline.spancat import Suggester
from spacy.tokens import Doc, Span
from thinc.api import Model, Ops, get_current_ops
from thinc.types import Floats2d, Ints2d, Ragged

FACTORY = "zh_span_finder"


class FastSpanFinder(SpanFinder):
    """spaCy's span finder, which looks at likely starts and ends only instead of every token.

    spaCy 3.8 loops over all tokens in Python, a fifth of this pipeline's time. Only what lies
    inside a span of the group `within` is proposed, for the nested layer takes nothing else: a
    sixth of the candidates, and no right one less. Where a Doc has no such group, all are.
    """

    within = ""

    def set_annotations(self, docs: Iterable[Doc], scores: Floats2d) -> None:
        """Write the spans from each likely start to each likely end near by.

        scores: probabilities of a start and of an end, one row per token of all `docs`.
        """
        likely = cast(Any, self.model.ops).to_numpy(scores) >= self.cfg["threshold"]
        offset = 0
        for doc in docs:
            starts, ends = map(numpy.flatnonzero, likely[offset : offset + len(doc)].T)
            offset += len(doc)
            first = numpy.searchsorted(ends, starts)
            last = numpy.searchsorted(
                ends, numpy.minimum(starts + self.cfg["max_length"], self._reach(doc)[starts])
            )
            doc.spans[self.cfg["spans_key"]] = [
                Span(doc, start, end + 1)
                for start, a, b in zip(starts.tolist(), first, last, strict=True)
                for end in ends[a:b].tolist()
            ]

    def _reach(self, doc: Doc) -> numpy.ndarray:
        """For each token, where the longest span ends that a candidate from here may lie in."""
        if self.within not in doc.spans:
            return numpy.full(len(doc), len(doc))
        reach = numpy.zeros(len(doc), dtype=int)
        for span in doc.spans[self.within]:
            inside = reach[span.start : span.end]
            numpy.maximum(inside, span.end, out=inside)
        return reach


def make_span_finder(
    nlp: Language,
    name: str,
    model: Model[list[Doc], Floats2d],
    spans_key: str,
    threshold: float,
    max_length: int,
    within: str,
) -> FastSpanFinder:
    """Factory: spans of at most `max_length` tokens whose two ends both reach `threshold`.

    within: the group of ``doc.spans`` inside whose spans they must lie.
    """
    finder = FastSpanFinder(
        nlp,
        model=cast(Any, model),
        name=name,
        spans_key=spans_key,
        threshold=threshold,
        max_length=max_length,
        min_length=None,
        scorer=None,
    )
    finder.within = within
    return finder


# The wheel and the repository hold the same factory; both may be loaded in one process.
if not Language.has_factory(FACTORY):
    Language.factory(FACTORY, assigns=["doc.spans"], func=make_span_finder)


@spacy.registry.misc("zh_poverty_news.found_spans_suggester.v2")
def found_spans_suggester(spans_keys: list[str]) -> Suggester:
    """Suggest the spans that earlier components found.

    spans_keys: the groups of ``doc.spans`` to take. Every candidate is suggested once; a Doc
    without any suggests none.
    """

    def suggest(docs: Iterable[Doc], *, ops: Ops | None = None) -> Ragged:
        ops = ops or get_current_ops()
        rows: list[tuple[int, int]] = []
        lengths = []
        for doc in docs:
            found = {
                (span.start, span.end) for key in spans_keys for span in doc.spans.get(key, ())
            }
            rows += sorted(found)
            lengths.append(len(found))
        table = numpy.asarray(rows, dtype="int32").reshape(-1, 2)
        return Ragged(ops.asarray2i(cast(Ints2d, table)), ops.asarray1i(lengths))

    return suggest
