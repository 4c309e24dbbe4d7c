#!/usr/bin/env python3
"""Made-up trails: random, but shaped like real ones, in a world so small that things meet often.

    trails.py --seed N --profile calm|eip|endpoint|disorder|hostile|long [--events N]

prints one record a line. The same seed and profile make the same trail."""

import argparse
import json
import random
import sys

import build
from build import START
from words import DAY, HOUR, MINUTE, format_time, parse_time

ACCOUNTS = ("111122223333", "444455556666")
INSTANCES = ("i-0000000000000001a", "i-0b0b0b0b", "i-DDd6c7B0e18F0E35f", "i-i2jnm5swa59p4fxg", "i-00000005")
ROLES = ("app", "batch", "aws:ec2-instance")
PUBLIC = tuple(f"203.0.113.{n}" for n in range(10, 17)) + ("253.252.51.07", "::ffff:203.0.113.10")
IPV6 = ("2001:db8::1", "2001:DB8:0:0::1", "2001:db8::2", "2001:db8:1::77", "2001:db8:1::78")
PRIVATE = ("10.0.0.5", "10.0.0.6", "10.0.0.7", "172.16.4.4", "100.64.0.9", "10.0.3.20") + (
    "fd00::5",
    "::ffff:10.0.0.5",
)
EIPS = PUBLIC[:5]
ALLOCATIONS = tuple(f"eipalloc-{n}" for n in range(5))
INTERFACES = ("eni-1", "eni-2", "eni-3", "eni-4")
NATS = ("nat-1", "nat-2")
VPCS = ("vpc-1", "vpc-2")
ENDPOINTS = ("vpce-0a", "vpce-0b", "vpce-0c", "s3.us-east-1.amazonaws.com")
ENDPOINT_ACCOUNTS = ACCOUNTS + ("777788889999", "12345678901", "77778888999x")
SERVICES = ("AWS Internal", "AWS Internal/3", "athena.amazonaws.com", "ec2.amazonaws.com.cn", "", None)
SDK_AGENTS = (
    build.CLI,
    "[aws-cli/1.18.136 Python/3.8.5 Darwin/19.5.0 botocore/1.17.59]",
    "Boto3/1.26.165 Python/3.8.10 Linux/5.15 Botocore/1.29.165",
    "aws-sdk-go/1.41.4 (go1.18.3; linux; amd64) amazon-ssm-agent/",
    "aws-sdk-go-v2/1.17.0 os/linux lang/go/1.18.10",
    "APN/1.0 HashiCorp/1.0 Terraform/1.1.2 (+https://www.terraform.io) aws-sdk-go/1.44.157 (go1.19.3)",
)
OTHER_AGENTS = (build.CURL, "Mozilla/5.0 (X11; Linux x86_64)", "python-requests/2.31.0", "[]", "", None)
NAMES = ("s3:ListBuckets", "ec2:DescribeInstances", "s3:GetObject", "ssm:UpdateInstanceInformation")

# What the options and their defaults name.
SPANS = (2 * MINUTE, 5 * MINUTE, 10 * MINUTE, 15 * MINUTE, HOUR, 3 * HOUR, 6 * HOUR, 12 * HOUR)

# eventVersion of records that are oddly spelled; see spelled().
ODD_VERSION = "1.99"

ENDS = ("TerminateInstances", "BidEvictedEvent")

# Weights of what happens next.
COMMON = {"issue": 8, "call": 65, "whoami": 11, "service": 4, "presigned": 3, "console": 1}
COMMON.update({"power": 2, "noise": 4})
PATHS = {"eip": 14, "interface": 8, "nat": 5, "launch": 3, "private": 11, "churn": 5}
MIXES = {
    "calm": {**COMMON, "eip": 2, "interface": 1},
    "eip": {**COMMON, "call": 45, "whoami": 16, "eip": 22, "interface": 14, "nat": 8, "churn": 4, "launch": 5},
    "endpoint": {**COMMON, "private": 55, "call": 15, "interface": 12, "launch": 6, "eip": 2},
    "disorder": {**COMMON, **PATHS, "power": 6},
    "hostile": {**COMMON, **PATHS, "hostile": 20, "issue": 12},
    # Instances end for good and others take their place, while days pass.
    "long": {**COMMON, **PATHS, "power": 0, "rest": 6, "replace": 8, "nap": 2},
}
PROFILES = tuple(MIXES)


