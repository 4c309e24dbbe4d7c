"""Section 5 of DETECTION.md: user agents."""

import re

from words import is_service

SDKS = ("aws-cli", "boto3", "botocore", "boto", "aws-sdk-", "aws-internal")
KNOWN_AGENTS = ("terraform", "amazon-ssm-agent")


def _unwrapped(user_agent):
    """Without one outer `[ ]`."""
    text = (user_agent or "").strip()
    if text.startswith("[") and text.endswith("]") and len(text) > 1:
        text = text[1:-1].strip()
    return text


def products(user_agent):
    """(name, version) of the products outside parentheses; the name is before the first `/` or `#`."""
    outside, depth = [], 0
    for c in _unwrapped(user_agent):
        if c == "(":
            depth += 1
        elif c == ")":
            depth = max(0, depth - 1)
            outside.append(" ")
        elif depth == 0:
            outside.append(c)
    found = []
    for word in re.split(r"[\s,;]+", "".join(outside)):
        name, version = re.fullmatch(r"([^/#]*)[/#]?(.*)", word, re.DOTALL).groups()
        if name:
            found.append((name, version))
    return found


def _is(name, sdk):
    name = name.lower()
    return name == sdk or (sdk == "aws-sdk-" and name.startswith(sdk))


def sdk_product(user_agent):
    """The first of the six in the order of the contract, or None."""
    for sdk in SDKS:
        for name, version in products(user_agent):
            if _is(name, sdk):
                return name, version
    return None


def sent_by_sdk(user_agent):
    return sdk_product(user_agent) is not None


def family(user_agent):
    text = _unwrapped(user_agent)
    if not text:
        return "none"
    if is_service(text):
        return "service"
    found = products(text)
    if not found:
        return "none"
    name, version = sdk_product(text) or found[0]
    major = re.match(r"\d+", version, re.ASCII)
    result = name + (f"/{major[0]}" if major else "")
    names = [n.lower() for n, _ in found]
    for agent in KNOWN_AGENTS:
        if agent in names and agent != name.lower():
            return f"{result}+{agent}"
    return result


class Listed:
    """The families of --user-agents."""

    def __init__(self):
        self.families = set()

    def add_file(self, text):
        for line in text.split("\n"):
            listed = line.partition("\t")[0].strip()
            if listed and not listed.startswith("#"):
                self.families.add(listed.lower())

    def has(self, name):
        """Listed as it is, or without its major version."""
        name = name.lower()
        base, plus, agent = name.partition("+")
        return name in self.families or base.partition("/")[0] + plus + agent in self.families
