"""The exchange with a real doccano server: round trips, and everything that goes wrong."""

import json
import os
import signal
import socket
import stat
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path

import pytest

from scripts.annotation.gold import read_gold
from scripts.annotation.spans import LABELS, Span
from scripts.annotation.tasks import gold_tasks, page_tasks, read_tasks, write_tasks
from scripts.doccano import local
from scripts.doccano.exchange import read_round, run_client
from scripts.doccano.rows import Row, differences, digest, from_server, read_labels, units
from scripts.doccano.settings import ROOT
from scripts.doccano.settings import server as server_of
from scripts.pages.document import read_pages, to_json
from scripts.pages.page import read_page
from tests.doccano.conftest import Person, run, started

pytestmark = pytest.mark.doccano
KINDS = read_labels(ROOT / "configs" / "labels.json")


@pytest.fixture
def small(made, tmp_path):
    """A file with six tasks of the gold."""
    path = tmp_path / "small.jsonl"
    lines = (made / "tasks" / "gold.jsonl").read_text().splitlines(keepends=True)
    lines.sort(key=lambda line: -len(json.loads(line)["label"]))
    path.write_text("".join(lines[:6]))
    return path


def push(path, folder, running, annotators="anna", **environment):
    return run(
        "scripts.doccano_push",
        path,
        folder,
        "--annotators",
        annotators,
        home=running[1],
        **environment,
    )


def pull(made, folder, running, annotators="anna", **environment):
    return run(
        "scripts.doccano_pull",
        folder,
        made / "documents",
        "--annotators",
        annotators,
        home=running[1],
        **environment,
    )


def confirm_all(server, folder, annotator="anna"):
    person = Person(server, annotator)
    project = person.project(f"{folder.name} {annotator}")
    for example in person.examples(project):
        person.confirm(project, example["id"])
    return person, project


@pytest.fixture
def pushed(small, tmp_path, running, request):
    """A round of six tasks, pushed for anna."""
    folder = tmp_path / f"round-{request.node.name}"[:60].replace("[", "-").replace("]", "")
    done = push(small, folder, running)
    assert done.returncode == 0, done.stderr
    return folder


def hard_rows():
    """Texts that something on the way could change, with spans that it could move or lose."""
    texts = [
        "𠮷林省😀秦安县👨‍👩‍👧林业局🇨🇳有236户",
        "\r\n 秦安县\r\n五营镇\r徐洼村\n\n 　",
        "\u2028秦安\u2028县\u2029\u0085五营镇\u000b\u000c\u001c ",
        "é" + "e\u0301" + "秦安県\u0327\u200d\u200b\ufeff縣" + "\u0000".strip("\0"),
        '\ufeff秦安县\t\\n "引号" \'单\' <b>&amp;</b> {"json": [1]} %s null NaN 1e5',
        "null",
        "1",
        "  ",
        ("秦安县😀五营镇" * 1300)[:10_000],
    ]
    rows = []
    for number, text in enumerate(texts, 1):
        size = len(text)
        spans = {Span(0, size, "ORG"), Span(0, 1, "LOC"), Span(0, 1, "ORG")}  # two labels
        spans |= {Span(size - 1, size, label) for label in LABELS}
        spans |= {Span(at, min(at + 3, size), "LOC") for at in range(0, size, 7)}
        meta = {"document": "hard-1", "paragraph": number, "speaker": "", "note": "縣😀\u2028"}
        rows.append(Row(text, tuple(sorted(spans, key=lambda s: (s.start, -s.end, s.label))), meta))
    return rows


def wire_job(rows, annotator="anna", name="hard"):
    return {
        "round": name,
        "annotators": [annotator],
        "source": "test",
        "digest": digest(rows),
        "labels": list(KINDS.types),
        "guideline": "指南",
        "rows": [
            [row.text, [[s.start, s.end, s.label] for s in row.spans], dict(row.meta)]
            for row in rows
        ],
    }