def pick(rng, weights):
    return rng.choices(list(weights), weights=list(weights.values()))[0]


class Trail:
    """Makes the records of one trail in the order of their time."""

    def __init__(self, rng, profile):
        self.rng = rng
        self.profile = profile
        self.mix = MIXES[profile]
        self.records = []
        self.t = 0
        # Where time goes in large steps, things are often as far apart as the options say, to the second.
        self.step = 1 if rng.random() < 0.75 else 5 * MINUTE
        self.instances = rng.sample(INSTANCES, rng.randint(2, 5))
        self.roles = rng.sample(ROLES, rng.randint(1, 3))
        self.home = {i: rng.choice(PUBLIC) for i in self.instances}
        self.private_home = {i: rng.choice(PRIVATE[:4]) for i in self.instances}
        self.next_instance = None  # what happens next is about this one
        self.told = {}  # what was made lately, by kind: ids that later events name
        if rng.random() < 0.2:  # one NAT for all: shared egress
            self.home = dict.fromkeys(self.instances, rng.choice(PUBLIC))

    def run(self, events):
        for instance in self.instances:
            if self.rng.random() < 0.8:
                self.wait(self.rng.randint(0, 20))
                self.issue(instance)
        while len(self.records) < events:
            self.pause()
            getattr(self, pick(self.rng, self.mix))()
        return self.records

    def pause(self):
        if self.records and self.chance(0.15):  # right at the end of something, or a second later
            record = self.rng.choice(self.records[-30:])
            t = time_of(record) - START + self.rng.choice(SPANS) + self.rng.choice((0, 0, 1))
            if self.t <= t <= self.t + 7 * HOUR:
                self.t = t
                self.next_instance = next((i for i in self.instances if i in json.dumps(record)), None)
                return
        lengths = {
            0: 20,
            self.rng.randint(1, 30): 50,
            self.rng.randint(30, 10 * MINUTE): 30,
            self.rng.randint(10 * MINUTE, 2 * HOUR): 8,
            self.rng.randint(2 * HOUR, 7 * HOUR): 1,
        }
        self.wait(pick(self.rng, lengths))

    def wait(self, seconds):
        self.t += seconds
        self.t += -self.t % self.step if self.chance(0.5) else -(self.t % self.step)
        self.t = max(self.t, time_of(self.records[-1]) - START if self.records else 0)

    # --- Small helpers ---------------------------------------------------------------------------

    def next_id(self):
        return f"{self.rng.getrandbits(16):04x}-{len(self.records):04}"

    def chance(self, probability):
        return self.rng.random() < probability

    def add(self, record):
        self.records.append(record)
        return record

    def new(self, kind):
        """A fresh id, remembered."""
        name = f"{kind}-{self.rng.getrandbits(20):05x}"
        self.told.setdefault(kind, []).append(name)
        return name

    def old(self, kind):
        """An id told lately, now and then one that was never told."""
        told = self.told.get(kind)
        if not told or self.chance(0.1):
            return self.new(kind)
        return self.rng.choice(told[-4:])

    def latest(self, kind):
        return self.told[kind][-1] if self.told.get(kind) else self.new(kind)

    def instance(self):
        instance, self.next_instance = self.next_instance, None
        return instance or self.rng.choice(self.instances)

    def who(self, instance):
        """Which role's credentials the instance uses, mostly its first."""
        role = self.roles[0] if self.chance(0.8) else self.rng.choice(self.roles)
        n = INSTANCES.index(instance) if instance in INSTANCES else int(instance[-1], 16)
        account = ACCOUNTS[n % 2]
        partition = "aws-cn" if instance == "i-00000005" else "aws"
        return {"role": role, "account": account, "partition": partition}

    def creation(self):
        return max(0, self.t - self.rng.randint(0, 3 * HOUR))

    def agent(self):
        return self.rng.choice(SDK_AGENTS if self.chance(0.75) else OTHER_AGENTS)

    def public_source(self, instance):
        if self.chance(0.65):
            return self.home[instance]
        if self.chance(0.1):
            return self.rng.choice(IPV6)
        return self.rng.choice(PUBLIC)

    def call_record(self, instance, source, does=None, **fields):
        who = self.who(instance)
        who["creation"] = self.creation()
        who["delivery"] = self.rng.choice(("1.0", "2.0", "2.0", None))
        if self.chance(0.2):
            named = instance if self.chance(0.9) else self.instance()
            scope = f"arn:aws:ec2:us-east-1:{who['account']}:instance/{named}"
            who["inScopeOf"] = {"issuerType": "AWS::EC2::Instance", "credentialsIssuedTo": scope}
        if self.chance(0.1):
            fields["errorCode"] = "AccessDenied"
        fields.setdefault("agent", self.agent())
        does = does or self.rng.choice(NAMES)
        return build.call(self.t, instance, source, self.next_id(), does=does, who=who, **fields)

    # --- Issues and calls ------------------------------------------------------------------------

    def issue(self, instance=None):
        instance = instance or self.instance()
        who = self.who(instance)
        expiration = None
        if self.chance(0.5):
            at = format_time(START + self.t + self.rng.choice((6, 7, 12, 36, 37)) * HOUR)
            expiration = at if self.chance(0.5) else american(at)
        fields = {}
        if self.chance(0.1):
            fields["sourceIPAddress"] = self.rng.choice(("AWS Internal", "ecs-tasks.amazonaws.com"))
        if self.chance(0.05):
            fields["errorCode"] = "AccessDenied"
        self.add(
            build.issue(
                self.t,
                instance,
                self.next_id(),
                path=self.rng.choice(("", "", "service-role/", "a/b/")),
                expiration=expiration,
                **who,
                **fields,
            )
        )

    def call(self):
        instance = self.instance()
        self.add(self.call_record(instance, self.public_source(instance)))

    def private(self, does=None):
        instance = self.instance()
        source = self.private_home[instance] if self.chance(0.6) else self.rng.choice(PRIVATE)
        if self.chance(0.1):
            source = self.public_source(instance)
        fields = {}
        if self.chance(0.85):
            fields["vpcEndpointId"] = ENDPOINTS[0] if self.chance(0.7) else self.rng.choice(ENDPOINTS)
            if self.chance(0.3):
                fields["vpcEndpointAccountId"] = self.rng.choice(ENDPOINT_ACCOUNTS)
        self.add(self.call_record(instance, source, does, **fields))

    def whoami(self):
        if self.chance(0.25):
            self.private("sts:GetCallerIdentity")
            return
        instance = self.instance()
        self.add(self.call_record(instance, self.public_source(instance), "sts:GetCallerIdentity"))

    def service(self):
        instance = self.instance()
        record = self.call_record(instance, self.rng.choice(SERVICES))
        if self.chance(0.4):
            record["sourceIPAddress"] = self.public_source(instance)
            record["userIdentity"]["invokedBy"] = "athena.amazonaws.com"
        self.add(record)

    def presigned(self):
        instance = self.instance()
        name = self.rng.choice(("GetObject", "HeadObject", "PutObject", "UploadPart", "ListBuckets"))
        query = {"AuthenticationMethod": "QueryString", "SignatureVersion": "SigV4"}
        source = self.rng.choice(PUBLIC[:3]) if self.chance(0.7) else self.home[instance]
        self.add(self.call_record(instance, source, f"s3:{name}", additionalEventData=query))

    def console(self):
        instance = self.instance()
        record = self.call_record(instance, self.public_source(instance))
        if self.chance(0.5):
            record["sessionCredentialFromConsole"] = self.rng.choice((True, "true", "false", False))
        else:
            record["eventSource"] = "signin.amazonaws.com"
            record["eventName"] = self.rng.choice(("ConsoleLogin", "GetSigninToken", "SwitchRole", "Logout"))
        self.add(record)

    # --- Address changes --------------------------------------------------------------------------

    def change(self, name, request=None, response=None, **fields):
        request, response = self.dressed(name, request, response)
        record = build.change(self.t, name, self.next_id(), request, response, **fields)
        if self.chance(0.05):
            record["errorCode"] = "Client.InvalidParameter"
        if self.chance(0.15):  # an instance does it itself, or its thief
            instance = self.instance()
            source = self.public_source(instance)
            own = self.call_record(instance, source)
            for field in ("userIdentity", "sourceIPAddress"):
                record[field] = own[field]
        return self.add(record)

    def dressed(self, name, request, response):
        """As the records of the several EC2 interfaces are written."""
        envelope = self.chance(0.25)
        result = []
        for value, suffix in ((request, "Request"), (response, "Response")):
            if value is not None and envelope:
                if self.chance(0.5):
                    value = capitals(value)
                value = {f"{name}{suffix}": {**value, "tag": 1}}
            result.append(value)
        return result

    def listed(self, *elements):
        """A list, in one of its forms."""
        elements = list(elements)
        forms = [elements, {"items": elements}, {"item": elements}]
        if len(elements) == 1:
            forms += [{"items": elements[0]}, {"item": elements[0]}]
            if isinstance(elements[0], dict):
                forms.append(elements[0])
        return self.rng.choice(forms)

    def eip(self):
        getattr(self, pick(self.rng, {"allocate": 4, "associate": 10, "disassociate": 5, "release": 2}))()

    def allocate(self):
        n = self.rng.randrange(len(ALLOCATIONS))
        response = {"publicIp": EIPS[n], "allocationId": ALLOCATIONS[n]}
        self.change("AllocateAddress", {"domain": "vpc"}, response)

    def associate(self):
        request = {}
        if self.chance(0.6):
            request["instanceId"] = self.instance()
        if self.chance(0.4) or not request:
            request["networkInterfaceId"] = self.rng.choice(INTERFACES)
        n = self.rng.randrange(len(ALLOCATIONS))
        if self.chance(0.4):
            request["publicIp"] = EIPS[n]
        else:
            request["allocationId"] = ALLOCATIONS[n]
        response = {"_return": True}
        if self.chance(0.9):
            is_odd = self.profile == "hostile" and self.chance(0.15)
            response["associationId"] = self.old("eipassoc") if is_odd else self.new("eipassoc")
        self.change("AssociateAddress", request, response)

    def disassociate(self):
        if self.chance(0.75):
            self.change("DisassociateAddress", {"associationId": self.old("eipassoc")}, {"_return": True})
        else:
            self.change("DisassociateAddress", {"publicIp": self.rng.choice(EIPS)}, {"_return": True})

    def release(self):
        n = self.rng.randrange(len(ALLOCATIONS))
        request = {"allocationId": ALLOCATIONS[n]} if self.chance(0.8) else {"publicIp": EIPS[n]}
        self.change("ReleaseAddress", request, {"_return": True})

    def interface(self):
        getattr(
            self,
            pick(
                self.rng,
                {"create_eni": 3, "attach": 6, "detach": 4, "delete_eni": 1, "assign": 4, "unassign": 2},
            ),
        )()

    def described(self, name):
        """An interface in a response."""
        addresses = self.rng.sample(PRIVATE[:6], self.rng.randint(1, 2))
        described = {"networkInterfaceId": name, "privateIpAddress": addresses[0], "ipv6AddressesSet": {}}
        described["privateIpAddressesSet"] = self.listed(*({"privateIpAddress": a} for a in addresses))
        if self.chance(0.2):
            described["ipv6AddressesSet"] = self.listed({"ipv6Address": self.rng.choice(IPV6)})
        return described

    def create_eni(self):
        described = self.described(self.rng.choice(INTERFACES))
        described["vpcId"] = self.rng.choice(VPCS)
        self.change("CreateNetworkInterface", {"subnetId": "subnet-1"}, {"networkInterface": described})

    def attach(self):
        request = {"networkInterfaceId": self.rng.choice(INTERFACES), "instanceId": self.instance()}
        self.change("AttachNetworkInterface", request, {"attachmentId": self.new("eni-attach")})

    def detach(self):
        self.change("DetachNetworkInterface", {"attachmentId": self.old("eni-attach")}, {"_return": True})

    def delete_eni(self):
        request = {"networkInterfaceId": self.rng.choice(INTERFACES)}
        self.change("DeleteNetworkInterface", request, {"_return": True})

    def assignment(self):
        """(name without Assign, request, response of AWS's own choice) of one of four kinds."""
        kind = self.rng.randrange(4)
        if kind == 0:
            given = [{"privateIpAddress": a} for a in self.rng.sample(PRIVATE[:6], self.rng.randint(1, 2))]
            assigned = {"assignedPrivateIpAddressSetType": given}
            return (
                "PrivateIpAddresses",
                {"privateIpAddressesSet": self.listed(*given)},
                {"assignedPrivateIpAddressesSet": assigned},
            )
        if kind == 1:
            given = [{"ipv4Prefix": "10.0.3.16/28"}]
            return (
                "PrivateIpAddresses",
                {"ipv4PrefixSet": self.listed(*given)},
                {"assignedIpv4PrefixSet": self.listed(*given)},
            )
        if kind == 2:
            given = self.rng.sample(IPV6, self.rng.randint(1, 2))
            return (
                "Ipv6Addresses",
                {"ipv6Addresses": self.listed(*given)},
                {"assignedIpv6Addresses": self.listed(*given)},
            )
        given = [{"ipv6Prefix": "2001:db8:1::/80"}]
        return (
            "Ipv6Addresses",
            {"ipv6PrefixSet": self.listed(*given)},
            {"assignedIpv6PrefixSet": self.listed(*given)},
        )

    def assign(self):
        name, chosen, told = self.assignment()
        request = {"networkInterfaceId": self.rng.choice(INTERFACES)}
        if self.chance(0.3):
            request.update(chosen)
            told = self.rng.choice((told, {"_return": True}))
        self.change(f"Assign{name}", request, told)

    def unassign(self):
        name, chosen, _ = self.assignment()
        request = {"networkInterfaceId": self.rng.choice(INTERFACES), **chosen}
        self.change(f"Unassign{name}", request, {"_return": True})

    def launch(self):
        """RunInstances, of an instance that was not there or comes back."""
        instance = self.instance()
        interface = self.described(self.new("eni") if self.profile == "long" else self.rng.choice(INTERFACES))
        interface["attachment"] = {"attachmentId": self.new("eni-attach"), "deviceIndex": 0}
        launched = {"instanceId": instance, "networkInterfaceSet": self.listed(interface)}
        if self.chance(0.9):
            launched["vpcId"] = self.rng.choice(VPCS)
        record = self.change("RunInstances", {"minCount": 1}, {"instancesSet": self.listed(launched)})
        record["userIdentity"] = {"type": "IAMUser", "arn": f"arn:aws:iam::{ACCOUNTS[0]}:user/admin"}
        if self.chance(0.7):
            self.issue(instance)

    def nat(self):
        getattr(
            self, pick(self.rng, {"create_nat": 4, "associate_nat": 3, "disassociate_nat": 2, "delete_nat": 1})
        )()

    def nat_address(self):
        n = self.rng.randrange(len(ALLOCATIONS))
        address = {"allocationId": ALLOCATIONS[n], "isPrimary": True}
        if self.chance(0.3):
            address["publicIp"] = EIPS[n]
        if self.chance(0.7):
            address["associationId"] = self.new("nat-eipassoc")
        return address

    def nat_change(self, name, request, response):
        record = self.change(name, {}, {})
        record["requestParameters"] = {f"{name}Request": capitals(request)}
        record["responseElements"] = {f"{name}Response": response}

    def create_nat(self):
        address = self.nat_address()
        gateway = {"natGatewayId": self.rng.choice(NATS), "vpcId": self.rng.choice(VPCS)}
        gateway["natGatewayAddressSet"] = {"item": address} if self.chance(0.8) else {}
        self.nat_change("CreateNatGateway", {"allocationId": address["allocationId"]}, {"natGateway": gateway})

    def associate_nat(self):
        address, nat = self.nat_address(), self.rng.choice(NATS)
        self.nat_change(
            "AssociateNatGatewayAddress",
            {"natGatewayId": nat, "allocationId": address["allocationId"]},
            {"natGatewayId": nat, "natGatewayAddressSet": {"item": address}},
        )

    def disassociate_nat(self):
        nat, association = self.rng.choice(NATS), self.old("nat-eipassoc")
        request = {"natGatewayId": nat, "associationId": association}
        response = {"natGatewayId": nat}
        if self.chance(0.4):
            response["natGatewayAddressSet"] = {"item": {**self.nat_address(), "associationId": association}}
        self.nat_change("DisassociateNatGatewayAddress", request, response)

    def delete_nat(self):
        nat = self.rng.choice(NATS)
        self.nat_change("DeleteNatGateway", {"natGatewayId": nat}, {"natGatewayId": nat})

    def power(self):
        name = pick(
            self.rng,
            {"StartInstances": 4, "StopInstances": 4, "TerminateInstances": 1, "BidEvictedEvent": 1},
        )
        instances = self.rng.sample(self.instances, 1 if self.chance(0.8) else 2)
        if name == "BidEvictedEvent":
            self.change(name, serviceEventDetails={"instanceIdSet": instances})
            return
        states = ({"code": 80, "name": "stopped"}, {"code": 16, "name": "running"}, {"name": "stopped"}, None)
        described = [{"instanceId": i, "previousState": self.rng.choice(states)} for i in instances]
        described = [{k: v for k, v in d.items() if v is not None} for d in described]
        asked = self.listed(*({"instanceId": i} for i in instances))
        response = {"instancesSet": self.listed(*described)} if self.chance(0.85) else None
        self.change(name, {"instancesSet": asked}, response)

    def rest(self):
        self.wait(self.rng.randint(HOUR, 4 * DAY))

    def nap(self):
        asked = {"instancesSet": self.listed({"instanceId": self.instance()})}
        self.change("StopInstances", asked, None)
        self.wait(self.rng.randint(0, HOUR))
        if self.chance(0.5):
            self.call()
        self.change("StartInstances", asked, None)

    def replace(self):
        """An instance ends, and is not heard of again but from a thief, while its credentials live."""
        old = self.instance()
        self.change("TerminateInstances", {"instancesSet": self.listed({"instanceId": old})}, None)
        for _ in range(self.rng.randint(0, 3)):
            self.wait(self.rng.randint(0, HOUR))
            self.add(self.call_record(old, self.rng.choice(PUBLIC)))
        self.instances.remove(old)
        fresh = f"i-{self.rng.getrandbits(32):08x}"
        self.instances.append(fresh)
        self.home[fresh], self.private_home[fresh] = self.rng.choice(PUBLIC), self.rng.choice(PRIVATE[:4])
        self.next_instance = fresh
        self.launch()

    def churn(self):
        """Something comes and goes soon."""
        if self.chance(0.5):
            self.associate()
            self.wait(self.rng.randint(0, 5 * MINUTE))
            self.change("DisassociateAddress", {"associationId": self.latest("eipassoc")}, {"_return": True})
        else:
            self.attach()
            self.wait(self.rng.randint(0, 5 * MINUTE))
            request = {"attachmentId": self.latest("eni-attach")}
            self.change("DetachNetworkInterface", request, {"_return": True})

    # --- What is not for the detector, or pretends to be --------------------------------------------

    def noise(self):
        """Irrelevant records, and look-alikes."""
        instance = self.instance()
        record = self.call_record(instance, self.public_source(instance))
        kind = self.rng.randrange(5)
        if kind == 0:
            record["userIdentity"]["type"] = "IAMUser"
        elif kind == 1:
            record["userIdentity"]["arn"] += "-"
        elif kind == 2:
            name = f"worker-{self.rng.randint(1, 2)}"
            record["userIdentity"] = build.identity(name, creation=self.creation())
        elif kind == 3:
            arn = record["userIdentity"]["arn"]
            record["userIdentity"]["arn"] = arn.replace(":sts:", ":iam:").replace("role/", "role/a/b/", 1)
        else:
            name = f"worker-{self.rng.randint(1, 2)}"
            user = {"type": "AWSService", "invokedBy": "ecs-tasks.amazonaws.com"}
            source = "ecs-tasks.amazonaws.com"
            record = build.issue(self.t, name, self.next_id(), userIdentity=user, sourceIPAddress=source)
        self.add(record)

    def hostile(self):
        """A record with something odd in it."""
        getattr(self, self.rng.choice(("call", "eip", "interface", "power", "issue", "nat", "private")))()
        record = self.records[-1]
        if self.chance(0.4):
            record["eventVersion"] = ODD_VERSION
        kind = self.rng.randrange(11)
        if kind == 0:
            record["eventTime"] = self.rng.choice(("yesterday", None, 12, "2024-02-30T00:00:00Z", ""))
        elif kind == 1:
            record["@timestamp"] = record.pop("eventTime")[:-1] + ".750Z"
        elif kind in (2, 9, 10):
            record[self.rng.choice(("requestParameters", "responseElements"))] = self.rng.choice(
                (None, [1, [2]], "text", True, 7, {"items": {"items": []}}, {}, {"instanceId": {"x": 1}})
            )
        elif kind == 3:
            evil = '\u202eevil"\\\n\x00\x7f\x9b\U0001f600\ufeff'
            record["userAgent"] = self.rng.choice((evil, "half \ud800"))
        elif kind == 4:
            record["awsRegion"] = self.rng.choice((7, True, -1.5e3, ["x"], None))
        elif kind == 5:
            record["eventID"] = self.rng.choice(("", "\u00e9", "zz", "ZZ", None, 7))
        elif kind == 6:
            record["sourceIPAddress"] = self.rng.choice(
                ("01.2.3.4", "fe80::1%eth0", " 203.0.113.10", "203.0.113.10/32", "::", "0.0.0.0", 42)
            )
        elif kind == 7:
            end = self.rng.choice((".999Z", "+00:00", "+05:30"))
            record["eventTime"] = record["eventTime"].replace("Z", end)
        else:
            record["sharedEventID"] = self.rng.choice(("s1", "s2", ""))


