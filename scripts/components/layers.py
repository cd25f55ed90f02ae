"""The two layers made one: nested spans are the entities and the places inside them."""

import numpy
from spacy.language import Language
from spacy.tokens import Doc, Span

FACTORY = "nested_layer"
_HOLDS_PLACES = {"ORG", "LOC"}


class NestedLayer:
    """Keeps in ``doc.spans`` the entities and each LOC inside an ORG or a longer LOC.

    That is what the annotation policy calls the nested layer, so the two layers can't
    contradict each other. What the span categorizer found elsewhere is dropped: measured
    leave-one-page-out and on unseen text, the entity recognizer is the better judge there.
    The group's ``attrs["scores"]`` hold what each span's finder thinks of it, from 0 to 1.
    """

    def __init__(self, spans_key: str, entities_key: str) -> None:
        self.spans_key = spans_key
        self.entities_key = entities_key

    def __call__(self, doc: Doc) -> Doc:
        """`doc` with its nested layer, in the order of the text, longer spans first."""
        likely = {_key(span): score for span, score in _scored(doc, self.entities_key)}
        entities = doc.ents
        found = {(ent.start, ent.end): (ent, likely.get(_key(ent), 1.0)) for ent in entities}
        outer = [ent for ent in entities if ent.label_ in _HOLDS_PLACES]
        at = 0
        for span, score in sorted(_scored(doc, self.spans_key), key=lambda pair: pair[0].start):
            while at < len(outer) and outer[at].end <= span.start:
                at += 1
            if at == len(outer):
                break
            if span.label_ == "LOC" and outer[at].start <= span.start and span.end <= outer[at].end:
                found.setdefault((span.start, span.end), (span, score))
        nested = sorted(found.values(), key=lambda pair: (pair[0].start, -pair[0].end))
        doc.spans[self.spans_key] = [span for span, _ in nested]
        doc.spans[self.spans_key].attrs["scores"] = numpy.array([score for _, score in nested])
        return doc


def _key(span: Span) -> tuple[int, int, str]:
    return span.start, span.end, span.label_


def _scored(doc: Doc, key: str) -> list[tuple[Span, float]]:
    """The spans of a group with their scores; 1 where nobody scored them."""
    group = doc.spans.get(key, [])
    scores = numpy.ravel(getattr(group, "attrs", {}).get("scores", numpy.ones(len(group))))
    return list(zip(group, scores.tolist(), strict=True))


def make_nested_layer(
    nlp: Language, name: str, spans_key: str = "sc", entities_key: str = "likely"
) -> NestedLayer:
    """Factory.

    spans_key: the group that the span categorizer writes. entities_key: the one in which the
    entity recognizer says how likely its spans are.
    """
    return NestedLayer(spans_key, entities_key)


# The wheel and the repository hold the same factory; both may be loaded in one process.
if not Language.has_factory(FACTORY):
    Language.factory(
        FACTORY, assigns=["doc.spans"], requires=["doc.ents", "doc.spans"], func=make_nested_layer
    )
