#!/usr/bin/env python3
"""What must not change the result does not: the order within the window, copies within the window, the
form of the input, the number of threads, the order of the operands, what else is printed.

    invariants.py [BINARY] [--trails N] [--seed N] [--profile P]
    invariants.py --reading [--trails N] [--seed N] [--profile P]

holds it of BINARY ($CTLOCK or ./ctlock where it is not given) and, for one trail in five, of the reading
itself; or of the reading alone."""

import argparse
import gzip
import json
import os
import random
import re
import sys
import tempfile

import binary
import draw
import reading
import trails
from words import DAY, parse_duration

# --- Who is asked -----------------------------------------------------------------------------


class Program:
    """The binary. lines() are parsed; the order of their names is held by compare.py."""

    name = "program"

    def __init__(self, path):
        self.path = path

    def lines(self, arguments, *paths):
        return binary.json_lines(binary.run(self.path, ["--format", "json", *arguments, *paths])[0])

    def lines_of_stdin(self, arguments, path):
        with open(path, "rb") as file:
            data = file.read()
        return binary.json_lines(binary.run(self.path, ["--format", "json", *arguments], data)[0])


class Slow:
    """The reading, in this process."""

    name = "reading"

    def lines(self, arguments, *paths):
        inputs = []
        for path in paths:
            with open(path, "rb") as file:
                inputs.append((path, reading.text_of(file.read())))
        options = reading.options_of(reading.parser().parse_args(arguments))
        return [json.loads(reading.dump(line)) for line in reading.read(options, inputs).lines]

    def lines_of_stdin(self, arguments, path):
        return self.lines(arguments, path)


# --- Trails -----------------------------------------------------------------------------------


def orderly(seed, profile):
    """A trail whose order is no matter: each record has an eventID of its own, and no gap is so long that
    what comes behind it would wait (section 7)."""
    rng = random.Random(f"orderly {profile} {seed}")
    records = trails.Trail(rng, profile).run(rng.randint(10, 80))
    for n, record in enumerate(records):
        record["eventID"] = f"{rng.getrandbits(16):04x}-{n}"
        record.pop("sharedEventID", None)
    times = sorted(t for t in map(trails.time_of, records) if t)
    gaps = [b - a for a, b in zip(times, times[1:])]
    return records if max(gaps, default=0) < DAY / 4 else None


def window_of(arguments):
    return parse_duration(arguments[arguments.index("--window") + 1]) if "--window" in arguments else 900


# --- Invariants -------------------------------------------------------------------------------