def american(time):
    """`Jul 10, 2023, 6:30:22 PM`."""
    month = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()[int(time[5:7]) - 1]
    hour, half = int(time[11:13]) % 12 or 12, "PM" if int(time[11:13]) >= 12 else "AM"
    return f"{month} {int(time[8:10])}, {time[:4]}, {hour}{time[13:19]} {half}"


def capitals(value):
    """With names in upper case of their first letter."""
    if isinstance(value, dict):
        return {name[:1].upper() + name[1:]: capitals(inside) for name, inside in value.items()}
    return [capitals(each) for each in value] if isinstance(value, list) else value


# --- Delivery ---------------------------------------------------------------------------------


def time_of(record):
    """Of a record with a readable time, else 0."""
    time = record.get("eventTime") or record.get("@timestamp")
    return (parse_time(time) or 0) if isinstance(time, str) else 0


def delivered(rng, records, jitter_s):
    """Each record comes up to jitter_s later than its time."""
    last, arrivals = 0, []
    for record in records:
        last = time_of(record) or last
        arrivals.append((last + rng.uniform(0, jitter_s), record))
    return [record for _, record in sorted(arrivals, key=lambda a: a[0])]


def held_back(rng, records, part):
    """A part of them comes much later than the others."""
    arrivals = [(n + (rng.randint(5, 60) if rng.random() < part else 0), n) for n in range(len(records))]
    return [records[n] for _, n in sorted(arrivals)]


