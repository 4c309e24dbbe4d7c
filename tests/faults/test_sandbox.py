#!/usr/bin/env python3
"""The sandbox is on before the first byte of input is read, and the program does all it does in it."""

import os
import subprocess
import unittest

import kit
from kit import THIEF


def kernel_has_seccomp():
    with open("/proc/self/status", encoding="ascii", errors="replace") as status:
        return "\nSeccomp:" in status.read()


class Sandbox(kit.Faults):
    def powers(self, *options):
        """What /proc says of the program while it waits for the first byte of a FIFO."""
        os.mkfifo(self.path("fifo"))
        child = subprocess.Popen(
            [kit.PATH, "-q", *options, "fifo"], cwd=self.folder, stdout=subprocess.PIPE
        )
        # Opening waits until the program has opened the other end.
        with open(self.path("fifo"), "wb") as fifo:
            with open(f"/proc/{child.pid}/status", encoding="ascii", errors="replace") as status:
                told = dict(line.rstrip("\n").split(":", 1) for line in status)
            fifo.write(kit.home() + kit.call("12:02:00", THIEF, "theft"))
        out, _ = child.communicate()
        os.unlink(self.path("fifo"))
        self.assertEqual(child.returncode, 0)
        self.assertEqual(out.count(b"ALERT"), 1)
        return told["NoNewPrivs"].strip(), told["Seccomp"].strip()

    @unittest.skipUnless(kernel_has_seccomp(), "this kernel has no seccomp")
    def test_on_and_off(self):
        off = self.powers("--no-sandbox")
        if off != ("0", "0"):
            self.skipTest("the tests are in a sandbox themselves")
        on = self.powers()
        if on == off:
            self.skipTest("this build or system has no sandbox")
        self.assertEqual(on, ("1", "2"))

    def test_everything_works_in_it(self):
        """Files, directories, links out of them, gzip, standard input, threads, and what is written."""
        theft = kit.call("12:02:00", THIEF, "theft")
        os.makedirs(self.path("d/e"))
        os.mkdir(self.path("elsewhere"))
        self.write("d/1.json", kit.issue("12:00:00"))
        self.write("elsewhere/2.json", kit.call("12:01:00", kit.HOME, "home"))
        os.symlink("../../elsewhere/2.json", self.path("d/e/2.json"))
        self.write("3", theft)
        self.write("agents", b"boto3\n")
        self.write("exceptions", b"192.0.2.0/24\n")
        for options in (
            ["-j1"],
            ["-j4"],
            ["-j4", "--format", "json", "--info"],
            ["--table"],
            ["--list-user-agents"],
            ["--user-agents", "agents", "--exceptions", "exceptions"],
            ["--stats-json", "stats"],
        ):
            with self.subTest(options):
                told = []
                for no in ([], ["--no-sandbox"]):
                    ran = self.run_program(*no, *options, "d", "-", "missing", stdin="3", options=("-q",))
                    self.assertEqual(ran.status, 3)
                    self.assertIn(b"missing: No such file", ran.err)
                    told.append((ran.out, ran.err))
                self.assertEqual(*told)
                self.assertTrue(told[0][0])
        self.assertIn(b'"alerts":1', self.read("stats"))


if __name__ == "__main__":
    unittest.main()
