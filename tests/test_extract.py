"""Extraction: what goes in and comes out, kills, bad pages, and how much it holds in memory."""

import csv
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import spacy
from hypothesis import given, settings
from hypothesis import strategies as st
from spacy.tokens import DocBin
from typer.testing import CliRunner

import scripts.components.facts
import scripts.components.places
import scripts.components.quantities
import scripts.components.tokenizer  # noqa: F401  (registers what the pipeline is made of)
from scripts import extract
from scripts.extraction import sources, tables, work
from scripts.extraction.sources import Columns

ROOT = Path(__file__).parents[1]
DATA = ROOT / "scripts/components/data"
PAGE = "徽县2015年脱贫34户158人。\n三年来，徽县投资120万元修路。\n"
FACTS = [
    ("households_out_of_poverty", 34.0),
    ("persons_out_of_poverty", 158.0),
    ("investment", 1200000.0),
]


@pytest.fixture(scope="session")
def model(tmp_path_factory):
    """A pipeline whose entities are found by patterns, so that no trained one is needed."""
    tokenizer = {"nlp": {"tokenizer": {"@tokenizers": "zh_poverty_news.CharTokenizer.v1"}}}
    nlp = spacy.blank("zh", config=tokenizer)
    number = {"NORM": {"REGEX": "^(d|19d|20d)"}}  # a year's shape is 20dd
    nlp.add_pipe("entity_ruler").add_patterns(
        [
            {"label": "MEASURE", "pattern": [number, {"NORM": {"IN": ["户", "人"]}}]},
            {"label": "MONEY", "pattern": [number, {"NORM": "万"}, {"NORM": "元"}]},
            {"label": "LOC", "pattern": [{"NORM": "徽"}, {"NORM": "县"}]},
        ]
    )
    nlp.add_pipe("quantities").initialize(list, units=DATA / "units.csv")
    nlp.add_pipe("places").initialize(list, table=DATA / "divisions.csv")
    nlp.add_pipe("facts").initialize(list, indicators=DATA / "indicators.csv")
    path = tmp_path_factory.mktemp("model") / "model"
    nlp.to_disk(path)
    return str(path)


def run(model, *args):
    result = CliRunner().invoke(extract.app, [*map(str, args), "--model", model])
    assert result.exit_code == 0, result.output
    return result.output


def rows_of(path):
    if path.suffix == ".jsonl":
        return [json.loads(line) for line in path.read_text(encoding="utf8").splitlines()]
    if path.suffix == ".csv":
        with path.open(encoding="utf-8-sig", newline="") as file:
            return list(csv.DictReader(file))
    from pyarrow import parquet  # noqa: PLC0415

    return parquet.read_table(path).to_pylist()


def rejects_of(out):
    return {row["document"]: row["reason"] for row in rows_of(tables.rejects_table(out))}


# --- in and out


def test_files_folders_globs(model, tmp_path):
    for name in ("one.txt", "deep/er/two.txt", "deep/.hidden", "three.htm", "gb.txt"):
        (tmp_path / "in" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "in" / name).write_text(PAGE, encoding="utf8")
    (tmp_path / "in/gb.txt").write_bytes(PAGE.encode("gb18030"))
    out = tmp_path / "facts.jsonl"
    run(model, tmp_path / "in", "--out", out)
    rows = rows_of(out)
    names = ["gb.txt", "one.txt", "three.htm", "deep/er/two.txt"]
    assert list(dict.fromkeys(row["document"] for row in rows)) == [
        str(tmp_path / "in" / name) for name in names
    ]
    assert [(row["indicator"], row["low"]) for row in rows] == FACTS * 4
    assert {row["place_code"] for row in rows} == {"621227"}
    for row in rows:
        assert PAGE[row["start"] : row["end"]] == row["text"]
        assert PAGE.startswith(row["sentence"], row["sentence_start"])
    run(model, f"{tmp_path}/in/*.txt", "--out", tmp_path / "globbed.jsonl")
    assert len(rows_of(tmp_path / "globbed.jsonl")) == 6


@pytest.mark.parametrize("suffix", [".jsonl", ".csv", ".parquet"])
def test_tables(model, tmp_path, suffix):
    table = tmp_path / f"in{suffix}"
    pages = [{"page": f"p{n}", "body": f"{PAGE}第{n}行", "n": n} for n in range(600)]
    write_table(table, pages)
    out = tmp_path / f"out{suffix}"
    run(model, table, "--out", out, "--text", "body", "--id", "page")
    rows = rows_of(out)
    assert [row["document"] for row in rows[::3]] == [page["page"] for page in pages]
    assert [float(row["low"]) for row in rows] == [low for _, low in FACTS] * 600
    assert not (tmp_path / f"out{suffix}.parts").exists()
    assert not rejects_of(out)


