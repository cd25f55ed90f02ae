"""Whether the files of an installed pipeline are those that were packaged.

The package calls `check` before it loads: a damaged weight would otherwise load without a word
and make the model worse. This finds damage; it is no signature.
"""

import hashlib
import json
from pathlib import Path

CHECKSUMS = "checksums.json"


def checksums(folder: Path) -> dict[str, str]:
    """SHA-256 of every file below `folder`, but of the list itself, by its path in it."""
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.name != CHECKSUMS)
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in files
    }


def check(folder: Path) -> None:
    """Raise ValueError where a file of the pipeline in `folder` is missing or was changed."""
    mend = "install the wheel again: pip install --force-reinstall --no-deps <wheel>"
    try:
        packaged = json.loads((folder / CHECKSUMS).read_text(encoding="utf8"))
    except (OSError, ValueError) as error:
        raise ValueError(f"{folder / CHECKSUMS} can't be read ({error}); {mend}") from error
    found = checksums(folder)
    wrong = [f"{name} is missing" for name in sorted(packaged.keys() - found.keys())]
    same = sorted(packaged.keys() & found.keys())
    wrong += [f"{name} was changed" for name in same if packaged[name] != found[name]]
    if wrong:
        raise ValueError(f"{folder}: {', '.join(wrong)}; {mend}")
