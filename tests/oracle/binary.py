"""Runs the program."""

import json
import os
import subprocess
import sys


class Failure(Exception):
    """It ended badly, or wrote what cannot be read."""


def path_of(arguments):
    """The binary of the command line, else of $CTLOCK, else ./ctlock."""
    path = arguments or os.environ.get("CTLOCK") or "./ctlock"
    if not os.access(path, os.X_OK):
        sys.exit(f"{path}: no program to run; build it first or name it")
    return os.path.abspath(path)


def run(binary, arguments, stdin=b""):
    """(standard output, exit status)."""
    done = subprocess.run(
        [binary, "-q", *arguments], input=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=120
    )
    if done.returncode not in (0, 3):
        told = done.stderr.decode("utf-8", "replace")
        raise Failure(f"{binary} {' '.join(arguments)}: exit status {done.returncode}\n{told}")
    return done.stdout.decode("utf-8"), done.returncode


def json_lines(text):
    try:
        return [json.loads(line) for line in text.split("\n") if line]
    except ValueError as error:
        raise Failure(f"not JSON: {error}\n{text[:2000]}") from error
