"""One file per step of the project; the rooms below hold what the steps share.

One thread for each process: more don't help matrices this small, steps that have more to do
start processes, and the sums stay the same from run to run.
"""

import os

for _library in ("OMP", "OPENBLAS", "MKL", "BLIS"):
    os.environ.setdefault(f"{_library}_NUM_THREADS", "1")
