#!/usr/bin/env python3
"""Stopping after any record, saving the state and going on from it equals one run.

    resume.py [BINARY] [--trails N] [--seed N] [--profile P]

For each made-up trail and options: the trail in one run, and in parts with a state between them. The lines
are the same and so, but for the turns of forgetting, are the states. The parts come as a file that grows, plain or gzipped, as
standard input, and as files that are added to a directory."""

import argparse
import gzip
import json
import os
import random
import shutil
import sys
import tempfile

import binary
import draw
import trails


class Check:
    def __init__(self, program, folder, seed, profile):
        self.program, self.folder, self.seed, self.profile = program, folder, seed, profile
        self.rng = random.Random(f"resume {profile} {seed}")
        self.records = trails.trail(seed, profile)
        self.options = ["--format", "json", *draw.options(self.rng, folder)]
        self.failures = []
        self.held = 0

    def ask(self, state, *arguments, stdin=b""):
        jobs = self.rng.choice(("--jobs=1", "--jobs=2", "--jobs=4"))
        return binary.run(self.program, [*self.options, jobs, "--state", state, *arguments], stdin)[0]

    def path(self, name):
        return os.path.join(self.folder, name)

    def fresh(self, name):
        for suffix in ("", ".prev", ".lock"):
            if os.path.exists(self.path(name + suffix)):
                os.remove(self.path(name + suffix))
        return self.path(name)

    def same(self, what, one, parts):
        if one == parts:
            self.held += 1
            return
        lines, others = one.splitlines(), parts.splitlines()
        at = next((n for n, (a, b) in enumerate(zip(lines, others)) if a != b), min(len(lines), len(others)))
        self.failures.append(
            f"--seed {self.seed} --profile {self.profile}: {what}, line {at + 1}\n"
            f"  options: {' '.join(self.options)}\n"
            f"  one run: {lines[at] if at < len(lines) else None}\n"
            f"  in parts: {others[at] if at < len(others) else None}"
        )

    def parts(self):
        """The trail cut anywhere between records, some parts empty."""
        n = len(self.records)
        cuts = sorted(self.rng.randint(0, n) for _ in range(self.rng.randint(1, 6)))
        return [self.records[a:b] for a, b in zip([0, *cuts], [*cuts, n])]

    def states(self, what, one, parts, but=()):
        def bare(value):
            """Of what is looked at in one second, the turns may differ: lists have no order in a state."""
            if isinstance(value, list):
                return [bare(v) for v in value]
            if isinstance(value, dict):
                return {k: bare(v) for k, v in value.items() if k not in ("turn", *but)}
            return value

        def text(path):
            with open(path, encoding="utf-8") as file:
                lines = [json.loads(line) for line in file]
            return "\n".join(json.dumps(bare(line)) for line in lines if line["type"] != "end")

        self.same(f"{what}: the state", text(one), text(parts))
        mode = os.stat(one).st_mode & 0o777
        self.same(f"{what}: the mode of the state", "0o600", oct(mode))

    def growing(self, packed):
        """A file that grows between runs, and is read again when nothing was added."""
        what = "a gzipped file that grows" if packed else "a file that grows"
        path = self.path("grows.json.gz" if packed else "grows.ndjson")
        state, told = self.fresh("state.parts"), ""
        open(path, "wb").close()
        for part in self.parts():
            text = trails.to_ndjson(part).encode("utf-8", "surrogateescape")
            with open(path, "ab") as file:
                file.write(gzip.compress(text, mtime=0) if packed else text)
            told += self.ask(state, path)
            if self.rng.random() < 0.3:
                told += self.ask(state, path)
        one = self.fresh("state.one")
        self.same(what, self.ask(one, path), told)
        self.states(what, one, state)
        self.same(f"{what}: at the end", self.ask(one, "--flush", path), self.ask(state, "--flush", path))
        self.states(f"{what}, at the end", one, state)

    def piped(self):
        """Standard input, in which offsets begin anew."""

        def bare(text):
            lines = [json.loads(line) for line in text.splitlines()]
            return "\n".join(json.dumps({k: v for k, v in line.items() if k != "offset"}) for line in lines)

        state, told = self.fresh("state.parts"), ""
        for part in self.parts():
            told += self.ask(state, stdin=trails.to_ndjson(part).encode("utf-8", "surrogateescape"))
        told += self.ask(state, "--flush")
        one = self.fresh("state.one")
        text = trails.to_ndjson(self.records).encode("utf-8", "surrogateescape")
        whole = self.ask(one, stdin=text) + self.ask(one, "--flush")
        self.same("standard input in parts", bare(whole), bare(told))
        self.states("standard input in parts", one, state, but=("offset",))

    def arriving(self):
        """A directory into which files come, each newer than those before by its name."""
        folder = self.path("arrives")
        shutil.rmtree(folder, ignore_errors=True)
        os.mkdir(folder)
        state, told = self.fresh("state.parts"), ""
        for n, part in enumerate(self.parts()):
            name = f"111122223333_CloudTrail_us-east-1_20240301T00{n:02}Z_{'x' * 16}.json"
            with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
                json.dump({"Records": part}, file)
            told += self.ask(state, folder)
        told += self.ask(state, "--flush", folder)
        one = self.fresh("state.one")
        whole = self.ask(one, folder) + self.ask(one, "--flush", folder)
        self.same("files that arrive", whole, told)
        self.states("files that arrive", one, state, but=("newest",))

    def run(self):
        try:
            self.growing(packed=False)
            self.growing(packed=True)
            self.piped()
            self.arriving()
        except binary.Failure as failure:
            self.failures.append(f"--seed {self.seed} --profile {self.profile}: {failure}")


def main(arguments):
    p = argparse.ArgumentParser(description="Check that going on from a state equals one run.")
    p.add_argument("binary", nargs="?")
    p.add_argument("--trails", type=int, default=25)
    p.add_argument("--seed", type=int, default=1, help="of the first trail")
    p.add_argument("--profile", choices=trails.PROFILES)
    args = p.parse_args(arguments)
    program = binary.path_of(args.binary)
    profiles = [args.profile] if args.profile else trails.PROFILES
    held, failures = 0, []
    with tempfile.TemporaryDirectory(prefix="ctlock-") as folder:
        for seed in range(args.seed, args.seed + args.trails):
            check = Check(program, folder, seed, profiles[seed % len(profiles)])
            check.run()
            held += check.held
            failures += check.failures
    for failure in failures[:5]:
        print(failure)
    print(f"{held} passed, {len(failures)} failed")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
