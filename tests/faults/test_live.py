#!/usr/bin/env python3
"""The program while it runs: signals, pipes and FIFOs that stay open, readers that go away.

Nothing here is timed. A test waits for what it needs to see, for LIMIT seconds at most.
CTLOCK is the binary, default ./ctlock.
"""

import contextlib
import fcntl
import io
import json
import os
import queue
import re
import signal
import struct
import subprocess
import tempfile
import termios
import threading
import time
import unittest

CTLOCK = os.path.abspath(os.environ.get("CTLOCK") or "./ctlock")
LIMIT = 60
JOBS = (1, 2, 4)
STOPS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
HOME, THIEF = "203.0.113.10", "198.51.100.7"


def record(name, second, source=None):
    """A call from source, or the issue of the credentials, as a line."""
    r = {
        "eventTime": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(1688990400 + second)),
        "eventID": name,
        "awsRegion": "us-east-1",
        "userAgent": "Boto3/1.26.165",
    }
    if source:
        arn = "arn:aws:sts::111122223333:assumed-role/web/i-0000000a"
        r |= {"eventSource": "ec2.amazonaws.com", "eventName": "DescribeInstances", "sourceIPAddress": source}
        r |= {"userIdentity": {"type": "AssumedRole", "arn": arn}}
    else:
        to = {"roleArn": "arn:aws:iam::111122223333:role/web", "roleSessionName": "i-0000000a"}
        r |= {"eventSource": "sts.amazonaws.com", "eventName": "AssumeRole", "requestParameters": to}
        r |= {"sourceIPAddress": "ec2.amazonaws.com", "userIdentity": {"type": "AWSService"}}
    return json.dumps(r).encode() + b"\n"


THEFT = record("issue", 0) + record("home", 1, HOME) + record("thief", 2, THIEF)


def wait_until(what, found):
    """Look again and again; a test that waits in vain fails."""
    end = time.monotonic() + LIMIT
    while not found():
        if time.monotonic() > end:
            raise AssertionError(f"never: {what}")
        time.sleep(0.005)


class Lines:
    """The lines of a pipe, as they come."""

    def __init__(self, pipe):
        self.queue = queue.Queue()
        self.thread = threading.Thread(target=self.read, args=(pipe,), daemon=True)
        self.thread.start()

    def read(self, pipe):
        for line in pipe:
            self.queue.put(line.decode())
        pipe.close()
        self.queue.put(None)

    def next(self):
        """The next line, None at the end."""
        try:
            return self.queue.get(timeout=LIMIT)
        except queue.Empty:
            raise AssertionError("no line came") from None

    def rest(self):
        lines = []
        while (line := self.next()) is not None:
            lines.append(line)
        return lines


class Run:
    """A ctlock that runs."""

    def __init__(self, *arguments, ignored=(), stdout=subprocess.PIPE, read=True, stdin=subprocess.PIPE):
        def prepare():
            for s in (*STOPS, signal.SIGUSR1, signal.SIGPIPE):
                signal.signal(s, signal.SIG_IGN if s in ignored else signal.SIG_DFL)

        self.process = subprocess.Popen(
            [CTLOCK, *arguments],
            stdin=stdin,
            stdout=stdout,
            stderr=subprocess.PIPE,
            bufsize=0,
            restore_signals=False,
            preexec_fn=prepare,
        )
        if stdout == subprocess.PIPE:
            self.process.stdout = io.BufferedReader(self.process.stdout)
        self.out = Lines(self.process.stdout) if read and self.process.stdout else None
        self.err = Lines(io.BufferedReader(self.process.stderr))

    def write(self, data):
        while data:
            data = data[self.process.stdin.write(data) :]

    def catches(self, number):
        with open(f"/proc/{self.process.pid}/status", encoding="ascii", errors="replace") as f:
            return int(re.search(r"SigCgt:\s*([0-9a-f]+)", f.read())[1], 16) >> (number - 1) & 1

    def wait_for_handler(self, number):
        wait_until(f"a handler for {number}", lambda: self.catches(number) or self.process.poll() is not None)

    def summary(self):
        """What SIGUSR1 brings, up to the line that tells of what waits."""
        self.wait_for_handler(signal.SIGUSR1)
        self.process.send_signal(signal.SIGUSR1)
        lines = []
        while not lines or not lines[-1].startswith("order"):
            line = self.err.next()
            if line is None:
                raise AssertionError(f"it ended: {lines}")
            lines.append(line)
        return "".join(lines)

    def wait_for_records(self, n):
        def told():
            return int(re.search(r" (\d+) records?,", self.summary())[1]) >= n

        wait_until(f"{n} records", told)

    def stop(self, number):
        self.wait_for_handler(number)
        self.process.send_signal(number)

    def end(self):
        """(standard output, standard error, status)."""
        if self.process.stdin and not self.process.stdin.closed:
            self.process.stdin.close()
        out = self.out.rest() if self.out else []
        err = self.err.rest()
        return out, err, self.process.wait(LIMIT)

    def died(self):
        """The same, without its input coming to an end."""
        out = self.out.rest() if self.out else []
        err = self.err.rest()
        status = self.process.wait(LIMIT)
        if self.process.stdin:
            self.process.stdin.close()
        return out, err, status


