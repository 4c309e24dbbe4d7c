#!/usr/bin/env python3
"""A second, slow reading of DETECTION.md: what `ctlock --format json` must print.

    reading.py [options of ctlock] [--counts FILE] FILE...

Written from the contract alone. The modules are its sections: words (1), table (2), judge (3), book,
changes and shapes (4), agents (5), exceptions (6), order (7), and output for the lines. README.md says
what was chosen where the contract is silent."""

import argparse
import gzip
import json
import re
import sys
from dataclasses import asdict

from agents import Listed
from book import Book
from changes import Changes
from exceptions import ConfigError, Exceptions
from judge import SEVERITIES, Judge
from options import Counts, Options
from order import Order
from table import Table
from words import DECODER, Malformed, parse_duration, parse_time, read_record


class Reading:
    """Give it records with take(), then end(); lines and counts are the result."""

    def __init__(self, options):
        self.options = options
        self.counts = Counts()
        self.lines = []
        self.table = Table(options.ttl, options.max_sessions)
        self.book = Book(self.table)
        self.changes = Changes(self.book)
        self.judge = Judge(options, self.table, self.book, self.counts, self.lines.append)
        self.order = Order(options.window, self.process, options.max_window)
        self.seq = 0

    def take(self, record, file="-"):
        self.counts.records += 1
        try:
            event = read_record(record, self.options.issuers)
        except Malformed:
            self.counts.malformed += 1
            return
        if event is not None:
            event.seq, event.file = self.seq, file
            self.seq += 1
            self.order.push(event)

    def end(self):
        self.order.end()
        self.counts.repeated, self.counts.late = self.order.repeated, self.order.late
        self.counts.late_behind = self.order.late_behind
        self.counts.early, self.counts.rows_evicted = self.order.early, self.table.rows_evicted
        self.counts.rows_made, self.counts.rows_live = self.table.rows_made, len(self.table.by_session)
        return self.lines

    def process(self, event):
        """An event whose turn has come. A record that is a call and a change: the call first."""
        self.table.advance(event.time)
        if event.is_issue:
            self.counts.issues += 1
            self.table.issue(event)
            self.book.note_issue(event.session.instance, event.time)
        alerted = event.is_call and self.judge.call(event)
        if event.is_change:
            self.counts.changes += 1
            if not self.changes.apply(event, event.session.instance if alerted else None):
                self.counts.changes_ignored += 1
        self.table.drop_expired()


# --- Input ------------------------------------------------------------------------------------


def records_of(text):
    """The records of `{"Records":[…]}` documents, arrays and single records, in any mix. Text that is
    no JSON gives one ValueError a line in the place of a record."""
    start = 0
    while True:
        start = re.compile(r"[\s,]*").match(text, start).end()
        if start == len(text):
            return
        try:
            value, start = DECODER.raw_decode(text, start)
        except ValueError as error:
            yield error
            start = text.find("\n", start) + 1 or len(text)
            continue
        if isinstance(value, dict) and isinstance(value.get("Records"), list):
            value = value["Records"]
        yield from value if isinstance(value, list) else [value]


def text_of(data):
    if data[:2] == b"\x1f\x8b":
        data = gzip.decompress(data)
    return data.decode("utf-8", "surrogateescape")


def object_time(path):
    """The time in a CloudTrail object's name."""
    m = re.search(r"_(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)Z_[^/]*$", path, re.ASCII)
    return parse_time("{}-{}-{}T{}:{}:00Z".format(*m.groups())) if m else None


def first_time(text):
    for record in records_of(text):
        if isinstance(record, dict):
            time = record.get("eventTime", record.get("@timestamp"))
            return parse_time(time) if isinstance(time, str) else None
    return None


def in_order(inputs):
    """(path, text) in the order of section 7: by the time in the CloudTrail name, else of the first
    record; equal times by path; those without a time last, standard input after them."""

    def place(path_and_text):
        path, text = path_and_text
        if path == "-":
            return (2, 0, b"")
        time = object_time(path)
        if time is None:
            time = first_time(text)
        return (1, 0, path.encode()) if time is None else (0, time, path.encode())

    return sorted(inputs, key=place) if len(inputs) > 1 else inputs


def read(options, inputs):
    """Read [(path, text)]: the Reading, ended."""
    reading = Reading(options)
    for path, text in in_order(inputs):
        for record in records_of(text):
            reading.take(record, path)
    reading.end()
    return reading


# --- Command line -----------------------------------------------------------------------------


def duration(text):
    seconds = parse_duration(text)
    if seconds is None:
        raise argparse.ArgumentTypeError(f"not a duration: {text}")
    return seconds


def parser():
    p = argparse.ArgumentParser(allow_abbrev=False)
    for name in ("ttl", "window", "grace", "settle"):
        p.add_argument(f"--{name}", type=duration, default=getattr(Options, name))
    for name in ("max-sessions", "max-window"):
        p.add_argument(f"--{name}", type=int)
    p.add_argument("--issuer", action="append", default=[])
    p.add_argument("--trust-account", action="append", default=[])
    p.add_argument("--private-ip", choices=("endpoint", "any"), default="endpoint")
    p.add_argument("--presigned", choices=("info", "alert"), default="info")
    p.add_argument("--min-severity", choices=SEVERITIES, default="low")
    for name in ("adopt", "info", "show-suppressed", "once"):
        p.add_argument(f"--{name}", action="store_true")
    p.add_argument("--exceptions", action="append", default=[])
    p.add_argument("--user-agents", action="append", default=[])
    p.add_argument("--format", choices=("json",))
    p.add_argument("--jobs")
    p.add_argument("--counts")
    p.add_argument("files", nargs="*")
    return p


def options_of(args):
    """The Options of a parsed command line; raises ConfigError."""

    def content(path):
        with open(path, encoding="utf-8") as file:
            return file.read()

    exceptions, listed = Exceptions(), Listed()
    for path in args.exceptions:
        exceptions.add_file(path, content(path))
    for path in args.user_agents:
        listed.add_file(content(path))
    return Options(
        ttl=args.ttl,
        window=args.window,
        grace=args.grace,
        settle=args.settle,
        max_sessions=args.max_sessions,
        max_window=args.max_window,
        issuers=tuple(args.issuer),
        adopt=args.adopt,
        private_ip=args.private_ip,
        presigned=args.presigned,
        trust_accounts=tuple(args.trust_account),
        info=args.info,
        show_suppressed=args.show_suppressed,
        min_severity=args.min_severity,
        once=args.once,
        exceptions=exceptions,
        agents=listed if args.user_agents else None,
    )


def dump(line):
    return json.dumps(line, separators=(",", ":"), ensure_ascii=False)


def main(arguments):
    args = parser().parse_args(arguments)
    try:
        options = options_of(args)
    except (ConfigError, OSError) as error:
        print(f"reading: {error}", file=sys.stderr)
        return 2
    inputs = []
    for path in args.files or ["-"]:
        if path == "-":
            inputs.append((path, text_of(sys.stdin.buffer.read())))
        else:
            with open(path, "rb") as file:
                inputs.append((path, text_of(file.read())))
    reading = read(options, inputs)
    sys.stdout.reconfigure(encoding="utf-8", errors="replace")
    for line in reading.lines:
        print(dump(line))
    if args.counts:
        with open(args.counts, "w", encoding="utf-8") as file:
            json.dump(asdict(reading.counts), file, indent=1)
            file.write("\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
