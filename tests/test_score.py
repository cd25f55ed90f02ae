"""Steps `label` and `score`, with a pipeline whose spans are known."""

import json
import re

import pytest
import typer
from spacy.language import Language
from spacy.tokens import DocBin, Span
from spacy.vocab import Vocab

from scripts.annotation.readings import checksum
from scripts.label import main as label
from scripts.learning.examples import blank_pipeline, nested_layer
from scripts.score import main as score

READ, UNREAD = "秦安县修路35米。", "清水县修路40米，又修50米。"


@Language.component("test_metres")
def metres(doc):
    """Every number with 米 is a MEASURE, and nothing else anything."""
    found = [m.span() for m in re.finditer(r"\d+米", doc.text)]
    spans = [doc.char_span(start, end, label="MEASURE") for start, end in found]
    doc.spans["sc"] = spans
    doc.set_ents([Span(doc, span.start, span.end, label="MEASURE") for span in spans])
    return doc


@pytest.fixture
def pipeline(tmp_path):
    nlp = blank_pipeline()
    nlp.add_pipe("test_metres")
    nlp.to_disk(tmp_path / "pipeline")
    return tmp_path / "pipeline"


def texts(path, *rows):
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf8")
    return path


def test_sentences_that_were_read_are_not_labelled(tmp_path, pipeline):
    (tmp_path / "readings").mkdir()
    reading = {"sentence": checksum(READ), "reader": "a", "spans": []}
    texts(tmp_path / "readings" / "a.jsonl", reading)
    (tmp_path / "sentences.txt").write_text(f"{READ}\n{UNREAD}\n", encoding="utf8")
    label(pipeline, tmp_path / "sentences.txt", tmp_path / "readings", tmp_path / "out.spacy")
    (doc,) = DocBin().from_disk(tmp_path / "out.spacy").get_docs(Vocab())
    assert doc.text == UNREAD
    assert sorted((s.start, s.end, s.label) for s in nested_layer(doc)) == [
        (5, 8, "MEASURE"),
        (11, 14, "MEASURE"),
    ]


def test_scores_are_strict_and_by_layer(tmp_path, pipeline):
    def span(start, end, label):
        return {"start": start, "end": end, "label": label}

    given = texts(
        tmp_path / "texts.jsonl",
        {"text": READ, "spans": [span(0, 3, "LOC"), span(5, 8, "MEASURE")]},
        {"text": UNREAD, "spans": [span(0, 3, "LOC"), span(5, 7, "MEASURE")]},
    )
    score(pipeline, given, tmp_path / "score.json")
    found = json.loads((tmp_path / "score.json").read_text(encoding="utf8"))
    for layer in ("flat", "nested"):
        measures, places = found[layer]["MEASURE"], found[layer]["LOC"]
        assert (measures["p"], measures["r"], measures["gold"]) == (pytest.approx(100 / 3), 50, 2)
        assert (places["p"], places["r"], places["gold"]) == (0, 0, 2)
    lines = (tmp_path / "score.errors.jsonl").read_text(encoding="utf8").splitlines()
    errors = [json.loads(line) for line in lines]
    flat = [(row["text"], row["kind"], row["gold"]) for row in errors if row["layer"] == "flat"]
    assert flat == [
        (1, "missed", [0, 3, "LOC", "秦安县"]),
        (2, "missed", [0, 3, "LOC", "清水县"]),
        (2, "boundary", [5, 7, "MEASURE", "40"]),
        (2, "spurious", None),
    ]


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([{"text": READ}], "texts.jsonl:1: needs text and spans"),
        ([{"text": READ, "spans": []}, {"text": READ, "spans": [{"start": 1}]}], "texts.jsonl:2:"),
        (None, "texts.jsonl: no such file"),
    ],
)
def test_errors_name_file_and_line(tmp_path, pipeline, capsys, rows, message):
    if rows is not None:
        texts(tmp_path / "texts.jsonl", *rows)
    with pytest.raises(typer.Exit):
        score(pipeline, tmp_path / "texts.jsonl", tmp_path / "score.json")
    assert message in capsys.readouterr().err
    assert not (tmp_path / "score.json").exists()
