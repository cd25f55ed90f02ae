"""Step `readings`: sentences of the raw assets whose spans people have read, as training data.

The text of others is not in this repository; `corpus/readings` holds, for each sentence that was
read to the annotation policy, its checksum, who read it and the offsets of its spans.
"""

from pathlib import Path
from typing import Annotated

import typer

from scripts.annotation.readings import ReadingError, checksum, read_readings
from scripts.annotation.spans import problems
from scripts.convert import write_docs


def main(
    sentences: Annotated[Path, typer.Argument(help="sentences.txt, which scripts.silver wrote.")],
    readings: Annotated[Path, typer.Argument(help="Folder of the readings (JSONL).")],
    out: Annotated[Path, typer.Argument(help="File for the annotated sentences (.spacy).")],
) -> None:
    """Join the readings with the raw sentences they were made on."""
    lines = sentences.read_text(encoding="utf8").splitlines()
    texts = {checksum(line): line for line in lines}
    found, missing = [], 0
    for path in sorted(readings.glob("*.jsonl")):
        for number, name, spans in read_readings(path):
            if name not in texts:
                missing += 1
                continue
            for problem in problems(texts[name], spans):
                raise ReadingError(f"{path}:{number}: {problem}; mend the offsets of this line")
            found.append((texts[name], spans))
    typer.echo(f"{write_docs(out, found)} readings, {missing} whose sentence is not in the assets")


if __name__ == "__main__":
    typer.run(main)
