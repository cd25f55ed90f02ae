"""From two annotators' confirmed tasks to gold, without a server."""

import json
from dataclasses import replace

import pytest
from typer.testing import CliRunner

from scripts import adjudicate as step
from scripts.annotation.adjudication import adjudicate, merged
from scripts.annotation.gold import GoldSpan, read_gold, write_gold
from scripts.annotation.spans import Span
from scripts.annotation.tasks import Task, gold_tasks, read_tasks, to_raw, write_tasks
from scripts.doccano.exchange import Comment, Confirmed, read_confirmed, write_confirmed
from scripts.pages.document import to_json
from scripts.pages.page import read_page

RAW = "秦安县五营镇徐洼村有236户。\n县委组织部投资120万元修路，全长35米。\n"
ORG, OTHER = Span(16, 21, "ORG"), Span(16, 18, "ORG")
GOLD = [Span(0, 3, "LOC"), Span(3, 6, "LOC"), Span(6, 9, "LOC"), Span(10, 14, "MEASURE"), ORG]


@pytest.fixture
def page():
    return read_page(RAW, "page")


def confirmed(page, spans, name, comments=()):
    tasks, left_out = gold_tasks(page, spans)
    assert not left_out
    return [
        Confirmed(t, tuple(to_raw(t, page)), name, name, "2026-11-22", 1, n, tuple(comments))
        for n, t in enumerate(tasks)
    ]


def test_what_all_confirmed_alike_is_gold(page):
    tasks, _ = gold_tasks(page, [])
    versions = {name: confirmed(page, GOLD, name) for name in ("anna", "bo")}
    outcome = adjudicate(tasks, versions, [], {"page": RAW})
    assert (outcome.review, outcome.waiting) == ([], [])
    assert [span.span for span in outcome.gold["page"]] == GOLD
    assert {span.passes for span in outcome.gold["page"]} == {("anna", "bo")}
    assert {span.settled for span in outcome.gold["page"]} == {None}


def test_disagreements_go_to_review_and_come_back_as_gold(page):
    tasks, _ = gold_tasks(page, [])
    versions = {
        "anna": confirmed(page, GOLD, "anna"),
        "bo": confirmed(page, [*GOLD[:4], OTHER], "bo", [Comment("见 3.2", "bo", "2026")]),
    }
    outcome = adjudicate(tasks, versions, [], {"page": RAW})
    ((task, comments),) = outcome.review
    assert (task.label, task.proposed_by) == ((), "agreed: anna, bo")
    assert comments == ["anna：[县委组织部]ORG", "bo：[县委]ORG", "bo 的评论：见 3.2"]
    assert [span.span for span in outcome.gold["page"]] == GOLD[:4]
    judged = confirmed(page, GOLD, "judge", [Comment("全称", "judge", "2026")])[1:]
    outcome = adjudicate(tasks, versions, judged, {"page": RAW})
    assert not outcome.review
    last = outcome.gold["page"][-1]
    assert (last.span, last.passes, last.settled) == (ORG, ("anna",), "review by judge: 全称")


def test_unconfirmed_tasks_wait(page):
    tasks, _ = gold_tasks(page, [])
    versions = {"anna": confirmed(page, GOLD, "anna"), "bo": confirmed(page, GOLD, "bo")[:1]}
    outcome = adjudicate(tasks, versions, [], {"page": RAW})
    assert [(task.paragraph, names) for task, names in outcome.waiting] == [(2, ["bo"])]


def test_what_breaks_the_guideline_goes_to_review(page):
    tasks, _ = gold_tasks(page, [])
    crossing = [*GOLD[:4], Span(16, 18, "ORG"), Span(17, 21, "ORG")]
    versions = {name: confirmed(page, crossing, name) for name in ("anna", "bo")}
    outcome = adjudicate(tasks, versions, [], {"page": RAW})
    assert [task.label for task, _ in outcome.review] == [(Span(0, 2, "ORG"),)]


def test_gold_elsewhere_is_kept():
    kept, replaced = GoldSpan(0, 2, "ORG", "县委", ("a",)), GoldSpan(5, 7, "LOC", "秦安", ("a",))
    new = GoldSpan(5, 8, "LOC", "秦安县", ("anna",))
    assert merged([kept, replaced], [new], [(4, 10)]) == [kept, new]


