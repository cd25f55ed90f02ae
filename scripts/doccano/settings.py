"""Where the server is, who logs in, and the two environments of doccano.

A server that someone else runs is named by DOCCANO_URL, DOCCANO_USER and DOCCANO_PASSWORD in
the environment. Without DOCCANO_URL it is the local one, whose state and passwords are files
in a folder that only its owner can read and git ignores.
"""

import hashlib
import json
import os
import secrets
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / ".doccano"
HOME = FOLDER / "home"
ADMIN = "admin"

# Exit codes of the commands; 2 is for a wrong command line.
DATA, SERVER, LOGIN = 1, 3, 4


class SettingsError(Exception):
    """Something that has to be set up first; the message says how."""

    def __init__(self, message: str, code: int = SERVER) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True)
class Server:
    """A doccano server, who logs in to it, and where the passwords of its users stand."""

    url: str
    user: str
    password: str = field(repr=False)
    passwords: Path

    def environment(self) -> dict[str, str]:
        """The environment of a process that talks to this server."""
        return os.environ | {
            "DOCCANO_URL": self.url,
            "DOCCANO_USER": self.user,
            "DOCCANO_PASSWORD": self.password,
            "DOCCANO_PASSWORDS": str(self.passwords),
        }


def private_folder(path: Path) -> Path:
    """Make a folder that only its owner can read and git ignores."""
    path.mkdir(parents=True, exist_ok=True, mode=0o700)
    path.chmod(0o700)
    ignore = path / ".gitignore"
    if not ignore.exists():
        ignore.write_text("*\n", encoding="ascii")
    return path


def private_file(path: Path, content: str) -> None:
    """Write a file that only its owner can read; never readable by others, not for a moment."""
    unfinished = path.with_name(f".{path.name}.tmp")
    unfinished.unlink(missing_ok=True)
    with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(content)
    unfinished.replace(path)


def password_of(passwords: Path, user: str) -> str:
    """The user's password; a new random one, written to its file, where there is none yet."""
    private_folder(passwords.parent)
    path = private_folder(passwords) / user
    if not path.exists():
        private_file(path, secrets.token_urlsafe(18) + "\n")
    return path.read_text(encoding="ascii").strip()


def server(home: Path = HOME) -> Server:
    """The server that the environment names, or the local one; raises `SettingsError`."""
    if url := os.environ.get("DOCCANO_URL", "").rstrip("/"):
        missing = [
            name for name in ("DOCCANO_USER", "DOCCANO_PASSWORD") if not os.environ.get(name)
        ]
        if missing:
            raise SettingsError(
                f"DOCCANO_URL is set, {' and '.join(missing)} not; set all three, or none for the "
                "local server",
                LOGIN,
            )
        passwords = home / f"passwords-{urlsplit(url).netloc.replace(':', '_')}"
        return Server(url, os.environ["DOCCANO_USER"], os.environ["DOCCANO_PASSWORD"], passwords)
    state = home / "server.json"
    if not state.exists():
        raise SettingsError(
            "no local server was started; start it with: python -m scripts.doccano_up\n"
            "or name another one in DOCCANO_URL, DOCCANO_USER and DOCCANO_PASSWORD"
        )
    url = json.loads(state.read_text(encoding="utf-8"))["url"]
    passwords = home / "passwords"
    return Server(url, ADMIN, password_of(passwords, ADMIN), passwords)


def environment(name: str, lock: Path, python: str) -> Path:
    """The Python of an environment that holds what `lock` says; made anew where it changed."""
    folder = private_folder(FOLDER) / name
    mark = folder / "lock.sha256"
    wanted = hashlib.sha256(lock.read_bytes()).hexdigest()
    found = folder / "bin" / "python"
    if mark.exists() and mark.read_text(encoding="ascii") == wanted and found.exists():
        return found
    print(f"doccano: making {folder} from {lock.name} (once, a minute or two) …", file=sys.stderr)
    shutil.rmtree(folder, ignore_errors=True)
    _run([python, "-m", "venv", str(folder)])
    install = [str(found), "-m", "pip", "install", "--quiet", "--no-deps", "--no-compile"]
    _run([*install, "--require-hashes", "--requirement", str(lock)])
    mark.write_text(wanted, encoding="ascii")
    return found


def client_python() -> Path:
    """The Python that has doccano-client."""
    return environment("client", ROOT / "requirements-doccano.lock", sys.executable)


def server_python() -> Path:
    """The Python that has doccano."""
    return environment("server", ROOT / "requirements-doccano-server.lock", _old_python())


def _old_python() -> str:
    """A Python 3.10 or 3.11: doccano's pandas has no wheels for later ones."""
    if sys.version_info[:2] in ((3, 10), (3, 11)):
        return sys.executable
    for name in ("python3.11", "python3.10"):
        # Ask it: pyenv has a file of this name even where it has no such Python.
        if path := shutil.which(name):
            asked = subprocess.run([path, "-c", ""], capture_output=True, check=False)
            if asked.returncode == 0:
                return path
    raise SettingsError(
        "doccano 1.8.4 needs Python 3.10 or 3.11, and neither is on the path; install one "
        "(Debian: apt-get install python3.11-venv; anywhere: uv python install 3.11), or name a "
        "server that runs already in DOCCANO_URL, DOCCANO_USER and DOCCANO_PASSWORD"
    )


def _run(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SettingsError(
            f"{' '.join(command[:4])} … failed; disk full, or no connection?\n{done.stderr[-2000:]}"
        )
