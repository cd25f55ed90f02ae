"""Talks to a doccano server through doccano-client; runs in the environment that has it.

``python -m scripts.doccano.client push|pull JOB.json`` reads its job from a file, server and
login from the environment, and writes events to standard output, one JSON object a line:
``{"step", "done", "of"}`` for a progress bar, and last ``{"result"}`` or ``{"error", "code"}``.
"""

import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timezone
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote

import requests
from doccano_client import DoccanoClient  # type: ignore[import-not-found, unused-ignore]
from doccano_client.exceptions import DoccanoAPIError  # type: ignore[import-not-found, unused-ignore]
from urllib3 import PoolManager
from urllib3.exceptions import HTTPError

from scripts.annotation.spans import Span
from scripts.doccano.local import require_health
from scripts.doccano.rows import (
    KEY,
    Json,
    Labels,
    Row,
    RowError,
    differences,
    from_server,
    read_export,
    to_server,
)
from scripts.doccano.settings import DATA, LOGIN, SERVER, SettingsError, password_of

_ANSWERS_IN = 30.0  # seconds for a single answer
_STALLED = 10.0  # seconds without a finished task before the worker is asked how it is
_PAGE = 500
_AT_ONCE = 4  # requests, when there is one per task
_MEND = "start it with: python -m scripts.doccano_up (or tell whoever runs it)"
_STATE = "zh-poverty-news:"


class ClientError(Exception):
    """What stops a push or a pull, and its exit code."""

    def __init__(self, message: str, code: int = DATA) -> None:
        super().__init__(message)
        self.code = code


class Server:
    """A logged-in server: what doccano-client does, and what it lacks."""

    def __init__(self, url: str, user: str, password: str) -> None:
        self.url = url
        self.user = user
        # Asking the worker takes a second; meanwhile the login goes on.
        self._health = ThreadPoolExecutor(1).submit(require_health, url, _MEND)
        self.client = DoccanoClient(url)
        self._api = self.client._base_repository
        session = self._api._session
        session.request = partial(session.request, timeout=_ANSWERS_IN)  # else it waits for ever
        try:
            login = {"username": user, "password": password}
            self._token = self._api.post("auth/login/", json=login).json()["key"]
        except DoccanoAPIError as error:
            raise ClientError(
                f"{url} does not let {user} in (wrong user or password); the password comes from "
                "DOCCANO_PASSWORD, or from .doccano/home/passwords for the local server",
                LOGIN,
            ) from error
        except requests.ConnectionError:
            self.require_health()
            raise
        session.headers["X-CSRFToken"] = session.cookies["csrftoken"]

    def require_health(self) -> None:
        """Raise `SettingsError` where web server or task worker were not healthy at the login."""
        self._health.result()

    def all(self, resource: str) -> Iterator[Json]:
        """Every row of a listed resource, page by page."""
        sign = "&" if "?" in resource else "?"
        offset = 0
        while True:
            page = self._api.get(f"{resource}{sign}limit={_PAGE}&offset={offset}").json()
            yield from page["results"]
            offset += len(page["results"])
            if not page["results"] or offset >= page["count"]:
                return

    def project(self, name: str) -> Json | None:
        """The project of this name; None if there is none that the user may see."""
        found = [row for row in self.all(f"projects?q={quote(name)}") if row["name"] == name]
        if len(found) > 1:
            ids = ", ".join(str(row["id"]) for row in found)
            raise ClientError(f"{self.url} has projects {ids} named {name!r}; rename all but one")
        return found[0] if found else None

    def examples(self, project: int) -> list[Json]:
        """The tasks of a project, without their spans."""
        return list(self.all(f"projects/{project}/examples"))

    def touched(self, project: int) -> list[int]:
        """The tasks that somebody confirmed, or that somebody else commented."""
        confirmed = {e["id"] for e in self.examples(project) if e["is_confirmed"]}
        comments = self.all(f"projects/{project}/comments")
        return sorted(confirmed | {c["example"] for c in comments if c["username"] != self.user})

    def start_export(self, project: int, *, confirmed: bool) -> str:
        """Let the worker export the rows of a project, all or the confirmed ones; its task."""
        job = {"format": "JSONL", "exportApproved": confirmed}
        return str(self._api.post(f"projects/{project}/download", json=job).json()["task_id"])

    def exported(self, project: int, task: str) -> dict[str, list[Json]]:
        """The rows of an export by file."""
        self.wait(task, "export")
        answer = self._api.get(f"projects/{project}/download", params={"taskId": task})
        return read_export(answer.content)

    def upload(self, project: int, rows: list[Json]) -> None:
        """Add rows to a project through a file, in ASCII, for the server guesses encodings."""
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "tasks.jsonl"
            path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="ascii")
            data = self.client._data_import_repository
            upload = data.upload(str(path))
        task = data.ingest(
            project,
            [upload],
            task="SequenceLabeling",
            format="JSONL",
            column_data="text",
            column_label="label",
        )
        result = self.wait(task, "import")
        if isinstance(result, dict) and result.get("error"):
            raise ClientError(f"doccano refused rows: {result['error'][:5]}")

    def wait(self, task: str, what: str) -> object:
        """The result of a task of the worker; raises where it fails or nobody works on it."""
        asked = time.monotonic()
        while True:
            status = self.client._task_status_repository.get(task)
            if status.ready:
                if status.error:
                    raise ClientError(f"doccano's {what} failed: {status.error}", SERVER)
                return status.result
            if time.monotonic() - asked > _STALLED:
                require_health(self.url, _MEND)
                asked = time.monotonic()
            time.sleep(0.1)

    def confirmed_by(self, project: int, examples: list[int]) -> dict[int, str]:
        """Who confirmed each of these tasks of shared annotations, the last one of several.

        Where one member confirmed them all, the members' progress tells it at once. Else each
        task is asked, which costs the server 6 ms for one; with a token, as a cookie costs more.
        """
        progress = self._api.get(f"projects/{project}/metrics/member-progress").json()["progress"]
        done = {member["user"]: member["done"] for member in progress if member["done"]}
        if list(done.values()) == [len(examples)]:
            return dict.fromkeys(examples, *done)
        members = {m.user: m.username for m in self.client.list_members(project)}
        headers = {"Authorization": f"Token {self._token}", "Accept": "application/json"}
        pool = PoolManager(maxsize=_AT_ONCE, headers=headers, timeout=_ANSWERS_IN, retries=False)

        def one(example: int) -> list[str]:
            url = f"{self.url}/v1/projects/{project}/examples/{example}/states?limit={_PAGE}"
            answer = pool.request("GET", url)
            if answer.status != 200:
                raise ClientError(f"{url} answers {answer.status}; pull again", SERVER)
            states = json.loads(answer.data)["results"]
            states.sort(key=lambda state: state["confirmed_at"])
            return [members.get(state["confirmed_by"], "") for state in states]

        with ThreadPoolExecutor(_AT_ONCE) as threads:
            found = zip(examples, threads.map(one, examples), strict=True)
            return {example: names[-1] for example, names in found if names}


