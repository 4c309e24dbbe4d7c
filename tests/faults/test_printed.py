#!/usr/bin/env python3
"""Whatever a trail holds, what the program writes is text and newlines: every code point and every invalid
byte, in every field, in each form of output."""

import json
import re
import unittest

import kit

UNSAFE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]"
)


def values():
    """JSON strings, their quotes left out: all code points, as they are and escaped, and all bytes."""
    codes = [c for c in range(0x110000) if not 0xD800 <= c < 0xE000]
    for at in range(0, len(codes), 512):
        yield json.dumps("a".join(map(chr, codes[at : at + 512])), ensure_ascii=False)[1:-1].encode()
    for at in range(0, 0x10000, 1024):
        yield b"a".join(b"\\u%04x" % c for c in range(at, at + 1024))
    yield b"".join(bytes([byte]) + b"a" for byte in range(0x80, 256))
    for lead in range(0xC0, 256):
        yield b"".join(bytes([lead, byte]) for byte in range(0x80, 256))
    # Not allowed in JSON, but who knows.
    yield bytes(byte for byte in range(1, 0x20) if byte != 10)


def short_values():
    """As many as are listed by themselves, each short enough for that: the first plane whole, and of each fifty
    others behind it one."""
    codes = [c for c in range(0x110000) if not 0xD800 <= c < 0xE000 and (c < 0x10000 or c % 50 == 0)]
    for at in range(0, len(codes), 40):
        yield json.dumps("a".join(map(chr, codes[at : at + 40])), ensure_ascii=False)[1:-1].encode()
    for byte in range(0x80, 256):
        yield b"b%ca" % byte


def theft(number, value):
    """A call from elsewhere, the value in all that is printed."""
    return (
        kit.call("12:02:00", "x.VALUE", f"{number}.VALUE", userAgent=f"VALUE/{number}")
        .replace(b'"eventSource":"ec2.', b'"errorCode":"VALUE","awsRegion":"VALUE","eventSource":"VALUE.')
        .replace(b'"DescribeInstances"', b'"VALUE"')
        .replace(b'"arn":', b'"accessKeyId":"VALUE","arn":')
        .replace(b"VALUE", value)
    )


class Injection(kit.Faults):
    def setUp(self):
        super().setUp()
        trail = [kit.home()]
        for number, value in enumerate(values()):
            trail.append(theft(number, value))
            # Rows of sessions with such names, for the table.
            if b"/" not in value and b":" not in value:
                row = kit.issue("12:03:00").replace(b"role/web", b"role/VALUE")
                row = row.replace(b"issue-", b"row-%d-" % number)
                row = row.replace(b'"i-0000000a"', b'"i-1%07x"' % number)
                trail.append(row.replace(b"VALUE", value))
                there = kit.call("12:03:30", "y.VALUE", "VALUE-there", f"i-1{number:07x}")
                there = there.replace(b":assumed-role/web/", b":assumed-role/VALUE/")
                trail.append(there.replace(b"VALUE", value))
        for number, value in enumerate(short_values()):
            call = kit.call("12:03:40", kit.HOME, f"short-{number}", userAgent="VALUE/1", awsRegion=f"VALUE{number}")
            trail.append(call.replace(b"VALUE", value))
        self.n_short = number + 1
        self.n = len(list(values()))
        self.write("t", b"".join(trail))

    def assert_safe(self, data, but=""):
        for line in data.decode("utf-8", "strict").split("\n"):
            found = UNSAFE.search(line.replace(but, "") if but else line)
            if found or ("\t" in line and but != "\t"):
                self.fail(f"{found} in {line[:300]!r}")

    def test_all_forms(self):
        lines = {}
        for options in (
            "--info",
            "--info --format json",
            "--table",
            "--table --format json",
            "--list-user-agents",
            "--list-user-agents --format json",
        ):
            with self.subTest(options):
                ran = self.run_program(*options.split(), "t", options=())
                self.assertIn(ran.status, (0, 3))
                self.assert_safe(ran.out, "\t" if options == "--list-user-agents" else "")
                self.assert_safe(ran.err)
                lines[options] = ran.out.count(b"\n")
        self.assertGreaterEqual(lines["--info"], self.n - 1)
        self.assertEqual(lines["--info"], lines["--info --format json"])
        self.assertGreater(lines["--table"], self.n // 2)
        self.assertGreater(lines["--list-user-agents"], self.n_short // 2)

    def test_stats(self):
        ran = self.run_program("t", "--stats-json", "stats")
        self.assertIn(ran.status, (0, 3))
        self.assert_safe(self.read("stats"))
        self.assertGreater(len(json.loads(self.read("stats"))["places"]), self.n_short - 1)


if __name__ == "__main__":
    unittest.main()