def check_hard_set(server):
    """Push, confirm and pull the hard set; every character and span must be the same."""
    rows = hard_rows()
    job = wire_job(rows)
    assert run_client("push", job, server)["anna"]["added"] == len(rows)
    assert run_client("push", job, server)["anna"]["added"] == 0
    person = Person(server, "anna")
    project = person.project("hard anna")
    for example in person.examples(project):
        person.confirm(project, example["id"])
    found = run_client("pull", job, server)["anna"]
    back = [from_server(row, KINDS) for row in found["confirmed"]["all"]]
    assert list(differences(rows, back)) == []
    assert sorted(back, key=lambda row: row.key) == rows


def check_gold_round_trip(server_and_home, made, tmp_path):
    """All five seeds' gold, nested layer, out and back: the same raw spans."""
    server, _ = server_and_home
    folder = tmp_path / "gold"
    source = made / "tasks" / "gold.jsonl"
    done = push(source, folder, server_and_home)
    assert done.returncode == 0, done.stderr
    confirm_all(server, folder)
    done = pull(made, folder, server_and_home)
    assert done.returncode == 0, done.stderr
    found = read_round(folder)["anna"]
    assert [row.task for row in found] == read_tasks(source)
    raw = {}
    for row in found:
        raw.setdefault(row.task.page, []).extend(row.raw)
        assert (row.annotator, row.by) == ("anna", "anna")
        assert row.at[:2] == "20"
        assert not row.problems
    pages = {page.id: page for page in read_pages(made / "documents")}
    for path in sorted((ROOT / "corpus" / "gold").glob("*.jsonl")):
        gold = [span.span for span in read_gold(path)]
        # Navigation is in no paragraph, so in no task.
        _, left_out = gold_tasks(pages[path.stem], gold)
        assert sorted([*raw[path.stem], *left_out]) == sorted(gold)
    return sum(map(len, raw.values()))


def test_hard_set(doccano):
    check_hard_set(doccano)


def test_gold_of_the_seeds(running, made, tmp_path):
    assert check_gold_round_trip(running, made, tmp_path) > 450


