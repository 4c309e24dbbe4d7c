"""A run over a state whose calls of the C library can be made to go wrong, with inject.c."""

import concurrent.futures
import gzip
import json
import os
import queue
import re
import shutil
import subprocess
import sys

import program

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "oracle"))
import trails  # noqa: E402

LIBRARY = os.environ.get("INJECT_SO") or os.path.abspath(".build/faults/inject.so")
WORKERS = os.cpu_count() or 1
with open(program.PATH, "rb") as binary:
    WORDS = binary.read()
SANITIZED = b"__asan_init" in WORDS
# Its own calls are counted with the program's, and go wrong, too.
THREAD_SANITIZED = b"__tsan_init" in WORDS


class Outcome:
    """What a run left: its status, messages, alerts, the state and the call that went wrong."""

    def __init__(self, scene, status, errors):
        self.status = status
        # Some of the new input is late, which is told of and no error.
        self.errors = "".join(line for line in errors.splitlines(True) if " came too late " not in line)
        self.out = scene.read("out")
        self.stats = scene.read("stats")
        self.state, self.previous = scene.read("state"), scene.read("state.prev")
        self.hits = [line.split(" ", 2) for line in (scene.read("report") or b"").decode().splitlines()]

    def alerts(self):
        """The eventIDs of whole lines of output; a last one may be cut."""
        lines = self.out.split(b"\n")[:-1]
        return [json.loads(line)["event_id"] for line in lines if line.startswith(b"{")]

    def lines(self):
        """The messages, but for the one that follows from another."""
        return [line for line in self.errors.splitlines() if not line.endswith("not saved: this run is not complete")]


class Scene:
    """A folder with a state of an earlier run and new input, put back before each run."""

    def __init__(self, folder):
        self.folder = folder
        os.makedirs(self.path("in/deep"))
        records = trails.trail(1, "eip") + trails.trail(2, "eip")
        records.sort(key=lambda record: record["eventTime"])
        third = len(records) // 3
        self.write("rules.txt", b"203.0.113.12/32 kind=ip-mismatch\n0.0.0.0/0 exp=2020-01-01 role=none\n")
        self.write("rules.json", b'{"arn:aws:iam::111122223333:role/none": ["192.0.2.1"]}\n')
        self.write("agents.txt", b"aws-cli\nBoto3/1\nnone\n")
        self.write("in/a.json", json.dumps({"Records": records[:third]}).encode())
        names = [f"i-{number:08x}" for number in range(4)]
        before = [program.issue(60, name) for name in names] + [program.call(61, name, program.HOME) for name in names]
        before += [program.call(62, name, program.THIEF) for name in names[:2]]
        after = [program.issue(715, name) for name in names] + [program.call(722, name, program.THIEF) for name in names]
        after += [program.call(858, name, "192.0.2.9") for name in names]
        self.write("in/grows.ndjson", program.ndjson(before))
        self.must_run("--state-reset", status=0)
        self.write("in/deep/b.json.gz", gzip.compress(program.ndjson(records[third : 2 * third]), mtime=0))
        self.must_run(status=0)
        self.write("in/c.ndjson", program.ndjson(records[2 * third :]))
        self.write("in/grows.ndjson", program.ndjson(before + after))
        self.old = {name: self.read(name) for name in ("state", "state.prev")}
        self.clean = self.must_run()
        self.wanted = set(self.clean.alerts() + self.must_run("--flush").alerts())

    def path(self, name):
        return os.path.join(self.folder, name)

    def write(self, name, data):
        with open(self.path(name), "wb") as file:
            file.write(data)

    def read(self, name):
        try:
            with open(self.path(name), "rb") as file:
                return file.read()
        except FileNotFoundError:
            return None

    def put_back(self):
        for name in ("state.new", "stats", "out"):
            if os.path.exists(self.path(name)):
                os.remove(self.path(name))
        for name, data in self.old.items():
            self.write(name, data)

    def run(self, *options, inject=None, jobs=1, inputs=("in",), state=True, stdin=b"", stdout="out"):
        """One run, in the folder. inject is what INJECT takes, but for the report."""
        self.write("report", b"")
        environment = dict(os.environ)
        # The library comes before the one of the sanitizer, which calls are then handed to.
        environment["ASAN_OPTIONS"] = environment.get("ASAN_OPTIONS", "") + ":verify_asan_link_order=0"
        if inject:
            environment.update(LD_PRELOAD=LIBRARY, INJECT=f"{inject} {self.path('report')}")
        arguments = [program.PATH, f"-j{jobs}", *options, *(["--state", "state"] if state else []), *inputs]
        with open(self.path(stdout), "wb") as out:
            done = subprocess.run(
                arguments,
                input=stdin,
                stdout=out,
                stderr=subprocess.PIPE,
                cwd=self.folder,
                env=environment,
                timeout=300,
            )
        return Outcome(self, done.returncode, done.stderr.decode("utf-8", "replace"))

    OPTIONS = ("-q", "-f", "json", "--once", "--window=30m", "--ttl=24h", "--stats-json=stats", "--user-agents=agents.txt")
    OPTIONS += ("--exceptions=rules.txt", "--exceptions=rules.json")

    def go_on(self, *more, **how):
        return self.run(*self.OPTIONS, *more, **how)

    def must_run(self, *more, status=0, **how):
        done = self.go_on(*more, **how)
        assert (done.status, done.errors) == (status, ""), (done.status, done.errors)
        return done


class Scenes:
    """Scenes to work in side by side."""

    def __init__(self, folder):
        self.idle = queue.SimpleQueue()
        for n in range(WORKERS):
            self.idle.put(Scene(os.path.join(folder, str(n))))

    def each(self, work, items):
        """The results of work(scene, item) for all items."""

        def task(item):
            scene = self.idle.get()
            try:
                scene.put_back()
                return work(scene, item)
            finally:
                self.idle.put(scene)

        with concurrent.futures.ThreadPoolExecutor(WORKERS) as pool:
            return list(pool.map(task, items))

    def one(self, work):
        return self.each(lambda scene, _: work(scene), [None])[0]


def function_of(place):
    """The function that asked for memory, or the library's name, or None where that is not known."""
    name, offset = re.fullmatch(r"(.*)\+(0x[0-9a-f]+)", place).groups()
    if os.path.abspath(name) != program.PATH:
        return os.path.basename(name).split(".")[0]
    if not shutil.which("addr2line"):
        return None
    # The address is where the call returns to.
    at = hex(int(offset, 16) - 1)
    text = subprocess.run(["addr2line", "-f", "-e", name, at], stdout=subprocess.PIPE, check=True).stdout
    found = text.decode().splitlines()[0].split(".")[0]
    return None if found == "??" else found
