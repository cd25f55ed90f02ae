"""Rows for doccano and back: offsets, refusals, every export shape, comparison."""

import io
import json
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scripts.annotation.spans import LABELS, Span
from scripts.doccano.rows import (
    RESERVED,
    Row,
    RowError,
    comments,
    differences,
    digest,
    from_server,
    read_export,
    read_labels,
    to_server,
    units,
    without_spans,
)
from scripts.doccano.settings import ROOT

KINDS = read_labels(ROOT / "configs" / "labels.json")
META = {"document": "d-1", "paragraph": 1, "page": "d"}
TEXTS = st.text(
    st.one_of(
        st.sampled_from('秦安縣𠮷😀\r\n\u2028\u2029\u0085 　e\u0301\u200d👨‍👩‍👧🇨🇳\ufeff\t\x1f"\\'),
        st.characters(exclude_categories=("Cs",), exclude_characters="\0"),
    ),
    min_size=1,
    max_size=40,
)


@st.composite
def rows(draw, paragraph=1):
    text = draw(TEXTS)
    spans = draw(
        st.lists(
            st.builds(
                lambda a, b, label: Span(min(a, b), max(a, b) + 1, label),
                st.integers(0, len(text) - 1),
                st.integers(0, len(text) - 1),
                st.sampled_from(LABELS),
            ),
            max_size=6,
        )
    )
    spans.sort(key=lambda s: (s.start, -s.end, s.label))
    return Row(text, tuple(spans), META | {"paragraph": paragraph})


def exported(row, number=7):
    """The row as doccano gives it out again."""
    return {"id": number, **json.loads(json.dumps(row)), "Comments": []}


@given(rows())
def test_there_and_back(row):
    assert from_server(exported(to_server(row, KINDS)), KINDS) == row


@given(rows())
def test_offsets_are_those_of_utf_16(row):
    """Every span, cut out of the UTF-16 text, is its text: what the page of doccano does."""
    wide = row.text.encode("utf-16-le")
    sent = to_server(row, KINDS)
    for (start, end, _), span in zip(sent["label"], row.spans, strict=True):
        assert wide[2 * start : 2 * end].decode("utf-16-le") == row.text[span.start : span.end]


def test_units():
    assert units("") == [0]
    assert units("a𠮷😀b") == [0, 1, 3, 5, 6]


def test_labels_are_shown_with_their_chinese_name():
    row = Row("秦安縣", (Span(0, 3, "LOC"),), META)
    assert to_server(row, KINDS)["label"] == [[0, 3, "LOC 地点"]]
    assert list(KINDS.meant) == ["ORG 机构", "LOC 地点", "MONEY 金额", "贫困发生率", "MEASURE 数量"]
    assert [kind["suffix_key"] for kind in KINDS.server_types()] == list("12345")
    assert all(set(kind) >= {"text", "background_color"} for kind in KINDS.server_types())


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (Row("", (), META), "d-1, paragraph 1: the text is empty"),
        (Row("a\0b", (), META), "NUL"),
        (Row("a\ud83d", (), META), "half a surrogate"),
        (Row("ab", (Span(0, 3, "LOC"),), META), "outside the text, which has 2 characters"),
        (Row("ab", (Span(1, 1, "LOC"),), META), "is empty or outside"),
        (Row("ab", (Span(2, 1, "LOC"),), META), "is empty or outside"),
        (Row("ab", (Span(-1, 1, "LOC"),), META), "is empty or outside"),
        (Row("ab", (Span(0, 1, "PER"),), META), "unknown label 'PER'; the labels are ORG, LOC"),
        (Row("ab", (), META | {"id": 3}), "metadata id; doccano has its own"),
        (Row("ab", (), META | {"filename": "x"}), "metadata filename"),
        (Row("ab", (), META | {"score": 0.123}), "only strings and integers"),
        (Row("ab", (), META | {"speaker": None}), "only strings and integers"),
        (Row("ab", (), META | {"checked": True}), "only strings and integers"),
    ],
)
def test_what_doccano_would_lose_is_refused(row, message):
    with pytest.raises(RowError, match=message):
        to_server(row, KINDS)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"label": [[1, 2, "LOC 地点"]]}, r"d-1, paragraph 1 \(doccano's task 7\): .*\[1:2\] does"),
        ({"label": [[0, 9, "LOC 地点"]]}, "which has 3 UTF-16 units"),
        ({"label": [[2, 2, "LOC 地点"]]}, "draw the span again"),
        (
            {"label": [[0, 2, "地点"]]},
            "unknown label '地点' on '𠮷'; in doccano name it one of ORG",
        ),
        ({"label": [[0, 2, "LOC"]]}, "unknown label 'LOC'"),
        ({"label": [[0, 2]]}, "it must be start, end and label"),
        ({"label": [[0.0, 2, "LOC 地点"]]}, "it must be start, end and label"),
        ({"label": [7]}, "it must be start, end and label"),
        ({"text": None}, "no text"),
        ({"document": "d", "paragraph": None, "relations": [{"id": 1}]}, "relations"),
    ],
)
def test_what_cannot_be_mapped_is_refused(change, message):
    row = exported(to_server(Row("𠮷a", (), META), KINDS))
    with pytest.raises(RowError, match=message):
        from_server(row | change, KINDS)