def test_files_are_private(running):
    server, home = running
    for path in (server.passwords / "admin", home / "secret_key", home / "server.json"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(home.stat().st_mode) == 0o700
    assert (home / ".gitignore").read_text() == "*\n"
    for log in home.glob("*.log"):
        assert server.password not in log.read_text()
        assert stat.S_IMODE(log.stat().st_mode) == 0o600


def test_only_on_this_machine(doccano):
    port = int(doccano.url.rpartition(":")[2])
    addresses = {
        line.split()[1]
        for name in ("tcp", "tcp6")
        for line in Path(f"/proc/net/{name}").read_text().splitlines()[1:]
        if line.split()[3] == "0A" and line.split()[1].endswith(f":{port:04X}")
    }
    assert addresses == {f"0100007F:{port:04X}"}


def test_exports_need_a_login(doccano):
    answer = Person(doccano, "admin").session.get(f"{doccano.url}/media/", timeout=30)
    assert "text/html" in answer.headers["content-type"]  # the page, not a folder


def test_up_again_is_the_same_server(running):
    done = run("scripts.doccano_up", home=running[1])
    assert (done.returncode, f"already running at {running[0].url}" in done.stdout) == (0, True)


def test_pushed_twice_adds_nothing(pushed, small, running):
    before = Person(running[0], "admin")
    project = before.project(f"{pushed.name} anna")
    there = before.examples(project)
    done = push(small, pushed, running)
    assert (done.returncode, "already there, verified" in done.stdout) == (0, True)
    assert before.examples(project) == there
    assert len(there) == 6


def test_what_an_annotator_does_comes_back(pushed, small, running, made):
    person = Person(running[0], "anna")
    project = person.project(f"{pushed.name} anna")
    first, second, third, *_ = person.examples(project)
    wanted = {task.text: set(task.label) for task in read_tasks(small)}
    span = person.spans(project, first["id"])[0]
    person.erase(project, first["id"], span["id"])
    person.draw(project, first["id"], 0, 2, "MEASURE")
    person.comment(project, first["id"], "见 7.1 😀")
    person.confirm(project, first["id"])
    person.confirm(project, second["id"])
    person.confirm(project, second["id"])  # a second click takes it back
    person.comment(project, second["id"], "没有确认")
    person.confirm(project, third["id"])
    done = pull(made, pushed, running)
    assert done.returncode == 0, done.stderr
    assert "2 of 6 tasks confirmed" in done.stdout
    assert "anna: 没有确认" in done.stdout
    one, two = sorted(read_round(pushed)["anna"], key=lambda row: row.example)
    kinds = {k["id"]: k["text"] for k in person.do("GET", f"projects/{project}/span-types")}
    gone = Span(span["start_offset"], span["end_offset"], KINDS.meant[kinds[span["label"]]])
    assert set(one.task.label) == wanted[first["text"]] - {gone} | {Span(0, 2, "MEASURE")}
    assert [(c.text, c.by) for c in one.comments] == [("见 7.1 😀", "anna")]
    assert one.comments[0].at[:2] == "20"
    assert set(two.task.label) == wanted[third["text"]]


def test_a_project_with_relations_and_separate_annotations(pushed, small, running, made):
    """Somebody changes the project's settings: the other two shapes of an export."""
    person, project = confirm_all(running[0], pushed)
    admin = Person(running[0], "admin")
    settings = admin.do("GET", f"projects/{project}")
    kind = {"resourcetype": "SequenceLabelingProject"}
    admin.do("PUT", f"projects/{project}", **settings | kind | {"use_relation": True})
    done = pull(made, pushed, running)
    assert done.returncode == 0, done.stderr
    found = read_round(pushed)["anna"]
    assert [row.task for row in found] == read_tasks(small)
    alone = {"use_relation": False, "collaborative_annotation": False}
    admin.do("PUT", f"projects/{project}", **settings | kind | alone)
    example = person.examples(project)[0]
    person.draw(project, example["id"], 0, 1, "ORG")
    done = pull(made, pushed, running)
    assert done.returncode == 0, done.stderr
    found = {row.example: row.task.label for row in read_round(pushed)["anna"]}
    # The proposals are the uploader's; what is hers comes back.
    assert found.pop(example["id"]) == (Span(0, 1, "ORG"),)
    assert set(found.values()) == {()}


def test_two_annotators_have_a_project_each(small, tmp_path, running, made):
    folder = tmp_path / "two"
    assert push(small, folder, running, "anna,bo").returncode == 0
    anna, _ = confirm_all(running[0], folder, "anna")
    assert "bo" not in {row["name"] for row in anna.do("GET", "projects?limit=1000")["results"]}
    assert pull(made, folder, running, "anna,bo").returncode == 0
    assert len(read_round(folder)["anna"]) == 6
    assert read_round(folder)["bo"] == []


def test_two_people_confirm_in_one_project(pushed, running, made):
    """Who confirmed comes from the members' progress for one person, else from each task."""
    anna, admin = Person(running[0], "anna"), Person(running[0], "admin")
    project = anna.project(f"{pushed.name} anna")
    first, *others = [example["id"] for example in anna.examples(project)]
    for example in others:
        anna.confirm(project, example)
    assert pull(made, pushed, running).returncode == 0
    assert {row.by for row in read_round(pushed)["anna"]} == {"anna"}
    admin.confirm(project, first)
    assert pull(made, pushed, running).returncode == 0
    found = {row.example: row.by for row in read_round(pushed)["anna"]}
    assert found == dict.fromkeys(others, "anna") | {first: "admin"}


# What goes wrong: a clear message, an exit code, nothing lost and nothing doubled.


def test_server_down(small, tmp_path, running):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{probe.getsockname()[1]}"
    login = {"DOCCANO_URL": url, "DOCCANO_USER": "x", "DOCCANO_PASSWORD": "secret-password"}
    done = push(small, tmp_path / "down", running, **login)
    assert (done.returncode, "no answer" in done.stderr) == (3, True)
    assert "scripts.doccano_up" in done.stderr
    assert "secret-password" not in done.stderr + done.stdout
    done = run("scripts.doccano_up", home=tmp_path, **login)
    assert (done.returncode, "no answer" in done.stderr) == (3, True)


def test_no_server_was_started(small, tmp_path):
    done = run("scripts.doccano_push", small, tmp_path / "r", "--annotators", "a", home=tmp_path)
    assert (done.returncode, "scripts.doccano_up" in done.stderr) == (3, True)
    done = run("scripts.doccano_down", home=tmp_path)
    assert (done.returncode, done.stdout) == (0, "doccano: not running\n")


def test_wrong_password(small, tmp_path, running):
    login = {
        "DOCCANO_URL": running[0].url,
        "DOCCANO_USER": "admin",
        "DOCCANO_PASSWORD": "wrong-one",
    }
    done = push(small, tmp_path / "wrong", running, **login)
    assert (done.returncode, "does not let admin in" in done.stderr) == (4, True)
    assert "wrong-one" not in done.stderr + done.stdout
    del login["DOCCANO_PASSWORD"]
    done = push(small, tmp_path / "wrong", running, **login)
    assert (done.returncode, "DOCCANO_PASSWORD not" in done.stderr) == (4, True)


def test_an_annotator_can_neither_push_nor_pull(pushed, small, tmp_path, running, made):
    password = (running[0].passwords / "anna").read_text().strip()
    login = {
        "DOCCANO_URL": running[0].url,
        "DOCCANO_USER": "anna",
        "DOCCANO_PASSWORD": password,
    }
    for done in (
        push(small, tmp_path / "other", running, **login),
        pull(made, pushed, running, **login),
    ):
        assert done.returncode == 4, done.stderr
        assert password not in done.stderr + done.stdout


def test_malformed_row_999(tmp_path, running, made):
    row = json.loads((made / "tasks" / "gold.jsonl").read_text().splitlines()[0])
    rows = [row | {"paragraph": number} for number in range(1, 1001)]
    rows[998] |= {"label": [[5, 3, "LOC"]]}
    path = tmp_path / "thousand.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    done = push(path, tmp_path / "thousand", running)
    assert (done.returncode, f"{path}:999: LOC [5:3]" in done.stderr) == (1, True)
    with pytest.raises(StopIteration):
        Person(running[0], "admin").project("thousand anna")


def test_other_tasks_in_the_same_round(pushed, small, tmp_path, running):
    other = tmp_path / "other.jsonl"
    other.write_text("".join(small.read_text().splitlines(keepends=True)[:5]))
    done = push(other, pushed, running)
    assert (done.returncode, "choose another round" in done.stderr) == (1, True)


def test_a_task_deleted_by_someone(pushed, small, running, made):
    person, project = confirm_all(running[0], pushed)
    assert pull(made, pushed, running).returncode == 0
    before = (pushed / "confirmed" / "anna.jsonl").read_bytes()
    admin = Person(running[0], "admin")
    gone = admin.examples(project)[2]
    admin.do("DELETE", f"projects/{project}/examples/{gone['id']}")
    name = f"{gone['meta']['document']}, paragraph {gone['meta']['paragraph']}"
    done = pull(made, pushed, running)
    assert (done.returncode, f"{name}: not on the server; somebody deleted it" in done.stderr) == (
        1,
        True,
    )
    assert (pushed / "confirmed" / "anna.jsonl").read_bytes() == before
    done = push(small, pushed, running)
    assert (done.returncode, f"{name}: not on the server" in done.stderr) == (1, True)
    assert len(person.examples(project)) == 5


def test_a_text_changed_by_someone(pushed, running, made):
    _, project = confirm_all(running[0], pushed)
    admin = Person(running[0], "admin")
    example = admin.examples(project)[0]
    admin.do("PATCH", f"projects/{project}/examples/{example['id']}", text="改了" + example["text"])
    done = pull(made, pushed, running)
    assert (done.returncode, "another text on the server, '改了" in done.stderr) == (1, True)
    assert not (pushed / "confirmed" / "anna.jsonl").exists()


def test_a_renamed_label(pushed, running, made):
    _, project = confirm_all(running[0], pushed)
    admin = Person(running[0], "admin")
    kind = admin.do("GET", f"projects/{project}/span-types")[1]
    admin.do("PATCH", f"projects/{project}/span-types/{kind['id']}", text="地方")
    done = pull(made, pushed, running)
    assert (done.returncode, "unknown label '地方'" in done.stderr) == (1, True)
    assert "in doccano name it one of ORG 机构, LOC 地点" in done.stderr
    assert not (pushed / "confirmed" / "anna.jsonl").exists()


def test_an_unknown_label(pushed, running, made):
    _, project = confirm_all(running[0], pushed)
    admin = Person(running[0], "admin")
    admin.do(
        "POST",
        f"projects/{project}/span-types",
        text="PER 人物",
        suffix_key="9",
        background_color="#123456",
        text_color="#ffffff",
    )
    example = admin.examples(project)[0]
    admin.draw(project, example["id"], 0, 1, "PER 人物")
    done = pull(made, pushed, running)
    assert (done.returncode, "unknown label 'PER 人物'" in done.stderr) == (1, True)
    assert f"doccano's task {example['id']}" in done.stderr


def test_half_a_character(running, made):
    """A span that begins inside 😀 can't be meant."""
    rows = [Row("😀秦安县", (), {"document": "half-1", "paragraph": 1})]
    job = wire_job(rows, name="half")
    run_client("push", job, running[0])
    person = Person(running[0], "anna")
    project = person.project("half anna")
    (example,) = person.examples(project)
    person.draw(project, example["id"], 1, 3, "LOC")
    person.confirm(project, example["id"])
    (row,) = run_client("pull", job, running[0])["anna"]["confirmed"]["all"]
    with pytest.raises(ValueError, match="does not lie on characters"):
        from_server(row, KINDS)


def test_disk_full(pushed, running, made, monkeypatch):
    """The output can't be written: the old file stays, and no part of a new one."""
    confirm_all(running[0], pushed)
    assert pull(made, pushed, running).returncode == 0
    before = (pushed / "confirmed" / "anna.jsonl").read_bytes()
    limit = (
        "import resource, runpy, signal, sys;"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN);"
        "import scripts.doccano.exchange as e; run = e.run_client;\n"
        "def small(*a):\n"
        "    found = run(*a); resource.setrlimit(resource.RLIMIT_FSIZE, (900, 900)); return found\n"
        "e.run_client = small; sys.argv[0] = 'pull';"
        "runpy.run_module('scripts.doccano_pull', run_name='__main__')"
    )
    arguments = [pushed, made / "documents", "--annotators", "anna", "--home", running[1]]
    done = subprocess.run(
        [sys.executable, "-c", limit, *map(str, arguments)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, "can't be written (File too large)" in done.stderr) == (1, True)
    assert "make room and run it again" in done.stderr
    assert (pushed / "confirmed" / "anna.jsonl").read_bytes() == before
    assert not list((pushed / "confirmed").glob(".*.tmp"))


@pytest.mark.parametrize(
    ("name", "tasks"),
    [
        pytest.param(None, 0, id="before anything is sent"),
        pytest.param("anna", 0, id="while tasks go out"),
        pytest.param("anna", 1, id="before they are verified"),
        pytest.param("bo", 0, id="in the second project"),
    ],
)
def test_killed_while_pushing(name, tasks, tmp_path, running, made):
    """Killed with everything it started; the next run completes, and nothing is there twice."""
    source = made / "tasks" / "gold.jsonl"
    folder = tmp_path / f"killed-{name}-{tasks}"
    command = [sys.executable, "-m", "scripts.doccano_push", source, folder]
    command += ["--annotators", "anna,bo", "--home", running[1]]
    admin = Person(running[0], "admin")
    process = subprocess.Popen(
        list(map(str, command)), cwd=ROOT, start_new_session=True, stdout=subprocess.DEVNULL
    )
    if name is None:
        time.sleep(0.5)
    while name and process.poll() is None:
        if there := admin.projects(f"{folder.name} {name}"):
            project = there[0]["id"]
            if admin.do("GET", f"projects/{project}/examples?limit=1")["count"] >= tasks:
                assert "unfinished" in there[0]["description"]
                break
    assert process.poll() is None, "it was too quick to be killed"
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    assert not (folder / "tasks.jsonl").exists()
    done = push(source, folder, running, "anna,bo")
    assert done.returncode == 0, done.stderr
    for annotator in ("anna", "bo"):
        (there,) = admin.projects(f"{folder.name} {annotator}")
        assert "complete" in there["description"]
        assert len(admin.examples(there["id"])) == len(read_tasks(source))


class Cut(threading.Thread):
    """A way to the server that breaks after so many bytes of its answers."""

    def __init__(self, url, limit):
        super().__init__(daemon=True)
        host, port = url.removeprefix("http://").split(":")
        self.target, self.left = (host, int(port)), limit
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.socket.getsockname()[1]}"

    def run(self):
        while True:
            here, _ = self.socket.accept()
            there = socket.create_connection(self.target)
            for pair in ((here, there), (there, here)):
                threading.Thread(
                    target=self.carry, args=(*pair, pair[0] is there), daemon=True
                ).start()

    def carry(self, source, goal, counted):
        with suppress(OSError):
            while data := source.recv(4096):
                if counted:
                    self.left -= len(data)
                if self.left < 0:
                    break
                goal.sendall(data)
        for end in (source, goal):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)


