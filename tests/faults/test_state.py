#!/usr/bin/env python3
"""A state that is damaged, in use, missing or not to be written is told, and is never a silent fresh start."""

import fcntl
import gzip
import json
import os
import stat
import subprocess
import sys
import tempfile
import unittest

import program


class StateTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="ctlock-")
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        self.state = self.path("state")

    def path(self, name):
        return os.path.join(self.folder, name)

    def write(self, name, data):
        with open(self.path(name), "wb") as file:
            file.write(data)
        return self.path(name)

    def read(self, name):
        with open(self.path(name), "rb") as file:
            return file.read()

    def run_state(self, *arguments, records=(), **more):
        return program.run(
            "-q", "-f", "json", "--state", self.state, *arguments, stdin=program.ndjson(records), **more
        )

    def made(self, n=3):
        """A state of a run over a theft."""
        done = self.run_state(records=program.theft(n))
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return self.read("state")

    def refused(self, *words):
        """The state is refused with these words in the message, and nothing in the folder changes."""
        before = {name: self.read(name) for name in os.listdir(self.folder)}
        done = self.run_state("--flush", records=program.theft())
        self.assertEqual((done.returncode, done.stdout), (2, ""), done.stderr)
        for word in ("ctlock: ", self.state, *words):
            self.assertIn(word, done.stderr)
        self.assertEqual(done.stderr.count("\n"), 1)
        before["state.lock"] = b""
        self.assertEqual({name: self.read(name) for name in os.listdir(self.folder)}, before)


class Damage(StateTest):
    def test_cut_anywhere(self):
        whole = self.made(1)
        for n in range(len(whole)):
            self.write("state", whole[:n])
            self.refused(f"byte {n}: cut" if n and not whole[:n].endswith(b"\n") else "cut", "--state-reset")

    def test_any_bit_flipped(self):
        whole = self.made(1)
        for n in range(len(whole)):
            broken = bytearray(whole)
            broken[n] ^= 1 << n % 8
            self.write("state", bytes(broken))
            self.refused()

    def test_something_behind(self):
        whole = self.made()
        for tail in (b"x", b"\n", whole):
            self.write("state", whole + tail)
            self.refused(f"byte {len(whole)}: something behind the last line")

    def test_place_of_the_damage_is_told(self):
        lines = self.made().splitlines(keepends=True)
        lines[3] = lines[3].replace(b'"offset":', b'"offzet":')
        self.write("state", b"".join(lines))
        at = sum(map(len, lines[:3])) + lines[3].index(b',"offzet')
        self.refused(f"byte {at}: ")

    def test_lines_left_out(self):
        lines = self.made().splitlines(keepends=True)
        for n in range(1, len(lines) - 1):
            self.write("state", b"".join(lines[:n] + lines[n + 1 :]))
            self.refused("checksum" if n > 1 else "a line before the clock")

    def test_other_files(self):
        for data in (b"", b"x", b"{}\n", b'{"Records":[]}\n', b"\0" * 5000, os.urandom(5000)):
            self.write("state", data)
            self.refused()

    def test_newer_version(self):
        whole = self.made()
        self.write("state", whole.replace(b'"version":2', b'"version":3', 1))
        self.refused("written by a newer ctlock")

    def test_previous_is_named(self):
        self.made()
        self.made()
        self.write("state", b"")
        self.refused("the state before it is " + self.path("state.prev"))

    def test_missing_beside_its_previous(self):
        self.made()
        self.made()
        os.remove(self.state)
        self.refused("is missing", self.path("state.prev"))

    def test_directory(self):
        os.mkdir(self.state)
        done = self.run_state()
        self.assertEqual((done.returncode, done.stderr.count("\n")), (2, 1))

    def test_fifo(self):
        os.mkfifo(self.state)
        done = self.run_state()
        self.assertEqual((done.returncode, done.stderr.count("\n")), (2, 1))

    def test_reset_starts_afresh_and_keeps_the_old(self):
        good = self.made()
        self.made()
        self.write("state", b"broken")
        done = self.run_state("--state-reset", "--flush", records=program.theft())
        self.assertEqual((done.returncode, len(program.ids(done.stdout))), (0, 3))
        self.assertEqual((self.read("state.prev"), self.read("state.reset")), (good, b"broken"))

    def test_link_to_nothing(self):
        os.symlink("nowhere/state", self.state)
        done = self.run_state()
        self.assertEqual((done.returncode, done.stderr), (2, f"ctlock: {self.state}: a link to nothing\n"))

    def test_what_is_no_file_is_left_alone(self):
        self.state = self.folder
        done = self.run_state()
        self.assertEqual((done.returncode, done.stderr), (2, f"ctlock: {self.state}: not a regular file\n"))
        self.assertFalse(os.path.exists(self.folder + ".lock"))


