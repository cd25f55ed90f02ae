"""The same round trips on PostgreSQL, in a cluster of its own that is thrown away."""

import os
import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path

import pytest

from tests.doccano.conftest import started
from tests.doccano.test_server import check_gold_round_trip, check_hard_set

pytestmark = [pytest.mark.doccano, pytest.mark.everything]


def program(name):
    """A program of PostgreSQL, also where Debian hides it."""
    hidden = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    return shutil.which(name) or (str(hidden[-1]) if hidden else None)


@pytest.fixture(scope="module")
def database():
    """The address of an empty database."""
    if not all(map(program, ("initdb", "postgres", "psql"))):
        pytest.skip("needs PostgreSQL: apt-get install postgresql")
    folder = Path(tempfile.mkdtemp(prefix="doccano-pg-"))
    as_user = []
    if os.geteuid() == 0:  # PostgreSQL refuses to run as root
        user = "postgres"
        shutil.chown(folder, user)
        as_user = ["runuser", "-u", user, "--"]
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    initdb = [program("initdb"), "-D", folder / "db", "-U", "doccano", "-A", "trust", "-E", "UTF8"]
    subprocess.run([*as_user, *initdb], check=True, capture_output=True, cwd=folder)
    serve = [program("postgres"), "-D", folder / "db", "-p", port, "-k", folder]
    serve += ["-c", "listen_addresses=127.0.0.1"]
    with (folder / "log").open("w") as log:
        process = subprocess.Popen([*as_user, *serve], stdout=log, stderr=log, cwd=folder)
    try:
        create = [program("psql"), "-h", "127.0.0.1", "-p", port, "-U", "doccano", "postgres"]
        for _ in range(100):
            done = subprocess.run(
                [*create, "-c", "CREATE DATABASE doccano"], capture_output=True, check=False
            )
            if done.returncode == 0:
                break
            time.sleep(0.2)
        assert done.returncode == 0, (folder / "log").read_text()
        yield f"postgresql://doccano@127.0.0.1:{port}/doccano?sslmode=disable"
    finally:
        process.terminate()
        process.wait(30)
        shutil.rmtree(folder)


@pytest.fixture(scope="module")
def on_postgres(database, tmp_path_factory):
    """A doccano server on PostgreSQL."""
    home = tmp_path_factory.mktemp("postgres") / "home"
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("DOCCANO_URL", raising=False)
        patch.setenv("DATABASE_URL", database)
        with started(home) as found:
            yield found, home
    assert not (home / "db.sqlite3").exists()


def test_hard_set_on_postgres(on_postgres):
    check_hard_set(on_postgres[0])


def test_gold_on_postgres(on_postgres, made, tmp_path):
    assert check_gold_round_trip(on_postgres, made, tmp_path) > 450
