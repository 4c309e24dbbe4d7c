"""Section 1 of DETECTION.md: the words. Text of records, times, addresses, sources, sessions, and
what makes a record relevant (with the definitions of issue, call and change that sections 2 and 4
give)."""

import ipaddress
import json
import re
from dataclasses import dataclass
from datetime import date

MINUTE, HOUR, DAY = 60, 3600, 86400


# --- JSON -------------------------------------------------------------------------------------


class Literal(str):
    """A number, as it is spelled in the record."""


def _first_wins(pairs):
    """Section 1: of two equal names in an object the first counts."""
    obj = {}
    for name, value in pairs:
        obj.setdefault(name, value)
    return obj


def _not_json(word):
    raise ValueError(f"{word} is not JSON")


DECODER = json.JSONDecoder(
    object_pairs_hook=_first_wins, parse_int=Literal, parse_float=Literal, parse_constant=_not_json
)


def scalar(value):
    """A string is its text, a number or a boolean its literal text; all else, and the empty string, is
    absent."""
    if value is True:
        return "true"
    if value is False:
        return "false"
    if isinstance(value, str):
        return without_lone_surrogates(str(value)) or None
    return None


def without_lone_surrogates(text):
    """An escape that names half a character becomes U+FFFD. U+DC80 to U+DCFF stand for bytes of the
    input that were not UTF-8 (surrogateescape) and stay until the text is printed."""
    return re.sub("[\ud800-\udc7f\udd00-\udfff]", "\ufffd", text)


def to_bytes(text):
    return (text or "").encode("utf-8", "surrogateescape")


def at(value, *names):
    """The value under these names, one inside the other; None where there is none."""
    for name in names:
        if not isinstance(value, dict):
            return None
        value = value.get(name)
    return value


# --- Time -------------------------------------------------------------------------------------

_ISO = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.\d+)?(?:Z|([+-])(\d\d):(\d\d))", re.ASCII
)
_EPOCH = date(1970, 1, 1).toordinal()


def parse_time(text):
    """Seconds since 1970 of `2023-07-10T11:55:22Z`, or None. A fraction is dropped; an offset is
    taken; a leap second counts as the second before it."""
    m = _ISO.fullmatch(text or "")
    if not m:
        return None
    hour, minute, second = int(m[4]), int(m[5]), int(m[6])
    try:
        day = date(int(m[1]), int(m[2]), int(m[3])).toordinal() - _EPOCH
    except ValueError:
        return None
    if hour > 23 or minute > 59 or second > 60:
        return None
    offset = 0
    if m[7]:
        if int(m[8]) > 23 or int(m[9]) > 59:
            return None
        offset = (int(m[8]) * HOUR + int(m[9]) * MINUTE) * (1 if m[7] == "+" else -1)
    return day * DAY + hour * HOUR + minute * MINUTE + min(second, 59) - offset


def format_time(t):
    day, second = divmod(t, DAY)
    hour, second = divmod(second, HOUR)
    return f"{date.fromordinal(day + _EPOCH).isoformat()}T{hour:02}:{second // 60:02}:{second % 60:02}Z"


_MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()
_EXPIRATION = re.compile(
    r"([A-Z][a-z]{2}) (\d{1,2}), (\d{4}),? (\d{1,2}):(\d\d):(\d\d)[ \u202f](AM|PM)", re.ASCII
)


def parse_expiration(text):
    """`Jul 10, 2023, 6:30:22 PM`, `Nov 29, 2018 4:31:59 AM`, or the form of parse_time."""
    m = _EXPIRATION.fullmatch(text or "")
    if not m:
        return parse_time(text)
    if m[1] not in _MONTHS or not 1 <= int(m[4]) <= 12:
        return None
    hour = int(m[4]) % 12 + (12 if m[7] == "PM" else 0)
    month = _MONTHS.index(m[1]) + 1
    return parse_time(f"{m[3]}-{month:02}-{int(m[2]):02}T{hour:02}:{m[5]}:{m[6]}Z")


def parse_duration(text):
    """`90s 15m 1h30m 2d`, and `0`. None for anything else."""
    m = re.fullmatch(r"(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?", text, re.ASCII)
    if text == "0":
        return 0
    units = (DAY, HOUR, MINUTE, 1)
    return sum(int(n or 0) * unit for n, unit in zip(m.groups(), units)) if text and m else None


# --- Addresses and sources --------------------------------------------------------------------

PRIVATE_RANGES = [
    ipaddress.ip_network(r)
    for r in (
        "10.0.0.0/8 172.16.0.0/12 192.168.0.0/16 100.64.0.0/10 169.254.0.0/16 127.0.0.0/8 "
        "fc00::/7 fe80::/10 ::1/128"
    ).split()
]
PUBLIC, PRIVATE, IPV6 = "public", "private", "ipv6"


