#!/usr/bin/env python3
"""Measures ctlock against its peers on generated data and prints a table of medians and ratios.

    tests/bench/bench.py CTLOCK TOOLS [--runs N] [--records N] [--days N] [--dir DIR] [--only WORD]

TOOLS is the directory of make_corpus and baseline_cjson. The data is made once for each seed and size and
kept in DIR. Every comparison runs the two commands in turn, A B A B, so that both see the same machine; a
ratio is the median of the ratios of the pairs. Peers that are not installed are left out.
"""
import argparse
import glob
import os
import shutil
import statistics
import subprocess
import sys
import time

FILES, SESSIONS, SEED = 200, 10000, 1
SMALL_RECORDS = 20  # in each small object, of which there is one for each 70 records


def make_objects(make, files, records, where):
    """Gzipped objects of so many records each; their names."""
    os.makedirs(where)
    subprocess.run([make, str(files), str(records), str(SESSIONS), str(SEED), where], check=True)
    names = sorted(glob.glob(where + "/*.json"))
    packer = shutil.which("pigz") or "gzip"
    for i in range(0, len(names), 1000):
        subprocess.run([packer, "-6", "-n"] + names[i:i + 1000], check=True)
    return [name + ".gz" for name in names]


def make_data(tools, where, records):
    """A day's trail as 200 gzipped objects, as many small ones, as one gzip stream, and as lines."""
    done = os.path.join(where, "done")
    if os.path.exists(done):
        return
    shutil.rmtree(where, ignore_errors=True)
    print("making the data in " + where, file=sys.stderr)
    make = os.path.join(tools, "make_corpus")
    names = make_objects(make, FILES, records // FILES, os.path.join(where, "objects"))
    make_objects(make, records // 70, SMALL_RECORDS, os.path.join(where, "small"))
    with open(os.path.join(where, "stream.json.gz"), "wb") as out:
        for name in names:
            with open(name, "rb") as part:
                shutil.copyfileobj(part, out)
    with open(os.path.join(where, "lines.ndjson"), "wb") as out:
        subprocess.run([make, "1", str(records // 4), str(SESSIONS), str(SEED), "-"], stdout=out, check=True)
    open(done, "w").close()


def run(command):
    """Wall seconds, CPU seconds and peak KiB of a shell command's process group."""
    before = time.monotonic()
    child = subprocess.Popen(["/bin/sh", "-c", command], stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    wall = time.monotonic() - before
    if os.waitstatus_to_exitcode(status) != 0:
        sys.exit("failed: " + command)
    return wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss


def pair(a, b, runs):
    results = []
    for _ in range(runs + 1):
        results.append((run(a), run(b)))
    return results[1:]  # the first warms the caches


def median(values):
    return statistics.median(values)


def row(name, a, b, runs, what, limit, nbytes):
    results = pair(a, b, runs)
    index = {"wall": 0, "cpu": 1}[what]
    mine = median(r[0][index] for r in results)
    peer = median(r[1][index] for r in results)
    ratio = median(r[0][index] / r[1][index] for r in results)
    peak = max(r[0][2] for r in results)
    print("%-46s %5s %7.3f %7.3f %7.3f  %-8s %6.2f %7d" %
          (name, what, mine, peer, ratio, limit, nbytes / mine / 1e9, peak // 1024), flush=True)


def flat(ctlock, make, records, days):
    """Lines of one day and of many on a pipe: CPU nanoseconds a record, and peak MiB."""
    for n in (1, days):
        maker = subprocess.Popen([make, str(n), str(records), str(SESSIONS), str(SEED), "-"], stdout=subprocess.PIPE)
        child = subprocess.Popen([*ctlock.split(), "-j1"], stdin=maker.stdout, stdout=subprocess.DEVNULL)
        maker.stdout.close()
        _, status, usage = os.wait4(child.pid, 0)
        if maker.wait() or os.waitstatus_to_exitcode(status):
            sys.exit("failed: lines of %d days" % n)
        cpu = usage.ru_utime + usage.ru_stime
        print("%-46s %5s %7.1f ns a record, %d MiB" %
              ("1 job, lines of %d day%s on a pipe" % (n, "s" if n > 1 else ""), "cpu",
               cpu / (n * records) * 1e9, usage.ru_maxrss // 1024), flush=True)


def main():
    p = argparse.ArgumentParser()
    p.add_argument("ctlock")
    p.add_argument("tools")
    p.add_argument("--runs", type=int, default=5)
    p.add_argument("--records", type=int, default=1400000)
    p.add_argument("--dir", default=os.path.join(os.environ.get("TMPDIR", "/tmp"), "ctlock-bench"))
    p.add_argument("--days", type=int, default=0, help="also measure lines of so many days against one, 1 GB each")
    p.add_argument("--only", default="")
    o = p.parse_args()
    where = os.path.join(o.dir, "%d-%d" % (SEED, o.records))
    make_data(o.tools, where, o.records)
    ctlock = os.path.abspath(o.ctlock) + " -q"
    objects, stream, lines = where + "/objects", where + "/stream.json.gz", where + "/lines.ndjson"
    small = where + "/small"
    cat_small = "find %s -type f -print0 | sort -z | xargs -0 cat" % small
    raw, raw_small = (int(subprocess.run(cat + " | gzip -dc | wc -c", shell=True, check=True,
                                         capture_output=True).stdout)
                      for cat in ("cat %s/*.gz" % objects, cat_small))
    n_lines = os.path.getsize(lines)
    baseline = os.path.join(os.path.abspath(o.tools), "baseline_cjson")
    jq = ("jq -c 'select(.userIdentity.type == \"AssumedRole\" and (.userIdentity.arn | test(\"/i-[0-9a-f]+$\")))"
          " | [.eventTime, .userIdentity.arn, .sourceIPAddress, .eventName]' %s")
    rows = [
        ("1 job and 2 jobs, objects", "%s -j1 %s" % (ctlock, objects), "%s -j2 %s" % (ctlock, objects),
         "wall", ">= 1.8", raw, "true"),
        ("1 job and 2 jobs, small objects", "%s -j1 %s" % (ctlock, small), "%s -j2 %s" % (ctlock, small),
         "wall", ">= 1.8", raw_small, "true"),
        ("2 jobs, objects : igzip -dc", "%s -j2 %s" % (ctlock, objects), "cat %s/*.gz | igzip -dc" % objects,
         "wall", "<= 0.75", raw, "igzip"),
        ("2 jobs, small objects : igzip -dc", "%s -j2 %s" % (ctlock, small), "%s | igzip -dc" % cat_small,
         "wall", "<= 0.75", raw_small, "igzip"),
        ("1 job, objects : igzip -dc", "%s -j1 %s" % (ctlock, objects), "cat %s/*.gz | igzip -dc" % objects,
         "cpu", "<= 1.4", raw, "igzip"),
        ("one gzip stream on a pipe : igzip -dc", "cat %s | %s -j2" % (stream, ctlock),
         "cat %s | igzip -dc" % stream, "wall", "<= 1.1", raw, "igzip"),
        ("2 jobs, objects : pigz -dc", "%s -j2 %s" % (ctlock, objects), "cat %s/*.gz | pigz -dc" % objects,
         "wall", "", raw, "pigz"),
        ("1 job, lines, file : cJSON tree", "%s -j1 %s" % (ctlock, lines), "%s %s" % (baseline, lines),
         "wall", "<= 0.125", n_lines, "true"),
        ("1 job, lines, pipe : cJSON tree", "cat %s | %s -j1" % (lines, ctlock),
         "cat %s | %s" % (lines, baseline), "wall", "<= 0.125", n_lines, "true"),
        ("1 job, lines : jq", "%s -j1 %s" % (ctlock, lines), jq % lines, "wall", "<= 0.025", n_lines, "jq"),
    ]
    print("%d objects, %.2f GB of text in %.2f GB; %d small ones, %.2f GB; lines: %.2f GB; %d runs" %
          (FILES, raw / 1e9, os.path.getsize(stream) / 1e9, o.records // 70, raw_small / 1e9, n_lines / 1e9,
           o.runs))
    print("%-46s %5s %7s %7s %7s  %-8s %6s %7s" %
          ("", "", "ctlock", "peer", "ratio", "aim", "GB/s", "MiB"))
    for name, a, b, what, limit, nbytes, needs in rows:
        if o.only in name and shutil.which(needs):
            row(name, a, b, o.runs if needs != "jq" else 1, what, limit, nbytes)
    if o.days:
        flat(ctlock, os.path.join(o.tools, "make_corpus"), 720000, o.days)


if __name__ == "__main__":
    main()