def repeated(rng, records, part):
    """A part of them comes twice, the second time at the same second or later; some as copies for another
    account, which share a sharedEventID."""
    result = []
    for n, record in enumerate(records):
        result.append(record)
        if rng.random() < part:
            if rng.random() < 0.3 and record.get("eventID"):
                record["sharedEventID"] = f"shared-{n}"
                record = {**record, "eventID": f"{record['eventID']}-copy"}
                other = rng.choice(records)
                if rng.random() < 0.3:  # not the same session's
                    record["userIdentity"] = other["userIdentity"]
            result.append(dict(record))
    return result


def with_wrong_clocks(rng, records):
    """A few records, alone or two together, are about a day or many ahead."""
    for _ in range(rng.randint(1, 3)):
        n = rng.randrange(len(records))
        time = max(map(time_of, records[:n]), default=START)
        time += rng.choice((DAY - HOUR, DAY, DAY + 1, DAY + HOUR, 2 * DAY, 40 * DAY))
        for record in records[n : n + rng.randint(1, 2)]:
            if "eventTime" in record:
                record["eventTime"] = format_time(time)
            time += rng.choice((0, 1, *SPANS[:5])) + rng.choice((0, 0, 1))
    return records


def ended_for_good(records):
    """Without ends of instances that are heard of days later: the program has forgotten these by then."""
    kept = []
    for record in records:
        ids = [i for i in INSTANCES if i in json.dumps(record)] if record["eventName"] in ENDS else []
        limit = time_of(record) + 58 * HOUR
        if not any(time_of(r) > limit and any(i in json.dumps(r) for i in ids) for r in records):
            kept.append(record)
    return kept