def write_table(path, pages):
    if path.suffix == ".jsonl":
        lines = [json.dumps(page, ensure_ascii=False) + "\n" for page in pages]
        path.write_text("".join(lines), encoding="utf8")
    elif path.suffix == ".csv":
        with path.open("w", encoding="utf-8-sig", newline="") as file:
            writer = csv.DictWriter(file, pages[0])
            writer.writeheader()
            writer.writerows(pages)
    else:
        pyarrow = pytest.importorskip("pyarrow")
        from pyarrow import parquet  # noqa: PLC0415

        parquet.write_table(pyarrow.Table.from_pylist(pages), path, row_group_size=70)


def test_spacy_folder(model, tmp_path):
    (tmp_path / "a.txt").write_text(PAGE, encoding="utf8")
    run(model, tmp_path / "a.txt", "--out", tmp_path / "docs.spacy")
    (part,) = (tmp_path / "docs.spacy").glob("*.spacy")
    nlp = spacy.load(model)
    (doc,) = DocBin(store_user_data=True).from_disk(part).get_docs(nlp.vocab)
    assert doc.text == PAGE
    assert [(fact.indicator, fact.to_row()["low"]) for fact in doc._.facts] == FACTS
    assert doc._.facts[0].document == str(tmp_path / "a.txt")


def test_html_has_offsets_into_its_source(model, tmp_path):
    html = "<html><body><h1>徽县&#33073;贫</h1><p>2015年脱贫<b>34</b>户，&nbsp;返贫1户。</p></html>"
    (tmp_path / "a.html").write_text(html, encoding="utf8")
    out = tmp_path / "out.jsonl"
    run(model, tmp_path / "a.html", "--out", out)
    rows = rows_of(out)
    assert [html[row["start"] : row["end"]] for row in rows] == ["34</b>户", "1户"]
    assert [row["place"] for row in rows] == ["徽县", "徽县"]


def test_excel_takes_no_cell_for_a_formula(tmp_path):
    names = ["=1+1", "+1", "-1", "@a", "\t=1", "徽县"]
    row = dict.fromkeys(work.COLUMNS) | {"low": -0.5, "high": 1e21, "start": -1}
    rows = [row | {"document": name} for name in names]
    rejected = [work.Rejected("=cmd", "x")]
    tables.write_part(tmp_path / "parts", 0, work.Result(rows, [], rejected), ".csv")
    tables.join_parts(tmp_path / "parts", 1, tmp_path / "out.csv")
    assert (tmp_path / "out.csv").read_bytes().startswith(b"\xef\xbb\xbf")
    read = rows_of(tmp_path / "out.csv")
    assert [row["document"] for row in read] == [f"'{name}" for name in names[:-1]] + ["徽县"]
    assert (read[0]["low"], read[0]["high"]) == ("-0.5", "1000000000000000000000")
    assert rejects_of(tmp_path / "out.csv") == {"'=cmd": "x"}


# --- what is bad

TABLES = ("no_column.csv", "broken.parquet")


