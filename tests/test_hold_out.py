"""Texts to measure on stay out of what a model learns from, by checksum."""

import json

import pytest

from scripts.hold_out import main
from scripts.learning.raw import checksums, raw_sentences

MEASURED = "秦安县五营镇徐洼村2014年底贫困发生率为35.21%。"


def write(path, *texts):
    lines = (json.dumps({"text": text}, ensure_ascii=False) for text in texts)
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf8")
    return path


@pytest.mark.parametrize(
    ("sentence", "kept"),
    [
        ("会上通报，五营镇徐洼村2014年底仍有两户。", False),
        # Two sentences, nine in common.
        ("五营镇徐洼村\n2014年底仍有两户未脱贫。", True),
        ("五营镇的徐洼村去年底已经全部脱贫。", True),
    ],
)
def test_a_raw_sentence_with_ten_characters_in_common_is_left_out(tmp_path, sentence, kept):
    main(write(tmp_path / "measured.jsonl", MEASURED), tmp_path / "held-out.txt")
    raw = write(tmp_path / "raw.jsonl", sentence)
    assert bool(raw_sentences([raw], tmp_path / "held-out.txt")) is kept


def test_checksums_are_added_and_tell_no_text(tmp_path):
    held_out = tmp_path / "held-out.txt"
    main(write(tmp_path / "one.jsonl", MEASURED), held_out)
    first = held_out.read_text(encoding="ascii").split()
    main(write(tmp_path / "other.jsonl", "全县完成造林三万二千亩，比上年多两成。"), held_out)
    both = held_out.read_text(encoding="ascii").split()
    assert set(first) < set(both)
    assert both == sorted(both)
    assert all(len(line) == 10 and int(line, 16) >= 0 for line in both)


def test_white_space_makes_no_difference():
    assert checksums("秦安县 五营镇\n徐洼村一组") == checksums("秦安县五营镇徐洼村一组")
