"""README and docs against the project: examples, commands, links, figures, the version.

Python blocks run with the wheel in tests/test_project.py, which builds one.
"""

import importlib
import re
import shlex
from functools import cache
from pathlib import Path

import pytest
import srsly
import typer
from typer.main import get_command

from scripts.dependencies import locked
from scripts.examples import blocks, run
from scripts.reporting.measured import read_measured
from scripts.results import BLOCKS, filled, with_version
from scripts.version import project_version

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
PROJECT = srsly.read_yaml(ROOT / "project.yml")
# First words of lines that are not run here, and why.
NOT_RUN = {
    "python3": "makes an environment; .ci/run runs these lines of the README themselves",
    ".venv/bin/pip": "installs, as python3 above",
    "pip": "installs; scripts.smoke and scripts.release_check install the wheel",
    "source": "changes the reader's shell",
    "apt-get": "changes the reader's machine",
    "export": "changes the reader's shell",
    "ray": "starts a cluster; tests/test_extract.py starts one",
    ".venv-trf/bin/pip": "installs; the extra trf is tested where it is installed",
    "uv": "asks the registry; who changes pyproject.toml runs it",
    "git": "fetches or tags; scripts.release_check clones",
}
ids = [page.name for page in PAGES]


def shell_lines():
    for page in PAGES:
        for block in blocks(page.read_text(encoding="utf8")):
            if block.language in ("bash", "sh", "shell"):
                joined = block.text.replace("\\\n", " ")
                for line in joined.splitlines():
                    for part in line.partition(" #")[0].split("&&"):
                        if part.strip():
                            yield pytest.param(part.strip(), id=f"{page.name}: {part.strip()}")


@cache
def options(module):
    """The options that a script takes."""
    loaded = importlib.import_module(module)
    app = getattr(loaded, "app", None)
    if app is None:
        app = typer.Typer(add_completion=False)
        app.command()(loaded.main)
    command = get_command(app)
    return {name for param in command.params for name in (*param.opts, *param.secondary_opts)}


@pytest.mark.parametrize("line", [*shell_lines()])
def test_shell_lines_name_what_there_is(line):
    words = [word for word in shlex.split(line) if not re.match(r"[A-Z_]+=", word)]
    words[0] = re.sub(r"^\.venv[\w-]*/bin/(?=python)", "", words[0])
    if words[0] in NOT_RUN:
        return
    assert words[0] == "python", f"{line}: neither run nor in NOT_RUN"
    assert words[1] == "-m", line
    module, rest = words[2], words[3:]
    if module.startswith("scripts."):
        given = {word.partition("=")[0] for word in rest if word.startswith("--")}
        assert given <= options(module) | {"--help"}, given
    elif module == "spacy" and rest[:2] == ["project", "run"]:
        names = {command["name"] for command in PROJECT["commands"]} | PROJECT["workflows"].keys()
        assert rest[2] in names, f"project.yml has no {rest[2]}"
        for name in (word for word in rest if word.startswith("--vars.")):
            assert name.removeprefix("--vars.").partition("=")[0] in PROJECT["vars"], name
    else:
        assert module == "pytest", f"{line}: neither run nor in NOT_RUN"
        for path in (word for word in rest if not word.startswith("-")):
            assert (ROOT / path).exists(), path


@pytest.mark.parametrize("page", PAGES, ids=ids)
def test_blocks_have_a_language_that_is_checked(page):
    before = ""
    for block in blocks(page.read_text(encoding="utf8")):
        allowed = ("python", "bash", "ini") + (("", "text") if before == "python" else ())
        assert block.language in allowed, f"{page}:{block.line}"
        before = block.language


@pytest.mark.parametrize("page", PAGES, ids=ids)
def test_links_and_files_exist(page):
    text = page.read_text(encoding="utf8")
    for link in re.findall(r"\]\(([^)\s]+)\)", text):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = link.partition("#")
        target = page.parent / path if path else page
        assert target.exists(), link
        if anchor:
            titles = re.findall(r"(?m)^#+ (.+)$", target.read_text(encoding="utf8"))
            slugs = {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}
            assert anchor in slugs, link
    made = {output for command in PROJECT["commands"] for output in command.get("outputs", [])}
    for name in re.findall(r"`((?:scripts|corpus|configs|tests|seeds)/[\w./-]+)`", text):
        known = (ROOT / name).exists() or any(
            out.startswith(name.rstrip("/")) or name.startswith(out) for out in made
        )
        assert known, f"{page.name} names {name}"


