"""Records for tests, shaped like real ones (CLOUDTRAIL.md)."""

from words import format_time, parse_time

START = parse_time("2024-03-01T00:00:00Z")
ACCOUNT = "111122223333"
ROLE = "app"
CLI = "aws-cli/2.13.5 Python/3.11.4 Linux/5.10 exe/x86_64"
CURL = "curl/8.1.2"
VPCE = "vpce-0a1b2c3d4e5f60718"


def session_arn(session, account=ACCOUNT, role=ROLE, partition="aws"):
    return f"arn:{partition}:sts::{account}:assumed-role/{role}/{session}"


def record(t, event_source, event_name, event_id, **fields):
    """t is in seconds since START. A field that is None is left out, but for the two that are null in real
    records."""
    base = {
        "eventVersion": "1.08",
        "eventTime": format_time(START + t),
        "eventSource": event_source,
        "eventName": event_name,
        "awsRegion": "us-east-1",
        "requestParameters": None,
        "responseElements": None,
        "eventID": event_id,
        "eventType": "AwsApiCall",
    }
    base.update(fields)
    nullable = ("requestParameters", "responseElements")
    return {name: value for name, value in base.items() if value is not None or name in nullable}


def issue(
    t, session, event_id, account=ACCOUNT, role=ROLE, partition="aws", path="", expiration=None, **fields
):
    """EC2 gives an instance its role's credentials."""
    credentials = {"accessKeyId": "ASIAISSUED0000000001", "sessionToken": "x", "expiration": expiration}
    base = {
        "userIdentity": {"type": "AWSService", "invokedBy": "ec2.amazonaws.com"},
        "sourceIPAddress": "ec2.amazonaws.com",
        "userAgent": "ec2.amazonaws.com",
        "requestParameters": {
            "roleArn": f"arn:{partition}:iam::{account}:role/{path}{role}",
            "roleSessionName": session,
        },
        "responseElements": {"credentials": credentials},
    }
    base.update(fields)
    return record(t, "sts.amazonaws.com", "AssumeRole", event_id, **base)


def identity(session, account=ACCOUNT, role=ROLE, partition="aws", delivery="2.0", creation=0, **fields):
    arn = session_arn(session, account, role, partition)
    context = {"attributes": {"creationDate": format_time(START + creation)}}
    if delivery is not None:
        context["ec2RoleDelivery"] = delivery
    return {
        "type": "AssumedRole",
        "arn": arn,
        "accountId": account,
        "accessKeyId": "ASIACALLER0000000001",
        "sessionContext": context,
        **fields,
    }


def call(t, session, source, event_id, does="s3:ListBuckets", agent=CLI, who=None, **fields):
    """An instance calls AWS; does is `service:Name`; who gives parameters of identity()."""
    service, name = does.split(":")
    return record(
        t,
        f"{service}.amazonaws.com",
        name,
        event_id,
        userIdentity=identity(session, **(who or {})),
        sourceIPAddress=source,
        userAgent=agent,
        **fields,
    )


def change(t, name, event_id, request=None, response=None, **fields):
    """Somebody changes addresses."""
    base = {
        "userIdentity": {"type": "IAMUser", "arn": f"arn:aws:iam::{ACCOUNT}:user/admin"},
        "sourceIPAddress": "198.51.100.200",
        "userAgent": "APN/1.0 Terraform/1.1.2",
        "requestParameters": request,
        "responseElements": response,
    }
    base.update(fields)
    return record(t, "ec2.amazonaws.com", name, event_id, **base)