class Case(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory(prefix="ctlock-live.")
        self.addCleanup(self.folder.cleanup)
        self.runs = []
        self.addCleanup(self.end_all)

    def end_all(self):
        for r in self.runs:
            if r.process.poll() is None:
                r.process.kill()
            r.process.wait()
            for pipe in r.process.stdin, r.process.stdout if not r.out else None:
                if pipe:
                    pipe.close()

    def path(self, name):
        return os.path.join(self.folder.name, name)

    def run_it(self, *arguments, **how):
        r = Run(*arguments, **how)
        self.runs.append(r)
        return r

    @staticmethod
    def each_jobs():
        return [f"-j{jobs}" for jobs in JOBS]

    def assert_thief(self, line, event="thief"):
        self.assertIn("ALERT kind=ip-mismatch", line or "nothing")
        self.assertIn(f"event_id={event} ", line)


class Stops(Case):
    def test_what_waits_is_judged(self):
        for number in STOPS:
            for jobs in self.each_jobs():
                stats = self.path("stats")
                r = self.run_it(jobs, "--stats-json", stats)
                r.write(THEFT + record("cut", 3, THIEF)[:100])
                r.wait_for_records(3)
                self.assertNotIn("stopped", r.summary())
                r.stop(number)
                out, err, status = r.died()
                self.assertEqual(status, -number)
                self.assertEqual(len(out), 1)
                self.assert_thief(out[0])
                self.assertTrue(any(line.startswith("alerts      1 ") for line in err), err)
                self.assertFalse(any("cut" in line for line in err), err)
                name = number.name
                self.assertIn(f"stopped     by {name}: the rest of the input was not read\n", err)
                with open(stats, encoding="ascii") as f:
                    self.assertEqual(json.load(f)["stopped_by"], name)

    def test_a_run_that_has_read_all_is_not_told_to_be_stopped(self):
        for jobs in self.each_jobs():
            stats = self.path("stats")
            r = self.run_it(jobs, "--stats-json", stats)
            r.write(THEFT)
            _, err, status = r.end()
            self.assertEqual(status, 0)
            self.assertFalse(any("stopped" in line for line in err), err)
            with open(stats, encoding="ascii") as f:
                self.assertIsNone(json.load(f)["stopped_by"])

    def test_quiet(self):
        r = self.run_it("-q")
        r.stop(signal.SIGTERM)
        self.assertEqual(r.died(), ([], [], -signal.SIGTERM))

    def test_results_come_as_at_the_end(self):
        for option, has in ("--table", "203.0.113.10"), ("--list-user-agents", "boto3/1"):
            for jobs in self.each_jobs():
                stats = self.path("stats")
                r = self.run_it(jobs, option, "--stats-json", stats, "--exit-code", "9")
                r.write(THEFT)
                r.wait_for_records(3)
                r.stop(signal.SIGTERM)
                out, _, status = r.died()
                self.assertEqual(status, -signal.SIGTERM)
                self.assertTrue(any(has in line.lower() for line in out), out)
                with open(stats, encoding="ascii") as f:
                    self.assertEqual(json.load(f)["records"], 3)

    def test_a_fifo_that_nobody_writes(self):
        for jobs in self.each_jobs():
            names = [self.path(f"{jobs}{i}") for i in range(3)]
            for name in names:
                os.mkfifo(name)
            r = self.run_it(jobs, *names, stdin=subprocess.DEVNULL)
            r.summary()
            r.stop(signal.SIGINT)
            out, _, status = r.died()
            self.assertEqual((out, status), ([], -signal.SIGINT))

    def test_nohup(self):
        for jobs in self.each_jobs():
            r = self.run_it(jobs, ignored=(signal.SIGHUP,))
            r.write(THEFT)
            r.wait_for_handler(signal.SIGINT)
            self.assertFalse(r.catches(signal.SIGHUP))
            r.process.send_signal(signal.SIGHUP)
            r.write(record("again", 4, THIEF))
            out, _, status = r.end()
            self.assertEqual((len(out), status), (2, 0))

    def test_a_stop_that_comes_twice_at_once_ends_well(self):
        r = self.run_it()
        r.write(THEFT)
        r.wait_for_records(3)
        r.stop(signal.SIGTERM)
        r.process.send_signal(signal.SIGTERM)
        r.process.send_signal(signal.SIGHUP)
        out, _, status = r.died()
        self.assertEqual(len(out), 1)
        self.assertIn(-status, (signal.SIGTERM, signal.SIGHUP))  # any of those that wait may come first

    def test_a_second_one_ends_at_once(self):
        with open(CTLOCK, "rb") as f:
            if b"__tsan_init" in f.read():
                self.skipTest("the thread sanitizer hands out no signal while a write waits")
        name = self.path("in")
        with open(name, "wb") as f:
            f.write(THEFT + b"".join(record(f"t{i}", 3, THIEF) for i in range(2000)))
        for jobs in self.each_jobs():
            r = self.run_it(jobs, "--window", "0", name, read=False)
            size = fcntl.fcntl(r.process.stdout, fcntl.F_GETPIPE_SZ)

            def waiting(r=r):
                return struct.unpack("i", fcntl.ioctl(r.process.stdout, termios.FIONREAD, b"\0\0\0\0"))[0]

            wait_until("nobody takes the alerts", lambda: waiting() > size - 4096)
            r.stop(signal.SIGINT)

            def gone(r=r):
                r.process.send_signal(signal.SIGINT)
                return r.process.poll() is not None

            wait_until("the second signal", gone)
            self.assertEqual(r.process.returncode, -signal.SIGINT)
            self.assertEqual(r.err.rest(), [])
            r.process.stdout.close()

    def test_warning_comes_with_a_summary_that_was_asked_for(self):
        """Who follows a trail has no end to wait for."""
        r = self.run_it("-q")
        r.write(THEFT + record("next", 1200, HOME) + record("late", 0, HOME))
        wait_until("a late one", lambda: " 1 late," in r.summary())
        wait_until("the warning", lambda: "warning: 1 of 5 events came too late" in (r.err.next() or ""))
        r.stop(signal.SIGTERM)

    def test_lost_output_is_told_by_the_status(self):
        with open("/dev/full", "wb") as full:
            r = self.run_it(stdout=full)
            r.write(THEFT)
            r.wait_for_records(3)
            r.stop(signal.SIGTERM)
            _, err, status = r.died()
            self.assertEqual(status, 1)
            self.assertTrue(any("standard output: " in line for line in err), err)

    def test_what_is_taken_is_the_beginning_of_the_input(self):
        lines = [record("issue", 0), record("home", 1, HOME)]
        lines += [record(f"e{i}", i // 40, THIEF if i % 2 else HOME) for i in range(60000)]
        names = [self.path(f"{i:02}") for i in range(20)]
        for i, name in enumerate(names):
            with open(name, "wb") as f:
                f.writelines(lines[i * 3000 : (i + 1) * 3000 if i < 19 else None])
        for jobs in self.each_jobs():
            r = self.run_it(jobs, "-f", "json", "--window", "10s", *names, read=False)
            first = r.process.stdout.readline().decode()
            r.stop(signal.SIGINT)
            r.out = Lines(r.process.stdout)
            out, err, status = r.died()
            self.assertEqual(status, -signal.SIGINT)
            self.assertIn("stopped     by SIGINT: the rest of the input was not read\n", err)
            n = int(re.search(r" (\d+) records?,", "".join(err))[1])
            self.assertLess(n, len(lines), "it was too quick")
            part = self.path("part")
            with open(part, "wb") as f:
                f.writelines(lines[:n])
            command = [CTLOCK, "-q", "-f", "json", "--window", "10s"]
            whole = subprocess.run([*command, part], stdout=subprocess.PIPE, check=True)
            self.assertEqual(
                [json.loads(line) | {"file": ""} for line in [first, *out]],
                [json.loads(line) | {"file": ""} for line in whole.stdout.decode().splitlines()],
            )


class Pipes(Case):
    def test_are_widened(self):
        set_size, get_size, wide = 1031, 1032, 1 << 20  # names of Python 3.10
        ends = os.pipe()
        try:
            fcntl.fcntl(ends[0], set_size, wide)
        except OSError:
            self.skipTest("pipes cannot be widened here")
        finally:
            for end in ends:
                os.close(end)
        for jobs in self.each_jobs():
            r = self.run_it("-q", jobs)
            r.write(b'{"eventName":"no time"}\n')
            r.wait_for_records(1)
            self.assertEqual(fcntl.fcntl(r.process.stdin, get_size), wide)
            r.end()


class Summaries(Case):
    def test_asked_for_and_going_on(self):
        for jobs in self.each_jobs():
            r = self.run_it("-q", jobs)
            r.write(record("issue", 0) + record("home", 1, HOME) + b'{"eventName":"no time"}\n')
            r.wait_for_records(3)
            wait_until("2 that wait", lambda: "order       0 late, 0 repeated, 2 waiting\n" in r.summary())
            r.write(b'{"eventTime":"2023-07-10T12:00:00Z","eventName":"does not matter"}\n')
            r.wait_for_records(4)
            r.write(record("thief", 2, THIEF))
            out, _, status = r.end()
            self.assertEqual(status, 3)
            self.assert_thief(out[0])

    def test_tells_what_every_thread_found(self):
        for jobs in self.each_jobs():
            r = self.run_it("-q", jobs)
            r.write(b'{"eventName":"no time"}\n' * 20000)
            r.wait_for_records(20000)
            wait_until("20000 problems", lambda: "20000 malformed" in r.summary())
            self.assertEqual(r.end()[2], 3)

    def test_ignored(self):
        r = self.run_it("-q", ignored=(signal.SIGUSR1,))
        r.wait_for_handler(signal.SIGINT)
        r.process.send_signal(signal.SIGUSR1)
        self.assertEqual(r.end(), ([], [], 0))


class Following(Case):
    def test_linger(self):
        for jobs in self.each_jobs():
            r = self.run_it(jobs, "--window", "30s", "--linger", "1s")
            r.write(THEFT)
            self.assert_thief(r.out.next())
            # What was judged is not judged again, what is older is late, and the rest goes on.
            r.write(THEFT[THEFT.index(b"\n") + 1 :] + record("late", 1, THIEF) + record("next", 2, THIEF))
            line = r.out.next()
            self.assert_thief(line, "late")
            self.assertIn(" late=true ", line)
            line = r.out.next()
            self.assert_thief(line, "next")
            self.assertNotIn("late=", line)
            out, err, status = r.end()
            self.assertEqual((out, status), ([], 0))
            self.assertIn("order       1 late, up to 1s behind the newest, 2 repeated\n", err)
            self.assertIn("a longer --linger judges them in their place", err[-1])

    def test_linger_orders_what_came_together(self):
        for jobs in self.each_jobs():
            r = self.run_it(jobs, "--linger", "1s")
            r.write(b"".join(reversed(THEFT.splitlines(keepends=True))))
            self.assert_thief(r.out.next())
            self.assertEqual(r.end()[2], 0)

    def test_linger_is_not_held_up_by_what_does_not_matter(self):
        r = self.run_it("--linger", "1s")
        r.write(THEFT)
        ended = threading.Event()

        def chat():
            while not ended.wait(0.05):
                r.write(b'{"eventTime":"2023-07-10T12:00:00Z","eventName":"x"}\n')

        t = threading.Thread(target=chat)
        t.start()
        try:
            self.assert_thief(r.out.next())
        finally:
            ended.set()
            t.join()
        self.assertEqual(r.end()[2], 0)

    def test_fifo(self):
        for jobs in self.each_jobs():
            name, other = self.path(f"fifo{jobs}"), self.path(f"other{jobs}")
            os.mkfifo(name)
            os.mkfifo(other)
            r = self.run_it(jobs, "--window", "30s", "--linger", "0", name, other, stdin=subprocess.DEVNULL)
            with open(name, "wb", buffering=0) as f:
                f.write(THEFT)
                self.assert_thief(r.out.next())
            with open(other, "wb", buffering=0) as f:
                f.write(record("other", 3, THIEF))
                self.assert_thief(r.out.next(), "other")
            self.assertEqual(r.end()[2], 0)

    def test_without_linger_a_pause_judges_nothing(self):
        for jobs in self.each_jobs():
            r = self.run_it(jobs)
            r.write(THEFT)
            r.wait_for_records(3)
            # Who reads counts a record before who judges has it.
            wait_until("3 that wait", lambda: "3 waiting" in r.summary())
            self.assertEqual(len(r.end()[0]), 1)

    def test_window_0_judges_each_line(self):
        for jobs in self.each_jobs():
            r = self.run_it(jobs, "--window", "0")
            r.write(THEFT)
            self.assert_thief(r.out.next())
            for i in range(5):
                r.write(record(f"t{i}", 3, THIEF))
                self.assert_thief(r.out.next(), f"t{i}")
            self.assertEqual(r.end()[2], 0)

    def test_a_writer_that_comes_byte_by_byte(self):
        for jobs in self.each_jobs():
            r = self.run_it(jobs, "--window", "0")
            for i in range(len(THEFT)):
                r.write(THEFT[i : i + 1])
            self.assert_thief(r.out.next())
            self.assertEqual(r.end()[2], 0)

    def test_alerts_reach_a_file_when_the_input_pauses(self):
        for jobs in self.each_jobs():
            name = self.path(f"alerts{jobs}")
            with open(name, "wb") as f:
                r = self.run_it(jobs, "--linger", "0", stdout=f)
            r.write(THEFT)
            wait_until("the alert in the file", lambda name=name: os.path.getsize(name) > 0)
            self.assertEqual(r.end()[2], 0)

    def test_a_reader_that_goes_away(self):
        for ignored, want in ((signal.SIGPIPE,), 1), ((), -signal.SIGPIPE):
            for jobs in self.each_jobs():
                r = self.run_it(jobs, "--window", "0", ignored=ignored, read=False)
                r.process.stdout.close()
                r.write(THEFT)
                self.assertEqual(r.died()[2], want)

    def test_the_same_beside_another_pipe(self):
        name = self.path("fifo")
        os.mkfifo(name)
        r = self.run_it("-j2", "--window", "0", "-", name, ignored=(signal.SIGPIPE,), read=False)
        r.process.stdout.close()
        r.write(THEFT)
        self.assertEqual(r.died()[2], 1)


class Screen:
    """A terminal: what was written to it, as it came."""

    def __init__(self):
        self.master, self.slave = os.openpty()
        self.seen = bytearray()
        self.thread = threading.Thread(target=self.read, daemon=True)
        self.thread.start()

    def read(self):
        # Once nobody has the other side, reading fails.
        with contextlib.suppress(OSError):
            while data := os.read(self.master, 65536):
                self.seen += data

    def end(self):
        """All of it, when nobody writes any more."""
        os.close(self.slave)
        self.thread.join(LIMIT)
        os.close(self.master)
        return bytes(self.seen).replace(b"\r\n", b"\n").decode()


class Terminals(Case):
    """Alerts and the progress line share a screen."""

    QUIET = b'{"eventTime":"2023-07-10T12:00:00Z","eventName":"x"}\n'

    def watch(self, *arguments, finish):
        """What is on the screen after a run that showed its progress and then had an alert."""
        screen = Screen()
        r = subprocess.Popen(
            [CTLOCK, *arguments], stdin=subprocess.PIPE, stdout=screen.slave, stderr=screen.slave, bufsize=0
        )

        def shown():
            r.stdin.write(self.QUIET)
            return b" MB/s" in screen.seen

        try:
            wait_until("progress", shown)
            finish(r, screen)
            r.stdin.close()
            status = r.wait(LIMIT)
        finally:
            r.kill()
            r.wait()
        return screen.end(), status

    def assert_apart(self, text):
        self.assertEqual(len(re.findall(r"^(?:.*\r\x1b\[K)?2023-\S+ ALERT ", text, re.MULTILINE)), 1, text)
        self.assertEqual(re.findall(r"MB/s(?!\r\x1b\[K).*", text), [])
        self.assertRegex(text, r"(^|\x1b\[K)1 file, \d+ records")

    def test_colour(self):
        """An alert on a terminal has colours, unless NO_COLOR is set to something or an option says no."""
        with open(self.path("in.ndjson"), "wb") as file:
            file.write(THEFT)
        for arguments, value, coloured in (
            ((), None, True),
            ((), "", True),
            ((), "1", False),
            (("--color=never",), None, False),
            (("--color=always",), "1", True),
        ):
            environment = {k: v for k, v in os.environ.items() if k != "NO_COLOR"}
            if value is not None:
                environment["NO_COLOR"] = value
            screen = Screen()
            subprocess.run([CTLOCK, "-q", *arguments, file.name], stdout=screen.slave, env=environment, check=True)
            text = screen.end()
            self.assertIn("event_id=thief", text)
            self.assertEqual("\x1b[1;31m" in text, coloured, (arguments, value, text))

    def test_terminal_that_has_gone_loses_no_message(self):
        """Whoever hangs up does not want it, and the alerts are in the file."""
        with open(self.path("in.ndjson"), "wb") as file:
            file.write(THEFT)
        master, slave = os.openpty()
        r = subprocess.Popen([CTLOCK, "-", file.name], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=slave)
        os.close(slave)

        def looked():
            """At its terminal: that comes before the handlers."""
            with open(f"/proc/{r.pid}/status", encoding="ascii", errors="replace") as f:
                return int(re.search(r"SigCgt:\s*([0-9a-f]+)", f.read())[1], 16) >> (signal.SIGUSR1 - 1) & 1

        wait_until("a look at the terminal", looked)
        os.close(master)
        out, _ = r.communicate(timeout=LIMIT)
        self.assertIn(b"event_id=thief", out)
        self.assertEqual(r.returncode, 0)

    def test_an_alert_wipes_the_progress_line(self):
        def finish(r, screen):
            r.stdin.write(THEFT)
            wait_until("the alert", lambda: b"ALERT" in screen.seen)

        for jobs in self.each_jobs():
            text, status = self.watch(jobs, "--color=never", "--window", "0", finish=finish)
            self.assert_apart(text)
            self.assertEqual(status, 0)

    def test_so_does_what_a_signal_has_judged(self):
        def finish(r, screen):
            r.stdin.write(THEFT)
            wait_until("3 that wait", lambda: (r.send_signal(signal.SIGUSR1), b" 3 waiting" in screen.seen)[1])
            wait_until("progress", lambda: (r.stdin.write(self.QUIET), screen.seen.endswith(b" MB/s"))[1])
            r.send_signal(signal.SIGINT)
            r.wait(LIMIT)

        for jobs in self.each_jobs():
            text, status = self.watch(jobs, "--color=never", finish=finish)
            self.assert_apart(text)
            self.assertEqual(status, -signal.SIGINT)


if __name__ == "__main__":
    unittest.main()
