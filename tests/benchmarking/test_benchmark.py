"""The benchmark with a system that needs no environment of its own."""

import json
import sys
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from scripts import benchmark, linear
from scripts.annotation.spans import Span
from scripts.benchmark import AnnotatedText, as_markdown, read_texts, repeated, rows
from scripts.benchmarking.systems import PEERS, System, _made, measured, version_of

FAKE = "tests.benchmarking.fake_peer"
TEXT = "秦安县投资120万元，修路35米。"
GOLD = [Span(0, 3, "LOC"), Span(5, 10, "MONEY"), Span(13, 16, "MEASURE")]


class Fake(System):
    module = FAKE


@pytest.fixture
def texts(tmp_path):
    path = tmp_path / "county.jsonl"
    spans = [{"start": s.start, "end": s.end, "label": s.label} for s in GOLD]
    path.write_text(json.dumps({"text": TEXT, "spans": spans}) + "\n", encoding="utf8")
    return path


def test_a_system_is_measured_by_its_interpreter(texts):
    found = measured(Path(sys.executable), FAKE, texts, texts, 2)
    assert found["words"] == [[[0, 3, "ns"], [5, 8, "m"], [8, 10, "m"]]]
    assert found["characters_per_second"] > 0
    assert found["load_seconds"] > 0
    assert 1 < found["peak_mb"] < 1000


def test_without_runs_a_system_is_only_loaded():
    assert measured(Path(sys.executable), FAKE).keys() == {"load_seconds", "peak_mb"}


def test_a_system_that_fails_says_which_environment_to_make_anew():
    with pytest.raises(RuntimeError, match=r"no_such_system failed; delete .* anew"):
        measured(Path(sys.executable), "no_such_system")


def test_the_environment_is_the_same_for_all(texts, monkeypatch):
    monkeypatch.setenv("OPENBLAS_CORETYPE", "Haswell")
    monkeypatch.setenv("OMP_NUM_THREADS", "8")
    seen = {}

    def run(*_, env, **__):
        seen.update(env)
        return CompletedProcess([], 0, stdout="{}")

    monkeypatch.setattr("subprocess.run", run)
    measured(Path(sys.executable), FAKE, texts, texts, 1)
    assert "OPENBLAS_CORETYPE" not in seen
    assert seen["OMP_NUM_THREADS"] == "1"


def test_rows_have_what_the_report_reads(texts, monkeypatch):
    monkeypatch.setattr(benchmark, "_TIMED", 100)
    monkeypatch.setattr(benchmark, "_LOADS", 1)
    monkeypatch.setattr(benchmark, "installed_mb", lambda _: 1.0)
    system = Fake("jieba", "")
    (row,) = rows(system, "1", Path(sys.executable), {"county": read_texts(texts)}, 1)
    assert row["f"] == {
        "ORG": 0, "LOC": 100, "MONEY": 100, "POVERTY_RATE": 0, "MEASURE": 0, "all": 80
    }  # fmt: skip
    assert row.keys() == {
        "name", "version", "f", "characters_per_second", "load_seconds", "peak_mb", "installed_mb"
    }  # fmt: skip
    table = {"machine": "here", "texts": "county", "characters": 17, "systems": [row]}
    assert "| jieba 1 | 0.0 | 100.0 | 100.0 | 0.0 | 0.0 | 80.0 |" in as_markdown([table])


def test_texts_are_read_with_their_flat_layer(texts):
    assert read_texts(texts) == [AnnotatedText(TEXT, GOLD)]
    texts.write_text('{"text": "x"}\n', encoding="utf8")
    with pytest.raises(ValueError, match=r"county\.jsonl:1: needs text and spans"):
        read_texts(texts)


def test_other_systems_read_the_simplified_form(texts, monkeypatch):
    monkeypatch.setattr(benchmark, "_TIMED", 100)
    monkeypatch.setattr(benchmark, "_LOADS", 1)
    monkeypatch.setattr(benchmark, "installed_mb", lambda _: 1.0)
    traditional = AnnotatedText("秦安縣投資120萬元，修路35米。", GOLD)
    (row,) = rows(Fake("jieba", ""), "1", Path(sys.executable), {"county": [traditional]}, 1)
    assert row["f"]["MONEY"] == 100


def test_texts_are_repeated_until_there_are_enough():
    assert list(repeated(["abc", "de"], 7)) == ["abc", "de", "abc"]


def test_every_peer_is_pinned():
    assert {peer.name: version_of(peer) for peer in PEERS}["jieba"] == "0.42.1"


def test_an_environment_is_made_once(tmp_path, monkeypatch):
    made = []
    monkeypatch.setattr("venv.create", lambda folder, **_: folder.mkdir())
    monkeypatch.setattr("subprocess.run", lambda command, **_: made.append(command))
    for pins in ("a==1", "a==1", "a==2"):
        _made(tmp_path / "peer", ["a"], pins)
    assert len(made) == 2


@pytest.mark.parametrize("size", [10, 1000, 50_000])
def test_pages_have_the_size_asked_for(size):
    sentences = ["秦安县有236户。", "a" * 90]
    found = list(linear.pages(sentences, size))
    total = sum(len(page.encode("utf8")) + 1 for page in found)
    assert size <= total < size + 100
    assert all(len(page) < 2100 for page in found)