def parse_address(text):
    """An address, IPv4-mapped IPv6 as its IPv4; None for any other text (zone ids included)."""
    if not text or "%" in text or "/" in text:
        return None
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def parse_range(text):
    """ADDRESS or ADDRESS/BITS without host bits, as a network; raises ValueError with the why."""
    base, slash, bits = (text or "").partition("/")
    address = parse_address(base)
    if address is None:
        raise ValueError("not an address")
    if not slash:
        return ipaddress.ip_network(address)
    if not re.fullmatch(r"0|[1-9]\d{0,2}", bits, re.ASCII):
        raise ValueError("not a range")
    length = int(bits)
    if ":" in base and address.version == 4:
        if length < 96:
            return ipaddress.ip_network(f"{base}/{length}")
        length -= 96
    return ipaddress.ip_network(f"{address}/{length}")


def is_private_address(address):
    return any(address.version == r.version and address in r for r in PRIVATE_RANGES)


def is_service(text):
    """Section 1, *Service*."""
    return (
        not text
        or text == "AWS Internal"
        or text.startswith("AWS Internal/")
        or text.endswith(".amazonaws.com")
        or text.endswith(".amazonaws.com.cn")
    )


@dataclass(frozen=True)
class Source:
    """A sourceIPAddress. `who` is what it is compared by: an address object, or the text of a source
    that is none; None for a service."""

    who: object
    slot: str
    text: str  # canonical form of an address, else as recorded; None where absent

    @property
    def is_service(self):
        return self.who is None

    @property
    def address(self):
        return None if isinstance(self.who, str) else self.who


def endpoint(vpc_endpoint_id):
    """The VPC endpoint, None where there is none: a vpcEndpointId can be a service's host name too."""
    return vpc_endpoint_id if (vpc_endpoint_id or "").startswith("vpce-") else None


def classify_source(text, vpc_endpoint_id):
    """Section 1: source and slot."""
    if is_service(text):
        return Source(None, None, text)
    address = parse_address(text)
    if endpoint(vpc_endpoint_id):
        slot = PRIVATE
    elif address is None:
        slot = PUBLIC
    elif is_private_address(address):
        slot = PRIVATE
    else:
        slot = IPV6 if address.version == 6 else PUBLIC
    return Source(text if address is None else address, slot, text if address is None else str(address))


# --- Sessions ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class Session:
    partition: str
    account: str
    role: str  # without path
    name: str

    @property
    def arn(self):
        return f"arn:{self.partition}:sts::{self.account}:assumed-role/{self.role}/{self.name}"

    @property
    def instance(self):
        """The instance id, None for a session that is no instance session."""
        return self.name if is_instance_name(self.name) else None


def is_instance_name(name):
    """`i-` and 8 or more letters or digits."""
    return re.fullmatch(r"i-[0-9A-Za-z]{8,}", name or "", re.ASCII) is not None


def _arn(text, services):
    """(partition, account, resource) of `arn:P:SERVICE::A:RESOURCE`, or None."""
    parts = (text or "").split(":", 5)
    if len(parts) < 6 or parts[0] != "arn" or parts[2] not in services or parts[3] != "":
        return None
    return (parts[1], parts[4], parts[5]) if parts[1] and parts[4] else None


def parse_session_arn(text):
    """`arn:P:sts::A:assumed-role/[path/]ROLE/SESSION`, `iam` in the place of `sts` too."""
    found = _arn(text, ("sts", "iam"))
    if not found or not found[2].startswith("assumed-role/"):
        return None
    parts = found[2].split("/")[1:]
    if len(parts) < 2 or not parts[-1] or not parts[-2]:
        return None
    return Session(found[0], found[1], parts[-2], parts[-1])


def parse_role_arn(text):
    """(partition, account, role name without path) of `arn:P:iam::A:role/[path/]NAME`, or None."""
    found = _arn(text, ("iam",))
    if not found or not found[2].startswith("role/"):
        return None
    name = found[2].split("/")[-1]
    return (found[0], found[1], name) if name else None


# --- Records ----------------------------------------------------------------------------------

EC2_ISSUERS = ("ec2.amazonaws.com", "ec2.amazonaws.com.cn")
CHANGES = frozenset(
    """AllocateAddress ReleaseAddress AssociateAddress DisassociateAddress RunInstances
    CreateNetworkInterface AttachNetworkInterface DetachNetworkInterface DeleteNetworkInterface
    AssignPrivateIpAddresses AssignIpv6Addresses UnassignPrivateIpAddresses UnassignIpv6Addresses
    CreateNatGateway AssociateNatGatewayAddress DisassociateNatGatewayAddress DeleteNatGateway
    StartInstances StopInstances TerminateInstances BidEvictedEvent""".split()
)


