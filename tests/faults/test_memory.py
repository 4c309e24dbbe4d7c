#!/usr/bin/env python3
"""What a run takes of memory. A program of its own, and a small one: what a process had when it was forked
counts as its own, too."""

import unittest
import zlib

import injection
import kit
from kit import THIEF

MIB = 1 << 20


@unittest.skipIf(injection.SANITIZED or injection.THREAD_SANITIZED, "the sanitizer has memory of its own")
class Problems(kit.Faults):
    """A file of nothing but problems, which are small and many."""

    def write_junk(self, name):
        with open(self.path(name), "wb") as file:
            file.write(b"[")
            for _ in range(32):
                file.write(b"1," * (MIB // 2))
            file.write(b"1]\n")

    def judge(self, *names):
        self.write("theft", kit.home() + kit.call("12:02:00", THIEF, "theft"))
        for jobs in ("-j1", "-j2", "-j4"):
            ran = self.run_program(*names, "theft", jobs)
            self.assertEqual((ran.status, ran.ids()), (3, ["theft"]))
            self.assertLess(ran.max_rss_kib, 80 * 1024)

    def test_alone(self):
        self.write_junk("junk")
        self.judge("junk")

    def test_behind_one_that_takes_long(self):
        packer = zlib.compressobj(1, zlib.DEFLATED, 31)
        slow = b"".join(packer.compress(b" " * MIB) for _ in range(512)) + packer.flush()
        self.write("a-slow.gz", slow)
        self.write_junk("b-junk")
        self.judge("a-slow.gz", "b-junk")


if __name__ == "__main__":
    unittest.main()