def push(server: Server, job: Json, say: Callable[..., None]) -> Json:
    """Make the projects of a job, each whole and verified, or not at all."""
    server.require_health()
    labels = Labels(tuple(job["labels"]))
    rows = [_row(item) for item in job["rows"]]
    results = {}
    for number, annotator in enumerate(job["annotators"]):
        say(f"project of {annotator}", number, len(job["annotators"]))
        _user(server, annotator)
        results[annotator] = _push_one(server, job, annotator, rows, labels)
        say(f"project of {annotator}", number + 1, len(job["annotators"]))
    return results


def _push_one(server: Server, job: Json, annotator: str, rows: list[Row], labels: Labels) -> Json:
    name = project_name(job["round"], annotator)
    done = f"{_STATE} {job['digest']} complete"
    project = server.project(name)
    added = 0
    if project and _STATE not in project["description"]:
        raise ClientError(f"project {name!r} was not made by this command; choose another round")
    if project and "complete" not in project["description"]:
        touched = server.touched(project["id"])
        if touched:
            raise ClientError(
                f"project {name!r} was left unfinished, yet somebody worked on its tasks "
                f"{touched[:5]}; save that work and delete the project in doccano"
            )
        server.client.delete_project(project["id"])
        project = None
    if project and done not in project["description"]:
        raise ClientError(
            f"project {name!r} holds other tasks or proposals than these; choose another round"
        )
    if project is None:
        project = _make(server, job, name, rows, labels)
        added = len(rows)
        server.client.update_project(project["id"], description=_description(job, annotator, done))
    else:
        held = [
            Row(e["text"], (), {k: v for k, v in e["meta"].items()})
            for e in server.examples(project["id"])
        ]
        _require_same(name, differences(rows, held, spans=False))
    members = {member.username for member in server.client.list_members(project["id"])}
    if annotator not in members:
        server.client.add_member(project["id"], annotator, "annotator")
    return {
        "project": project["id"],
        "added": added,
        "url": f"{server.url}/zh/projects/{project['id']}",
    }


def _make(server: Server, job: Json, name: str, rows: list[Row], labels: Labels) -> Json:
    """A new project with its tasks, compared with what was meant; deleted where they differ."""
    made = server.client.create_project(
        name=name,
        project_type="SequenceLabeling",
        description=f"{_STATE} {job['digest']} unfinished",
        guideline=job["guideline"],
        collaborative_annotation=True,  # or the annotator would not see the proposals
        allow_overlapping=True,  # or nested spans would be dropped
        grapheme_mode=False,  # the page counts UTF-16 units
    )
    try:
        for kind in labels.server_types():
            server._api.post(f"projects/{made.id}/span-types", json=kind)
        server.upload(made.id, [to_server(row, labels) for row in rows])
        exported = server.exported(made.id, server.start_export(made.id, confirmed=False))
        found = [from_server(row, labels) for row in exported["all"]]
        _require_same(name, differences(rows, found))
        _require_same(name, _type_differences(server, made.id, labels))
        _add_comments(server, made.id, rows, job.get("comments", []))
    except (ClientError, RowError):
        server.client.delete_project(made.id)
        raise
    return {"id": made.id}


