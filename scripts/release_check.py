"""Step `release-check`: whether what stands in git can be released.

From a clean clone everything is built twice and compared, the wheel is installed on the oldest
and the newest Python that the machine offers, and the examples of README and docs must print
there what they show. Takes two full builds; with ``--steps 2`` it only shows that it runs.
"""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import typer

ROOT = Path(__file__).parents[1]
# What two builds must have in common, byte for byte.
SAME = (
    "training/metrics/scorecard.json",
    "training/report/index.html",
    "training/packages/*/dist/*",
)
SUPPORTED = range(10, 14)  # Python 3.x, as pyproject.toml says


def run(*command: str | Path, cwd: Path, **env: str) -> None:
    """Run a command; CalledProcessError where it fails."""
    typer.echo(f"+ {' '.join(map(str, command))}")
    subprocess.run(command, cwd=cwd, env=os.environ | env, check=True)


def pythons() -> list[Path]:
    """The oldest and the newest supported Python that is installed, by PATH and pyenv."""
    found: dict[int, Path] = {}
    for minor in SUPPORTED:
        name = f"python3.{minor}"
        homes = sorted(Path.home().glob(f".pyenv/versions/3.{minor}.*/bin/{name}"))
        if path := homes[-1] if homes else shutil.which(name):
            found[minor] = Path(path)
    if not found:
        raise ValueError(f"no Python 3.{SUPPORTED[0]} to 3.{SUPPORTED[-1]} here; install one")
    return [found[minor] for minor in sorted({min(found), max(found)})]


def build(repository: Path, clone: Path, steps: int | None) -> dict[str, str]:
    """Set up and run everything in a clean clone; the sums of what must be the same."""
    run("git", "clone", "--quiet", repository, clone, cwd=ROOT)
    run(sys.executable, "-m", "venv", ".venv", cwd=clone)
    python = clone / ".venv" / "bin" / "python"
    lock = ["--require-hashes", "-r", "requirements.lock"]
    run(python, "-m", "pip", "install", "--quiet", *lock, cwd=clone)
    few = {"SPACY_CONFIG_OVERRIDES": f"--training.max_steps={steps}"} if steps else {}
    run(python, "-m", "spacy", "project", "run", "all", cwd=clone, **few)
    return {
        path.relative_to(clone).as_posix(): sha256(path.read_bytes()).hexdigest()
        for pattern in SAME
        for path in sorted(clone.glob(pattern))
    }


def differences(one: dict[str, str], other: dict[str, str]) -> Iterator[str]:
    """Files that the two builds don't have in common."""
    for name in sorted(one.keys() | other.keys()):
        if one.get(name) != other.get(name):
            yield f"{name}: the two builds differ"


def stated(clone: Path) -> Iterator[str]:
    """Whether the stated figures are those of this build."""
    made = (clone / "training/metrics/scorecard.json").read_text(encoding="utf8").strip()
    kept = clone / "docs/measured/scorecard.json"
    if not kept.exists() or kept.read_text(encoding="utf8").strip() != made:
        yield f"{kept.relative_to(clone)}: not what this build measured; run the command results"


def try_wheel(python: Path, clone: Path, folder: Path, compare: bool) -> None:
    """Install the wheel into a fresh environment of `python` and run the docs' examples."""
    environment = folder / re.sub(r"\W", "", python.name)
    run(python, "-m", "venv", environment, cwd=folder)
    fresh = environment / "bin" / "python"
    (wheel,) = clone.glob("training/packages/*/dist/*.whl")
    # The examples show a DataFrame, which needs pandas; the wheel doesn't.
    run(fresh, "-m", "pip", "install", "--quiet", wheel, "pandas", cwd=folder)
    compared = ["--compare"] if compare else []
    run(fresh, "-m", "scripts.examples", "README.md", "docs", *compared, cwd=clone)


def main(
    steps: Annotated[
        int | None, typer.Option(help="Train so few steps: whether it runs, not what it gives.")
    ] = None,
) -> None:
    """Build twice from a clean clone, compare, install on old and new Python, run the examples."""
    wrong: list[str] = []
    if subprocess.run(["git", "diff", "--quiet", "HEAD"], cwd=ROOT, check=False).returncode:
        typer.secho("There are changes that are not committed; they are not checked.", fg="yellow")
    with TemporaryDirectory() as name:
        folder = Path(name)
        try:
            one = build(ROOT, folder / "one", steps)
            # Of the first clone: what is committed meanwhile makes no difference.
            two = build(folder / "one", folder / "two", steps)
            wrong += differences(one, two)
            if not steps:
                wrong += stated(folder / "one")
            for python in pythons():
                try_wheel(python, folder / "one", folder, compare=not steps)
        except (subprocess.CalledProcessError, ValueError) as error:
            wrong.append(str(error))
    for finding in wrong:
        typer.secho(finding, fg="red", err=True)
    if wrong:
        raise typer.Exit(1)
    typer.echo("Both builds are the same, and the examples run. Tag it.")


if __name__ == "__main__":
    typer.run(main)
