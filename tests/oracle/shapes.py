"""Section 4 of DETECTION.md: the shapes that address changes are written in. "Field names in either
case of their first letter, flat or inside an …Request / …Response object, lists as arrays or under
`items` or `item`, one object where there is one."""

import ipaddress

from words import parse_address, parse_range, scalar


def get(value, *names):
    """The value under these names, one inside the other; None where there is none."""
    for name in names:
        value = _get(value, name)
    return value


def _get(value, name):
    if not isinstance(value, dict):
        return None
    for spelling in (name, name[0].upper() + name[1:]):
        if value.get(spelling) is not None:
            return value[spelling]
    for envelope, inside in value.items():
        if envelope.endswith(("Request", "Response")) and isinstance(inside, dict):
            found = _get(inside, name)
            if found is not None:
                return found
    return None


def text(value, *names):
    """A text that is not empty, or None."""
    return scalar(get(value, *names)) or None


def items(value):
    """The elements of a list, however it is written."""
    if isinstance(value, list):
        return [element for each in value for element in items(each)]
    if isinstance(value, dict):
        for name in ("items", "item"):
            inside = _get(value, name)
            if inside is not None:
                return items(inside)
        return [value] if value else []
    return [] if scalar(value) is None else [value]


def texts(value, name):
    """The texts of a list whose elements are plain or objects that hold it under name."""
    found = [text(each, name) if isinstance(each, dict) else scalar(each) for each in items(value)]
    return [each for each in found if each]


def public_address(value, *names):
    return parse_address(text(value, *names))


# The names that addresses and prefixes of an interface stand under, in requests, responses and
# descriptions of interfaces (CLOUDTRAIL.md, "Address and interface events").
ADDRESS_NAMES = (
    "privateIpAddress",
    "privateIpAddresses",
    "privateIpAddressesSet",
    "assignedPrivateIpAddressesSet",
    "assignedPrivateIpAddressSetType",
    "ipv6Address",
    "ipv6Addresses",
    "ipv6AddressesSet",
    "assignedIpv6Addresses",
)
PREFIX_NAMES = (
    "ipv4Prefix",
    "ipv4Prefixes",
    "ipv4PrefixSet",
    "assignedIpv4PrefixSet",
    "assignedIpv4Prefixes",
    "ipv6Prefix",
    "ipv6Prefixes",
    "ipv6PrefixSet",
    "assignedIpv6PrefixSet",
    "assignedIpv6Prefixes",
)


def interface_addresses(value):
    """The addresses and prefixes of an interface in a request, a response or a description, as
    networks (an address is a network of one), in the order they stand there."""
    found = []
    for name in ADDRESS_NAMES + PREFIX_NAMES:
        for each in items(get(value, name)):
            if isinstance(each, dict):
                found += interface_addresses(each)
            else:
                network = _network(scalar(each), name in PREFIX_NAMES)
                if network is not None:
                    found.append(network)
    return list(dict.fromkeys(found))


def _network(spelled, is_prefix):
    if not is_prefix:
        address = parse_address(spelled)
        return None if address is None else ipaddress.ip_network(address)
    try:
        return parse_range(spelled)
    except ValueError:
        return None


def instance_ids(event):
    """Of StopInstances and TerminateInstances: the response's set, else the request's."""
    return texts(get(event.response, "instancesSet"), "instanceId") or texts(
        get(event.request, "instancesSet"), "instanceId"
    )


def started_instance_ids(event):
    """Of StartInstances: the instances whose previousState is stopped (80) or not given."""
    described = items(get(event.response, "instancesSet")) or items(get(event.request, "instancesSet"))
    started = []
    for each in described:
        instance = text(each, "instanceId") if isinstance(each, dict) else scalar(each)
        code, name = text(each, "previousState", "code"), text(each, "previousState", "name")
        if instance and (code is None and name is None or code == "80" or name == "stopped"):
            started.append(instance)
    return started
