"""From two annotators' confirmed tasks to gold, without a server."""

import json
from dataclasses import replace

import pytest
from typer.testing import CliRunner

from scripts import adjudicate as step
from scripts.annotation.adjudication import adjudicate, merged
from scripts.annotation.gold import GoldSpan, read_gold
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


def test_the_step(tmp_path, page):
    page = replace(page, file="page.txt")
    (tmp_path / "seeds").mkdir()
    (tmp_path / "seeds" / page.file).write_text(RAW, encoding="utf-8")
    (tmp_path / "documents").mkdir()
    line = json.dumps(to_json(page), ensure_ascii=False)
    (tmp_path / "documents" / "pages.jsonl").write_text(line + "\n", encoding="utf-8")
    folder = tmp_path / "1"
    folder.mkdir()
    tasks, _ = gold_tasks(page, [])
    write_tasks(folder / "tasks.jsonl", tasks)
    write_confirmed(folder / "anna.jsonl", confirmed(page, GOLD, "anna"))
    write_confirmed(folder / "bo.jsonl", confirmed(page, [*GOLD[:4], OTHER], "bo"))
    folders = [str(folder), *(str(tmp_path / name) for name in ("seeds", "documents", "gold"))]

    def run(*options):
        app = step.typer.Typer()
        app.command()(step.main)
        done = CliRunner().invoke(app, [*folders, "--annotators", "anna,bo", *options])
        assert done.exit_code == 0, done.output
        return done.output

    out = run()
    assert "1 tasks to decide" in out
    assert "page: 1 paragraphs are open" in out
    assert not (tmp_path / "gold").exists()
    html = (folder / "agreement-anna-bo.html").read_text(encoding="utf-8")
    assert "共 1 处不一致" in html
    assert "县委组织部</mark><small>ORG" in html
    assert (
        json.loads((folder / "agreement.json").read_text())["anna and bo"]["ORG"]["boundary"] == 1
    )
    (line,) = (folder / "review-comments.jsonl").read_text(encoding="utf-8").splitlines()
    assert json.loads(line)["comments"][0] == "anna：[县委组织部]ORG"
    assert len(read_tasks(folder / "review.jsonl")) == 1
    judged = tmp_path / "judge.jsonl"
    write_confirmed(judged, confirmed(page, GOLD, "judge")[1:])
    assert "settled" in run("--review", str(judged))
    written = read_gold(tmp_path / "gold" / "page.jsonl")
    assert [span.span for span in written] == GOLD
    # Again, over the gold that is there now: the same.
    before = (tmp_path / "gold" / "page.jsonl").read_bytes()
    run("--review", str(judged))
    assert (tmp_path / "gold" / "page.jsonl").read_bytes() == before


def test_pulled_files_survive(tmp_path, page):
    rows = confirmed(page, GOLD, "anna", [Comment("见 3.4 😀", "anna", "2026")])
    # Not lawful, but exactly what was drawn.
    task = Task(**vars(rows[0].task) | {"label": (Span(0, 2, "LOC"), Span(1, 3, "ORG"))})
    rows[0] = Confirmed(
        task, tuple(to_raw(task, page)), *list(vars(rows[0]).values())[2:-1], ("x",)
    )
    write_confirmed(tmp_path / "a.jsonl", rows)
    assert read_confirmed(tmp_path / "a.jsonl") == rows
    with (tmp_path / "a.jsonl").open("a") as file:
        file.write("{}\n")
    with pytest.raises(ValueError, match=r"a\.jsonl:3: not what scripts\.doccano_pull writes"):
        read_confirmed(tmp_path / "a.jsonl")
