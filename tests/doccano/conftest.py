"""A real doccano server for the tests that need one, and people who work on it.

They run where DOCCANO_TESTS is set: to 1 (SQLite), or to ``all``, which adds PostgreSQL and the
browser. The first run makes the server's environment, which takes about half a minute.
"""

import os
import subprocess
import sys
from contextlib import contextmanager

import pytest
import requests

from scripts.doccano import local
from scripts.doccano.rows import read_labels
from scripts.doccano.settings import ROOT, Server, server

MEANT = read_labels(ROOT / "configs" / "labels.json").meant
REASON = "needs a doccano server; run with DOCCANO_TESTS=1 (SQLite) or DOCCANO_TESTS=all"
WANTED = os.environ.get("DOCCANO_TESTS", "")


def pytest_configure(config):
    config.addinivalue_line("markers", "doccano: runs against a real doccano server")
    config.addinivalue_line("markers", "everything: PostgreSQL or a browser, too")


def pytest_collection_modifyitems(items):
    for item in items:
        if item.get_closest_marker("doccano"):
            if not WANTED:
                item.add_marker(pytest.mark.skip(reason=REASON))
            elif item.get_closest_marker("everything") and WANTED != "all":
                item.add_marker(pytest.mark.skip(reason="run with DOCCANO_TESTS=all"))


@contextmanager
def started(home):
    """A server whose state is in `home`, stopped at the end."""
    try:
        local.up(home, 0, lambda text: None)
        yield server(home)
    finally:
        local.down(home)


@pytest.fixture(scope="session")
def running(tmp_path_factory):
    """A server on SQLite for the whole session."""
    home = tmp_path_factory.mktemp("doccano") / "home"
    with pytest.MonkeyPatch.context() as patch:
        for name in ("DOCCANO_URL", "DATABASE_URL"):
            patch.delenv(name, raising=False)
        with started(home) as found:
            yield found, home


@pytest.fixture
def doccano(running) -> Server:
    """The server of the session."""
    return running[0]


@pytest.fixture(scope="session")
def made(tmp_path_factory):
    """Documents and tasks of the seeds, as the steps make them."""
    folder = tmp_path_factory.mktemp("made")
    for module, *arguments in (
        ("scripts.ingest", "seeds", folder / "documents"),
        ("scripts.tasks", folder / "documents", folder / "tasks", "--gold", "corpus/gold"),
    ):
        subprocess.run([sys.executable, "-m", module, *map(str, arguments)], cwd=ROOT, check=True)
    return folder


def run(module, *arguments, home, **environment):
    """A finished command: its exit code, output and errors."""
    command = [sys.executable, "-m", module, *map(str, arguments), "--home", str(home)]
    return subprocess.run(
        command,
        cwd=ROOT,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


class Person:
    """Somebody who works on the server as the web page lets them: through its own requests."""

    def __init__(self, server, name, password=None):
        self.url = server.url
        self.session = requests.Session()
        if password is None:
            password = (server.passwords / name).read_text().strip()
        login = {"username": name, "password": password}
        self.session.post(f"{self.url}/v1/auth/login/", json=login, timeout=30).raise_for_status()
        self.session.headers["X-CSRFToken"] = self.session.cookies["csrftoken"]

    def do(self, method, path, **content):
        answer = self.session.request(
            method, f"{self.url}/v1/{path}", json=content or None, timeout=60
        )
        answer.raise_for_status()
        return answer.json() if answer.content else None

    def projects(self, name):
        found = self.do("GET", f"projects?limit=1000&q={name}")["results"]
        return [row for row in found if row["name"] == name]

    def project(self, name):
        return next(row["id"] for row in self.projects(name))

    def examples(self, project):
        return self.do("GET", f"projects/{project}/examples?limit=5000")["results"]

    def spans(self, project, example):
        return self.do("GET", f"projects/{project}/examples/{example}/spans")

    def draw(self, project, example, start, end, label):
        kinds = self.do("GET", f"projects/{project}/span-types")
        kind = next(kind["id"] for kind in kinds if MEANT.get(kind["text"], kind["text"]) == label)
        self.do(
            "POST",
            f"projects/{project}/examples/{example}/spans",
            start_offset=start,
            end_offset=end,
            label=kind,
            prob=0,
        )

    def erase(self, project, example, span):
        self.do("DELETE", f"projects/{project}/examples/{example}/spans/{span}")

    def confirm(self, project, example):
        self.do("POST", f"projects/{project}/examples/{example}/states", x=1)

    def comment(self, project, example, text):
        self.do("POST", f"projects/{project}/comments?example={example}", text=text)
