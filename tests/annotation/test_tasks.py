"""Task files, and the way of a span from the page to its task and back."""

import hashlib
import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from scripts.annotation.gold import GoldSpan, write_gold
from scripts.annotation.marks import parse
from scripts.annotation.spans import LABELS, Span, problems
from scripts.annotation.tasks import (
    TaskError,
    from_row,
    gold_tasks,
    page_tasks,
    paragraphs,
    read_tasks,
    to_raw,
    to_row,
    to_view,
    write_tasks,
)
from scripts.pages.page import read_page
from scripts.tasks import app

RAW = "秦安縣五營鎮(zhèn)徐洼村, 貧困發(fā)生率為35．21％，有236戶。"
PIECES = st.one_of(
    st.text(max_size=4),
    st.sampled_from(
        [
            *"貧困縣市𠮷😀é\n\r\t 　\u00ad\u200b\u2028\ufeff?,:()％．５",
            "發(fā)展",
            "華?市",
            "投资120万元建成一座长35米的便民桥，解决了群众出行难、发展难\n的问题。",
            "(責編:高巍)",
            "<p>",
            "</p>",
            "&amp;",
            "&#36139;",
            "🇨🇳",
        ]
    ),
)


def tasks_of(raw, *spans):
    """The page and its tasks with raw spans mapped to the view."""
    page = read_page(raw, "page")
    return page, gold_tasks(page, spans)[0]


@given(st.lists(PIECES, max_size=20).map("".join), st.data())
def test_round_trip(raw, data):
    """View → raw → view gives the same span, and the raw span holds its text."""
    page = read_page(raw, "page")
    shown = list(paragraphs(page))
    if not shown:
        return
    _, _, paragraph = data.draw(st.sampled_from(shown))
    start = data.draw(st.integers(0, len(paragraph.text) - 1))
    end = data.draw(st.integers(start + 1, len(paragraph.text)))
    raw_start, raw_end = paragraph.to_raw(start, end)
    assert to_view(paragraph, raw_start, raw_end) == (start, end)
    for _, _, other in shown:
        if other is not paragraph and raw_end - raw_start == 1:
            assert to_view(other, raw_start, raw_end) is None


@given(st.lists(PIECES, max_size=20).map("".join), st.data())
def test_any_raw_span_comes_back_whole_or_is_refused(raw, data):
    """Raw → view → raw gives the same span, None or an error: never another span."""
    start = data.draw(st.integers(0, max(len(raw) - 1, 0)))
    end = data.draw(st.integers(start, len(raw)))
    for _, _, paragraph in paragraphs(read_page(raw, "page")):
        try:
            view = to_view(paragraph, start, end)
        except TaskError:
            continue
        assert view is None or paragraph.to_raw(*view) == (start, end)


@given(st.lists(PIECES, max_size=20).map("".join))
def test_tasks_of_any_page_survive_their_file(tmp_path_factory, raw):
    page = read_page(raw, "page")
    tasks = page_tasks(page, "rules", [[] for _ in paragraphs(page)])
    path = tmp_path_factory.getbasetemp() / "any.jsonl"
    write_tasks(path, tasks)
    assert path.read_bytes().isascii()
    assert read_tasks(path) == tasks
    assert [raw[task.start : task.end] != "" for task in tasks] == [True] * len(tasks)


def test_a_span_leads_back_to_the_page():
    texts = ["秦安縣", "五營鎮", "徐洼村", "35．21％", "236戶"]
    labels = ["LOC", "LOC", "LOC", "POVERTY_RATE", "MEASURE"]
    starts = [RAW.index(text) for text in texts]
    gold = [
        Span(start, start + len(text), label)
        for start, text, label in zip(starts, texts, labels, strict=True)
    ]
    page, (task,) = tasks_of(RAW, *gold)
    views = [task.text[span.start : span.end] for span in task.label]
    assert views == ["秦安縣", "五營鎮", "徐洼村", "35.21%", "236戶"]
    assert to_raw(task, page) == gold
    assert [RAW[span.start : span.end] for span in to_raw(task, page)] == texts


