"""Extract on a local Ray cluster of two nodes, and kill one worker in the middle.

Arguments: table, output, model.
"""

import os
import signal
import sys
import threading
import time
from pathlib import Path

import ray
from ray.cluster_utils import Cluster
from typer.testing import CliRunner

from scripts import extract

KILLED: list[bool] = []


def workers_of(process: int) -> list[int]:
    """The Ray workers that do batches among the descendants of a process."""
    found = []
    for child in Path(f"/proc/{process}/task/{process}/children").read_text().split():
        command = Path(f"/proc/{child}/cmdline").read_bytes()
        if command.startswith(b"ray::") and b"_RayWorker" in command:
            found.append(int(child))
        found += workers_of(int(child))
    return found


def kill_one(parts: Path) -> None:
    """Kill a worker as soon as there are parts."""
    while len(list(parts.glob("*/*.jsonl"))) < 2:
        time.sleep(0.02)
    os.kill(workers_of(os.getpid())[0], signal.SIGKILL)
    KILLED.append(True)


def main(table: str, out: str, model: str) -> None:
    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 1})
    cluster.add_node(num_cpus=1)
    ray.init(address=cluster.address, log_to_driver=False)
    killer = threading.Thread(target=kill_one, args=[Path(f"{out}.parts")])
    killer.start()
    args = [table, "--out", out, "--model", model, "--workers", "2", "--engine", "ray"]
    result = CliRunner().invoke(extract.app, args)
    print(result.output)
    killer.join(10)
    ray.shutdown()
    cluster.shutdown()
    sys.exit(result.exit_code if KILLED else 3)


if __name__ == "__main__":
    main(*sys.argv[1:])
