"""What runs inside a system's environment: load it, read texts, print words and figures.

Run as ``python -m scripts.benchmarking.measure MODULE TEXTS TIMED RUNS`` by the interpreter of
that environment; needs nothing but the standard library and the system itself.
"""

import json
import os
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import redirect_stdout
from importlib import import_module
from pathlib import Path
from statistics import median
from time import perf_counter, process_time
from typing import Any

Word = tuple[int, int, str]  # half-open offsets and the system's own tag
Reader = Callable[[Iterable[str]], Iterable[list[Word]]]


def placed(tagged: Iterable[tuple[str, str]]) -> Iterator[Word]:
    """Words that cover their text without a gap, with their offsets."""
    at = 0
    for word, tag in tagged:
        yield at, at + len(word), tag
        at += len(word)


def peak_mb() -> float:
    """The most memory that this process has held so far (Linux), in millions of bytes."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    (line,) = (line for line in status.splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1]) * 1024 / 1e6


def texts_of(path: Path) -> Iterator[str]:
    """The texts of a JSONL file, one at a time."""
    with path.open(encoding="utf8") as lines:
        for line in lines:
            yield json.loads(line)["text"]


def measure(module: str, texts: Path, timed: Path, runs: int) -> dict[str, Any]:
    """Load a system, read `texts` for its words and then `timed`, `runs` times, for its speed.

    module: name of the one that has ``load``; loading includes its imports, by the clock. The
    reading for the words is the warm-up; without `runs` nothing is read. Speed is per second of
    processor time on one core: by the clock it is the same where nothing else runs.
    """
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    start = perf_counter()
    read: Reader = import_module(module).load()
    found: dict[str, Any] = {"load_seconds": perf_counter() - start}
    if runs:
        found["words"] = list(read(texts_of(texts)))
        seconds = []
        for _ in range(runs):
            start = process_time()
            deque(read(texts_of(timed)), maxlen=0)
            seconds.append(process_time() - start)
        found["characters_per_second"] = sum(map(len, texts_of(timed))) / median(seconds)
    return found | {"peak_mb": peak_mb()}


if __name__ == "__main__":
    with redirect_stdout(sys.stderr):  # some systems greet
        figures = measure(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]), int(sys.argv[4]))
    print(json.dumps(figures))