@pytest.mark.parametrize("limit", [1_500, 6_000, 12_000, 20_000])
def test_connection_cut_while_pulling(limit, pushed, running, made):
    confirm_all(running[0], pushed)
    assert pull(made, pushed, running).returncode == 0
    before = (pushed / "confirmed" / "anna.jsonl").read_bytes()
    cut = Cut(running[0].url, limit)
    cut.start()
    login = {
        "DOCCANO_URL": cut.url,
        "DOCCANO_USER": "admin",
        "DOCCANO_PASSWORD": running[0].password,
    }
    done = pull(made, pushed, running, **login)
    assert done.returncode == 3, (done.returncode, done.stdout, done.stderr)
    assert "run it again" in done.stderr or "no answer" in done.stderr
    assert (pushed / "confirmed" / "anna.jsonl").read_bytes() == before
    assert pull(made, pushed, running).returncode == 0


def test_worker_down(small, tmp_path, running, made):
    """No task worker: told before anything is sent; with a worker again, it completes."""
    home = tmp_path / "home"
    folder = tmp_path / "worker"
    with started(home) as server:
        process = json.loads((home / "server.json").read_text())["processes"]["task"][0]
        os.killpg(process, signal.SIGKILL)
        since = time.monotonic()
        done = push(small, folder, (server, home))
        assert (done.returncode, "task worker does not answer" in done.stderr) == (3, True)
        assert time.monotonic() - since < 30
        with pytest.raises(StopIteration):
            Person(server, "admin").project("worker anna")
        done = run("scripts.doccano_up", "--port", "0", home=home)
        assert done.returncode == 0, done.stderr
        done = push(small, folder, (server_of(home), home))
        assert done.returncode == 0, done.stderr
        confirm_all(server_of(home), folder)
        process = json.loads((home / "server.json").read_text())["processes"]["task"][0]
        os.killpg(process, signal.SIGKILL)
        done = pull(made, folder, (server_of(home), home))
        assert (done.returncode, "task worker does not answer" in done.stderr) == (3, True)
        assert not (folder / "confirmed").exists()
        assert run("scripts.doccano_up", "--port", "0", home=home).returncode == 0
        assert pull(made, folder, (server_of(home), home)).returncode == 0
        assert len(read_round(folder)["anna"]) == 6
    assert local.down(home) == []
    assert local.health(server.url).startswith("no answer")


