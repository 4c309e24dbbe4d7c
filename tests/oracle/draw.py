"""Draws the options of a comparison at random, and writes the files that some of them name."""

import os

import trails

RULES = (
    "203.0.113.0/28",
    "203.0.113.12",
    "203.0.113.8/29 kind=ip-mismatch",
    "0.0.0.0/0 kind=new-path",
    "10.0.0.0/24",
    "10.0.0.4/30 kind=private-*",
    "2001:db8::/64",
    "::ffff:203.0.113.0/124 event=s3:*",
    "0.0.0.0/0 event=GetCallerIdentity",
    "0.0.0.0/0 role=b* kind=*",
    f"203.0.113.0/24 account={trails.ACCOUNTS[1]}",
    f"203.0.113.0/24 instance={trails.INSTANCES[0]} kind=use-*",
    "203.0.113.0/24 exp=2024-02-29",
    "203.0.113.0/24 exp=2024-03-01 role=?pp",
    "203.0.113.0/24 kind=user-agent",
)
FAMILIES = (
    "aws-cli",
    "aws-cli/1",
    "Boto3/1\t12 calls",
    "BOTO3",
    "aws-sdk-go",
    "aws-sdk-go+terraform",
    "curl/8",
    "none",
)


WINDOWS = ("0", "1s", "2m", "1h")


def options(rng, folder, windows=WINDOWS, limits=True):
    """A command line for both."""
    args = ["--info", "--show-suppressed"] if rng.random() < 0.85 else []

    def maybe(probability, *words):
        if rng.random() < probability:
            args.extend(words)

    maybe(0.2, "--ttl", rng.choice(("10m", "1h", "12h")))
    maybe(0.4, "--window", rng.choice(windows))
    maybe(0.2, "--grace", rng.choice(("0", "1h")))
    maybe(0.3, "--settle", rng.choice(("0", "5m", "3h")))
    if limits:
        maybe(0.15, "--max-sessions", rng.choice(("1", "2", "3", "5")))
        maybe(0.15, "--max-window", rng.choice(("1", "2", "3", "7", "20")))
    maybe(0.4, "--adopt")
    maybe(0.2, "--private-ip=any")
    maybe(0.3, "--presigned=alert")
    maybe(0.2, "--issuer", "ecs-tasks.amazonaws.com")
    maybe(0.1, "--issuer", "lambda.amazonaws.com")
    maybe(0.15, "--trust-account", trails.ENDPOINT_ACCOUNTS[2])
    maybe(0.05, "--trust-account", trails.ACCOUNTS[1])
    maybe(0.1, "--once")
    maybe(0.1, "--min-severity", rng.choice(("medium", "high", "critical")))
    if rng.random() < 0.4:
        args += ["--exceptions", write(folder, "rules.txt", rules(rng))]
    if rng.random() < 0.1:
        args += ["--exceptions", write(folder, "rules.json", json_rules(rng))]
    if rng.random() < 0.3:
        args += ["--user-agents", write(folder, "agents.txt", families(rng))]
    return args


def rules(rng):
    return "# exceptions\n\n" + "".join(f"{rule}\n" for rule in rng.sample(RULES, rng.randint(1, 3)))


def json_rules(rng):
    arn = f"arn:aws:iam::{rng.choice(trails.ACCOUNTS)}:role/path/{rng.choice(trails.ROLES)}"
    return f'{{\n  "{arn}": [\n    "203.0.113.14",\n    "2001:db8::/48"\n  ]\n}}\n'


def families(rng):
    return "# families\n" + "".join(f"{f}\n" for f in rng.sample(FAMILIES, rng.randint(2, 6)))


def write(folder, name, text):
    path = os.path.join(folder, name)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    return path
