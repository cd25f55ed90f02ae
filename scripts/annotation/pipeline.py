"""How a trained pipeline reads annotation tasks: what it proposes, and how sure it is."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

import numpy
from spacy.language import Language
from spacy.tokens import Doc

from scripts.annotation.spans import Span, problems
from scripts.annotation.tasks import Task, reading_order

Scored = list[tuple[Span, float]]


def propose(nlp: Language, tasks: Iterable[Task]) -> Iterator[tuple[Task, Scored]]:
    """Each task with the pipeline's lawful proposals, and all that it found with confidence."""
    name = f"{nlp.meta['name']} {nlp.meta['version']}"
    for doc, task in nlp.pipe(((task.text, task) for task in tasks), as_tuples=True):
        found = scored_spans(doc)
        yield replace(task, label=_lawful(task.text, found), proposed_by=name), found


def scored_spans(doc: Doc, key: str = "sc") -> Scored:
    """The spans of ``doc.spans[key]`` with their confidence.

    That is ``span._.confidence`` where the pipeline sets it, else the span categorizer's score.
    """
    group = doc.spans.get(key, [])
    scores = numpy.ravel(getattr(group, "attrs", {}).get("scores", []))
    if len(scores) != len(group):  # somebody changed the group afterwards
        scores = numpy.ones(len(group))
    found = []
    for span, score in zip(group, scores, strict=True):
        confidence = span._.confidence if span.has_extension("confidence") else None
        confidence = float(score if confidence is None else confidence)
        found.append((Span(span.start_char, span.end_char, span.label_), confidence))
    return found


def _lawful(text: str, found: Scored) -> tuple[Span, ...]:
    """The proposals that the guideline allows together, the surest first."""
    kept: list[Span] = []
    for span, _ in sorted(found, key=lambda pair: (-pair[1], pair[0])):
        if not any(problems(text, [*kept, span])):
            kept.append(span)
    return reading_order(kept)
