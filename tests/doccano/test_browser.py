"""What an annotator does in a real browser is exactly what the pull holds."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from scripts.annotation.spans import Span
from scripts.annotation.tasks import gold_tasks, to_row
from scripts.doccano.exchange import read_confirmed
from scripts.doccano.settings import ROOT, environment
from scripts.pages.document import to_json
from scripts.pages.page import read_page
from tests.doccano.conftest import Person, run

pytestmark = [pytest.mark.doccano, pytest.mark.everything]
RAW = "😀𠮷林省秦安县林业局投资120万元，为徐洼村236户修路35米，约有三成完工。\n"


def test_annotator(running, tmp_path):
    chromium = shutil.which("chromium")
    if not chromium:
        pytest.skip("needs chromium and Chinese fonts: apt-get install chromium fonts-noto-cjk")

    def span(text, label):
        return Span(RAW.index(text), RAW.index(text) + len(text), label)

    proposed = [
        span("秦安县林业局", "ORG"),
        span("120万元", "MONEY"),
        span("三成", "POVERTY_RATE"),  # wrong: she deletes it
    ]
    page = read_page(RAW, "page")
    (tmp_path / "documents").mkdir()
    (tmp_path / "documents" / "pages.jsonl").write_text(json.dumps(to_json(page)) + "\n")
    (task,), _ = gold_tasks(page, proposed)
    (tmp_path / "tasks.jsonl").write_text(json.dumps(to_row(task)) + "\n")
    folder = tmp_path / "第1轮"
    names = ["--annotators", "anna"]
    done = run("scripts.doccano_push", tmp_path / "tasks.jsonl", folder, *names, home=running[1])
    assert done.returncode == 0, done.stderr
    server = running[0]
    job = {
        "url": server.url,
        "user": "anna",
        "password": (server.passwords / "anna").read_text().strip(),
        "project": Person(server, "anna").project("第1轮 anna"),
        "text": task.text,
        "chromium": chromium,
        "erase": "贫困发生率",
        "draw": [["秦安县", "2"], ["徐洼村", "2"], ["236户", "5"], ["35米", "5"]],
        "comment": "“𠮷林省”疑为“吉林省”，见 4.1。",
    }
    (tmp_path / "job.json").write_text(json.dumps(job))
    (tmp_path / "job.json").chmod(0o600)
    pictures = Path(os.environ.get("DOCCANO_PICTURES", tmp_path))
    python = environment(
        "browser", ROOT / "tests/doccano/requirements-browser.lock", sys.executable
    )
    command = [python, ROOT / "tests/doccano/browse.py", tmp_path / "job.json", pictures]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=180)
    assert done.returncode == 0, done.stderr
    seen = json.loads(done.stdout)
    # Drawn on the right characters, to a pixel or two, also after 😀 and 𠮷.
    assert [line[:2] for line in seen["proposed"]] == [
        ["120万元", "MONEY 金额"],
        ["三成", "贫困发生率"],
        ["秦安县林业局", "ORG 机构"],
    ]
    assert max(line[2] for line in seen["proposed"]) < 8
    arguments = [folder, tmp_path / "documents", *names]
    done = run("scripts.doccano_pull", *arguments, home=running[1])
    assert done.returncode == 0, done.stderr
    (back,) = read_confirmed(folder / "confirmed" / "anna.jsonl")
    wanted = [
        *proposed[:2],
        span("秦安县", "LOC"),
        span("徐洼村", "LOC"),
        span("236户", "MEASURE"),
        span("35米", "MEASURE"),
    ]
    assert set(back.raw) == set(wanted)
    assert len(back.raw) == len(wanted)
    assert [c.text for c in back.comments] == [job["comment"]]
    assert (back.by, back.problems) == ("anna", ())