@pytest.mark.parametrize("page", PAGES, ids=ids)
def test_extras_that_a_page_names_exist(page):
    text = (ROOT / "pyproject.toml").read_text(encoding="utf8")
    section = re.search(r"(?ms)^\[project\.optional-dependencies\]$(.*?)^\[", text)[1]
    extras = set(re.findall(r"(?m)^(\w+) = ", section))
    named = re.findall(r"\.\[([\w,]+)\]", page.read_text(encoding="utf8"))
    assert {extra for names in named for extra in names.split(",")} <= extras


@pytest.mark.parametrize("page", PAGES, ids=ids)
def test_figures_are_those_that_were_measured(page):
    text = page.read_text(encoding="utf8")
    assert filled(text, read_measured(ROOT / "docs/measured"), page.name) == text, (
        "run python -m spacy project run results"
    )


def test_every_block_of_figures_is_made_from_a_measured_file():
    assert {source for source, _ in BLOCKS.values()} <= read_measured(ROOT / "docs").keys()


def test_an_unknown_block_is_named():
    text = "<!-- measured:nothing -->\n<!-- measured:end -->"
    with pytest.raises(ValueError, match=r"a\.md: no block 'nothing'"):
        filled(text, {}, "a.md")


def test_the_version_stands_in_one_place():
    version = project_version()
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf8")
    assert with_version(citation) == citation, "run python -m spacy project run results"
    released = re.search(r"(?m)^date-released: (\S+)$", citation)[1]
    changes = (ROOT / "CHANGELOG.md").read_text(encoding="utf8")
    assert re.search(r"(?m)^## (.+)$", changes)[1] == f"{version} ({released})"
    assert "version" not in srsly.read_json(ROOT / "configs/meta.json")
    readme = (ROOT / "README.md").read_text(encoding="utf8")
    assert version not in re.sub(r"(?s)<!-- measured:(.*?)measured:end -->", "", readme)


def test_the_list_of_dependencies_is_that_of_the_lock():
    listed = re.findall(
        r"(?m)^\| ([\w-]+) \| (\d[^|]*) \|", (ROOT / "docs/dependencies.md").read_text("utf8")
    )
    found = {
        name: ", ".join(versions) for name, versions in locked(ROOT / "requirements.lock").items()
    }
    assert dict(listed) == found, (
        "run python -m scripts.dependencies requirements.lock docs/dependencies.md"
    )


def test_messages_of_troubleshooting_are_in_the_code():
    text = (ROOT / "docs/troubleshooting.md").read_text(encoding="utf8")
    code = "".join(
        path.read_text(encoding="utf8") for path in sorted((ROOT / "scripts").rglob("*.py"))
    )
    code = re.sub(r'"\s+f?"', "", code)  # parts of one string on several lines
    found = re.findall(r"(?m)^### `([^`]+)`", text)
    assert len(found) > 8
    for message in found:
        if message.startswith(("[E", "Skipping")):  # spaCy's own
            continue
        assert message in code, message


def test_what_an_example_prints_is_compared(tmp_path):
    page = tmp_path / "page.md"
    page.write_text(
        "```python\nprint(1)\n```\n\n```text\n1\n```\n\n- x\n\n  ```python\n  y = 2\n  ```\n"
    )
    assert run(page, compare=True) == 2
    page.write_text("```python\nprint(1)\n```\n\n```text\n2\n```\n")
    assert run(page, compare=False) == 1
    with pytest.raises(ValueError, match=r"page\.md:1: the example prints\n1\n"):
        run(page, compare=True)
    page.write_text("\n```python\n1 / 0\n```\n")
    with pytest.raises(ValueError, match=r"page\.md:2: the example fails"):
        run(page, compare=False)