def test_a_task_that_was_not_pushed_is_refused():
    with pytest.raises(RowError, match="no document, paragraph; this task was not pushed"):
        from_server({"id": 3, "text": "a", "label": []}, KINDS)
    with pytest.raises(RowError, match="neither label nor entities"):
        from_server({"id": 3, "text": "a", **META}, KINDS)


def test_a_task_that_somebody_added_is_named():
    stranger = without_spans({"id": 3, "text": "甲", "label": []})
    sent = Row("甲", (), META)
    assert list(differences([sent], [sent, stranger], spans=False)) == [
        "?, paragraph ? (doccano's task 3): on the server, but never sent"
    ]


def test_the_shape_with_relations():
    row = {
        "id": 4,
        "text": "😀秦安縣",
        **META,
        "entities": [{"id": 9, "label": "LOC 地点", "start_offset": 2, "end_offset": 5}],
        "relations": [],
        "Comments": [{"id": 1, "comment": "见 3.4"}],
    }
    assert from_server(row, KINDS) == Row("😀秦安縣", (Span(1, 4, "LOC"),), META)
    assert comments(row) == comments({"Comments": ["见 3.4"]}) == ["见 3.4"]


def archive(**files):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as opened:
        for name, content in files.items():
            opened.writestr(name.replace("__", "."), content)
    return buffer.getvalue()


def test_exports():
    line = json.dumps({"text": "甲\u2028乙"}, ensure_ascii=False)
    assert read_export(archive(all__jsonl=f"{line}\n{line}\n")) == {
        "all": [{"text": "甲\u2028乙"}] * 2
    }
    assert read_export(archive(anna__jsonl="", bo__jsonl="\n")) == {"anna": [], "bo": []}
    with pytest.raises(RowError, match="no archive but b'<!doctype html>'"):
        read_export(b"<!doctype html>")
    with pytest.raises(RowError, match=r"all\.csv in the export"):
        read_export(archive(all__csv="a,b"))
    with pytest.raises(RowError, match=r"all\.jsonl:2 of the export: not JSON"):
        read_export(archive(all__jsonl='{"id": 1}\n{"id": \n'))


@given(rows(1), rows(2), st.data())
def test_every_difference_is_found(one, two, data):
    sent = [one, two]
    assert list(differences(sent, [two, one])) == []
    assert digest(sent) == digest([two, one]) != digest([one])
    change = data.draw(st.sampled_from(["text", "spans", "meta", "lost", "twice", "more"]))
    other = {
        "text": [one, Row(two.text + "x", two.spans, two.meta)],
        "spans": [one, Row(two.text, (*two.spans, Span(0, 1, "LOC")), two.meta)],
        "meta": [one, Row(two.text, two.spans, two.meta | {"page": "e"})],
        "lost": [one],
        "twice": [one, two, two],
        "more": [one, two, Row("a", (), META | {"paragraph": 3})],
    }[change]
    (found,) = differences(sent, other)
    assert found.startswith("d-1, paragraph 3" if change == "more" else "d-1, paragraph 2")
    assert len(list(differences(sent, other, spans=False))) == (change != "spans")


def test_reserved_names_cover_the_export():
    assert {"id", "text", "label", "entities", "relations", "Comments"} <= RESERVED