def test_a_gloss_inside_stays_inside():
    raw = "幫扶五營鎮(zhèn)徐洼村。"
    page, (task,) = tasks_of(raw, Span(2, 14, "LOC"))
    assert [task.text[span.start : span.end] for span in task.label] == ["五營鎮徐洼村"]
    assert [raw[span.start : span.end] for span in to_raw(task, page)] == ["五營鎮(zhèn)徐洼村"]


def test_nested_spans_and_astral_characters():
    raw = "😀𠮷林省秦安县林业局有236户。"
    org, loc = Span(1, 11, "ORG"), Span(4, 7, "LOC")
    page, (task,) = tasks_of(raw, loc, org)
    assert task.label == (org, loc)
    assert to_raw(task, page) == [org, loc]


def test_a_span_that_ends_on_a_gloss_is_refused():
    start, end = RAW.index("五營鎮"), RAW.index("徐洼村")
    with pytest.raises(
        TaskError, match=r"shows only \[3:6\].*'五營鎮'; let the span begin and end"
    ):
        tasks_of(RAW, Span(start, end, "LOC"))


def test_gold_outside_the_paragraphs_is_told():
    page = read_page("徐洼村。\n(責編:高巍)", "page")
    tasks, left_out = gold_tasks(page, [Span(0, 3, "LOC"), Span(9, 11, "ORG")])
    assert [len(task.label) for task in tasks] == [1]
    assert left_out == [Span(9, 11, "ORG")]


def test_another_page_is_refused():
    _, (task,) = tasks_of(RAW, Span(0, 3, "LOC"))
    changed = read_page(RAW.replace("有", "共有"), "page")
    with pytest.raises(TaskError, match="no such paragraph with this text; ingest it"):
        to_raw(task, changed)
    with pytest.raises(TaskError, match="restore that file"):
        to_raw(task, read_page(RAW, "other"))


def good_row():
    return to_row(tasks_of(RAW, Span(0, 3, "LOC"))[1][0])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"label": [[0, 3, "PER"]]}, "unknown label"),
        ({"label": [[0, 300, "LOC"]]}, "outside the text"),
        ({"label": [[3, 0, "LOC"]]}, "outside the text"),
        ({"label": [[3, 3, "LOC"]]}, "empty"),
        ({"label": [[0, 3, "LOC"], [0, 3, "LOC"]]}, "twice"),
        ({"label": [[0, 3, "LOC"], [2, 5, "LOC"]]}, "crosses"),
        ({"label": [[0, 3, "LOC"], [0, 3, "ORG"]]}, "the same characters"),
        ({"label": [[0, 6, "MEASURE"], [0, 3, "LOC"]]}, "only a LOC nests"),
        ({"label": [[6, 10, "LOC"]]}, "ends with punctuation"),
        ({"label": [[0.0, 3, "LOC"]]}, "a span is"),
        ({"label": [[False, 3, "LOC"]]}, "a span is"),
        ({"label": {"start": 0}}, "label is .* must be list"),
        ({"text": " "}, "empty; leave the row out"),
        ({"paragraph": "1"}, "paragraph is '1'; it must be int"),
        ({"paragraph": True}, "paragraph is True"),
        ({"paragraph": 0}, "count from 1"),
        ({"start": 9, "end": 9}, "not empty"),
        ({"speaker": None}, "speaker is None; it must be str"),
        ({"id": 7}, "unknown: id"),
    ],
)
def test_a_bad_row_names_file_and_line(tmp_path, change, message):
    path = tmp_path / "tasks.jsonl"
    rows = [good_row(), good_row() | {"paragraph": 2} | change]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    with pytest.raises(TaskError, match=message) as caught:
        read_tasks(path)
    assert str(caught.value).startswith(f"{path}:2: ")


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{", ":2: not JSON"),
        ("", ":2: not JSON"),
        ("[]", ":2: not a JSON object"),
        ('{"text": "村"}', ":2: keys missing: label, page"),
        (json.dumps(good_row()), ":2: the same paragraph as line 1"),
    ],
)
def test_a_bad_line(tmp_path, line, message):
    path = tmp_path / "tasks.jsonl"
    path.write_text(json.dumps(good_row()) + f"\n{line}\n", encoding="utf-8")
    with pytest.raises(TaskError) as caught:
        read_tasks(path)
    assert message in str(caught.value)


