"""The tasks of the next round, and the gold to look at again, with a stub pipeline."""

import json

from spacy.language import Language
from typer.testing import CliRunner

from scripts import select as step
from scripts.annotation.confidence import Prediction, calibrate, suspects
from scripts.annotation.gold import GoldSpan, read_gold, write_gold
from scripts.annotation.spans import Span, problems
from scripts.annotation.tasks import gold_tasks, read_tasks, write_tasks
from scripts.learning.examples import blank_pipeline
from scripts.pages.document import to_json
from scripts.pages.page import read_page

RAW = "秦安县(ān)五营镇有236户。\n县委组织部投资120万元修路。\n全长35米，徐洼村受益。\n"
OTHER = "徽县县委在清水河修路5公里。\n麦积区有300户。\n"


@Language.component("stub_scores")
def stub_scores(doc):
    """Finds every 县 and every number; unsure of numbers."""
    spans = [doc[t.i : t.i + 1] for t in doc if t.text == "县" or t.text[0].isdigit()]
    for span in spans:
        span.label_ = "LOC" if span.text == "县" else "MEASURE"
    doc.spans["sc"] = spans
    doc.spans["sc"].attrs["scores"] = [0.9 if s.label_ == "LOC" else 0.55 for s in spans]
    return doc


def stub_pipeline():
    nlp = blank_pipeline()
    nlp.add_pipe("stub_scores")
    nlp.meta["name"], nlp.meta["version"] = "stub", "1.0"
    return nlp


def span(label, text):
    return Span(RAW.index(text), RAW.index(text) + len(text), label)


GOLD = [
    span("LOC", "秦安县"),
    span("LOC", "五营镇"),
    span("MEASURE", "236户"),
    span("ORG", "县委组织部"),
    span("MONEY", "120万元"),
    span("MEASURE", "35米"),
    span("LOC", "徐洼村"),
]


def test_next_tasks_are_the_unsure_ones_with_lawful_proposals():
    tasks, _ = gold_tasks(read_page(OTHER + RAW, "other"), [])
    chosen = step.next_tasks(stub_pipeline(), tasks, {}, 2)
    assert len(chosen) == 2
    assert all(task.proposed_by == "stub 1.0" for task in chosen)
    assert all(any(s.label == "MEASURE" for s in task.label) for task in chosen)
    for task in chosen:
        assert not list(problems(task.text, task.label))
    # Calibrated, the number is sure and the county is not.
    worth = {
        "MEASURE": calibrate([(0.55, True)] * 50),
        "LOC": calibrate([(0.9, False)] * 50 + [(0.95, True)]),
    }
    (task,) = step.next_tasks(stub_pipeline(), tasks, worth, 1)
    assert any(s.label == "LOC" for s in task.label)


def test_suspects_become_review_tasks_with_comments():
    page = read_page(RAW, "page")
    found = [Prediction(0, "page", s, 0.99) for s in GOLD]
    wrong = [s for s in GOLD if s.label != "MONEY"] + [Span(27, 30, "MONEY")]
    assert wrong[-1] != span("MONEY", "120万元")
    doubted = list(
        step.suspect_tasks({"page": page}, {"page": wrong}, suspects({"page": wrong}, found), 5)
    )
    assert len(doubted) == 1
    task, comments = doubted[0]
    assert "投资" in task.text
    assert any("模型 [120万元]MONEY" in comment for comment in comments)


def test_the_step(tmp_path, monkeypatch):
    pages = [read_page(RAW, "page"), read_page(OTHER, "other")]
    (tmp_path / "documents").mkdir()
    lines = "".join(json.dumps(to_json(page)) + "\n" for page in pages)
    (tmp_path / "documents" / "pages.jsonl").write_text(lines)
    (tmp_path / "gold").mkdir()
    gold = [GoldSpan(s.start, s.end, s.label, RAW[s.start : s.end], ("a",)) for s in GOLD[1:]]
    write_gold(tmp_path / "gold" / "page.jsonl", gold)
    assert len(read_gold(tmp_path / "gold" / "page.jsonl")) == 6
    write_tasks(tmp_path / "tasks.jsonl", [t for p in pages for t in gold_tasks(p, [])[0]])
    rows = [
        {"run": 0, "page": "page", "start": s.start, "end": s.end, "label": s.label, "score": 0.9}
        for s in GOLD
    ]
    (tmp_path / "predictions.jsonl").write_text("".join(json.dumps(r) + "\n" for r in rows))
    monkeypatch.setattr(step.spacy, "load", lambda path: stub_pipeline())
    (tmp_path / "out").mkdir()
    names = ("tasks.jsonl", "documents", "gold", "model", "out")
    app = step.typer.Typer()
    app.command()(step.main)
    arguments = [str(tmp_path / name) for name in names]
    arguments += ["--predictions", str(tmp_path / "predictions.jsonl")]
    done = CliRunner().invoke(app, arguments)
    assert done.exit_code == 0, done.output
    assert {task.page for task in read_tasks(tmp_path / "out" / "next.jsonl")} == {"other"}
    (task,) = read_tasks(tmp_path / "out" / "suspects.jsonl")
    (line,) = (tmp_path / "out" / "suspects-comments.jsonl").read_text().splitlines()
    assert "模型 [秦安县]LOC" in json.loads(line)["comments"][0]
    assert task.paragraph == 1
    (tmp_path / "predictions.jsonl").write_text("{}\n")
    done = CliRunner().invoke(app, arguments)
    assert (done.exit_code, "predictions.jsonl:1" in done.output) == (1, True)
