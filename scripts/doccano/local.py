"""A doccano server on this machine: a web server and a task worker, on 127.0.0.1 only."""

import json
import os
import secrets
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

from scripts.doccano.settings import (
    ADMIN,
    ROOT,
    SettingsError,
    password_of,
    private_file,
    private_folder,
    server_python,
)

_STARTS_IN = 90.0  # seconds; 4 to 10 on two free cores
_STOPS_IN = 15.0
_WORKER_IS_ASKED = 3  # times
_NO_WORKER = "its task worker does not answer"


def up(home: Path, port: int, say: Callable[[str], None]) -> str:
    """Start the server where it doesn't run yet, and wait until it is healthy; its address."""
    private_folder(home)
    state = _state(home)
    if state and any(_alive(pid, since) for pid, since in state["processes"].values()):
        if not (wrong := _patient_health(state["url"])):
            say(f"already running at {state['url']}")
            return str(state["url"])
        say(f"{state['url']} is not healthy ({wrong}); starting it anew")
        down(home)
    if port and _taken(port):
        raise SettingsError(
            f"port {port} of 127.0.0.1 is taken by another program; choose one with --port, or 0 "
            "for any that is free"
        )
    port = port or _free_port()
    url = f"http://127.0.0.1:{port}"
    python = server_python()
    environment = _environment(home)
    say("preparing the database …")
    backend = str(_backend(python))
    setup = [str(python), str(ROOT / "scripts" / "doccano" / "server_setup.py"), backend]
    done = subprocess.run(setup, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SettingsError(f"the database can't be prepared:\n{done.stderr[-1500:]}")
    web = [
        str(python),
        "-m",
        "gunicorn",
        "config.wsgi",
        "--chdir",
        backend,
        "--pythonpath",
        backend,
    ]
    web += ["--bind", f"127.0.0.1:{port}", "--workers", "2", "--threads", "4", "--timeout", "120"]
    task = [str(python.with_name("doccano")), "task", "--concurrency", "2"]
    processes: dict[str, tuple[int, str]] = {}
    state = {"url": url, "processes": processes}
    for name, command in (("web", web), ("task", task)):
        processes[name] = _start(command, home / f"{name}.log", environment)
        private_file(home / "server.json", json.dumps(state))
    say(f"waiting for {url} …")
    end = time.monotonic() + _STARTS_IN
    while wrong := health(url):
        if time.monotonic() > end or not all(_alive(*process) for process in processes.values()):
            logs = "\n".join(
                f"{name}.log: {(home / f'{name}.log').read_text(errors='replace')[-800:]}"
                for name in processes
            )
            down(home)
            raise SettingsError(f"the server did not start ({wrong}):\n{logs}")
        time.sleep(0.3)
    return url


def down(home: Path) -> list[str]:
    """Stop what `up` started, by its process ids; the names of what was still running."""
    state = _state(home)
    if not state:
        return []
    running = {
        n: (pid, since) for n, (pid, since) in state["processes"].items() if _alive(pid, since)
    }
    for sent in (signal.SIGTERM, signal.SIGKILL):
        for pid, since in running.values():
            if _alive(pid, since):
                os.killpg(pid, sent)  # each was started as the leader of a group of its own
        end = time.monotonic() + _STOPS_IN
        while any(_alive(*process) for process in running.values()) and time.monotonic() < end:
            time.sleep(0.1)
    (home / "server.json").unlink()
    return list(running)


def health(url: str, timeout: float = 20) -> str | None:
    """What is wrong with the server at `url`, in plain words; None where it is healthy."""
    request = urllib.request.Request(f"{url}/v1/health/", headers={"Accept": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=timeout) as answer:
            answer.read()
    except urllib.error.HTTPError as error:
        try:
            checks = json.loads(error.read())
            wrong = [f"{name}: {text}" for name, text in checks.items() if text != "working"]
        except (ValueError, AttributeError):
            return f"it answers {error.code}"
        if any(name.startswith("Celery") for name in checks if checks[name] != "working"):
            return _NO_WORKER
        return "; ".join(wrong)
    except (OSError, ValueError) as error:
        return f"no answer: {getattr(error, 'reason', error)}"
    return None


def require_health(url: str, mend: str) -> None:
    """Raise `SettingsError` where the server at `url` is not healthy."""
    if wrong := _patient_health(url):
        raise SettingsError(f"{url}: {wrong}; {mend}")


def _patient_health(url: str) -> str | None:
    """The same as `health`, for a server that runs: its worker may be slow.

    doccano gives the worker three seconds to answer, too few on a busy machine.
    """
    for _ in range(_WORKER_IS_ASKED):
        if (wrong := health(url)) != _NO_WORKER:
            break
    return wrong


def _environment(home: Path) -> dict[str, str]:
    secret = home / "secret_key"
    if not secret.exists():
        private_file(secret, secrets.token_urlsafe(50))
    media = private_folder(home / "media")
    default = f"sqlite:///{(home / 'db.sqlite3').resolve()}"
    # Not STANDALONE: with it the server gives out export files without a login.
    return os.environ | {
        "DOCCANO_HOME": str(home.resolve()),
        "DATABASE_URL": os.environ.get("DATABASE_URL") or default,
        "MEDIA_ROOT": str(media.resolve()),
        "SECRET_KEY": secret.read_text(encoding="ascii"),
        "DJANGO_SETTINGS_MODULE": "config.settings.production",
        "DOCCANO_PAGE_SIZE": "100",
        "DOCCANO_USER": ADMIN,
        "DOCCANO_PASSWORD": password_of(home / "passwords", ADMIN),
    }


def _backend(python: Path) -> Path:
    found = list(python.parent.parent.glob("lib/python3*/site-packages/backend"))
    if len(found) != 1:
        raise SettingsError(f"{python.parent.parent}: holds no doccano; remove the folder")
    return found[0]


def _start(command: list[str], log: Path, environment: dict[str, str]) -> tuple[int, str]:
    log.touch(mode=0o600)
    with log.open("ab") as file:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=file,
            env=environment,
            cwd=log.parent,
            start_new_session=True,
        )
    return process.pid, _since(process.pid) or ""


def _state(home: Path) -> dict[str, Any] | None:
    """The server's address and its processes as ``{name: [id, start]}``; None if not started."""
    path = home / "server.json"
    if not path.exists():
        return None
    state: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return state


def _since(pid: int) -> str | None:
    """When the process started, to know it from a later one with its number; None if it ended."""
    stat = Path(f"/proc/{pid}/stat")
    if stat.parent.parent.joinpath("self").exists():
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            return None
        return None if fields[0] == "Z" else fields[19]
    done = subprocess.run(
        ["ps", "-o", "stat=,lstart=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    status, _, since = done.stdout.strip().partition(" ")
    return since.strip() if since and not status.startswith("Z") else None


def _alive(pid: int, since: str) -> bool:
    return _since(pid) == since


def _taken(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
