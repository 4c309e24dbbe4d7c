#!/usr/bin/env python3
"""Makes every file of this directory anew, byte for byte the same each time.

The name of a file tells the verdict: alert-KIND-…, quiet-…, and bad-… for input that is damaged, which
ctlock says with exit status 3 after judging everything readable; each bad file holds one alert that
must be found nevertheless. demo/ is the trail of the README. All accounts, ids and addresses are
made up; the addresses are of the documentation ranges.
"""
import json
import shutil
import sys
import uuid
import zlib
from datetime import datetime, timedelta
from pathlib import Path

HERE = Path(__file__).resolve().parent
ACCOUNT = "111122223333"
REGION = "us-east-1"
DAY = datetime(2023, 7, 10)
CLI = (
    "aws-cli/2.13.5 Python/3.11.4 Linux/6.1.0-10-amd64 exe/x86_64.debian.12 "
    "prompt/off command/"
)
BOTO = "Boto3/1.26.165 Python/3.9.16 Linux/6.1.34-59.116.amzn2023.x86_64 Botocore/1.29.165"
SSM_AGENT = "aws-sdk-go/1.41.4 (go1.18.3; linux; amd64) amazon-ssm-agent/"
TERRAFORM = (
    "APN/1.0 HashiCorp/1.0 Terraform/1.5.2 (+https://www.terraform.io) "
    "terraform-provider-aws/5.7.0 (+https://registry.terraform.io/providers/hashicorp/aws) "
    "aws-sdk-go/1.44.295 (go1.20.5; linux; amd64)"
)
THIEF = "198.51.100.7"
OFFICE = "192.0.2.200"


def at(clock, days=0):
    hours, minutes, seconds = (int(part) for part in clock.split(":"))
    return DAY + timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)


def stamp(time):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ")