class Check:
    def __init__(self, asked, folder, seed, profile):
        self.asked, self.folder, self.seed, self.profile = asked, folder, seed, profile
        self.rng = random.Random(f"invariants {profile} {seed}")
        self.failures = []
        self.held = 0

    def write(self, name, text):
        data = text if isinstance(text, bytes) else text.encode("utf-8", "surrogateescape")
        path = os.path.join(self.folder, name)
        with open(path, "wb") as file:
            file.write(data)
        return path

    def same(self, what, arguments, one, other, but=()):
        def bare(lines):
            return [{k: v for k, v in line.items() if k not in but} for line in lines]

        if bare(one) == bare(other):
            self.held += 1
            return
        self.failures.append(
            f"{self.asked.name}, --seed {self.seed} --profile {self.profile}: {what} changes the result\n"
            f"  options: {' '.join(arguments)}\n{first_difference(bare(one), bare(other))}"
        )

    def run(self):
        try:
            self.check_all()
        except binary.Failure as failure:
            self.failures.append(f"--seed {self.seed} --profile {self.profile}: {failure}")

    def check_all(self):
        self.order_and_copies()
        records = trails.trail(self.seed, self.profile)
        arguments = draw.options(self.rng, self.folder)
        self.forms(records, arguments)
        self.files(records, arguments)
        self.what_is_printed(records, arguments)

    def order_and_copies(self):
        """Shuffling within the window changes nothing; each record twice within it equals once."""
        records = orderly(self.seed, self.profile)
        if records is None:
            return
        arguments = draw.options(self.rng, self.folder, windows=("1s", "2m", "1h"), limits=False)
        jitter = window_of(arguments)
        lines = []
        for copies in (1, 1, 2):
            shuffled = trails.delivered(self.rng, records * copies, jitter)
            path = self.write("trail.ndjson", trails.to_ndjson(shuffled))
            lines.append(self.asked.lines(arguments, path))
        self.same("order within the window", arguments, lines[0], lines[1])
        self.same("each record twice within the window", arguments, lines[0], lines[2])

    def forms(self, records, arguments):
        """All forms of the input are the same."""
        ndjson = trails.to_ndjson(records)
        half = len(records) // 2
        document = {"Records": records}
        mixed = json.dumps(records[:half]) + json.dumps({"Records": records[half:]}, indent=1)
        spread = "\r\n\n ".join(json.dumps(r, indent="\t") for r in records)
        utf8 = json.dumps(document, ensure_ascii=False)
        if re.search("[\ud800-\udfff]", utf8):
            utf8 = json.dumps(document)  # half a character can only be escaped
        halves = (trails.to_ndjson(part).encode() for part in (records[:half], records[half:]))
        path = self.write("trail.ndjson", ndjson)
        plain = self.asked.lines(arguments, path)
        for what, name, text in (
            ("an array", "array.json", json.dumps(records)),
            ("a document of Records", "records.json", json.dumps(document, separators=(",", ":"))),
            ("pretty-printing", "pretty.json", json.dumps(document, indent=2)),
            ("spreading records over lines", "spread.json", spread),
            ("UTF-8 without escapes", "utf8.json", utf8),
            ("mixing forms", "mixed.json", mixed),
            ("compression", "trail.json.gz", gzip.compress(ndjson.encode(), mtime=0)),
            ("compression in members", "members.gz", b"".join(gzip.compress(h, mtime=0) for h in halves)),
        ):
            lines = self.asked.lines(arguments, self.write(name, text))
            self.same(what, arguments, plain, lines, but=("file",))
        lines = self.asked.lines_of_stdin(arguments, path)
        self.same("reading standard input", arguments, plain, lines, but=("file",))
        if isinstance(self.asked, Program):
            for option in ("--jobs=1", "--jobs=4", "--no-prefilter"):
                lines = self.asked.lines([option, *arguments], path)
                self.same(option, arguments, plain, lines)

    def files(self, records, arguments):
        """The order of the operands is no matter."""
        cuts = sorted(self.rng.randint(0, len(records)) for _ in range(3))
        parts = [records[a:b] for a, b in zip([0, *cuts], [*cuts, len(records)])]
        by_name = self.rng.random() < 0.5
        paths = []
        for n, part in enumerate(parts):
            name = f"part-{n}.json"
            if by_name:
                minute = self.rng.randint(0, 59)
                name = f"111122223333_CloudTrail_us-east-1_20240301T00{minute:02}Z_{'x' * 15}{n}.json"
            paths.append(self.write(name, json.dumps({"Records": part})))
        lines = self.asked.lines(arguments, *paths)
        self.same("the order of operands", arguments, lines, self.asked.lines(arguments, *reversed(paths)))
        if isinstance(self.asked, Program):
            for jobs in ("--jobs=1", "--jobs=3"):
                self.same(f"{jobs} with files", arguments, lines, self.asked.lines([jobs, *arguments], *paths))

    def what_is_printed(self, records, arguments):
        """--info and --show-suppressed add lines and change none; --min-severity only leaves some out."""
        path = self.write("trail.ndjson", trails.to_ndjson(records))
        quiet = [a for a in arguments if a not in ("--info", "--show-suppressed")]
        if "--min-severity" in quiet:
            n = quiet.index("--min-severity")
            quiet[n : n + 2] = []
        told = self.asked.lines([*quiet, "--info", "--show-suppressed"], path)
        alerts = [line for line in told if line["type"] == "alert"]
        self.same("--info --show-suppressed", quiet, alerts, self.asked.lines(quiet, path))
        high = [line for line in alerts if line["severity"] in ("high", "critical")]
        self.same("--min-severity", quiet, high, self.asked.lines([*quiet, "--min-severity", "high"], path))


def first_difference(one, other):
    for n in range(max(len(one), len(other))):
        a = one[n] if n < len(one) else None
        b = other[n] if n < len(other) else None
        if a != b:
            return f"  line {n + 1}\n    {json.dumps(a)}\n    {json.dumps(b)}"
    return "  nothing differs"


def main(arguments):
    p = argparse.ArgumentParser(description="Check what must not change the result.")
    p.add_argument("binary", nargs="?")
    p.add_argument("--reading", action="store_true", help="ask only the reading")
    p.add_argument("--trails", type=int, default=40)
    p.add_argument("--seed", type=int, default=1, help="of the first trail")
    p.add_argument("--profile", choices=trails.PROFILES)
    args = p.parse_args(arguments)
    program = None if args.reading else Program(binary.path_of(args.binary))
    profiles = [args.profile] if args.profile else trails.PROFILES
    held, failures = 0, []
    with tempfile.TemporaryDirectory(prefix="ctlock-") as folder:
        for seed in range(args.seed, args.seed + args.trails):
            asked = [program] if program else []
            if args.reading or (seed - args.seed) % 5 == 0:
                asked.append(Slow())
            for each in asked:
                check = Check(each, folder, seed, profiles[seed // 5 % len(profiles)])
                check.run()
                held += check.held
                failures += check.failures
    for failure in failures[:5]:
        print(failure)
    print(f"{held} passed, {len(failures)} failed")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
