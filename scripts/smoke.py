"""Smoke test of the wheel: a fresh environment outside the repository installs and runs it.

The environment holds what the wheel itself requires and nothing else: the required
distributions of this environment are linked into it, so it needs no network, and a
requirement that meta.json forgets makes the import fail.
"""

import json
import subprocess
import sys
import venv
from collections.abc import Iterator
from importlib.metadata import Distribution, distribution
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import typer
from packaging.requirements import Requirement

from scripts.files import write_whole

# Spans that a reader finds at once, in the pages' own characters.
KNOWN = {
    "000_d82dfc39ab933caf": ["徐洼村", "市委組織部", "35.21%", "120萬元", "236戶"],
    "002_357cbda3da03d787": ["西营镇", "0.28%"],
}

_PROGRAM = """
import json, sys
from pathlib import Path
import zh_poverty_news_sm
nlp = zh_poverty_news_sm.load()
found = {}
for path in sorted(Path(sys.argv[1]).glob("*.txt")):
    raw = path.read_bytes().decode("utf-8")
    doc = nlp(raw)
    assert doc.text == raw, path
    spans = [*doc.ents, *doc.spans["sc"]]
    assert spans, f"{path}: no spans"
    for span in spans:
        assert span.text == raw[span.start_char : span.end_char], span
    found[path.stem] = sorted({span.text for span in spans})
assert Path(zh_poverty_news_sm.__file__).is_relative_to(sys.prefix), zh_poverty_news_sm.__file__
print(json.dumps(found))
"""


def required(requirements: list[str]) -> Iterator[Distribution]:
    """The installed distributions that `requirements` name, with all that these require."""
    seen: set[str] = set()
    open_names = [Requirement(text) for text in requirements]
    while open_names:
        requirement = open_names.pop()
        if requirement.marker and not requirement.marker.evaluate({"extra": ""}):
            continue
        found = distribution(requirement.name)
        if found.metadata["Name"] not in seen:
            seen.add(found.metadata["Name"])
            open_names += map(Requirement, found.requires or [])
            yield found


def link(found: Distribution, site: Path) -> None:
    """Link the files of an installed distribution into another environment."""
    for top in {file.parts[0] for file in found.files or [] if file.parts[0] != ".."}:
        if top != "__pycache__" and not (site / top).exists():
            (site / top).symlink_to(Path(str(found.locate_file(top))).resolve())


def main(
    packages: Annotated[Path, typer.Argument(help="Folder that holds the package and its wheel.")],
    seeds: Annotated[Path, typer.Argument(help="Folder of the raw pages.")],
    report: Annotated[Path, typer.Argument(help="File for what was found in each page (JSON).")],
) -> None:
    """Install the wheel into a fresh environment and read the raw pages with it."""
    (wheel,) = packages.glob("*/dist/*.whl")
    with TemporaryDirectory() as folder:
        fresh = Path(folder) / "venv"
        venv.create(fresh, symlinks=True)
        python = fresh / "bin" / "python"
        (site,) = fresh.glob("lib/python*/site-packages")
        (meta,) = packages.glob("*/meta.json")
        for found in required(json.loads(meta.read_text(encoding="utf8"))["requirements"]):
            link(found, site)
        pip = [sys.executable, "-m", "pip", "--python", str(python)]
        # With --no-index pip stops at a requirement that the environment doesn't hold.
        subprocess.run([*pip, "install", "--quiet", "--no-index", str(wheel)], check=True)
        output = subprocess.run(
            [str(python), "-c", _PROGRAM, str(seeds.resolve())],
            cwd=folder,
            check=True,
            capture_output=True,
            text=True,
        ).stdout
    spans = json.loads(output)
    missing = [
        f"{page}: {text}" for page in KNOWN for text in KNOWN[page] if text not in spans[page]
    ]
    if missing:
        typer.secho("Not found: " + "; ".join(missing), fg="red", err=True)
        raise typer.Exit(1)
    write_whole(report, json.dumps(spans, ensure_ascii=False, indent=1))
    typer.echo(
        f"{wheel.name}: {sum(map(len, spans.values()))} different spans in {len(spans)} pages"
    )


if __name__ == "__main__":
    typer.run(main)
