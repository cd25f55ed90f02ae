"""The wheel: what is in it, what is not, and what happens when a file of it is damaged.

The pipeline is the one in training/model where there is one, else a bare one of the same shape.
"""

import ast
import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from scripts import package
from scripts.learning.examples import blank_pipeline
from scripts.version import project_version
from tests.reporting import measured

ROOT = Path(__file__).parents[1]
DATA = ROOT / "scripts/components/data"
NAME = f"zh_poverty_news_sm-{project_version()}"
# Modules that fetch, run or unpickle something.
FORBIDDEN = {
    "pickle", "cloudpickle", "dill", "joblib", "marshal", "shelve", "subprocess", "socket",
    "urllib", "requests", "http", "httpx", "ftplib", "ctypes", "multiprocessing", "importlib",
    "runpy",
}  # fmt: skip
CALLS = {"eval", "exec", "compile", "__import__"}


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """A package with its wheel, of a pipeline that needs no training."""
    folder = tmp_path_factory.mktemp("package")
    nlp = blank_pipeline()
    nlp.add_pipe("entity_ruler").add_patterns([{"label": "LOC", "pattern": "徽县"}])
    nlp.add_pipe("quantities").initialize(list, units=DATA / "units.csv")
    nlp.add_pipe("places").initialize(list, table=DATA / "divisions.csv")
    nlp.add_pipe("facts").initialize(list, indicators=DATA / "indicators.csv")
    nlp.to_disk(folder / "model")
    measured.write(folder / "metrics", [])
    return make(folder, "first")


def make(folder, name):
    package.main(
        folder / "model",
        ROOT / "configs/meta.json",
        folder / "metrics",
        ROOT / "docs/measured",
        ROOT / "docs/model-card.md",
        ROOT / "LICENSE",
        ROOT / "scripts/components",
        folder / name,
    )
    (wheel,) = (folder / name).glob("*/dist/*.whl")
    return wheel


@pytest.fixture
def installed(built, tmp_path):
    with zipfile.ZipFile(built) as wheel:
        wheel.extractall(tmp_path)
    return tmp_path


def load(folder):
    program = (
        "import spacy; doc = spacy.load('zh_poverty_news_sm')('徽县'); "
        "print(doc.ents[0]._.place.code)"
    )
    return subprocess.run(
        [sys.executable, "-c", program],
        cwd=folder,
        env={"PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1", "PATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )


def test_it_loads(installed):
    done = load(installed)
    assert done.stdout == "621227\n", done.stderr


def test_the_same_files_give_the_same_wheel(built):
    again = make(built.parents[3], "again")
    assert again.read_bytes() == built.read_bytes()


def test_version_card_and_licence(built):
    assert built.name == f"{NAME}-py3-none-any.whl"
    with zipfile.ZipFile(built) as wheel:
        meta = json.loads(wheel.read("zh_poverty_news_sm/meta.json"))
        card = wheel.read(f"zh_poverty_news_sm/{NAME}/README.md").decode()
        assert wheel.read(f"zh_poverty_news_sm/{NAME}/LICENSE").decode().startswith("MIT")
    assert meta["version"] == project_version()
    assert all(source["license"] for source in meta["sources"])
    assert card.startswith("# Model card: zh_poverty_news_sm")
    assert "1,234 written sentences" in card  # the figures of these metrics, not of docs/


def test_no_pickle_and_no_remote_code(built):
    with zipfile.ZipFile(built) as wheel:
        files = {name: wheel.read(name) for name in wheel.namelist()}
    assert len(files) > 15
    for name, content in files.items():
        assert not name.endswith((".pkl", ".pickle", ".joblib", ".pt", ".pth", ".so", ".pyc")), name
        # A pickle begins with its protocol and a frame or an opcode, and ends with a full stop.
        assert not (content[:1] == b"\x80" and content[1:2] in b"\x02\x03\x04\x05" and
                    content.endswith(b".")), name  # fmt: skip
        if not name.endswith(".py"):
            continue
        for node in ast.walk(ast.parse(content)):
            names = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and node.level == 0:
                names = [node.module or ""]
            assert not FORBIDDEN & {found.split(".")[0] for found in names}, (name, names)
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                assert node.func.id not in CALLS, f"{name}:{node.lineno}"


@pytest.mark.parametrize("damage", ["flip", "remove", "truncate"])
@pytest.mark.parametrize("file", ["places", "config.cfg", "meta.json", "vocab/strings.json"])
def test_a_damaged_file_is_named(installed, file, damage):
    path = installed / "zh_poverty_news_sm" / NAME / file
    content = bytearray(path.read_bytes())
    if damage == "remove":
        path.unlink()
    elif damage == "truncate":
        path.write_bytes(content[: len(content) // 2])
    else:
        content[len(content) // 2] ^= 1
        path.write_bytes(content)
    done = load(installed)
    assert done.returncode != 0
    said = "is missing" if damage == "remove" else "was changed"
    last = done.stderr.strip().splitlines()[-1]
    assert f"{file} {said}; install the wheel again" in last


def test_a_missing_list_of_sums_is_named(installed):
    (installed / "zh_poverty_news_sm" / NAME / "checksums.json").unlink()
    done = load(installed)
    assert "checksums.json can't be read" in done.stderr
    assert "install the wheel again" in done.stderr


def test_without_a_scorecard_the_command_is_named(built, tmp_path, capsys):
    folder = built.parents[3]
    with pytest.raises(package.typer.Exit):
        package.main(
            folder / "model", ROOT / "configs/meta.json", tmp_path, tmp_path,
            ROOT / "docs/model-card.md", ROOT / "LICENSE", ROOT / "scripts/components",
            tmp_path / "out",
        )  # fmt: skip
    assert "run the command evaluate" in capsys.readouterr().err
