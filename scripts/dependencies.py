"""List what requirements.lock holds: version, licence, and what wants it (docs/dependencies.md).

An audit by hand, where pip-audit can't reach its database: the list shows at a glance what came
in with a new lock, and why.
"""

import re
from collections import defaultdict
from collections.abc import Iterator
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path
from typing import Annotated

import typer
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from scripts.files import write_whole

_LOCKED = re.compile(r"(?m)^([\w.-]+)==([^\s;\\]+)")
_HEAD = "| package | version | licence | wanted by |\n|---|---|---|---|\n"
_TABLE = re.compile(re.escape(_HEAD) + r"(?:\|.*\n)*")


def locked(lock: Path) -> dict[str, list[str]]:
    """Versions by package; several where Python versions differ."""
    found: dict[str, list[str]] = defaultdict(list)
    for name, version in _LOCKED.findall(lock.read_text(encoding="utf8")):
        found[canonicalize_name(name)].append(version)
    return found


def installed(names: list[str]) -> Iterator[tuple[str, Distribution]]:
    """Those of `names` that this environment has; others are for another Python or platform."""
    for name in names:
        try:
            yield name, distribution(name)
        except PackageNotFoundError:
            continue


def licence(found: Distribution) -> str:
    """The licence that a package states, in a few words."""
    fields = ("License-Expression", "License")
    stated = next((text for f in fields for text in found.metadata.get_all(f) or []), "")
    classifiers = [
        text.rpartition(" :: ")[2]
        for text in found.metadata.get_all("Classifier") or []
        if text.startswith("License ::")
    ]
    if not stated or len(stated) > 40 or "\n" in stated:
        return ", ".join(classifiers) or "see its files"
    return stated


def table(lock: Path, project: str) -> str:
    """The list; packages that nothing wants are those that `project` itself names."""
    versions = locked(lock)
    present = dict(installed(sorted(versions)))
    wanted: dict[str, set[str]] = defaultdict(set)
    for name, found in present.items():
        for text in found.requires or []:
            requirement = Requirement(text)
            if "extra" not in str(requirement.marker or ""):
                wanted[canonicalize_name(requirement.name)].add(name)
    return _HEAD + "".join(
        f"| {name} | {', '.join(versions[name])} "
        f"| {licence(present[name]) if name in present else 'another Python or platform'} "
        f"| {', '.join(sorted(wanted[name])) or (project if name in present else '–')} |\n"
        for name in sorted(versions)
    )


def main(
    lock: Annotated[Path, typer.Argument(help="requirements.lock.")],
    page: Annotated[Path, typer.Argument(help="The page that holds the table.")],
) -> None:
    """List what the lock holds, with licence and reason, in the table of a page."""
    text = page.read_text(encoding="utf8")
    if not _TABLE.search(text):
        typer.secho(f"{page}: no table begins with {_HEAD.splitlines()[0]}", fg="red", err=True)
        raise typer.Exit(1)
    listed = table(lock, "this project")
    write_whole(page, _TABLE.sub(lambda _: listed, text))
    typer.echo(f"{page}: {len(locked(lock))} packages")


if __name__ == "__main__":
    typer.run(main)