class Lock(StateTest):
    def test_held(self):
        self.made()
        with open(self.path("state.lock"), "wb") as file:
            fcntl.lockf(file, fcntl.LOCK_EX)
            done = self.run_state("--flush")
        self.assertEqual((done.returncode, done.stdout), (2, ""))
        self.assertIn(f"{self.state}: in use by process {os.getpid()}", done.stderr)

    def test_no_directory(self):
        self.state = self.path("none/state")
        done = self.run_state()
        self.assertEqual((done.returncode, done.stderr.count("\n")), (2, 1))
        self.assertIn("/none: No such file or directory", done.stderr)


class Saving(StateTest):
    def test_previous_and_mode(self):
        os.umask(0)
        first = self.made()
        self.assertFalse(os.path.exists(self.path("state.prev")))
        second = self.made(4)
        self.assertNotEqual(first, second)
        self.assertEqual(self.read("state.prev"), first)
        self.assertEqual(stat.S_IMODE(os.stat(self.state).st_mode), 0o600)
        self.assertEqual(sorted(os.listdir(self.folder)), ["state", "state.lock", "state.prev"])

    def test_link_stays_a_link(self):
        os.mkdir(self.path("there"))
        os.symlink("there/state", self.state)
        self.write("there/state", b"")
        self.run_state("--state-reset")
        self.made()
        self.assertTrue(os.path.islink(self.state))
        self.assertIn("state", os.listdir(self.path("there")))

    def test_full_disk(self):
        """At each size at which the disk could be full, the old state stays and the alerts come again."""
        old = self.made(10)
        more = [program.call(50, "i-00000001", "192.0.2.9")]

        def limit(n):
            def set_limit():
                import resource
                import signal

                signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
                resource.setrlimit(resource.RLIMIT_FSIZE, (n, n))

            return set_limit

        for n in (0, 1, 40, 100, 1000, 2000):
            done = self.run_state("--flush", records=more, preexec_fn=limit(n))
            self.assertEqual(done.returncode, 1, n)
            self.assertIn("state.new: File too large: the state is not saved", done.stderr)
            self.assertEqual(len(program.ids(done.stdout)), 11)
            self.assertEqual(self.read("state"), old)
            self.assertNotIn("state.new", os.listdir(self.folder))

    def test_lost_output(self):
        """What was not printed is printed by the next run."""
        old = self.made()
        with open("/dev/full", "wb") as full:
            done = subprocess.run(
                [program.PATH, "-q", "--state", self.state, "--flush"],
                stdin=subprocess.DEVNULL,
                stdout=full,
                stderr=subprocess.PIPE,
            )
        self.assertEqual(done.returncode, 1)
        self.assertIn(b"standard output: No space left on device", done.stderr)
        self.assertIn(b"state: not saved: this run is not complete", done.stderr)
        self.assertEqual(self.read("state"), old)
        self.assertEqual(len(program.ids(self.run_state("--flush").stdout)), 3)

    def test_lost_output_of_what_a_smaller_window_lets_go(self):
        old = self.made()
        with open("/dev/full", "wb") as full:
            done = subprocess.run(
                [program.PATH, "-q", "--state", self.state, "--window", "1s"],
                stdin=subprocess.DEVNULL,
                stdout=full,
                stderr=subprocess.PIPE,
            )
        self.assertEqual(done.returncode, 1)
        self.assertIn(b"standard output: No space left on device", done.stderr)
        self.assertEqual(self.read("state"), old)

    def test_left_over_from_a_killed_run(self):
        self.write("state.new", b"half of a state")
        self.made()
        self.assertNotIn("state.new", os.listdir(self.folder))


