"""The report: its parts are there, it needs no network, and nothing overflows in a browser.

The browser tests run where Chromium is installed: apt-get install chromium fonts-noto-cjk.
"""

import html
import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import spacy
from typer.testing import CliRunner

from scripts import report
from scripts.ingest import app as ingest
from scripts.learning.examples import blank_pipeline
from scripts.learning.pages import measured_pages
from scripts.reporting.measured import MEASURED_BY, read_measured
from tests.reporting import measured

ROOT = Path(__file__).parents[1]
DATA = ROOT / "scripts/components/data"
MADE_BY = MEASURED_BY | {"predictions": "evaluate"}
CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
SECTIONS = ["what", "scores", "variants", "seen", "kinds", "curve", "calibration", "peers",
            "rates", "money", "pages", "errors"]  # fmt: skip


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Documents of the seeds, and a pipeline that finds what the gold says, without training."""
    folder = tmp_path_factory.mktemp("report")
    done = CliRunner().invoke(ingest, [str(ROOT / "seeds"), str(folder / "documents")])
    assert done.exit_code == 0, done.output
    pages = list(measured_pages(ROOT / "seeds", folder / "documents", ROOT / "corpus/gold"))
    nlp = blank_pipeline()
    ruler = nlp.add_pipe("entity_ruler")
    names = {(page.raw[s.start : s.end], s.label) for page in pages for s in page.gold}
    ruler.add_patterns([{"label": label, "pattern": name} for name, label in sorted(names)])
    nlp.add_pipe("quantities").initialize(list, units=DATA / "units.csv")
    nlp.add_pipe("places").initialize(list, table=DATA / "divisions.csv")
    nlp.add_pipe("facts").initialize(list, indicators=DATA / "indicators.csv")
    nlp.to_disk(folder / "model")
    assert spacy.load(folder / "model").pipe_names
    return folder, pages


def make(made, tmp_path, without=()):
    folder, pages = made
    measured.write(tmp_path / "metrics", pages, without)
    out = tmp_path / "index.html"
    report.main(
        ROOT / "seeds",
        folder / "documents",
        ROOT / "corpus",
        tmp_path / "metrics",
        tmp_path / "measured",
        folder / "model",
        ROOT / "configs",
        out,
    )
    return out


@pytest.fixture(scope="module")
def page(made, tmp_path_factory):
    return make(made, tmp_path_factory.mktemp("page"))


def test_every_part_is_there(page):
    text = page.read_text(encoding="utf8")
    for section in SECTIONS:
        assert f'id="{section}"' in text
    assert "data-missing" not in text
    assert text.count('<svg role="img"') == 7
    for title, described in re.findall(
        r"<title id[^>]*>(.*?)</title><desc [^>]*>(.*?)</desc>", text
    ):
        assert title
        assert len(described) > 10
    assert text.count('class="drawn page"') == 5
    assert text.count('<article class="card"') > 20


def test_it_needs_no_network(page):
    text = page.read_text(encoding="utf8")
    assert not re.search(r'(?:src|href)="(?!#)', text)
    assert "@import" not in text
    assert "url(" not in re.sub(r"url\(#chart-", "", text)


def test_inner_names_are_used_once(page):
    names = re.findall(r'\bid="([^"]+)"', page.read_text(encoding="utf8"))
    assert len(names) == len(set(names))


def test_the_pages_keep_their_text(page, made):
    shown = re.findall(
        r'<div class="drawn page" lang="zh">(.*?)</div>', page.read_text(encoding="utf8"), re.DOTALL
    )
    for drawn, measured_page in zip(shown, made[1], strict=True):
        bare = html.unescape(re.sub("<[^>]*>", "", drawn))
        assert bare.split() == measured_page.raw.split()


def test_values_and_places_are_drawn(page):
    text = page.read_text(encoding="utf8")
    assert 'data-tag="120万元"' in text
    assert 'data-tag="620522"' in text
    assert "徐洼村 2014-12: 35.21%" in text


@pytest.mark.parametrize("name", sorted(MADE_BY))
def test_what_was_not_measured_is_said(made, tmp_path, name):
    text = make(made, tmp_path, without=[name]).read_text(encoding="utf8")
    assert f'data-missing="{name}"' in text
    assert f"python -m spacy project run {MADE_BY[name]}" in text


def test_the_same_input_gives_the_same_bytes(made, tmp_path, page):
    assert make(made, tmp_path).read_bytes() == page.read_bytes()


def test_a_broken_file_is_named(made, tmp_path):
    measured.write(tmp_path / "metrics", made[1])
    (tmp_path / "metrics" / "curve.json").write_text("{")
    with pytest.raises(ValueError, match=r"curve\.json: no JSON .*project run curve"):
        read_measured(tmp_path / "metrics")


def test_broken_predictions_are_named(made, tmp_path, capsys):
    measured.write(tmp_path / "metrics", made[1])
    (tmp_path / "metrics" / "predictions.jsonl").write_text('{"run": 0}\n')
    with pytest.raises(report.typer.Exit):
        report.main(
            ROOT / "seeds", made[0] / "documents", ROOT / "corpus", tmp_path / "metrics",
            tmp_path, made[0] / "model", ROOT / "configs", tmp_path / "index.html",
        )  # fmt: skip
    assert "predictions.jsonl:1: " in capsys.readouterr().err
    assert not (tmp_path / "index.html").exists()


# Measures the page inside a frame of each width: a headless window is never narrower than 500.
_FRAME = """<!doctype html><body><iframe id=f srcdoc="{page}" style="border:0;width:{width}px;
height:900px"></iframe><pre id=o></pre><script>
f.onload = () => {{
  const d = f.contentDocument, w = f.contentWindow, out = {{}};
  out.width = [d.documentElement.scrollWidth, w.innerWidth];
  out.wide = [...d.querySelectorAll('body *')].filter(e => !e.closest('.scroll') &&
    e.getBoundingClientRect().right > w.innerWidth + 1).map(e => e.outerHTML.slice(0, 80));
  out.empty = [...d.querySelectorAll('figure svg')].filter(e =>
    e.getBoundingClientRect().width < 100 || e.getBoundingClientRect().height < 40).length;
  const [label, kind] = d.querySelectorAll('.filters select');
  const shown = () => [...d.querySelectorAll('.card')].filter(c => c.offsetHeight);
  out.cards = shown().length;
  label.value = 'ORG'; kind.value = 'missed'; kind.dispatchEvent(new w.Event('change'));
  out.filtered = shown().length;
  out.fits = shown().every(c => c.dataset.labels.includes('ORG') &&
    c.dataset.kinds.includes('missed'));
  out.count = d.getElementById('count').textContent;
  const seen = s => [...d.querySelectorAll(s)].filter(e => e.offsetHeight).length;
  d.getElementById('only-zh').click(); out.zh = [seen('.zh') > 0, seen('.en')];
  d.getElementById('only-en').click(); out.en = [seen('.zh'), seen('.en') > 0];
  o.textContent = JSON.stringify(out);
}};</script></body>"""


@pytest.mark.skipif(not CHROMIUM, reason="apt-get install chromium fonts-noto-cjk")
@pytest.mark.parametrize("width", [1280, 390, 680])  # desktop, phone, printed on A4
def test_in_a_browser(page, tmp_path, width):
    frame = tmp_path / "frame.html"
    inner = html.escape(page.read_text(encoding="utf8"), quote=True)
    frame.write_text(_FRAME.format(page=inner, width=width), encoding="utf8")
    done = subprocess.run(
        [CHROMIUM, "--headless", "--no-sandbox", f"--user-data-dir={tmp_path}/home",
         "--virtual-time-budget=20000", "--dump-dom", frame.as_uri()],
        capture_output=True, text=True, check=True, timeout=180,
    )  # fmt: skip
    out = json.loads(html.unescape(re.search(r'<pre id="o">(.*?)</pre>', done.stdout)[1]))
    assert out["width"][0] <= out["width"][1]
    assert out["wide"] == []
    assert out["empty"] == 0
    assert 0 < out["filtered"] < out["cards"]
    assert out["fits"]
    assert out["count"] == f"{out['filtered']} / {out['cards']}"
    assert out["zh"] == [True, 0]
    assert out["en"] == [0, True]


@pytest.mark.skipif(not CHROMIUM, reason="apt-get install chromium fonts-noto-cjk")
def test_it_prints(page, tmp_path):
    done = subprocess.run(
        [CHROMIUM, "--headless", "--no-sandbox", f"--user-data-dir={tmp_path}/home",
         f"--print-to-pdf={tmp_path / 'report.pdf'}", page.as_uri()],
        capture_output=True, text=True, check=False, timeout=180,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "report.pdf").stat().st_size > 100_000
