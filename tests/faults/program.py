"""Runs the program on small trails, for tests of faults."""

import json
import os
import subprocess
import sys

PATH = os.path.abspath(os.environ.get("CTLOCK") or "./ctlock")
if not os.access(PATH, os.X_OK):
    sys.exit(f"{PATH}: no program to run; build it first or set CTLOCK")
ACCOUNT = "111122223333"
HOME, THIEF = "203.0.113.10", "198.51.100.7"


def time_of(minute):
    return f"2024-03-01T{minute // 60:02}:{minute % 60:02}:00Z"


def issue(minute, instance):
    return {
        "eventTime": time_of(minute),
        "eventSource": "sts.amazonaws.com",
        "eventName": "AssumeRole",
        "awsRegion": "us-east-1",
        "sourceIPAddress": "ec2.amazonaws.com",
        "userIdentity": {"type": "AWSService", "invokedBy": "ec2.amazonaws.com"},
        "requestParameters": {
            "roleArn": f"arn:aws:iam::{ACCOUNT}:role/web",
            "roleSessionName": instance,
        },
        "eventID": f"issue-{minute}-{instance}",
    }


def call(minute, instance, source):
    return {
        "eventTime": time_of(minute),
        "eventSource": "s3.amazonaws.com",
        "eventName": "ListBuckets",
        "awsRegion": "us-east-1",
        "sourceIPAddress": source,
        "userAgent": "aws-cli/2",
        "userIdentity": {
            "type": "AssumedRole",
            "arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/web/{instance}",
        },
        "eventID": f"call-{minute}-{instance}-{source}",
    }


def theft(n=3):
    """n instances at work, and each one's credentials used by a thief: n alerts."""
    names = [f"i-{number:08x}" for number in range(n)]
    records = [issue(0, name) for name in names]
    records += [call(1, name, HOME) for name in names]
    return records + [call(2 + number, name, THIEF) for number, name in enumerate(names)]


def ndjson(records):
    return "".join(json.dumps(record) + "\n" for record in records).encode()


def run(*arguments, stdin=b"", **more):
    """The finished process, its output as text."""
    done = subprocess.run(
        [PATH, *arguments], input=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=120, **more
    )
    done.stdout = done.stdout.decode("utf-8")
    done.stderr = done.stderr.decode("utf-8")
    return done


def ids(text):
    """The eventIDs of alerts in JSON lines."""
    return [json.loads(line)["event_id"] for line in text.splitlines()]
