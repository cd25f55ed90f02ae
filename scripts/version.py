"""The version of project and wheel: written by hand in pyproject.toml and nowhere else."""

import re
from pathlib import Path

PYPROJECT = Path(__file__).parents[1] / "pyproject.toml"


def project_version() -> str:
    """The version in pyproject.toml (tomllib comes with Python 3.11 only)."""
    found = re.search(r'^version = "([^"]+)"$', PYPROJECT.read_text(encoding="utf8"), re.MULTILINE)
    if not found:
        raise ValueError(f'{PYPROJECT}: no line like version = "1.2.3"; add one under [project]')
    return found[1]
