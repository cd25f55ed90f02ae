"""The repository's components and an installed wheel's in one process: the first ones stay."""

import shutil
import subprocess
import sys
from pathlib import Path

from scripts import components

CODE = Path(components.__file__).parent
# In a process of its own, for what registers last is what other tests would get.
SCRIPT = """
import spacy
import scripts.components, wheel_copy
for name in ("quantities", "places", "facts"):
    made = type(spacy.blank("zh").add_pipe(name)).__module__
    assert made.startswith("scripts.components."), (name, made)
nlp = spacy.blank("zh")
doc = nlp("120")
assert doc[:1]._.quantity is None and doc._.facts == []
"""


def test_two_copies(tmp_path):
    """The modules side by side in a package of another name, as in the wheel."""
    names = sorted(path.stem for path in CODE.glob("*.py") if path.stem != "__init__")
    (tmp_path / "wheel_copy").mkdir()
    for name in names:
        shutil.copy(CODE / f"{name}.py", tmp_path / "wheel_copy")
    (tmp_path / "wheel_copy" / "__init__.py").write_text(f"from . import {', '.join(names)}\n")
    path = [str(Path.cwd()), str(tmp_path)]
    script = f"import sys; sys.path += {path}\n{SCRIPT}"
    run = subprocess.run(
        [sys.executable, "-c", script], check=False, capture_output=True, text=True
    )
    assert run.returncode == 0, run.stderr