@dataclass(eq=False)
class Event:
    """What a relevant record says. Text fields are None where absent."""

    time: int
    is_change: bool
    is_issue: bool
    is_call: bool
    session: Session  # of an issue or a call
    source: Source
    source_text: str  # as recorded
    event_id: str
    shared_event_id: str
    event_source: str
    event_name: str
    region: str
    user_agent: str
    error_code: str
    access_key_id: str
    invoked_by: str
    vpc_endpoint_id: str  # as recorded
    vpc_endpoint: str  # the same if it names an endpoint
    vpc_endpoint_account: str
    ec2_role_delivery: str
    issued_to: str
    auth_method: str
    from_console: bool
    creation: int
    expiration: int
    request: object
    response: object
    service_details: object
    late: bool = False
    seq: int = 0
    file: str = ""

    def does(self, event_source, *event_names):
        return self.event_source == event_source and self.event_name in event_names

    @property
    def service_and_name(self):
        """`ec2:RunInstances`; the service is the eventSource up to its first dot."""
        return f"{(self.event_source or '').partition('.')[0]}:{self.event_name or ''}"


class Malformed(Exception):
    """A record that is told and counted, and not judged."""


def read_record(record, issuers=()):
    """The Event of a relevant record, None for any other; raises Malformed. `issuers` are the names
    of --issuer. Relevance depends on the record and these alone (section 1)."""
    if not isinstance(record, dict):
        raise Malformed("record is not an object")

    def text(*names):
        return scalar(at(record, *names))

    event_source, event_name = text("eventSource"), text("eventName")
    succeeded = not text("errorCode")
    issued = None
    if event_source == "sts.amazonaws.com" and event_name == "AssumeRole" and succeeded:
        issued = _issued_session(text, issuers)
    is_change = event_source == "ec2.amazonaws.com" and event_name in CHANGES and succeeded
    called = None if issued else _calling_session(text, issuers)
    spelled_time = text("eventTime")
    if spelled_time is None:
        spelled_time = text("@timestamp")

    if not (issued or called or is_change):
        if "eventTime" not in record and "@timestamp" not in record:
            raise Malformed("no eventTime")  # no record of CloudTrail's
        return None
    if spelled_time is None:
        raise Malformed("no eventTime")
    time = parse_time(spelled_time)
    if time is None:
        raise Malformed("bad eventTime")
    key = ("responseElements", "credentials") if issued else ("userIdentity",)
    return Event(
        time=time,
        is_change=is_change,
        is_issue=issued is not None,
        is_call=called is not None,
        session=issued or called,
        source=classify_source(text("sourceIPAddress"), text("vpcEndpointId")),
        source_text=text("sourceIPAddress"),
        event_id=text("eventID"),
        shared_event_id=text("sharedEventID"),
        event_source=event_source,
        event_name=event_name,
        region=text("awsRegion"),
        user_agent=text("userAgent"),
        error_code=text("errorCode"),
        access_key_id=text(*key, "accessKeyId"),
        invoked_by=text("userIdentity", "invokedBy"),
        vpc_endpoint_id=text("vpcEndpointId"),
        vpc_endpoint=endpoint(text("vpcEndpointId")),
        vpc_endpoint_account=text("vpcEndpointAccountId"),
        ec2_role_delivery=text("userIdentity", "sessionContext", "ec2RoleDelivery"),
        issued_to=text("userIdentity", "inScopeOf", "credentialsIssuedTo"),
        auth_method=text("additionalEventData", "AuthenticationMethod"),
        from_console=text("sessionCredentialFromConsole") == "true",
        creation=parse_time(text("userIdentity", "sessionContext", "attributes", "creationDate")),
        expiration=parse_expiration(text("responseElements", "credentials", "expiration")),
        request=record.get("requestParameters"),
        response=record.get("responseElements"),
        service_details=record.get("serviceEventDetails"),
    )


def _issued_session(text, issuers):
    """Section 2, Issue: the session that an accepted issuer gave credentials to, or None."""
    role = parse_role_arn(text("requestParameters", "roleArn"))
    name = text("requestParameters", "roleSessionName")
    if not role or not name:
        return None
    for issuer in (text("sourceIPAddress"), text("userIdentity", "invokedBy")):
        if issuer in issuers or (issuer in EC2_ISSUERS and is_instance_name(name)):
            return Session(*role, name)
    return None


def _calling_session(text, issuers):
    """Section 2, Call: the session that called, or None. A session that is no instance session can
    have a row only if --issuer was given."""
    if text("userIdentity", "type") != "AssumedRole":
        return None
    session = parse_session_arn(text("userIdentity", "arn"))
    return session if session and (session.instance or issuers) else None