def test_bad_pages_are_rejected_and_the_rest_goes_on(model, tmp_path):
    bad = {
        "a.txt": b"",
        "b.txt": b"\x00\x01\x02",
        "c.txt": b"no Chinese here at all",
        "d.txt": "徽县".encode("utf-16"),
        "e.txt": b"\xff\xff\xff\xe5\xbe",
    }
    for name, data in bad.items():
        (tmp_path / name).write_bytes(data)
    (tmp_path / "gone.txt").symlink_to(tmp_path / "nowhere")
    (tmp_path / "good.txt").write_text(PAGE, encoding="utf8")
    with (tmp_path / "huge.txt").open("wb") as file:
        file.truncate(sources.MAX_FILE + 1)
    lines = [
        b'{"text": 3}',
        b"{",
        b"[]",
        b"\xff",
        b'{"other": "x"}',
        b'{"text": " "}',
        json.dumps({"text": "\ud800" + PAGE}).encode(),
        json.dumps({"text": PAGE}).encode(),
    ]
    (tmp_path / "t.jsonl").write_bytes(b"\n".join(lines))
    (tmp_path / "no_column.csv").write_text("a,b\n1,2\n")
    (tmp_path / "broken.parquet").write_bytes(b"PAR1")
    (tmp_path / "t.csv").write_text(f'id,text\n1,"{PAGE}"\n2\n3,a,b\n4,"{PAGE}', encoding="utf8")
    out = tmp_path / "out" / "facts.jsonl"
    out.parent.mkdir()
    run(model, tmp_path, "--out", out)
    rejects = rejects_of(out)
    names = {str(tmp_path / name) for name in (*bad, "huge.txt", *TABLES)}
    names |= {f"{tmp_path}/t.jsonl#{n}" for n in range(1, 8)}
    names |= {f"{tmp_path}/t.csv#{n}" for n in (2, 3)}
    assert rejects.keys() == names
    assert all(rejects.values())
    good = {row["document"] for row in rows_of(out)}
    assert good == {
        f"{tmp_path}/{name}" for name in ("good.txt", "t.jsonl#8", "t.csv#1", "t.csv#4")
    }


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (["nowhere/*.txt", "--out", "x.csv"], "no file"),
        (["in.csv", "--out", "x.txt"], "ends in"),
        (["in.csv", "--out", "in.csv"], "exists"),
        (["in.csv", "--out", "x.csv"], "no column 'text' among a, b"),
        (["in.csv", "--out", "x.csv", "--text", "a", "--model", "no_such_model"], "no pipeline"),
    ],
)
def test_what_can_not_be_done_is_said(model, tmp_path, monkeypatch, args, words):
    monkeypatch.chdir(tmp_path)
    Path("in.csv").write_text("a,b\n1,2\n")
    result = CliRunner().invoke(extract.app, ["--model", model, *args])
    assert result.exit_code == 1
    assert words in result.output