class Trail:
    """Records in the order they are made, with ids that depend on the trail's name and that order."""

    def __init__(self, name):
        self.name = name
        self.records = []

    def unique(self, what):
        return uuid.uuid5(uuid.NAMESPACE_URL, f"{self.name}/{what}/{len(self.records)}")

    def add(self, time, source, event, identity, address, agent, request, response, **more):
        record = {
            "eventVersion": "1.08",
            "userIdentity": identity,
            "eventTime": stamp(time),
            "eventSource": source + ".amazonaws.com",
            "eventName": event,
            "awsRegion": REGION,
            "sourceIPAddress": address,
            "userAgent": agent,
        }
        if "errorCode" in more:
            record["errorCode"] = more.pop("errorCode")
            record["errorMessage"] = f"User: {identity['arn']} is not authorized"
        record["requestParameters"] = request
        record["responseElements"] = response
        record["requestID"] = str(self.unique("request"))
        record["eventID"] = str(self.unique("event"))
        record["readOnly"] = event.startswith(("Get", "List", "Describe", "Head", "Assume"))
        record["eventType"] = "AwsApiCall"
        record["managementEvent"] = True
        record["recipientAccountId"] = ACCOUNT
        record["eventCategory"] = "Management"
        record.update(more)
        if "vpcEndpointId" not in more and "invokedBy" not in identity:
            record["tlsDetails"] = {
                "tlsVersion": "TLSv1.3",
                "cipherSuite": "TLS_AES_128_GCM_SHA256",
                "clientProvidedHostHeader": f"{source}.{REGION}.amazonaws.com",
            }
        self.records.append(record)
        return record

    def admin(self, clock, event, request, response, source="ec2", agent=TERRAFORM, **more):
        """A person or a tool that sets things up."""
        identity = {
            "type": "IAMUser",
            "principalId": "AIDAEXAMPLE000000ALIX",
            "arn": f"arn:aws:iam::{ACCOUNT}:user/alix",
            "accountId": ACCOUNT,
            "accessKeyId": "AKIAEXAMPLE00000ALIX",
            "userName": "alix",
        }
        return self.add(
            at(clock), source, event, identity, OFFICE, agent, request, response, **more
        )

    def service(self, clock, name, source, event, request):
        """A service that looks around by its own role."""
        role = f"AWSServiceRoleFor{name.capitalize()}"
        identity = {
            "type": "AssumedRole",
            "principalId": "AROAEXAMPLE0000000SVC:" + name,
            "arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/{role}/{name}",
            "accountId": ACCOUNT,
            "invokedBy": name + ".amazonaws.com",
        }
        host = name + ".amazonaws.com"
        return self.add(at(clock), source, event, identity, host, host, request, None)

    def issue(self, clock, box):
        """EC2 hands the box a new credential."""
        time = at(clock)
        box.issued = time
        expires = time + timedelta(hours=6, minutes=21, seconds=13)
        expiration = f"{expires:%b} {expires.day}, {expires.year}, "
        expiration += f"{expires.hour % 12 or 12}:{expires:%M:%S} {expires:%p}"
        return self.add(
            time,
            "sts",
            "AssumeRole",
            {"type": "AWSService", "invokedBy": "ec2.amazonaws.com"},
            "ec2.amazonaws.com",
            "ec2.amazonaws.com",
            {"roleArn": box.role_arn(), "roleSessionName": box.id},
            {"credentials": {"accessKeyId": box.key, "expiration": expiration}},
            resources=[
                {"accountId": ACCOUNT, "type": "AWS::IAM::Role", "ARN": box.role_arn()}
            ],
            sharedEventID=str(self.unique("shared")),
        )

    def call(self, clock, box, address, source, event, agent, request=None, **more):
        """Somebody calls with the box's credential."""
        identity = {
            "type": "AssumedRole",
            "principalId": f"{box.principal}:{box.id}",
            "arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/{box.role}/{box.id}",
            "accountId": ACCOUNT,
            "accessKeyId": box.key,
            "sessionContext": {
                "sessionIssuer": {
                    "type": "Role",
                    "principalId": box.principal,
                    "arn": box.role_arn(),
                    "accountId": ACCOUNT,
                    "userName": box.role,
                },
                "webIdFederationData": {},
                "attributes": {
                    "creationDate": stamp(box.issued),
                    "mfaAuthenticated": "false",
                },
                "ec2RoleDelivery": "2.0",
            },
        }
        return self.add(at(clock), source, event, identity, address, agent, request, None, **more)

    def get_object(self, clock, box, address, agent, bucket, key, method="AuthHeader", **more):
        return self.call(
            clock,
            box,
            address,
            "s3",
            "GetObject",
            agent,
            {"bucketName": bucket, "key": key, "Host": f"{bucket}.s3.amazonaws.com"},
            additionalEventData={
                "SignatureVersion": "SigV4",
                "CipherSuite": "ECDHE-RSA-AES128-GCM-SHA256",
                "bytesTransferredIn": 0.0,
                "AuthenticationMethod": method,
                "bytesTransferredOut": 18432.0,
            },
            eventCategory="Data",
            managementEvent=False,
            **more,
        )

    def steal(self, clock, box):
        """The one call that a bad-… file hides."""
        return self.call(clock, box, THIEF, "s3", "ListBuckets", CLI + "s3.ls")


class Box:
    """An instance."""

    def __init__(self, number, role, path=""):
        self.id = f"i-0{number:016x}"
        self.role = role
        self.path = path
        self.key = f"ASIAEXAMPLE{number % 10**9:09d}"
        self.principal = "AROAEXAMPLE" + role.replace("-", "").upper()[:10].ljust(10, "0")
        self.issued = DAY

    def role_arn(self):
        return f"arn:aws:iam::{ACCOUNT}:role{self.path}/{self.role}"


def text(value):
    return json.dumps(value, separators=(",", ":")).encode()


def lines(records):
    return b"".join(text(record) + b"\n" for record in records)


def document(records):
    return text({"Records": records})


def pretty(value):
    return json.dumps(value, indent=2).encode() + b"\n"


def gzip(data):
    """One member, without a time or a name in it."""
    z = zlib.compressobj(9, zlib.DEFLATED, 31)
    return z.compress(data) + z.flush()


def put(name, data):
    path = HERE / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


