"""The repository's components and an installed wheel's in one process: the first ones stay."""

import shutil
import subprocess
import sys
from pathlib import Path

from scripts import components

CODE = Path(components.__file__).parent
# In a process of its own, for what registers last is what other tests would get.
SCRIPT = """
from pathlib import Path
import spacy
import scripts.components, wheel_copy
TOKENIZER = "zh_poverty_news.CharTokenizer.v1"
DATA = Path(scripts.components.__file__).parent / "data"
for name in ("quantities", "places", "facts"):
    made = type(spacy.blank("zh").add_pipe(name)).__module__
    assert made.startswith("scripts.components."), (name, made)
assert spacy.tokens.Span.get_extension("place")[2] is scripts.components.places.read_place
nlp = spacy.blank("zh", config={"nlp": {"tokenizer": {"@tokenizers": TOKENIZER}}})
nlp.add_pipe("quantities").initialize(list, units=DATA / "units.csv")
nlp.add_pipe("places").initialize(list, table=DATA / "divisions.csv")
doc = nlp.make_doc("秦安县3户")
doc.ents = [doc.char_span(0, 3, label="LOC"), doc.char_span(3, 5, label="MEASURE")]
for _, pipe in nlp.pipeline:
    doc = pipe(doc)
assert doc.ents[0]._.place.code == "620522"
assert isinstance(doc.ents[1]._.quantity, scripts.components.quantity.Quantity)
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
