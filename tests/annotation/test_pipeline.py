"""What a pipeline proposes for tasks."""

import spacy
from spacy.tokens import Span as SpacySpan

from scripts.annotation.pipeline import propose, scored_spans
from scripts.annotation.spans import Span
from scripts.annotation.tasks import gold_tasks
from scripts.learning.examples import blank_pipeline
from scripts.pages.page import read_page

if not SpacySpan.has_extension("confidence"):
    SpacySpan.set_extension("confidence", default=None)


def test_scores_of_a_doc():
    nlp = blank_pipeline()
    doc = nlp("秦安县有236户")
    doc.spans["sc"] = [doc.char_span(0, 3, "LOC"), doc.char_span(4, 8, "MEASURE")]
    doc.spans["sc"].attrs["scores"] = [0.75, 0.5]
    assert scored_spans(doc) == [(Span(0, 3, "LOC"), 0.75), (Span(4, 8, "MEASURE"), 0.5)]
    doc.spans["sc"][0]._.confidence = 0.25
    assert scored_spans(doc) == [(Span(0, 3, "LOC"), 0.25), (Span(4, 8, "MEASURE"), 0.5)]
    doc.spans["sc"].append(doc.char_span(0, 2, "LOC"))  # the scores don't fit any more
    assert [score for _, score in scored_spans(doc)] == [0.25, 1, 1]
    assert scored_spans(nlp("无")) == []


@spacy.Language.component("stub_crossing")
def stub_crossing(doc):
    """Proposes what crosses: the guideline allows only one of them."""
    doc.spans["sc"] = [doc.char_span(0, 6, "ORG"), doc.char_span(3, 8, "LOC")]
    doc.spans["sc"].attrs["scores"] = [0.6, 0.9]
    return doc


def test_proposals_keep_the_guideline():
    nlp = blank_pipeline()
    nlp.add_pipe("stub_crossing")
    nlp.meta["name"], nlp.meta["version"] = "stub", "1.0"
    tasks, _ = gold_tasks(read_page("秦安县林业局修路五公里。\n", "page"), [])
    ((task, found),) = propose(nlp, tasks)
    assert (task.label, task.proposed_by) == ((Span(3, 8, "LOC"),), "stub 1.0")
    assert len(found) == 2
    assert task.text == tasks[0].text