def started(name, role="web-server", first="11:55:22"):
    """A trail in which one instance was launched, and that instance."""
    trail = Trail(name)
    box = Box(0xA1B2C3D4E5F607, role)
    trail.issue(first, box)
    return trail, box


def at_home(trail, box, clock="11:57:16", address="203.0.113.10"):
    return trail.call(
        clock,
        box,
        address,
        "ssm",
        "UpdateInstanceInformation",
        SSM_AGENT,
        {"instanceId": box.id, "agentName": "amazon-ssm-agent", "agentVersion": "3.1.1732.0"},
    )


def allocate(trail, clock, address, allocation):
    trail.admin(
        clock,
        "AllocateAddress",
        {"domain": "vpc"},
        {"publicIp": address, "domain": "vpc", "allocationId": allocation},
    )


def associate(trail, clock, box, allocation, association):
    trail.admin(
        clock,
        "AssociateAddress",
        {"allocationId": allocation, "instanceId": box.id, "allowReassociation": False},
        {"_return": True, "associationId": association},
    )


def launch(trail, clock, box, vpc, interface, private):
    trail.admin(
        clock,
        "RunInstances",
        {"instancesSet": {"items": [{"imageId": "ami-0123456789abcdef0", "maxCount": 1}]}},
        {
            "reservationId": "r-0123456789abcdef0",
            "ownerId": ACCOUNT,
            "instancesSet": {
                "items": [
                    {
                        "instanceId": box.id,
                        "instanceState": {"code": 0, "name": "pending"},
                        "vpcId": vpc,
                        "privateIpAddress": private,
                        "networkInterfaceSet": {
                            "items": [
                                {
                                    "networkInterfaceId": interface,
                                    "vpcId": vpc,
                                    "privateIpAddress": private,
                                    "attachment": {
                                        "attachmentId": "eni-attach-" + interface[4:],
                                        "deviceIndex": 0,
                                    },
                                    "privateIpAddressesSet": {
                                        "item": [{"privateIpAddress": private, "primary": True}]
                                    },
                                    "ipv6AddressesSet": {},
                                }
                            ]
                        },
                    }
                ]
            },
        },
    )


def set_state(trail, clock, event, box, before, after):
    trail.admin(
        clock,
        event,
        {"instancesSet": {"items": [{"instanceId": box.id}]}},
        {
            "instancesSet": {
                "items": [{"instanceId": box.id, "previousState": before, "currentState": after}]
            }
        },
    )


RUNNING = {"code": 16, "name": "running"}
STOPPED = {"code": 80, "name": "stopped"}
PENDING = {"code": 0, "name": "pending"}
STOPPING = {"code": 64, "name": "stopping"}
SHUTTING_DOWN = {"code": 32, "name": "shutting-down"}


