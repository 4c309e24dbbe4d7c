"""What the tests of faults share: small records, and runs of the program."""

import json
import os
import subprocess
import tempfile
import unittest
from typing import NamedTuple

from program import ACCOUNT, HOME, PATH, THIEF  # noqa: F401


def line(record):
    return json.dumps(record, separators=(",", ":")).encode() + b"\n"


def issue(time, instance="i-0000000a"):
    return line(
        {
            "eventTime": f"2023-07-10T{time}Z",
            "eventSource": "sts.amazonaws.com",
            "eventName": "AssumeRole",
            "sourceIPAddress": "ec2.amazonaws.com",
            "userIdentity": {"type": "AWSService", "invokedBy": "ec2.amazonaws.com"},
            "requestParameters": {
                "roleArn": f"arn:aws:iam::{ACCOUNT}:role/web",
                "roleSessionName": instance,
            },
            "eventID": f"issue-{instance}",
        }
    )


def call(time, source, event_id, instance="i-0000000a", **fields):
    return line(
        {
            "eventTime": f"2023-07-10T{time}Z",
            "eventSource": "ec2.amazonaws.com",
            "eventName": "DescribeInstances",
            "sourceIPAddress": source,
            "userIdentity": {
                "type": "AssumedRole",
                "arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/web/{instance}",
            },
            "eventID": event_id,
            **fields,
        }
    )


def home():
    """Credentials are handed out, and locked to HOME."""
    return issue("12:00:00") + call("12:01:00", HOME, "home")


class Run(NamedTuple):
    status: int
    out: bytes
    err: bytes
    max_rss_kib: int

    def alerts(self):
        return [json.loads(text) for text in self.out.split(b"\n") if text]

    def ids(self):
        return [alert["event_id"] for alert in self.alerts()]


class Faults(unittest.TestCase):
    """Each test has a folder of its own, which is where the program runs."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="ctlock-faults-")
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def path(self, name):
        return os.path.join(os.fsencode(self.folder), os.fsencode(name))

    def write(self, name, data):
        with open(self.path(name), "wb") as file:
            file.write(data)

    def read(self, name):
        with open(self.path(name), "rb") as file:
            return file.read()

    def run_program(self, *arguments, stdin=None, options=("-q", "--format", "json")):
        """Standard input is the file of this name, or nothing. What it says of memory is its own."""
        with (
            tempfile.TemporaryFile() as out,
            tempfile.TemporaryFile() as err,
            open(self.path(stdin) if stdin else os.devnull, "rb") as given,
        ):
            child = subprocess.Popen(
                [PATH, *options, *arguments], stdin=given, stdout=out, stderr=err, cwd=self.folder
            )
            _, status, usage = os.wait4(child.pid, 0)
            child.returncode = os.waitstatus_to_exitcode(status)
            out.seek(0)
            err.seek(0)
            return Run(child.returncode, out.read(), err.read(), usage.ru_maxrss)