def test_disagreements_go_to_a_judge_and_become_gold(made, tmp_path, running):
    """Two annotators, a judge, the gold of a page: from the server to the file and back."""
    page = next(page for page in read_pages(made / "documents") if page.id.startswith("000"))
    gold = [row.span for row in read_gold(ROOT / "corpus" / "gold" / f"{page.id}.jsonl")]
    tasks, _ = gold_tasks(page, gold)
    folder = tmp_path / "rounds" / "judged"
    write_tasks(tmp_path / "page.jsonl", tasks)
    assert push(tmp_path / "page.jsonl", folder, running, "anna,bo").returncode == 0
    confirm_all(running[0], folder, "anna")
    bo = Person(running[0], "bo")
    project = bo.project("judged bo")
    example = next(e for e in bo.examples(project) if bo.spans(project, e["id"]))
    span = bo.spans(project, example["id"])[0]
    bo.erase(project, example["id"], span["id"])
    confirm_all(running[0], folder, "bo")
    assert pull(made, folder, running, "anna,bo").returncode == 0

    def adjudicate():
        where = (ROOT / "seeds", made / "documents", tmp_path / "gold")
        return run("scripts.adjudicate", folder, *where, home=running[1])

    done = adjudicate()
    assert (done.returncode, "1 tasks to decide" in done.stdout) == (0, True), done.stderr
    assert not (tmp_path / "gold").exists()
    judge = Person(running[0], "judge")
    project = judge.project("judged-review-1 judge")
    (there,) = judge.examples(project)
    assert there["text"] == example["text"]
    said = [row["text"] for row in judge.do("GET", f"projects/{project}/comments")["results"]]
    assert [text.partition("：")[0] for text in sorted(said)] == ["anna", "bo"]
    kinds = {k["id"]: k["text"] for k in judge.do("GET", f"projects/{project}/span-types")}
    label = KINDS.meant[kinds[next(iter(kinds))]]
    meant = next(
        s.label
        for task in tasks
        if task.text == example["text"]
        for s in task.label
        if units(task.text)[s.start] == span["start_offset"]
        and units(task.text)[s.end] == span["end_offset"]
    )
    assert label in LABELS
    judge.draw(project, there["id"], span["start_offset"], span["end_offset"], meant)
    judge.comment(project, there["id"], "见 2.1")
    judge.confirm(project, there["id"])
    done = adjudicate()
    assert (done.returncode, "settled" in done.stdout) == (0, True), done.stderr
    found = read_gold(tmp_path / "gold" / f"{page.id}.jsonl")
    assert sorted(row.span for row in found) == sorted(gold)
    (decided,) = (row for row in found if row.settled)
    assert (decided.passes, decided.settled) == (("anna",), "review by judge: 见 2.1")