def test_rows_are_flat_and_have_the_same_keys():
    row = good_row()
    assert list(row) == [
        "text", "label", "page", "document", "paragraph", "start", "end", "kind", "speaker",
        "script", "proposed_by", "sha256",
    ]  # fmt: skip
    assert {type(value) for key, value in row.items() if key != "label"} == {str, int}
    assert not {"id", "filename", "Comments", "entities"} & row.keys()
    assert from_row(row) == tasks_of(RAW, Span(0, 3, "LOC"))[1][0]


@pytest.fixture(scope="module")
def documents(tmp_path_factory):
    """What scripts.ingest writes for one page, and a folder with its gold."""
    from scripts.ingest import ingest  # noqa: PLC0415

    folder = tmp_path_factory.mktemp("step")
    (folder / "seeds").mkdir()
    (folder / "seeds" / "a.txt").write_text(RAW, encoding="utf-8")
    ingest(folder / "seeds", folder / "documents")
    (folder / "gold").mkdir()
    write_gold(folder / "gold" / "a.jsonl", [GoldSpan(0, 3, "LOC", "秦安縣", ("a",))])
    return folder


def run(*arguments):
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def test_step(documents, tmp_path):
    result = run(documents / "documents", tmp_path, "--gold", documents / "gold")
    assert result.exit_code == 0, result.output
    (proposed,) = read_tasks(tmp_path / "tasks.jsonl")
    (gold,) = read_tasks(tmp_path / "gold.jsonl")
    assert (proposed.proposed_by, gold.proposed_by) == ("rules", "gold")
    assert (proposed.page, proposed.document, proposed.paragraph) == ("a", "a-1", 1)
    assert proposed.sha256 == hashlib.sha256(RAW.encode()).hexdigest()
    assert gold.label == (Span(0, 3, "LOC"),)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["gold.jsonl", "tasks.jsonl"]
    before = (tmp_path / "tasks.jsonl").read_bytes()
    assert run(documents / "documents", tmp_path).exit_code == 0
    assert (tmp_path / "tasks.jsonl").read_bytes() == before


def test_the_step_names_what_is_wrong(documents, tmp_path):
    result = run(tmp_path, tmp_path / "out")
    assert result.exit_code == 1
    assert "pages.jsonl: missing; make it with: python -m scripts.ingest" in result.output
    (tmp_path / "pages.jsonl").write_text("{}\n", encoding="utf-8")
    result = run(tmp_path, tmp_path / "out")
    assert "not what scripts.ingest writes" in result.output
    write_gold(tmp_path / "b.jsonl", [])
    result = run(documents / "documents", tmp_path / "out", "--gold", tmp_path)
    assert "no page b in the documents" in result.output
    assert not (tmp_path / "out").exists()


def test_examples_of_the_guideline_keep_the_laws():
    guideline = Path("corpus/guideline.md").read_text(encoding="utf-8")
    examples = [parse(text) for text in re.findall(r"`([^`]*][A-Z_]+[^`]*)`", guideline)]
    assert len(examples) > 200
    assert [problem for text, spans in examples for problem in problems(text, spans)] == []
    assert {span.label for _, spans in examples for span in spans} == set(LABELS)
    headings = re.findall(r"^##+ (.*)", guideline, re.MULTILINE)
    assert all(re.match(r"\d(\.\d)? ", heading) for heading in headings)


def test_label_configuration():
    labels = json.loads(Path("configs/labels.json").read_text(encoding="utf-8"))
    assert tuple(label["text"] for label in labels) == LABELS
    for key in ("suffix_key", "background_color", "name_zh", "name_en"):
        assert len({label[key] for label in labels}) == len(LABELS)
    for label in labels:
        light, dark = sorted(
            (_luminance(label["background_color"]), _luminance(label["text_color"])), reverse=True
        )
        assert (light + 0.05) / (dark + 0.05) >= 4.5, label["text"]  # WCAG AA


def _luminance(colour):
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))
