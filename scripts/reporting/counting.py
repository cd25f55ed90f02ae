"""What the report counts from out-of-fold predictions: kinds of errors, seen and unseen names."""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from statistics import linear_regression, mean
from typing import Any

from spacy.tokens import Doc

from scripts.annotation.agreement import Disagreement, disagreements
from scripts.annotation.confidence import Prediction
from scripts.annotation.sentences import Sentence
from scripts.annotation.spans import LABELS, Span
from scripts.components.tokenizer import ARTEFACT, BREAK
from scripts.learning.examples import blank_pipeline
from scripts.learning.pages import MeasuredPage
from scripts.learning.scores import Counts, spread
from scripts.pages.document import Page

KINDS = ("missed", "spurious", "boundary", "type", "both")
# Spans of each run by page, the nested layer.
Predictions = dict[int, dict[str, list[Span]]]


def by_run(predictions: Iterable[Prediction]) -> Predictions:
    """What the step `evaluate` found on pages that it had not seen, by run and page."""
    found: Predictions = defaultdict(lambda: defaultdict(list))
    for one in predictions:
        found[one.run][one.page].append(one.span)
    return found


def kind_of(wrong: Disagreement) -> str:
    """The kind of error of a prediction (side b) against the gold (side a)."""
    if wrong.kind != "missing":
        return wrong.kind
    return "spurious" if wrong.a is None else "missed"


def kinds(pages: list[MeasuredPage], found: Predictions) -> dict[str, dict[str, float]]:
    """Errors of each kind by label of the gold (of the prediction where it is spurious), a run."""
    counted: dict[str, Counter[str]] = {label: Counter() for label in LABELS}
    for by_page in found.values():
        for page in pages:
            for wrong in disagreements(page.gold, by_page.get(page.id, [])):
                counted[wrong.label][kind_of(wrong)] += 1
    return {
        label: {kind: counts[kind] / len(found) for kind in KINDS}
        for label, counts in counted.items()
    }


def seen_and_unseen(
    pages: list[MeasuredPage], sentences: Iterable[Sentence], found: Predictions
) -> dict[str, Any]:
    """Scores of the spans whose string the training side of their fold has marked, and of others.

    Strings are compared as the model reads them: Simplified, without artefacts, digits as a shape.
    """
    nlp = blank_pipeline()

    def read(doc: Doc) -> str:
        return "".join(t.norm_ for t in doc if t.norm_ not in (ARTEFACT, BREAK))

    def strings(text: str, spans: Iterable[Span]) -> dict[Span, str]:
        return {span: read(nlp.make_doc(text[span.start : span.end])) for span in spans}

    written = {s for row in sentences for s in strings(row.text, row.spans).values()}
    of_page = {page.id: strings(page.raw, page.gold) for page in pages}
    runs: dict[str, list[Any]] = {"seen": [], "unseen": []}
    for by_page in found.values():
        counts = {"seen": Counts(), "unseen": Counts()}
        for page in pages:
            others = [of_page[other.id].values() for other in pages if other is not page]
            known = written.union(*others)
            predicted = strings(page.raw, by_page.get(page.id, []))
            for name, group in counts.items():
                wanted = name == "seen"
                group.add(
                    [span for span, s in of_page[page.id].items() if (s in known) == wanted],
                    [span for span, s in predicted.items() if (s in known) == wanted],
                )
        for name, group in counts.items():
            runs[name].append(group.scores())
    return {name: spread(scores) for name, scores in runs.items()}


def forecast(shares: list[dict[str, Any]], share: float) -> dict[str, float] | None:
    """What `share` percent of the data is likely to bring, in F1 of the flat layer.

    The errors that are left fall with a power of the amount of data in each run (Hestness 2017);
    low and high are the runs' extremes. None where there are too few points to tell.
    """
    measured = [row for row in shares if all(f < 100 for f in row["runs"]["flat"])]
    if len(measured) < 3:
        return None
    found = []
    for run in range(len(measured[0]["runs"]["flat"])):
        x = [math.log(row["share"]) for row in measured]
        y = [math.log(100 - row["runs"]["flat"][run]) for row in measured]
        slope, intercept = linear_regression(x, y)
        found.append(100 - math.exp(intercept + slope * math.log(share)))
    return {"share": share, "mean": mean(found), "low": min(found), "high": max(found)}


@dataclass(frozen=True)
class Card:
    """A sentence in which some runs went wrong in the same way.

    start, end: the sentence in the raw page. gold, predicted: its spans. runs: which runs
    predicted this, of how many. wrong: the errors, of which `labels` and `kinds` tell.
    """

    page: MeasuredPage
    start: int
    end: int
    gold: list[Span]
    predicted: list[Span]
    runs: list[int]
    wrong: list[Disagreement]

    @property
    def labels(self) -> list[str]:
        """Labels that take part in an error, on either side."""
        found = {span.label for w in self.wrong for span in (w.a, w.b) if span}
        return [label for label in LABELS if label in found]

    @property
    def kinds(self) -> list[str]:
        """Kinds of its errors."""
        found = {kind_of(wrong) for wrong in self.wrong}
        return [kind for kind in KINDS if kind in found]

    def text(self, span: Span) -> str:
        """The characters of a span."""
        return self.page.raw[span.start : span.end]


def cards(pages: list[MeasuredPage], documents: Iterable[Page], found: Predictions) -> list[Card]:
    """The sentences with errors, page by page; what several runs say alike stands once."""
    by_id = {page.id: page for page in pages}
    cards = []
    for document_page in documents:
        page = by_id.get(document_page.id)
        if page is None:
            continue
        for start, end in sorted(_sentences(document_page)):
            gold = [span for span in page.gold if start <= span.start < end]
            alike: dict[tuple[Span, ...], list[int]] = {}
            for run, by_page in sorted(found.items()):
                inside = [s for s in by_page.get(page.id, []) if start <= s.start < end]
                alike.setdefault(tuple(sorted(inside)), []).append(run)
            for predicted, runs in alike.items():
                if wrong := disagreements(gold, predicted):
                    last = max([end, *(span.end for span in (*gold, *predicted))])
                    cards.append(Card(page, start, last, gold, list(predicted), runs, wrong))
    return cards


def _sentences(page: Page) -> Iterable[tuple[int, int]]:
    """Raw ranges of the sentences of a page."""
    for document in page.documents:
        for paragraph in document.paragraphs:
            for start, end in paragraph.sentences:
                yield paragraph.to_raw(start, end)