def _add_comments(server: Server, project: int, rows: list[Row], texts: list[list[str]]) -> None:
    if not any(texts):
        return
    ids = {tuple(e["meta"][key] for key in KEY): e["id"] for e in server.examples(project)}
    for row, said in zip(rows, texts, strict=True):
        for text in said:
            server.client.create_comment(project, ids[row.key], text)


def pull(server: Server, job: Json, say: Callable[..., None]) -> Json:
    """What the annotators of a job confirmed and commented, in the server's own terms."""
    results = {}
    for number, annotator in enumerate(job["annotators"]):
        say(f"project of {annotator}", number, len(job["annotators"]))
        name = project_name(job["round"], annotator)
        project = server.project(name)
        if project is None:
            raise ClientError(f"{server.url} has no project {name!r}; push it first")
        if f"{_STATE} {job['digest']} complete" not in project["description"]:
            raise ClientError(
                f"project {name!r} holds other tasks than {job['source']}, or its description was "
                "changed; pull with the file that was pushed"
            )
        number_of = project["id"]
        # Of an export no row says whether it is confirmed, so there are two.
        at = datetime.now(timezone.utc).isoformat(timespec="seconds")
        exports = [server.start_export(number_of, confirmed=only) for only in (True, False)]
        server.require_health()  # or nobody would make them
        confirmed, everything = (server.exported(number_of, export) for export in exports)
        there = sorted({row["id"] for rows in confirmed.values() for row in rows})
        together = project["collaborative_annotation"]
        results[annotator] = {
            "project": number_of,
            "held": list({row["id"]: row for rows in everything.values() for row in rows}.values()),
            "confirmed": confirmed,
            "together": together,
            "by": server.confirmed_by(number_of, there) if together else {},
            "at": at,
            "comments": list(server.all(f"projects/{number_of}/comments")),
        }
        say(f"project of {annotator}", number + 1, len(job["annotators"]))
    return results


def project_name(round_name: str, annotator: str) -> str:
    """The name of an annotator's project."""
    return f"{round_name} {annotator}"


def _description(job: Json, annotator: str, state: str) -> str:
    return f"{len(job['rows'])} 段，标注人 {annotator}（{state}）"


def _row(item: list[Any]) -> Row:
    text, spans, meta = item
    return Row(text, tuple(Span(*span) for span in spans), meta)


def _require_same(name: str, found: Iterator[str]) -> None:
    wrong = list(found)
    if wrong:
        more = f"\n… and {len(wrong) - 10} more" if len(wrong) > 10 else ""
        raise ClientError(
            f"project {name!r} is not what was pushed:\n" + "\n".join(wrong[:10]) + more
        )


def _type_differences(server: Server, project: int, labels: Labels) -> Iterator[str]:
    wanted = labels.server_types()
    found = server._api.get(f"projects/{project}/span-types").json()
    found = [{key: row[key] for key in wanted[0]} for row in found]
    if found != wanted:
        yield f"its labels are {found}, not {wanted}"


def _user(server: Server, name: str) -> None:
    """Make the annotator's account where there is none, with a random password in its file."""
    if any(user.username == name for user in server.client.search_users(name)):
        return
    password = password_of(Path(os.environ["DOCCANO_PASSWORDS"]), name)
    try:
        server.client.create_user(name, password)
    except DoccanoAPIError as error:
        raise ClientError(
            f"there is no user {name!r}, and making one failed ({error.response.text[:200]}); ask "
            "an administrator of the server to make it",
            LOGIN,
        ) from error


def main() -> int:
    """Run the job that the command line names; its events go to standard output."""

    def event(**content: object) -> None:
        print(json.dumps(content), flush=True)

    def say(step: str, done: int, of: int) -> None:
        event(step=step, done=done, of=of)

    verb, path = sys.argv[1:]
    url = os.environ["DOCCANO_URL"]
    try:
        server = Server(url, os.environ["DOCCANO_USER"], os.environ["DOCCANO_PASSWORD"])
        job = json.loads(Path(path).read_text(encoding="utf-8"))
        event(result={"push": push, "pull": pull}[verb](server, job, say))
    except (ClientError, SettingsError) as error:
        event(error=str(error), code=error.code)
    except RowError as error:
        event(error=str(error), code=DATA)
    except DoccanoAPIError as error:
        event(
            error=f"{url} refused a request: {error}: {error.response.text[:300]}",
            code=LOGIN if error.response.status_code in (401, 403) else SERVER,
        )
    except (requests.RequestException, HTTPError, OSError) as error:
        event(
            error=f"the connection to {url} broke ({error}); nothing half is kept, run it again",
            code=SERVER,
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
