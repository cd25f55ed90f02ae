"""Loaded by Python at its start when this folder is on PYTHONPATH: notes which files are read."""

import os
import sys

_log = os.open(os.environ["READ_LOG"], os.O_WRONLY | os.O_APPEND | os.O_CREAT)


def _note(event: str, args: tuple[object, ...]) -> None:
    if event == "open" and isinstance(args[0], str) and args[1] in (None, "r", "rb"):
        os.write(_log, f"{os.path.realpath(args[0])}\n".encode())


sys.addaudithook(_note)