def thousand(folder):
    """A page of 1,000 sentences with 5 spans each: its documents, and a task file."""
    lines = [
        f"秦安县五营镇{n}号院有{n}户，😀投资{n}万元，修水渠{n}米。\n" for n in range(1000, 2000)
    ]
    parts = ((0, 3, "LOC"), (3, 6, "LOC"), (13, 18, "MEASURE"), (22, 28, "MONEY"))
    spans = [Span(*part) for part in (*parts, (32, 37, "MEASURE"))]
    page = read_page("".join(lines), "many")
    tasks = page_tasks(page, "gold", [spans] * len(lines))
    (folder / "documents").mkdir()
    (folder / "documents" / "pages.jsonl").write_text(json.dumps(to_json(page)) + "\n")
    write_tasks(folder / "tasks.jsonl", tasks)
    return tasks


def test_thousand_sentences(tmp_path, running):
    """1,000 sentences with 5 spans; with DOCCANO_BARS set: pushed in 15 s, pulled in 5 s."""
    tasks = thousand(tmp_path)
    assert (len(tasks), {len(task.label) for task in tasks}) == (1000, {5})
    folder = tmp_path / "many"
    since = time.monotonic()
    done = push(tmp_path / "tasks.jsonl", folder, running)
    pushed_in = time.monotonic() - since
    assert done.returncode == 0, done.stderr
    confirm_all(running[0], folder)
    since = time.monotonic()
    done = pull(tmp_path, folder, running)
    pulled_in = time.monotonic() - since
    assert done.returncode == 0, done.stderr
    found = read_round(folder)["anna"]
    assert [row.task for row in found] == tasks
    assert {row.by for row in found} == {"anna"}
    print(f"\n1,000 × 5: pushed and verified in {pushed_in:.1f} s, pulled in {pulled_in:.1f} s")
    if os.environ.get("DOCCANO_BARS"):  # on a machine that does nothing else
        assert pushed_in < 15
        assert pulled_in < 5
