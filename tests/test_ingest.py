"""The step as a user runs it."""

import hashlib
import json

import pytest
from typer.testing import CliRunner

from scripts.ingest import app
from scripts.pages.document import read_pages

TEXT = "交城县脱贫\n全县有贫困户42户,脱贫36户。\n"


def run(*arguments):
    return CliRunner().invoke(app, list(map(str, arguments)))


@pytest.fixture
def seeds(tmp_path):
    folder = tmp_path / "seeds"
    folder.mkdir()
    (folder / "a.txt").write_bytes(TEXT.encode())
    return folder


def test_pages_and_rejected_files(seeds, tmp_path):
    (seeds / "b.html").write_bytes(f"<p>{'<p>'.join(TEXT.splitlines())}".encode("gb18030"))
    (seeds / "c.txt").write_bytes(b"")
    (seeds / "d.txt").write_bytes(b"\x00\x01")
    (seeds / "e.txt").write_bytes(b"Poverty fell.")
    (seeds / "f.txt").write_bytes("全村有耕地170亩。".encode("gb18030"))
    (seeds / "f.html").write_bytes("<p>全县有耕地二百亩。".encode())
    (seeds / ".hidden").write_bytes(b"")
    out = tmp_path / "out"
    result = run(seeds, out)
    assert result.exit_code == 0
    assert [(p.id, p.format, p.encoding) for p in read_pages(out)] == [
        ("a", "text", "utf-8"),
        ("f", "html", "utf-8"),
    ]
    rows = [json.loads(line) for line in (out / "rejected.jsonl").read_text("utf-8").splitlines()]
    assert [(row["file"], row["duplicate_of"]) for row in rows] == [
        ("b.html", "a"),
        ("c.txt", None),
        ("d.txt", None),
        ("e.txt", None),
        ("f.txt", None),
    ]
    for row in rows:
        assert f"{row['file']}: {row['message']}" in result.stderr


def test_the_same_run_twice_gives_the_same_bytes(seeds, tmp_path):
    for name in ("one", "two"):
        assert run(seeds, tmp_path / name).exit_code == 0
    one, two = (sorted((tmp_path / name).iterdir()) for name in ("one", "two"))
    assert [p.name for p in one] == ["pages.jsonl", "rejected.jsonl"]
    assert [p.read_bytes() for p in one] == [p.read_bytes() for p in two]


def test_nothing_to_read(tmp_path):
    result = run(tmp_path, tmp_path / "out")
    assert result.exit_code == 1
    assert "no page could be read" in result.stderr


@pytest.mark.parametrize(
    ("manifest", "message"),
    [
        ([{"file": "a.txt", "sha256": "0" * 64}], "a.txt: its sha256 is not the one"),
        ([{"file": "gone.txt", "sha256": "0" * 64}], "gone.txt: missing"),
        ({"a": 1}, "not a JSON list"),
    ],
)
def test_the_manifest_is_checked(seeds, tmp_path, manifest, message):
    (seeds / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    result = run(seeds, tmp_path / "out")
    assert result.exit_code == 1
    assert message in result.stderr
    assert not (tmp_path / "out").exists()


def test_a_manifest_that_holds(seeds, tmp_path):
    row = {"file": "a.txt", "sha256": hashlib.sha256(TEXT.encode()).hexdigest()}
    (seeds / "manifest.json").write_text(json.dumps([row]), encoding="utf-8")
    (seeds / "b.txt").write_text("全村有耕地170亩。", encoding="utf-8")
    assert run(seeds, tmp_path / "out").exit_code == 0
    assert [page.id for page in read_pages(tmp_path / "out")] == ["a", "b"]
