"""Section 6 of DETECTION.md: exceptions."""

import json
import re
from dataclasses import dataclass

from words import DAY, parse_range, parse_role_arn, parse_time

# A rule without kind= covers these; other kinds only where kind= names them (section 3).
USUAL_KINDS = ("ip-mismatch", "private-ip-mismatch", "new-path", "user-agent")


class ConfigError(Exception):
    """`FILE:LINE: why`; exit 2."""


@dataclass
class Rule:
    where: str  # FILE:LINE
    range: object
    partition: str = None
    account: str = None
    role: str = None
    instance: str = None
    event: str = None
    kind: str = None
    before: int = None  # first second after the last day

    def fits(self, event, kind):
        address, session = event.source.address, event.session
        return (
            address is not None
            and address.version == self.range.version
            and address in self.range
            and self.partition in (None, session.partition)
            and self.account in (None, session.account)
            and glob_fits(self.role, session.role)
            and self.instance in (None, session.instance)
            and (glob_fits(self.event, event.service_and_name) or glob_fits(self.event, event.event_name))
            and (glob_fits(self.kind, kind) if self.kind is not None else kind in USUAL_KINDS)
            and (self.before is None or event.time < self.before)
        )


def glob_fits(glob, text):
    """`*` any text, `?` any one character; an absent glob fits all."""
    if glob is None:
        return True
    pattern = "".join({"*": ".*", "?": "."}.get(c, re.escape(c)) for c in glob)
    return re.fullmatch(pattern, text or "", re.DOTALL) is not None


class Exceptions:
    def __init__(self):
        self.rules = []

    def add_file(self, name, text):
        self.rules += _read_json(name, text) if name.endswith(".json") else _read_lines(name, text)

    def find(self, event, kind):
        """The first rule that fits, or None."""
        return next((rule for rule in self.rules if rule.fits(event, kind)), None)


def _read_lines(name, text):
    rules = []
    for number, line in enumerate(text.split("\n"), 1):
        words = line.partition("#")[0].split()
        if not words:
            continue
        where = f"{name}:{number}"
        rule = Rule(where, _range(where, words[0]))
        for word in words[1:]:
            selector, equals, value = word.partition("=")
            if not equals or not value or selector not in "account role instance event kind exp".split():
                raise ConfigError(f"{where}: unknown selector {word!r}")
            if selector != "exp":
                setattr(rule, selector, value)
                continue
            last_day = parse_time(f"{value}T00:00:00Z")
            if last_day is None:
                raise ConfigError(f"{where}: bad date {value!r}")
            rule.before = last_day + DAY
        rules.append(rule)
    return rules


def _read_json(name, text):
    """`{"<role ARN>": ["CIDR", …]}`. The line of a rule is the line of its CIDR."""
    try:
        roles = json.loads(text)
    except ValueError as error:
        raise ConfigError(f"{name}:{getattr(error, 'lineno', 1)}: {error}") from error
    # The strings of the document in order, with their lines: role ARNs, each followed by its CIDRs.
    lines = [
        (json.loads(m[0]), text.count("\n", 0, m.start()) + 1)
        for m in re.finditer(r'"(?:[^"\\]|\\.)*"', text)
    ]
    rules = []
    for arn, ranges in roles.items():
        arn_line = lines.pop(0)[1]
        role = parse_role_arn(arn)
        if not role:
            raise ConfigError(f"{name}:{arn_line}: not a role ARN")
        for _ in ranges:
            cidr, line = lines.pop(0)
            where = f"{name}:{line}"
            # A role's name holds neither `*` nor `?` (IAM): it is a glob that fits only itself.
            rules.append(
                Rule(where, _range(where, cidr), partition=role[0], account=role[1], role=role[2])
            )
    return rules


def _range(where, text):
    try:
        return parse_range(text)
    except ValueError as error:
        raise ConfigError(f"{where}: {error}") from error