def make_demo():
    """Three instances on an ordinary morning; from 12:07 on one credential is used from elsewhere."""
    t = Trail("demo")
    web = Box(0xA1B2C3D4E5F607, "web-server")
    batch = Box(0xB2C3D4E5F60718, "batch-worker", "/service-role")
    app = Box(0xC3D4E5F6071829, "app-backend")

    launch(t, "11:41:03", web, "vpc-0123456789abcdef0", "eni-0aaaaaaaaaaaaaaa1", "10.0.1.10")
    t.issue("11:41:09", web)
    allocate(t, "11:41:12", "203.0.113.10", "eipalloc-0aaaaaaaaaaaaaaa1")
    associate(t, "11:41:14", web, "eipalloc-0aaaaaaaaaaaaaaa1", "eipassoc-0aaaaaaaaaaaaaaa1")
    t.service("11:41:20", "config", "ec2", "DescribeInstances", {"filterSet": {}})
    at_home(t, web, "11:42:31")
    launch(t, "11:43:00", app, "vpc-0fedcba9876543210", "eni-0ccccccccccccccc1", "10.0.2.15")
    t.issue("11:43:08", app)
    t.issue("11:44:40", batch)
    at_home(t, batch, "11:46:02", "203.0.113.22")
    endpoint = {"vpcEndpointId": "vpce-0ccccccccccccccc1", "vpcEndpointAccountId": ACCOUNT}
    bucket = "example-app-settings"
    t.get_object("11:46:30", app, "10.0.2.15", f"[{BOTO}]", bucket, "app.json", **endpoint)
    t.get_object("11:47:15", web, "203.0.113.10", f"[{BOTO}]", bucket, "web.json")
    t.call("11:51:44", batch, "203.0.113.22", "sqs", "ReceiveMessage", BOTO,
           {"queueUrl": f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/jobs"})
    t.admin("11:53:10", "DescribeInstances", {"filterSet": {}}, None, agent=CLI)
    at_home(t, web, "11:57:31")
    t.call("11:58:20", batch, "203.0.113.22", "sts", "GetCallerIdentity", BOTO)
    # A service that works on the session's behalf is no theft.
    query = t.call("11:59:02", web, "athena.amazonaws.com", "s3", "GetObject",
                   "athena.amazonaws.com", {"bucketName": "example-app-data"})
    query["userIdentity"]["invokedBy"] = "athena.amazonaws.com"
    at_home(t, batch, "12:01:02", "203.0.113.22")
    t.get_object("12:02:30", app, "10.0.2.15", f"[{BOTO}]", bucket, "app.json", **endpoint)
    t.call("12:07:22", web, THIEF, "sts", "GetCallerIdentity", CLI + "sts.get-caller-identity")
    at_home(t, web, "12:07:31")
    t.call("12:07:58", web, THIEF, "s3", "ListBuckets", CLI + "s3.ls")
    t.call("12:08:17", web, THIEF, "iam", "ListUsers", CLI + "iam.list-users",
           errorCode="AccessDenied")
    t.service("12:08:40", "config", "ec2", "DescribeVolumes", {"filterSet": {}})
    t.get_object("12:09:41", web, THIEF, f"[{CLI}s3.cp]", "example-customer-exports",
                 "2023/07/customers.csv")
    at_home(t, batch, "12:11:02", "203.0.113.22")
    at_home(t, web, "12:12:31")

    # Objects appear about every five minutes, records are up to some minutes old and in no order.
    objects = {}
    for n, record in enumerate(t.records):
        time = datetime.strptime(record["eventTime"], "%Y-%m-%dT%H:%M:%SZ")
        delivered = time + timedelta(minutes=5 + (n * 7) % 4)
        delivered -= timedelta(minutes=delivered.minute % 5, seconds=delivered.second)
        objects.setdefault(delivered, []).insert(n % 2, record)
    for time, records in sorted(objects.items()):
        mark = uuid.uuid5(uuid.NAMESPACE_URL, f"demo/{time}").hex[:16].upper()
        put(
            f"demo/AWSLogs/{ACCOUNT}/CloudTrail/{REGION}/{time:%Y/%m/%d}/"
            f"{ACCOUNT}_CloudTrail_{REGION}_{time:%Y%m%dT%H%MZ}_{mark}.json.gz",
            gzip(document(records)),
        )
    put(
        f"demo/AWSLogs/{ACCOUNT}/CloudTrail-Digest/{REGION}/2023/07/10/"
        f"{ACCOUNT}_CloudTrail-Digest_{REGION}_example-trail_{REGION}_20230710T120000Z.json.gz",
        gzip(text({"awsAccountId": ACCOUNT, "digestStartTime": "2023-07-10T11:00:00Z",
                   "digestEndTime": "2023-07-10T12:00:00Z", "logFiles": []})),
    )


def make_alerts():
    t, box = started("stolen")
    at_home(t, box)
    t.steal("12:07:58", box)
    put("alert-ip-mismatch-stolen-credential.json.gz", gzip(document(t.records)))

    t, box = started("ipv6")
    at_home(t, box, address="2001:db8:1::10")
    t.call("12:07:58", box, "2001:DB8:F::7", "s3", "ListBuckets", CLI + "s3.ls")
    put("alert-ip-mismatch-over-ipv6.json", document(t.records))

    # The thief came first, so the owner's own call is the one that differs: the alert names both.
    t, box = started("first")
    t.call("11:56:40", box, THIEF, "s3", "ListBuckets", CLI + "s3.ls")
    at_home(t, box)
    put("alert-ip-mismatch-thief-came-first.ndjson", lines(t.records))

    t, box = started("inside")
    launch(t, "11:55:20", box, "vpc-0123456789abcdef0", "eni-0aaaaaaaaaaaaaaa1", "10.0.1.10")
    endpoint = {"vpcEndpointId": "vpce-0aaaaaaaaaaaaaaa1", "vpcEndpointAccountId": ACCOUNT}
    t.call("11:57:16", box, "10.0.1.10", "s3", "ListBuckets", BOTO, **endpoint)
    t.call("12:07:58", box, "10.0.7.77", "s3", "ListBuckets", BOTO, **endpoint)
    put("alert-private-ip-mismatch-from-a-neighbour.json", pretty(t.records))

    t, box = started("foreign")
    at_home(t, box)
    t.call("13:30:00", box, "10.9.9.9", "s3", "ListBuckets", BOTO,
           vpcEndpointId="vpce-0bbbbbbbbbbbbbbb1", vpcEndpointAccountId="444455556666")
    put("alert-foreign-vpc-endpoint-of-another-account.json.gz", gzip(document(t.records)))

    t, box = started("console")
    at_home(t, box)
    t.call("12:07:58", box, THIEF, "signin", "GetSigninToken", "python-requests/2.31.0")
    t.call("12:09:10", box, THIEF, "s3", "ListBuckets", "S3Console/0.4, aws-internal/3",
           sessionCredentialFromConsole="true")
    put("alert-console-use.json.gz", gzip(document(t.records)))

    t, box = started("terminated")
    at_home(t, box)
    set_state(t, "12:00:00", "TerminateInstances", box, RUNNING, SHUTTING_DOWN)
    at_home(t, box, "12:15:00")
    put("alert-use-after-terminate.ndjson", lines(t.records))

    t, box = started("stopped")
    at_home(t, box)
    set_state(t, "12:00:00", "StopInstances", box, RUNNING, STOPPING)
    at_home(t, box, "12:15:00")
    put("alert-use-while-stopped.ndjson", lines(t.records))

    t, box = started("path")
    t.call("11:57:16", box, "10.0.1.10", "s3", "ListBuckets", BOTO,
           vpcEndpointId="vpce-0aaaaaaaaaaaaaaa1", vpcEndpointAccountId=ACCOUNT)
    t.call("13:30:00", box, THIEF, "s3", "ListBuckets", CLI + "s3.ls")
    put("alert-new-path-first-public-use-after-an-hour.ndjson", lines(t.records))


def make_quiet():
    t, box = started("eip")
    allocate(t, "11:55:25", "203.0.113.40", "eipalloc-0aaaaaaaaaaaaaaa1")
    at_home(t, box)
    associate(t, "12:00:00", box, "eipalloc-0aaaaaaaaaaaaaaa1", "eipassoc-0aaaaaaaaaaaaaaa1")
    at_home(t, box, "12:05:00", "203.0.113.40")
    put("quiet-eip-moved.ndjson", lines(t.records))

    t, box = started("restart")
    at_home(t, box)
    set_state(t, "12:30:00", "StopInstances", box, RUNNING, STOPPING)
    set_state(t, "12:40:00", "StartInstances", box, STOPPED, PENDING)
    at_home(t, box, "12:41:30", "203.0.113.77")
    put("quiet-restart-gave-a-new-address.ndjson", lines(t.records))

    t, box = started("services")
    at_home(t, box)
    for clock, source in (("12:00:00", "athena.amazonaws.com"), ("12:01:00", "AWS Internal")):
        t.call(clock, box, source, "s3", "GetObject", source, {"bucketName": "example-app-data"})
    put("quiet-service-on-behalf.json", pretty({"Records": t.records}))

    t, box = started("presigned")
    at_home(t, box)
    t.get_object("12:00:00", box, "192.0.2.50", "[Mozilla/5.0]", "example-reports",
                 "july.pdf", "QueryString")
    put("quiet-presigned-url.json.gz", gzip(document(t.records)))

    t, box = started("nat")
    vpc = "vpc-0123456789abcdef0"
    launch(t, "11:55:20", box, vpc, "eni-0aaaaaaaaaaaaaaa1", "10.0.1.10")
    for n, address in ((1, "203.0.113.51"), (2, "203.0.113.52")):
        allocation = f"eipalloc-0aaaaaaaaaaaaaaa{n}"
        allocate(t, f"11:54:0{n}", address, allocation)
        t.admin(
            f"11:54:1{n}",
            "CreateNatGateway",
            {"CreateNatGatewayRequest": {"AllocationId": allocation}},
            {
                "CreateNatGatewayResponse": {
                    "natGateway": {
                        "natGatewayId": f"nat-0aaaaaaaaaaaaaaa{n}",
                        "vpcId": vpc,
                        "natGatewayAddressSet": {
                            "item": {"isPrimary": True, "allocationId": allocation}
                        },
                        "state": "pending",
                    }
                }
            },
        )
        at_home(t, box, f"12:00:0{n}", address)
    put("quiet-two-nat-gateways.json.gz", gzip(document(t.records)))

    t, box = started("members")
    at_home(t, box)
    at_home(t, box, "12:02:16")
    put("quiet-members-one-after-another.json.gz",
        b"".join(gzip(document([record])) for record in t.records))

    t, box = started("logstash")
    at_home(t, box)
    for record in t.records:
        record["@timestamp"] = record.pop("eventTime").replace("Z", ".000Z")
        record["@version"] = "1"
    put("quiet-logstash.ndjson", lines(t.records))

    t, box = started("unknown")
    t.records.clear()
    at_home(t, box)
    t.steal("12:07:58", box)
    put("quiet-session-without-issue.ndjson", lines(t.records))


def make_bad():
    def theft(name):
        t, box = started(name)
        at_home(t, box)
        t.steal("12:07:58", box)
        at_home(t, box, "12:12:16")
        return t.records

    records = theft("cut")
    put("bad-cut-member.json.gz", gzip(lines(records[:3])) + gzip(lines(records * 9))[:-200])
    whole, hurt = gzip(lines(records)), bytearray(gzip(lines(records[3:])))
    hurt[len(hurt) // 2] ^= 0x55
    put("bad-damaged-member-in-the-middle.json.gz", gzip(lines(records[:2])) + hurt + whole)
    hurt = bytearray(whole)
    hurt[-8] ^= 1
    put("bad-checksum.ndjson.gz", hurt)
    put("bad-trailing-junk.ndjson.gz", whole + b"this is not gzip")

    first, second = document(records[:2]), document(records[2:])
    put("bad-junk-between-documents.json", first + b"\nNo route to host\n" + second + b"\n")
    put("bad-unclosed-document.json", document(records)[:-300])
    put("bad-record-is-no-object.json",
        text({"Records": [records[0], 42, records[1], "text", None, *records[2:]]}))

    home = records[1]
    without = {name: value for name, value in home.items() if name != "eventTime"}
    put("bad-record-without-time.ndjson", lines([*records, without]))
    put("bad-time.ndjson", lines([dict(home, eventTime="2023-02-30T12:00:00Z"), *records]))
    put("bad-zero-bytes.ndjson", lines(records[:2]) + bytes(64) + b"\n" + lines(records[2:]))
    big = text(dict(home, requestParameters={"padding": "x" * (1 << 20)}))
    put("bad-record-above-1-mib.ndjson.gz",
        gzip(lines(records[:2]) + big + b"\n" + lines(records[2:])))
    put("bad-nested-100000-deep.json.gz",
        gzip(lines(records) + b"[" * 100000 + b"]" * 100000 + b"\n"))


def main():
    if len(sys.argv) > 1:
        print(__doc__)
        return 2
    for old in HERE.iterdir():
        if old.name.startswith(("alert-", "quiet-", "bad-")):
            old.unlink()
    shutil.rmtree(HERE / "demo", ignore_errors=True)
    make_demo()
    make_alerts()
    make_quiet()
    make_bad()
    return 0


if __name__ == "__main__":
    sys.exit(main())