@pytest.mark.parametrize("character", ["字", "，", "\0", "a字"])
def test_five_megabytes_in_a_row(model, tmp_path, character):
    text = character * (5_000_000 // len(character.encode()) - 100) + PAGE + "徽"
    (tmp_path / "t.jsonl").write_text(json.dumps({"text": text}), encoding="utf8")
    out = tmp_path / "out.jsonl"
    run(model, tmp_path / "t.jsonl", "--out", out)
    rows, rejects = rows_of(out), rejects_of(out)
    assert rejects or [row["low"] for row in rows] == [low for _, low in FACTS]
    assert all(text[row["start"] : row["end"]] == row["text"] for row in rows)


@settings(max_examples=60, deadline=None)
@given(st.one_of(st.text(max_size=100), st.text("徽县3户人<p>&#;字\n\0 。", max_size=100)))
def test_any_text(model, text):
    worker = WORKERS.setdefault(model, work.Worker(model, Columns()))
    record = sources.Record("x", text)
    try:
        pieces = list(worker._pieces(record))
    except work.PageError:
        return
    result = work.Result([], [], [])
    for piece, doc in worker._docs(pieces, result):
        for fact in doc._.facts:
            row = work._row(fact, piece)
            assert 0 <= row["sentence_start"] <= row["start"] < row["end"] <= len(text)
    assert not result.rejected


WORKERS = {}


# --- kills, processes, memory


def command(model, *args):
    return [sys.executable, "-m", "scripts.extract", *map(str, args), "--model", model]


def many_pages(path, count):
    with path.open("w", encoding="utf8") as file:
        for number in range(count):
            text = f"{PAGE}2015年脱贫{number + 1}户。" + "徽县修路。" * 40
            file.write(json.dumps({"id": str(number), "text": text}, ensure_ascii=False) + "\n")


@pytest.mark.parametrize("workers", [1, 2])
def test_after_a_kill_it_goes_on(model, tmp_path, workers):
    many_pages(tmp_path / "in.jsonl", 2500)
    out = tmp_path / "out.csv"
    args = command(model, tmp_path / "in.jsonl", "--out", out, "--id", "id", "--workers", workers)
    kills, parts = 0, set()
    while kills < 3:
        process = subprocess.Popen(
            args, cwd=ROOT, start_new_session=True, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )  # fmt: skip
        while process.poll() is None:
            now = set(tmp_path.glob("out.csv.parts/*/*.csv"))
            if len(now) > len(parts) + 2:
                parts = now
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
                kills += 1
                break
            time.sleep(0.005)
        else:
            break
    assert kills
    if not out.exists():
        assert not subprocess.run(args, cwd=ROOT, check=False).returncode
    rows = rows_of(out)
    assert [row["document"] for row in rows[3::4]] == [str(n) for n in range(2500)]
    assert [float(row["low"]) for row in rows[3::4]] == [n + 1 for n in range(2500)]
    assert len(rows) == 10000


def test_a_killed_run_leaves_no_process(model, tmp_path):
    many_pages(tmp_path / "in.jsonl", 2500)
    args = command(model, tmp_path / "in.jsonl", "--out", tmp_path / "out.jsonl", "--workers", 2)
    process = subprocess.Popen(args, cwd=ROOT, stdout=subprocess.DEVNULL)
    while not list(tmp_path.glob("out.jsonl.parts/*/*.jsonl")):
        assert process.poll() is None
        time.sleep(0.01)
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    process.kill()
    process.wait()
    end = time.monotonic() + 20
    while any(Path(f"/proc/{child}").exists() for child in children):
        assert time.monotonic() < end
        time.sleep(0.1)
    assert not subprocess.run(args, cwd=ROOT, stdout=subprocess.DEVNULL, check=False).returncode
    assert len(rows_of(tmp_path / "out.jsonl")) == 10000


def test_another_command_does_not_touch_the_parts(model, tmp_path):
    (tmp_path / "a.txt").write_text(PAGE, encoding="utf8")
    out = tmp_path / "out.csv"
    folder = tmp_path / "out.csv.parts"
    job = extract.Job(model, Columns(), folder, ".csv", tmp_path)
    extract._begin(job, [str(tmp_path / "a.txt")], "0.0.0")
    args = [str(tmp_path / "a.txt"), "--out", str(out), "--text", "body", "--model", model]
    result = CliRunner().invoke(extract.app, args)
    assert result.exit_code == 1
    assert "other text" in result.output
    run(model, tmp_path / "a.txt", "--out", out)


def test_processes_give_the_same_table(model, tmp_path):
    many_pages(tmp_path / "in.jsonl", 1500)
    tables_found = []
    for workers in (1, 2):
        out = tmp_path / f"out{workers}.jsonl"
        subprocess.run(
            command(model, tmp_path / "in.jsonl", "--out", out, "--workers", workers),
            cwd=ROOT, check=True,
        )  # fmt: skip
        tables_found.append(out.read_bytes())
    assert tables_found[0] == tables_found[1]


def test_a_process_that_dies_is_replaced(model, tmp_path):
    many_pages(tmp_path / "in.jsonl", 2500)
    out = tmp_path / "out.jsonl"
    args = command(model, tmp_path / "in.jsonl", "--out", out, "--workers", 2)
    process = subprocess.Popen(args, cwd=ROOT, stdout=subprocess.DEVNULL)
    while len(list(tmp_path.glob("out.jsonl.parts/*/*.jsonl"))) < 2:
        assert process.poll() is None
        time.sleep(0.01)
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    os.kill(int(children[-1]), signal.SIGKILL)
    assert process.wait() == 0
    assert len(rows_of(out)) == 10000


def test_memory_stays_flat(model, tmp_path):
    peaks = []
    for count in (1000, 6000):
        many_pages(tmp_path / "in.jsonl", count)
        script = (
            "import resource, sys; from scripts.extract import app\n"
            "try: app(sys.argv[1:])\n"
            "except SystemExit: print('peak', resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"
        )
        args = [tmp_path / "in.jsonl", "--out", tmp_path / f"{count}.csv", "--model", model]
        shown = subprocess.run(
            [sys.executable, "-c", script, *map(str, args)],
            cwd=ROOT, check=True, capture_output=True, text=True,
        ).stdout  # fmt: skip
        peaks.append(int(shown.split("peak ")[1]))
    assert peaks[1] < 1.1 * peaks[0]


# --- Ray


def test_ray_gives_the_same_rows_though_a_worker_dies(model, tmp_path):
    pytest.importorskip("ray")
    many_pages(tmp_path / "in.jsonl", 2500)
    run(model, tmp_path / "in.jsonl", "--out", tmp_path / "local.jsonl")
    script = Path(__file__).parent / "support/ray_kill.py"
    out = tmp_path / "ray.jsonl"
    subprocess.run(
        [sys.executable, script, tmp_path / "in.jsonl", out, model],
        cwd=ROOT, check=True, timeout=300, env=os.environ | {"PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert out.read_bytes() == (tmp_path / "local.jsonl").read_bytes()