class Files(StateTest):
    """Which records of which files are read."""

    def alerts(self, *arguments):
        done = self.run_state(*arguments)
        self.assertIn(done.returncode, (0, 3), done.stderr)
        return program.ids(done.stdout)

    def test_unchanged_file_is_not_read(self):
        path = self.write("x.ndjson", program.ndjson(program.theft()))
        self.assertEqual(len(self.alerts("--flush", path)), 3)
        self.assertEqual(self.alerts("--flush", path), [])
        stats = self.path("stats")
        self.alerts("--stats-json", stats, path, self.folder)
        with open(stats, encoding="utf-8") as file:
            told = json.load(file)
        self.assertEqual((told["files"], told["records"], told["files_known"]), (0, 0, 1))

    def test_other_file_of_that_name(self):
        path = self.write("x.ndjson", program.ndjson(program.theft()))
        self.alerts(path)
        for records in (program.theft(4), program.theft(5), program.theft(2)):
            records[0]["eventID"] = f"another-{len(records)}"
            self.write("x.ndjson", program.ndjson(records))
            done = program.run("--state", self.state, path)
            self.assertIn(f" {len(records)} records", done.stderr)

    def test_line_that_was_not_complete(self):
        text = program.ndjson(program.theft(1))
        path = self.write("x.ndjson", text[:-20])
        done = self.run_state("--flush", path)
        self.assertEqual((done.returncode, done.stdout), (3, ""))
        self.write("x.ndjson", text)
        done = self.run_state("--flush", path)
        self.assertEqual((done.returncode, len(program.ids(done.stdout))), (0, 1))

    def test_damage_is_told_once(self):
        path = self.write("x.ndjson", b"broken\n" + program.ndjson(program.theft(1)))
        self.assertEqual(self.run_state(path).returncode, 3)
        done = self.run_state(path)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        with open(path, "ab") as file:
            file.write(program.ndjson([program.call(30, "i-00000000", "192.0.2.1")]))
        done = self.run_state("--flush", path)
        self.assertEqual((done.returncode, done.stderr, len(program.ids(done.stdout))), (0, "", 2))

    def test_cut_file_that_becomes_whole(self):
        packed = gzip.compress(program.ndjson(program.theft(200)), mtime=0)
        path = self.write("x.json.gz", packed[: len(packed) // 2])
        first = self.run_state("--flush", path)
        self.assertEqual(first.returncode, 3)
        self.write("x.json.gz", packed)
        second = self.run_state("--flush", path)
        self.assertEqual(second.returncode, 0, second.stderr)
        self.assertEqual(len(program.ids(first.stdout + second.stdout)), 200)

    def test_empty_gzip_file_is_tried_again(self):
        path = self.write("x.json.gz", b"")
        for _ in range(2):
            done = self.run_state(path)
            self.assertEqual((done.returncode, done.stdout), (3, ""))
            self.assertIn("x.json.gz: empty, not gzip", done.stderr)
        self.write("x.json.gz", gzip.compress(program.ndjson(program.theft()), mtime=0))
        self.assertEqual(len(self.alerts("--flush", path)), 3)

    @unittest.skipIf(os.geteuid() == 0, "root may read everything")
    def test_unreadable_file_is_tried_again(self):
        path = self.write("x.ndjson", program.ndjson(program.theft()))
        os.chmod(path, 0)
        self.assertEqual(self.run_state(path).returncode, 3)
        os.chmod(path, 0o600)
        self.assertEqual(len(self.alerts("--flush", path)), 3)

    def test_one_file_by_two_ways_is_read_once(self):
        path = self.write("x.ndjson", program.ndjson(program.theft()))
        os.symlink(path, self.path("y.ndjson"))
        done = program.run("--state", self.state, path, self.path("y.ndjson"), self.folder)
        self.assertIn("read        1 file,", done.stderr)

    def test_state_in_the_directory_of_the_trail(self):
        self.state = self.path("state.json")
        self.write("x.ndjson", program.ndjson(program.theft()))
        for alerts in (3, 0, 0):
            done = self.run_state("--flush", self.folder)
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            self.assertEqual(len(program.ids(done.stdout)), alerts)

    def test_files_are_forgotten(self):
        def known():
            lines = [json.loads(line) for line in self.read("state").splitlines()]
            return [os.path.basename(line["path"]) for line in lines if line["type"] == "file"]

        def later(days):
            record = program.call(0, "i-00000001", program.HOME)
            record["eventTime"] = f"2024-03-{1 + days:02}T00:00:00Z"
            record["eventID"] = f"day-{days}"
            return record

        for name in ("gone.ndjson", "stays.ndjson"):
            self.alerts(self.write(name, program.ndjson(program.theft(1))))
        os.remove(self.path("gone.ndjson"))
        for day in range(1, 30):
            self.run_state(records=[later(day)])
        self.assertEqual(known(), ["gone.ndjson", "stays.ndjson"])
        self.run_state(records=[later(30)])
        self.run_state(records=[{**later(30), "eventTime": "2024-03-31T00:08:00Z", "eventID": "x"}])
        self.assertEqual(known(), ["stays.ndjson"])


    def test_damaged_file_that_is_mended(self):
        """Records behind the damage were taken, but those in it were not."""
        whole = program.ndjson(program.theft(40))
        half = whole.index(b"\n", len(whole) * 3 // 4) + 1
        for name, good, bad in (
            ("x.ndjson", whole, whole[:half] + b"\0" * 700 + whole[half + 700 :]),
            ("y.ndjson", whole, whole[:half] + b"\0" * 700 + whole[half + 800 :]),
        ):
            path = self.write(name, bad)
            first = self.run_state("--state-reset", "--flush", path)
            self.assertEqual(first.returncode, 3)
            self.write(name, good)
            second = self.run_state("--flush", path)
            self.assertEqual(second.returncode, 0, second.stderr)
            self.assertEqual(len(set(program.ids(first.stdout + second.stdout))), 40)

    def test_years_of_files(self):
        for time in (-(1 << 62), -1, 10**12, 1 << 62):
            path = self.write("x.ndjson", b"")
            try:
                os.utime(path, ns=(0, time * 10**9 if abs(time) < 1 << 40 else time))
            except (OverflowError, OSError):
                continue
            for _ in range(2):
                done = self.run_state(path)
                self.assertEqual((done.returncode, done.stderr), (0, ""))

    def test_lock_file_as_input_keeps_the_lock(self):
        self.made()
        os.symlink("state.lock", self.path("z.json"))
        stats = self.path("stats")
        self.assertEqual(self.run_state("--stats-json", stats, self.path("z.json")).returncode, 0)
        self.assertEqual(json.loads(self.read("stats"))["files"], 0)


class Usage(StateTest):
    def test_options_that_need_it(self):
        for option in ("--flush", "--state-reset"):
            done = program.run(option)
            self.assertEqual(done.returncode, 2)
            self.assertIn(f"{option} needs --state", done.stderr)

    def test_names_that_are_none(self):
        for name in ("", "-"):
            self.assertEqual(program.run("--state", name).returncode, 2)

    def test_statistics_over_the_state(self):
        whole = self.made()
        for suffix in ("", ".lock", ".new", ".prev"):
            done = self.run_state("--stats-json", self.state + suffix)
            self.assertEqual(done.returncode, 2)
            self.assertIn("--stats-json names the state", done.stderr)
            self.assertEqual(self.read("state"), whole)

    def test_a_look_changes_nothing(self):
        whole = self.made()
        for option in ("--table", "--list-user-agents"):
            self.assertEqual(self.run_state("--flush", option, records=program.theft(5)).returncode, 0)
            self.assertEqual(self.read("state"), whole)

    def test_waiting_events_are_told(self):
        done = program.run("--state", self.state, stdin=program.ndjson(program.theft()))
        self.assertIn("state       9 events wait for what comes (--flush judges them)", done.stderr)

    def test_table_and_exit_code_are_of_what_was_judged(self):
        done = self.run_state("--exit-code", "10", records=program.theft())
        self.assertEqual(done.returncode, 0)
        done = self.run_state("--table")
        self.assertEqual(done.stdout, "")
        done = self.run_state("--table", "--flush", "--exit-code", "10")
        self.assertEqual((done.returncode, done.stdout.count("\n")), (10, 3))


if __name__ == "__main__":
    sys.exit(unittest.main())
