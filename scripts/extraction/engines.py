"""Who does the batches: processes of this machine, or a Ray cluster.

Every engine writes the part of a batch as soon as it is done and tells how much that was. A batch
whose process died is done again; it left either its whole part or none.
"""

import multiprocessing
import os
import threading
from collections import Counter
from collections.abc import Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scripts.extraction.sources import Batch, Columns, batch_at
from scripts.extraction.tables import write_part
from scripts.extraction.work import Worker

TRIES = 3  # processes that a batch may cost before the run stops


@dataclass(frozen=True)
class Job:
    """What every process must know.

    folder: where the list of batches lies and parts go; suffix: their kind; cwd: what relative
    paths begin at.
    """

    model: str
    columns: Columns
    folder: Path
    suffix: str
    cwd: Path

    @property
    def batches(self) -> Path:
        """The list of all batches."""
        return self.folder / "batches.jsonl"

    def worker(self) -> Worker:
        """The pipeline, loaded."""
        return Worker(self.model, self.columns, keep_docs=self.suffix == ".spacy")


@dataclass(frozen=True)
class Done:
    """A finished batch: its bytes of input, pages, characters, rows and rejected pages."""

    size: int
    pages: int
    characters: int
    rows: int
    rejected: int


def do_batch(worker: Worker, job: Job, batch: Batch) -> Done:
    """Read a batch and write its part."""
    result = worker.read(batch)
    write_part(job.folder, batch.number, result, job.suffix)
    return Done(batch.size, result.pages, result.characters, len(result.rows), len(result.rejected))


# --- this machine


_worker: Worker | None = None


def _start(job: Job) -> None:
    global _worker  # noqa: PLW0603  (one pipeline for the life of the process)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    _worker = job.worker()


def _end_with_parent() -> None:
    """A killed run leaves no process behind."""
    if parent := multiprocessing.parent_process():
        parent.join()
        os._exit(1)


def _do(job: Job, batch: Batch) -> Done:
    assert _worker is not None
    return do_batch(_worker, job, batch)


def local(todo: Iterable[Batch], job: Job, workers: int) -> Iterator[Done]:
    """Done batches, as they come. Raises BrokenProcessPool if one kills process after process."""
    if workers == 1:
        worker = job.worker()
        for batch in todo:
            yield do_batch(worker, job, batch)
        return
    batches, again = iter(todo), list[Batch]()
    tries: Counter[int] = Counter()
    while True:
        running: dict[Future[Done], Batch] = {}
        with _pool(job, workers) as pool:
            try:
                yield from _run(pool, job, batches, again, running, workers)
            except BrokenProcessPool:
                again += running.values()
                tries.update(batch.number for batch in running.values())
                if max(tries.values(), default=TRIES) >= TRIES:
                    raise
            else:
                return


def _pool(job: Job, workers: int) -> ProcessPoolExecutor:
    # A forked process would share locks of threads that it does not have.
    context = multiprocessing.get_context("spawn")
    return ProcessPoolExecutor(workers, mp_context=context, initializer=_start, initargs=(job,))


def _run(
    pool: ProcessPoolExecutor,
    job: Job,
    batches: Iterator[Batch],
    again: list[Batch],
    running: dict[Future[Done], Batch],
    workers: int,
) -> Iterator[Done]:
    """Keep two batches for each process; `running` holds what is not done when a pool breaks."""
    while True:
        while len(running) < 2 * workers:
            batch = again.pop() if again else next(batches, None)
            if batch is None:
                break
            try:
                running[pool.submit(_do, job, batch)] = batch
            except BrokenProcessPool:
                again.append(batch)
                raise
        if not running:
            return
        for future in wait(running, return_when=FIRST_COMPLETED).done:
            done = future.result()
            del running[future]
            yield done


# --- a cluster


class _RayWorker:
    """One process of the cluster; Ray starts it again, and its batch, if it dies."""

    def __init__(self, job: Job) -> None:
        os.chdir(job.cwd)
        self._job = job
        self._worker = job.worker()

    def __call__(self, block: dict[str, Any]) -> dict[str, Any]:
        done = [
            do_batch(self._worker, self._job, batch_at(self._job.batches, int(at)))
            for at in block["item"]
        ]
        return {name: [getattr(d, name) for d in done] for name in Done.__dataclass_fields__}


def on_ray(todo: Iterable[int], job: Job, workers: int) -> Iterator[Done]:
    """Done batches of a Ray cluster (RAY_ADDRESS; without it one is started here).

    todo: bytes in the list of batches. Inputs and output must lie where every machine of the
    cluster sees them under the same paths, and the pipeline must be installed there.
    """
    import ray  # noqa: PLC0415  (optional)
    import ray.data  # noqa: PLC0415

    if not ray.is_initialized():
        here = {"PYTHONPATH": str(Path(__file__).parents[2])}
        ray.init(log_to_driver=False, runtime_env={"env_vars": here})
    items = list(todo)
    if not items:
        return
    dataset = ray.data.from_items(items, override_num_blocks=len(items)).map_batches(
        _RayWorker, fn_constructor_args=(job,), batch_size=1, concurrency=workers, num_cpus=1
    )
    for row in dataset.iter_rows():
        yield Done(**row)