@pytest.fixture
def project(tmp_path, page, monkeypatch):
    """A pulled round of anna and bo, and a judge without a server."""
    page = replace(page, file="page.txt")
    (tmp_path / "seeds").mkdir()
    (tmp_path / "seeds" / page.file).write_text(RAW, encoding="utf-8")
    (tmp_path / "documents").mkdir()
    line = json.dumps(to_json(page), ensure_ascii=False)
    (tmp_path / "documents" / "pages.jsonl").write_text(line + "\n", encoding="utf-8")
    folder = tmp_path / "1"
    tasks, _ = gold_tasks(page, [])
    versions = {
        "anna": confirmed(page, GOLD, "anna"),
        "bo": confirmed(page, [*GOLD[:4], OTHER], "bo"),
    }
    write_confirmed(folder / "confirmed", versions)
    write_tasks(folder / "tasks.jsonl", tasks)
    pushed = []

    def push(folder, source, tasks, said, annotators, server):
        pushed.append((folder.name, tasks, said, annotators))
        folder.mkdir(exist_ok=True)
        write_tasks(folder / "tasks.jsonl", tasks)
        return {name: {"url": "http://doccano"} for name in annotators}

    def pull(folder, annotators, pages, server):
        there = {task.paragraph for task in read_tasks(folder / "tasks.jsonl")}
        rows = [row for row in project.judged if row.task.paragraph in there]
        return {name: (rows, []) for name in annotators}

    def project(*options, code=0):
        app = step.typer.Typer()
        app.command()(step.main)
        folders = [str(folder), *(str(tmp_path / name) for name in ("seeds", "documents", "gold"))]
        done = CliRunner().invoke(app, [*folders, *options])
        assert done.exit_code == code, done.output
        return done.output

    monkeypatch.setattr(step, "server", lambda home: None)
    monkeypatch.setattr(step, "push_round", push)
    monkeypatch.setattr(step, "pull_round", pull)
    project.judged, project.pushed, project.gold = [], pushed, tmp_path / "gold" / "page.jsonl"
    project.folder, project.page = folder, page
    return project


def test_disagreements_go_to_a_judge_and_become_gold(project):
    out = project()
    assert "judge: http://doccano: 1 tasks to decide" in out
    assert "page: 1 paragraphs are open" in out
    assert not project.gold.exists()
    ((name, (task,), said, annotators),) = project.pushed
    assert (name, task.paragraph, annotators) == ("1-review-1", 2, ["judge"])
    assert said[task.document, 2] == ["anna：[县委组织部]ORG", "bo：[县委]ORG"]
    # Before the judge confirmed it, nothing changes, and nothing is sent twice.
    assert "0 disagreements are decided, 1 are not" in project()
    assert len(project.pushed) == 1
    project.judged = confirmed(project.page, GOLD, "judge")[1:]
    assert "settled" in project()
    assert [span.span for span in read_gold(project.gold)] == GOLD
    # Again, over the gold that is there now: the same.
    before = project.gold.read_bytes()
    project()
    assert project.gold.read_bytes() == before
    assert len(project.pushed) == 1


def test_later_disagreements_are_a_second_review(project):
    project()
    late = confirmed(project.page, [*GOLD[1:4], OTHER], "bo")
    versions = {"anna": confirmed(project.page, GOLD, "anna"), "bo": late}
    write_confirmed(project.folder / "confirmed", versions)
    project.judged = confirmed(project.page, GOLD, "judge")[1:]
    project("--judge", "cai")
    assert [(name, len(tasks), names) for name, tasks, _, names in project.pushed] == [
        ("1-review-1", 1, ["judge"]),
        ("1-review-2", 1, ["cai"]),
    ]
    project.judged = confirmed(project.page, GOLD, "judge")
    assert "settled" in project()
    assert [span.span for span in read_gold(project.gold)] == GOLD


def test_a_round_that_was_not_pulled(project):
    for path in (project.folder / "confirmed").iterdir():
        path.unlink()
    assert "nothing was pulled" in project(code=1)


def test_a_round_of_suspects_corrects_the_gold(project):
    """One annotator decides; who had a span before stays known."""
    old = [GoldSpan(s.start, s.end, s.label, RAW[s.start : s.end], ("a", "b")) for s in GOLD[1:]]
    project.gold.parent.mkdir()
    write_gold(project.gold, [*old, GoldSpan(24, 28, "MONEY", "120万", ("a",), "as written")])
    (project.folder / "confirmed" / "bo.jsonl").unlink()
    assert "settled" in project()
    found = {row.span: row for row in read_gold(project.gold)}
    assert sorted(found) == sorted(GOLD)
    assert found[GOLD[0]].passes == ("anna",)
    assert found[GOLD[1]].passes == ("a", "b", "anna")
    assert not project.pushed


def test_pulled_files_survive(tmp_path, page):
    rows = confirmed(page, GOLD, "anna", [Comment("见 3.4 😀", "anna", "2026")])
    # Not lawful, but exactly what was drawn.
    task = Task(**vars(rows[0].task) | {"label": (Span(0, 2, "LOC"), Span(1, 3, "ORG"))})
    rows[0] = Confirmed(
        task, tuple(to_raw(task, page)), *list(vars(rows[0]).values())[2:-1], ("x",)
    )
    write_confirmed(tmp_path, {"a": rows})
    assert read_confirmed(tmp_path / "a.jsonl") == rows
    with (tmp_path / "a.jsonl").open("a") as file:
        file.write("{}\n")
    with pytest.raises(ValueError, match=r"a\.jsonl:3: not what scripts\.doccano_pull writes"):
        read_confirmed(tmp_path / "a.jsonl")
