#!/usr/bin/env python3
"""Made-up trails through the program and through the reading: every line, the counts and the table at the
end must be the same.

    compare.py [BINARY] [--trails N] [--seed N] [--profile P]

BINARY is $CTLOCK or ./ctlock where it is not given. A difference is shrunk to the few records that it
takes, and told with its seed and options; the exit status is then 1."""

import argparse
import json
import os
import random
import shutil
import sys
import tempfile

import binary
import draw
import reading
import trails
from words import format_time


# --- One trail through both -------------------------------------------------------------------


def read_by_reading(arguments, path, text):
    """(lines, counts, table) of the reading."""
    options = reading.options_of(reading.parser().parse_args(arguments))
    done = reading.read(options, [(path, text)])
    return [json.loads(reading.dump(line)) for line in done.lines], counts_of(done), table_of(done)


def counts_of(done):
    """The counts that --stats-json has, too."""
    counts = done.counts
    return {
        "records": counts.records,
        "malformed": counts.malformed,
        "issues": counts.issues,
        "calls": counts.calls,
        "unknown": counts.unknown,
        "changes": counts.changes,
        "late": counts.late,
        "late_behind_s": counts.late_behind,
        "repeated": counts.repeated,
        "early": counts.early,
        "rows_evicted": counts.rows_evicted,
        "rows_live": counts.rows_live,
        "rows_made": counts.rows_made,
        "alerts_by_kind": counts.alerts,
        "alerts_with_known_uid": counts.alerts_repeated,
        "alerts_left_out_by_once": counts.alerts_once,
        "alerts_below_min_severity": counts.alerts_below,
        "suppressed": counts.suppressed,
        "info_by_kind": counts.info,
    }


def table_of(done):
    """What --table has: the rows and their addresses at the end, in no order."""

    def time(t):
        return None if t is None else format_time(t)

    return {
        row.session.arn: {
            "expires": time(row.expiry),
            "last_issue": time(row.last_issue),
            "first_lock": time(row.first_lock),
            "endpoint_accounts": sorted(row.endpoint_accounts),
            "locked": [
                (str(a.who), a.slot, time(a.since), time(a.last), a.provisional, sorted(a.endpoints))
                for a in row.addresses
            ],
        }
        for row in done.table.rows()
    }


def read_by_program(program, arguments, path, folder):
    """The same three of the program."""
    stats = os.path.join(folder, "stats.json")
    told, status = binary.run(program, ["--format", "json", "--stats-json", stats, *arguments, path])
    with open(stats, encoding="utf-8") as file:
        counts = json.load(file)
    if (status == 3) != (counts["malformed"] > 0):
        raise binary.Failure(f"exit status {status} with {counts['malformed']} malformed")
    counts["suppressed"] = sum(counts["suppressed_by_kind"].values())
    rows, _ = binary.run(program, ["--format", "json", "--table", *arguments, path])
    table = {
        row["session"]: {
            "expires": row["expires"],
            "last_issue": row["last_issue"],
            "first_lock": row["first_lock"],
            "endpoint_accounts": sorted(row["endpoint_accounts"]),
            "locked": [
                (a["address"], a["slot"], a["since"], a["last"], a["provisional"], sorted(a["vpc_endpoints"]))
                for a in row["locked"]
            ],
        }
        for row in binary.json_lines(rows)
    }
    return binary.json_lines(told), counts, table


def first_difference(ours, theirs):
    """None, or a text that shows the first difference."""
    (lines, counts, table), (their_lines, their_counts, their_table) = ours, theirs
    for n in range(max(len(lines), len(their_lines))):
        one = lines[n] if n < len(lines) else None
        other = their_lines[n] if n < len(their_lines) else None
        if one != other or list(one) != list(other):
            fields = [k for k in one if one[k] != (other or {}).get(k)] if one and other else []
            return f"line {n + 1} {fields}\n  reading: {shown(one)}\n  program: {shown(other)}"
    for name, count in counts.items():
        if count != their_counts[name]:
            return f"count {name}\n  reading: {count}\n  program: {their_counts[name]}"
    for session in sorted(table.keys() | their_table.keys()):
        one, other = table.get(session), their_table.get(session)
        if one != other:
            return f"row {session}\n  reading: {one}\n  program: {other}"
    return None


