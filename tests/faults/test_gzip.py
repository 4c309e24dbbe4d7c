#!/usr/bin/env python3
"""A gzip file cut at every byte, and with every single bit flipped: the run ends, tells it, and judges what
was before the damage and what is in the other files."""

import gzip
import unittest
import zlib
from concurrent.futures import ThreadPoolExecutor

import kit
from kit import THIEF

FIRST = kit.call("12:02:00", THIEF, "first")
SECOND = kit.call("12:03:00", THIEF, "second")
TEXT = FIRST + SECOND
WHOLE = gzip.compress(TEXT, mtime=0)


def text_before(byte):
    """What the bytes before this one tell for sure."""
    return zlib.decompressobj(31).decompress(WHOLE[:byte])


class Gzip(kit.Faults):
    def setUp(self):
        super().setUp()
        self.write("1.json", kit.home())
        self.write("9.json", kit.call("12:04:00", THIEF, "last"))

    def run_with(self, damaged):
        what, _, data = damaged
        name = f"5-{what}.json.gz"
        self.write(name, data)
        return self.run_program("1.json", name, "9.json")

    def judge(self, what, byte, ran):
        """The data was damaged at this byte; those before it are good."""
        with self.subTest(what):
            ids = ran.ids()
            self.assertIn("last", ids)
            if text_before(byte).startswith(FIRST.rstrip()):
                self.assertIn("first", ids)
            if ran.status == 0:
                self.assertEqual(ids, ["first", "second", "last"])
                self.assertEqual(ran.err, b"")
            else:
                self.assertEqual(ran.status, 3)
                self.assertIn(b"ctlock: 5-%s.json.gz: " % what.encode(), ran.err)

    def judge_all(self, *damaged):
        """Each is a name, the byte it is damaged at, and the data. Returns the exit statuses."""
        with ThreadPoolExecutor(2) as pool:
            runs = list(pool.map(self.run_with, damaged))
        for (what, byte, _), ran in zip(damaged, runs):
            self.judge(what, byte, ran)
        return [ran.status for ran in runs]

    def test_whole(self):
        self.assertEqual(self.judge_all(("whole", len(WHOLE), WHOLE)), [0])

    def test_cut_at_every_byte(self):
        cuts = [(f"cut-{n}", n, WHOLE[:n]) for n in range(1, len(WHOLE))]
        self.assertEqual(set(self.judge_all(*cuts)), {3})

    def test_order_of_a_file_that_begins_with_damage(self):
        """The first record behind the damage says where the file belongs (DETECTION section 7)."""
        bad = bytearray(gzip.compress(kit.call("11:59:00", THIEF, "lost"), mtime=0))
        bad[12] ^= 0xFF
        self.write("b.json.gz", bytes(bad) + gzip.compress(kit.home()))
        self.write("a.json", kit.call("13:00:00", THIEF, "theft"))
        ran = self.run_program("a.json", "b.json.gz")
        self.assertEqual((ran.status, ran.ids()), (3, ["theft"]))

    def test_every_bit_flipped(self):
        flips = []
        for byte in range(len(WHOLE)):
            for bit in range(8):
                data = bytearray(WHOLE)
                data[byte] ^= 1 << bit
                flips.append((f"flip-{byte}-{bit}", byte, bytes(data)))
        good = self.judge_all(*flips).count(0)
        # FTEXT, the time, the extra flags and the system, which nothing covers; and few others that
        # change a code but not the text, which judge has made sure of.
        free = 1 + 8 * 6
        self.assertGreaterEqual(good, free)
        self.assertLessEqual(good, free + 16)

    def test_gzip_in_gzip_is_junk(self):
        self.assertEqual(self.judge_all(("twice", 0, gzip.compress(WHOLE))), [3])


if __name__ == "__main__":
    unittest.main()
