#!/usr/bin/env python3
"""What is installed works from where it is installed: program, manual, systemd units, cron line."""

import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import unittest

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
PROGRAM = os.path.abspath(os.environ.get("CTLOCK") or "./ctlock")


def make(target, folder):
    """The recipes are run without make's building: the program is the one under test."""
    done = subprocess.run(
        ["make", "-s", "-o", PROGRAM, f"PROGRAM={PROGRAM}", f"DESTDIR={folder}", "PREFIX=/opt/ct", target],
        cwd=ROOT,
        env={k: v for k, v in os.environ.items() if not k.startswith("MAKE")},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    if done.returncode:
        raise AssertionError(done.stdout.decode())


def files(folder):
    return sorted(
        os.path.relpath(os.path.join(where, name), folder)
        for where, _, names in os.walk(folder)
        for name in names
    )


class Install(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="ctlock-")
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        make("install", self.folder)

    def read(self, name):
        with open(os.path.join(self.folder, "opt/ct", name), encoding="utf-8") as file:
            return file.read()

    def run_twice(self, words, alerts):
        """The command finds the theft of the demonstration, and only once."""
        state = os.path.join(self.folder, "state")
        words = [w.replace("/opt/ct", self.folder + "/opt/ct") for w in words]
        words[words.index("--state") + 1] = state
        words[-1] = os.path.join(ROOT, "testdata/demo")
        first = subprocess.run([*words, "--flush"], stdout=subprocess.PIPE, check=True).stdout
        self.assertEqual(first.count(b" ALERT "), alerts)
        self.assertEqual(subprocess.run(words, stdout=subprocess.PIPE, check=True).stdout, b"")

    def test_all_is_there_and_goes_again(self):
        self.assertEqual(
            files(self.folder),
            [
                "opt/ct/bin/ctlock",
                "opt/ct/lib/systemd/system/ctlock-flush.service",
                "opt/ct/lib/systemd/system/ctlock-flush.service.d/ctlock.conf",
                "opt/ct/lib/systemd/system/ctlock-flush.service.d/flush.conf",
                "opt/ct/lib/systemd/system/ctlock-flush.timer",
                "opt/ct/lib/systemd/system/ctlock.service",
                "opt/ct/lib/systemd/system/ctlock.timer",
                "opt/ct/share/doc/ctlock/ctlock.cron",
                "opt/ct/share/man/man1/ctlock.1",
                "opt/ct/share/man/man5/ctlock-exceptions.5",
            ],
        )
        make("uninstall", self.folder)
        self.assertEqual(files(self.folder), [])
        self.assertFalse(os.path.exists(os.path.join(self.folder, "opt/ct/lib/systemd/system/ctlock-flush.service.d")))

    def test_nothing_is_left_to_fill_in(self):
        for name in files(os.path.join(self.folder, "opt/ct")):
            if not name.startswith("bin/"):
                self.assertNotRegex(self.read(name), "@[A-Z]+@")

    def test_service_runs(self):
        unit = self.read("lib/systemd/system/ctlock.service")
        words = shlex.split(re.search(r"^ExecStart=(.*)$", unit, re.M).group(1))
        self.assertEqual(words[0], "/opt/ct/bin/ctlock")
        self.assertIn("${STATE_DIRECTORY}/state", words)
        words.remove("$CTLOCK_OPTIONS")
        words.remove("$CTLOCK_FLUSH")
        self.run_twice(words, 4)

    def test_flush_is_the_service_with_one_option(self):
        units = "lib/systemd/system/"
        self.assertIn("\nAfter=ctlock.service\n", self.read(units + "ctlock-flush.service"))
        drop_in = self.read(units + "ctlock-flush.service.d/ctlock.conf")
        self.assertEqual(drop_in, self.read(units + "ctlock.service"))
        self.assertIn(" $CTLOCK_FLUSH ", drop_in)
        self.assertRegex(drop_in, r"\nEnvironment=.* CTLOCK_FLUSH=\n")
        # Drop-ins are read in the order of their names, and the last word counts.
        names = sorted(os.listdir(os.path.join(self.folder, "opt/ct", units, "ctlock-flush.service.d")))
        self.assertEqual(names[-1], "flush.conf")
        self.assertIn("\nEnvironment=CTLOCK_FLUSH=--flush\n", self.read(units + "ctlock-flush.service.d/flush.conf"))
        self.assertIn("\nUser=ctlock\n", drop_in)

    def test_cron_line_runs(self):
        line = self.read("share/doc/ctlock/ctlock.cron").splitlines()[-1]
        when, user, command = re.match(r"((?:\S+ ){5})(\S+) (.*)", line).groups()
        self.assertEqual((when, user), ("7 * * * * ", "ctlock"))
        self.run_twice(shlex.split(command), 2)  # --once, for what cron mails

    @unittest.skipUnless(shutil.which("systemd-analyze"), "no systemd-analyze here")
    def test_units_are_sound_and_closed(self):
        where = os.path.join(self.folder, "opt/ct/lib/systemd/system")
        services = [os.path.join(where, name) for name in ("ctlock.service", "ctlock-flush.service")]
        timers = [os.path.join(where, name) for name in ("ctlock.timer", "ctlock-flush.timer")]
        with open(services[0], encoding="utf-8") as file:
            text = file.read().replace("/opt/ct", self.folder + "/opt/ct")
        with open(services[0], "w", encoding="utf-8") as file:
            file.write(text)
        done = subprocess.run(
            ["systemd-analyze", "verify", "--man=no", *services, *timers],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        told = [line for line in done.stdout.decode().splitlines() if "ctlock" in line]
        self.assertEqual((done.returncode, told), (0, []))
        for service in services:
            done = subprocess.run(
                ["systemd-analyze", "security", "--offline=yes", "--threshold=10", service],
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
            )
            self.assertEqual(done.returncode, 0, done.stdout.decode())


if __name__ == "__main__":
    sys.exit(unittest.main())
