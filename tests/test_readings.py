"""Readings: spans by checksum of their sentence, joined with the text of the assets."""

import json
from pathlib import Path

import pytest
from spacy.tokens import DocBin
from spacy.vocab import Vocab

from scripts.annotation.readings import ReadingError, checksum, read_readings
from scripts.annotation.spans import LABELS
from scripts.learning.examples import nested_layer
from scripts.readings import main

READINGS = sorted((Path(__file__).parents[1] / "corpus" / "readings").glob("*.jsonl"))
TEXT = "秦安县林业局种树30万株。"


def reading(spans, text=TEXT):
    return json.dumps({"sentence": checksum(text), "reader": "a", "spans": spans}) + "\n"


def test_join(tmp_path):
    (tmp_path / "readings").mkdir()
    lines = reading([[0, 6, "ORG"], [0, 3, "LOC"], [8, 12, "MEASURE"]]) + reading([], "不在。")
    (tmp_path / "readings" / "a.jsonl").write_text(lines, encoding="utf8")
    (tmp_path / "sentences.txt").write_text(f"别的。\n{TEXT}\n", encoding="utf8")
    main(tmp_path / "sentences.txt", tmp_path / "readings", tmp_path / "out.spacy")
    (doc,) = DocBin().from_disk(tmp_path / "out.spacy").get_docs(Vocab())
    assert doc.text == TEXT
    assert {(s.start, s.end, s.label) for s in nested_layer(doc)} == {
        (0, 6, "ORG"),
        (0, 3, "LOC"),
        (8, 12, "MEASURE"),
    }


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{}\n", "a.jsonl:1: KeyError"),
        ("nothing\n", "a.jsonl:1:"),
        (reading([[0, 60, "ORG"]]), "a.jsonl:1: .*outside the text"),
    ],
)
def test_errors_name_file_and_line(tmp_path, line, message):
    (tmp_path / "readings").mkdir()
    (tmp_path / "readings" / "a.jsonl").write_text(line, encoding="utf8")
    (tmp_path / "sentences.txt").write_text(TEXT, encoding="utf8")
    with pytest.raises(ReadingError, match=message):
        main(tmp_path / "sentences.txt", tmp_path / "readings", tmp_path / "out.spacy")


@pytest.mark.parametrize("path", READINGS, ids=lambda path: path.stem)
def test_what_is_in_the_corpus(path):
    seen = set()
    for number, sentence, spans in read_readings(path):
        assert sentence not in seen, f"{path}:{number}: read twice"
        seen.add(sentence)
        assert all(0 <= s.start < s.end and s.label in LABELS for s in spans)
    assert seen
