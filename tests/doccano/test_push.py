"""What a push sends, without a server: whose proposals, which comments, and what it refuses."""

import json
from dataclasses import replace

import pytest
from typer.testing import CliRunner

from scripts import doccano_push as step
from scripts.annotation.spans import Span
from scripts.annotation.tasks import gold_tasks, write_tasks
from scripts.learning.examples import blank_pipeline
from scripts.pages.page import read_page

TEXT = "秦安县五营镇有236户。\n县林业局投资120万元。\n"


@pytest.fixture
def tasks():
    made, _ = gold_tasks(read_page(TEXT, "page"), [Span(0, 3, "LOC")])
    return [replace(task, proposed_by="rules") for task in made]


@pytest.fixture
def model(tmp_path):
    """A folder with a pipeline that knows one word for each label that it proposes."""
    nlp = blank_pipeline()
    ruler = nlp.add_pipe("span_ruler", config={"spans_key": "sc"})
    ruler.add_patterns(
        [{"label": "LOC", "pattern": "五营镇"}, {"label": "MONEY", "pattern": "120万元"}]
    )
    nlp.meta["name"], nlp.meta["version"] = "stub", "1.0"
    nlp.to_disk(tmp_path / "model")
    return tmp_path / "model"


@pytest.fixture
def push(tmp_path, monkeypatch):
    """Runs the step on tasks; what it would send."""
    sent = {}

    def round_(folder, source, tasks, said, annotators, server):
        sent.update(tasks=tasks, said=said, annotators=annotators)
        folder.mkdir(exist_ok=True)
        write_tasks(folder / "tasks.jsonl", tasks)
        return {name: {"url": "http://doccano", "added": len(tasks)} for name in annotators}

    def push(tasks, *options, code=0):
        write_tasks(tmp_path / "tasks.jsonl", tasks)
        app = step.typer.Typer()
        app.command()(step.main)
        names = [str(tmp_path / "tasks.jsonl"), str(tmp_path / "1"), "--annotators", "anna, bo"]
        done = CliRunner().invoke(app, [*names, *map(str, options)])
        assert done.exit_code == code, done.output
        return sent if code == 0 else done.output

    monkeypatch.setattr(step, "server", lambda home: None)
    monkeypatch.setattr(step, "push_round", round_)
    return push


def labels(sent):
    return [[(s.start, s.end, s.label) for s in task.label] for task in sent["tasks"]]


def test_proposals_of_the_model(push, tasks, model):
    sent = push(tasks, "--model", model)
    assert labels(sent) == [[(3, 6, "LOC")], [(6, 11, "MONEY")]]
    assert {task.proposed_by for task in sent["tasks"]} == {"stub 1.0"}
    assert sent["annotators"] == ["anna", "bo"]


def test_proposals_of_the_rules_before_there_is_a_model(push, tasks, tmp_path):
    sent = push(tasks, "--model", tmp_path / "no-model")
    assert sent["tasks"] == tasks


def test_only_proposals_of_rules_are_replaced(push, tasks, model):
    mixed = [replace(tasks[0], proposed_by="gold"), tasks[1]]
    sent = push(mixed, "--model", model)
    assert labels(sent) == [[(0, 3, "LOC")], [(6, 11, "MONEY")]]


def test_a_pushed_round_keeps_its_proposals(push, tasks, model):
    first = push(tasks)["tasks"]
    assert push(tasks, "--model", model)["tasks"] == first == tasks
    # Other tasks are not the pushed round: the server will say so.
    assert push(tasks[:1], "--model", model)["tasks"] != first
    changed = [replace(task, proposed_by="gold") for task in tasks]
    assert {task.proposed_by for task in push(changed)["tasks"]} == {"gold"}


def test_comments_beside_the_tasks(push, tasks, tmp_path):
    path = tmp_path / "tasks-comments.jsonl"
    where = {"document": tasks[1].document, "paragraph": 2}
    path.write_text(json.dumps(where | {"comments": ["可疑"]}) + "\n")
    assert push(tasks)["said"] == {(tasks[1].document, 2): ["可疑"]}
    path.write_text(json.dumps(where | {"paragraph": 9, "comments": ["可疑"]}) + "\n")
    assert "tasks-comments.jsonl:1: no such task" in push(tasks, code=1)
    path.write_text("{}\n")
    assert "tasks-comments.jsonl:1: KeyError" in push(tasks, code=1)


@pytest.mark.parametrize("names", ["", "anna,anna", "../anna", "an na"])
def test_annotators_that_are_no_names(push, tasks, names):
    assert "annotator" in push(tasks, "--annotators", names, code=1)