def without_known(result):
    """The program forgets, days later, whose the addresses of an instance that has ended were: no verdict
    may differ by it, but what the lines tell of other instances does."""
    lines, counts, table = result
    for line in lines:
        line["source_known"] = None
        for lock in line["locked"]:
            lock["known"] = None
    return lines, counts, table


def shown(line):
    return "no such line" if line is None else json.dumps(line)


class Comparison:
    def __init__(self, program, folder):
        self.program, self.folder = program, folder
        self.path = os.path.join(folder, "trail.ndjson")
        self.forgets = False  # the program forgets what the reading keeps

    def difference(self, records, arguments):
        text = trails.to_ndjson(records)
        with open(self.path, "w", encoding="utf-8") as file:
            file.write(text)
        ours = read_by_reading(arguments, self.path, text)
        self.alerts = sum(ours[1]["alerts_by_kind"].values())
        try:
            theirs = read_by_program(self.program, arguments, self.path, self.folder)
        except binary.Failure as failure:
            return str(failure)
        if self.forgets:
            ours, theirs = without_known(ours), without_known(theirs)
        return first_difference(ours, theirs)


# --- Shrinking --------------------------------------------------------------------------------


def shrink(records, still_fails):
    """Delete what is not needed: in large parts first, then ever smaller ones (ddmin)."""
    parts = 2
    while len(records) > 1:
        size = -(-len(records) // parts)
        for start in range(0, len(records), size):
            rest = records[:start] + records[start + size :]
            if rest and still_fails(rest):
                records, parts = rest, max(parts - 1, 2)
                break
        else:
            if size == 1:
                break
            parts = min(parts * 2, len(records))
    return records


def shrink_options(arguments, still_fails):
    """Delete options that are not needed, an option and its value together."""
    options, n = [], 0
    while n < len(arguments):
        takes_value = n + 1 < len(arguments) and not arguments[n + 1].startswith("--")
        options.append(arguments[n : n + 1 + takes_value])
        n += 1 + takes_value
    for option in list(options):
        rest = [o for o in options if o is not option]
        if still_fails(sum(rest, [])):
            options = rest
    return sum(options, [])


def tell(comparison, name, records, arguments, found):
    """Shrink it and print it; leaves a folder with what it takes to look at it."""
    arguments = shrink_options(arguments, lambda a: comparison.difference(records, a) is not None)
    records = shrink(records, lambda r: comparison.difference(r, arguments) is not None)
    arguments = shrink_options(arguments, lambda a: comparison.difference(records, a) is not None)
    found = comparison.difference(records, arguments) or found
    kept = tempfile.mkdtemp(prefix="ctlock-difference-")
    for file in os.listdir(comparison.folder):
        shutil.copy(os.path.join(comparison.folder, file), kept)
    arguments = [a.replace(comparison.folder, kept) for a in arguments]
    print(f"\n{name}: {found}")
    print(f"  options: {' '.join(arguments) or 'none'}")
    print(f"  trail: {kept}/trail.ndjson, {len(records)} records:")
    for record in records:
        print(f"  {json.dumps(record)}")


# --- All --------------------------------------------------------------------------------------


def main(arguments):
    p = argparse.ArgumentParser(description="Compare the program with the reading on made-up trails.")
    p.add_argument("binary", nargs="?")
    p.add_argument("--trails", type=int, default=300)
    p.add_argument("--seed", type=int, default=1, help="of the first trail")
    p.add_argument("--profile", choices=trails.PROFILES)
    p.add_argument("--events", type=int, help="records a trail, before copies")
    p.add_argument("--differences", type=int, default=1, help="end after so many")
    args = p.parse_args(arguments)
    program = binary.path_of(args.binary)
    profiles = [args.profile] if args.profile else trails.PROFILES
    alerts = failed = 0
    with tempfile.TemporaryDirectory(prefix="ctlock-") as folder:
        comparison = Comparison(program, folder)
        for seed in range(args.seed, args.seed + args.trails):
            profile = profiles[seed % len(profiles)]
            comparison.forgets = profile == "long"
            options = draw.options(random.Random(f"options {seed}"), folder)
            records = trails.trail(seed, profile, args.events)
            found = comparison.difference(records, options)
            alerts += comparison.alerts
            if found:
                failed += 1
                tell(comparison, f"--seed {seed} --profile {profile}", records, options, found)
                if failed >= args.differences:
                    break
    done = seed - args.seed + 1
    print(f"{done} trails, {alerts} alerts compared")
    print(f"{done - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
