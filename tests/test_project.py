"""The project file against what its commands do: the whole workflow, run with a few steps.

Every command runs in a copy of the repository while its Python processes note each file that
they open, so that a dependency that project.yml forgets is found here.
"""

import json
import os
import re
import shlex
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
import srsly

ROOT = Path(__file__).parents[1]
PROJECT = srsly.read_yaml(ROOT / "project.yml")
COMMANDS = {command["name"]: command for command in PROJECT["commands"]}
# Trains in seconds, through the variable that spaCy reads.
FEW_STEPS = "--training.max_steps=2"


def versioned_files() -> list[str]:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    return [name for name in listed.split("\0") if name and (ROOT / name).is_file()]


def run(folder: Path, command: str, log: Path) -> subprocess.CompletedProcess[str]:
    env = os.environ | {
        "SPACY_CONFIG_OVERRIDES": FEW_STEPS,
        "READ_LOG": str(log),
        "PYTHONPATH": str(ROOT / "tests" / "support"),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    return subprocess.run(
        [sys.executable, "-m", "spacy", "project", "run", command],
        cwd=folder,
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    folder = tmp_path_factory.mktemp("project")
    for name in versioned_files():
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes((ROOT / name).read_bytes())
    return folder


@pytest.mark.parametrize("name", PROJECT["workflows"]["all"])
def test_command(copy, tmp_path, name):
    """In the order of the workflow, each after the one before it."""
    command = COMMANDS[name]
    log = tmp_path / "read.log"
    done = run(copy, name, log)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    for output in command.get("outputs", []):
        path = copy / output
        assert path.exists(), f"{name} never wrote {output}"
        assert path.is_file() or any(path.iterdir()), f"{name} left {output} empty"
    allowed = [*command["deps"], *command.get("outputs", [])]
    for line in set(log.read_text().splitlines()):
        path = Path(line)
        if not path.is_file() or not path.is_relative_to(copy):
            continue
        name_in_project = path.relative_to(copy)
        if name_in_project.parts[0] in ("project.yml", "project.lock", ".git"):
            continue
        if name_in_project.as_posix() in ("scripts/__init__.py",):
            continue
        assert any(name_in_project.is_relative_to(dep) for dep in allowed), (
            f"{name} reads {name_in_project}, which is not in its deps"
        )


@pytest.fixture
def with_wheel(copy, tmp_path):
    """The environment in which the wheel just built is installed."""
    (wheel,) = (copy / "training" / "packages").glob("*/dist/*.whl")
    with zipfile.ZipFile(wheel) as package:
        package.extractall(tmp_path / "site")
    return os.environ | {"PYTHONPATH": f"{tmp_path / 'site'}{os.pathsep}{ROOT}"}


def python(words: list[str], cwd: Path, env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *words], cwd=cwd, env=env, capture_output=True, text=True, check=False
    )


def test_the_examples_of_the_docs_run(with_wheel, tmp_path):
    """What they print is compared by the command release-check."""
    pages = [str(ROOT / "README.md"), str(ROOT / "docs")]
    done = python(["-m", "scripts.examples", *pages], tmp_path, with_wheel)
    assert done.returncode == 0, done.stderr
    assert "use.md" in done.stdout


def test_the_extraction_of_the_readme_runs(with_wheel, tmp_path):
    """The line as it stands there, on a saved page and a row of JSONL."""
    readme = (ROOT / "README.md").read_text(encoding="utf8")
    (line,) = re.findall(r"(?m)^python (-m scripts\.extract .+)$", readme)
    text = "2014年底，秦安县五营镇徐洼村有贫困户84户400人，贫困发生率35.21%。"
    (tmp_path / "pages").mkdir()
    page = f"<html><meta charset='utf-8'><body><h1>徐洼村</h1><p>{text}</p></body></html>"
    (tmp_path / "pages" / "one.html").write_text(page, encoding="utf8")
    (tmp_path / "news.jsonl").write_text(json.dumps({"text": text}) + "\n", encoding="utf8")
    done = python(shlex.split(line), tmp_path, with_wheel)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "facts.csv").read_text(encoding="utf-8-sig").count("35.21%") >= 2


def test_an_unchanged_project_runs_nothing_again(copy, tmp_path):
    done = run(copy, "all", tmp_path / "read.log")
    assert done.returncode == 0
    skipped = [name for name in PROJECT["workflows"]["all"] if f"Skipping '{name}'" in done.stdout]
    assert skipped == [n for n in PROJECT["workflows"]["all"] if COMMANDS[n].get("outputs")]


def test_an_interrupted_project_finishes(copy, tmp_path):
    (copy / "training" / "metrics" / "smoke.json").unlink()
    (copy / "corpus" / "tasks" / "tasks.jsonl").unlink()
    done = run(copy, "all", tmp_path / "read.log")
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    assert (copy / "training" / "metrics" / "smoke.json").exists()
    assert (copy / "corpus" / "tasks" / "tasks.jsonl").exists()


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_dependencies_are_there_or_made_before(name):
    made = {output for command in PROJECT["commands"] for output in command.get("outputs", [])}
    made |= {asset["dest"] for asset in PROJECT.get("assets", [])}
    for dep in COMMANDS[name].get("deps", []):
        assert (ROOT / dep).exists() or dep in made, f"{name}: nothing makes {dep}"


def test_no_command_has_the_name_of_a_workflow():
    assert not COMMANDS.keys() & PROJECT["workflows"].keys()


def test_commands_need_no_shell():
    for command in PROJECT["commands"]:
        for line in command["script"]:
            assert not any(sign in line for sign in ("|", ">", "<", "&&", ";")), line


def test_the_readme_shows_the_commands(tmp_path):
    readme = tmp_path / "README.md"
    readme.write_bytes((ROOT / "README.md").read_bytes())
    subprocess.run(
        [sys.executable, "-m", "spacy", "project", "document", str(ROOT), "--output", str(readme)],
        check=True,
        capture_output=True,
    )
    assert readme.read_text(encoding="utf8") == (ROOT / "README.md").read_text(encoding="utf8")


def test_quick_start_holds_two_commands():
    text = (ROOT / "README.md").read_text(encoding="utf8")
    block = text.split("## Quick start")[1].split("```")[1]
    assert len(block.strip().splitlines()[1:]) == 2