def trail(seed, profile, events=None):
    """The records of a trail."""
    records = made_trail(seed, profile, events)
    return records if profile == "long" else ended_for_good(records)


def made_trail(seed, profile, events):
    rng = random.Random(f"{profile} {seed}")
    records = Trail(rng, profile).run(events or rng.randint(10, 160))
    if profile in ("disorder", "hostile"):
        records = repeated(rng, records, rng.choice((0, 0.1, 0.5)))
        if rng.random() < 0.4:
            records = with_wrong_clocks(rng, records)
        records = delivered(rng, records, rng.choice((0, 5 * MINUTE, 14 * MINUTE, 30 * MINUTE, 3 * HOUR)))
        return held_back(rng, records, rng.choice((0, 0.05, 0.15)))
    return delivered(rng, records, rng.choice((0, 0, 10 * MINUTE)))


def to_ndjson(records):
    return "".join(spelled(record) + "\n" for record in records)


def spelled(record):
    """The record as JSON. One of the odd version is written in a way that differs in nothing that counts,
    always the same for the same record: names told twice (the first counts), escapes, things inside
    things."""
    text = json.dumps(record)
    if record.get("eventVersion") != ODD_VERSION:
        return text
    rng = random.Random(text)
    for _ in range(rng.randint(1, 3)):
        kind = rng.randrange(4)
        if kind == 0:
            again = rng.choice(('"eventName": "X"', '"userIdentity": {}', '"eventTime": 1', '"eventID": []'))
            text = text[:-1] + f", {again}}}" if again.split(":")[0] in text else text
        elif kind == 1:
            name = rng.choice(("eventName", "eventSource", "arn", "eventTime", "instanceId", "sourceIPAddress"))
            text = text.replace(f'"{name}":', f'"\\u{ord(name[0]):04x}{name[1:]}":', 1)
        elif kind == 2:
            nested = '"nested": [[{"eventTime": "x", "userIdentity": {"type": "X"}}], "]}\\"", {"}": "{"}]'
            text = "{" + nested + ", " + text[1:]
        else:
            text = text.replace('": ', rng.choice(('":', '" :\t', '":  ')))
    return text


def main(arguments):
    p = argparse.ArgumentParser(description="Print a made-up trail.")
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--profile", choices=PROFILES, default="calm")
    p.add_argument("--events", type=int)
    args = p.parse_args(arguments)
    sys.stdout.write(to_ndjson(trail(args.seed, args.profile, args.events)))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
