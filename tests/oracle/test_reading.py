#!/usr/bin/env python3
"""Scenarios for the reading: at least one for each sentence of DETECTION.md sections 2 to 7 that decides
something. They say what the contract means in examples; each test's doc string names its sentence."""

import unittest

import agents
import build
import compare
import trails
from build import CLI, CURL, VPCE, change, issue
from exceptions import ConfigError, Exceptions
from options import Options
from reading import Reading, records_of
from siphash import siphash24
from words import (
    DAY,
    HOUR,
    MINUTE,
    classify_source,
    format_time,
    is_instance_name,
    parse_address,
    parse_expiration,
    parse_range,
    parse_role_arn,
    parse_session_arn,
    parse_time,
)

I1, I2, I3, I4 = "i-0000000000000001a", "i-0000000000000002b", "i-0000000000000003c", "i-0000000000000004d"
HOME, THIEF, OTHER = "203.0.113.10", "198.51.100.66", "192.0.2.77"
FOREIGN = "999900001111"


class Scenario(unittest.TestCase):
    """A trail is a list of records, given in the order of their time unless a test says otherwise."""

    def setUp(self):
        self.trail = []
        self.options = {}

    def add(self, record):
        self.trail.append(record)
        return record

    def next_id(self):
        return f"e{len(self.trail):04}"

    def issue(self, t, session=I1, **fields):
        return self.add(issue(t, session, self.next_id(), **fields))

    def call(self, t, source=HOME, session=I1, **fields):
        return self.add(build.call(t, session, source, self.next_id(), **fields))

    def private(self, t, source, session=I1, vpce=VPCE, **fields):
        return self.call(t, source, session, vpcEndpointId=vpce, **fields)

    def whoami(self, t, source=HOME, session=I1, agent=CLI, **fields):
        return self.call(t, source, session, does="sts:GetCallerIdentity", agent=agent, **fields)

    def change(self, t, name, request=None, response=None, **fields):
        return self.add(change(t, name, self.next_id(), request, response, **fields))

    def run_trail(self):
        reading = Reading(Options(**{"info": True, "show_suppressed": True, **self.options}))
        for record in self.trail:
            reading.take(record)
        reading.end()
        return reading

    def told(self):
        """`kind source` of each line, in order; a suppressed one in parentheses."""
        return [
            f"({line['kind']} {line['source']})"
            if line["type"] == "suppressed"
            else f"{line['kind']} {line['source']}"
            for line in self.run_trail().lines
        ]

    def expect(self, *told):
        self.assertEqual(self.told(), list(told))

    def line(self, index=-1):
        return self.run_trail().lines[index]

    def locked(self, session=I1):
        reading = self.run_trail()
        for row in reading.table.rows():
            if row.session.name == session:
                return [str(a.who) for a in row.addresses]
        return None


class Section1Words(unittest.TestCase):
    def test_first_of_two_equal_names_counts(self):
        (record,) = records_of('{"eventTime":"a","eventTime":"b"}')
        self.assertEqual(record["eventTime"], "a")

    def test_session_has_no_path_and_any_partition_and_iam_spelling(self):
        for arn in (
            "arn:aws-cn:sts::1:assumed-role/app/i-0abcdef12",
            "arn:aws-cn:iam::1:assumed-role/app/i-0abcdef12",
            "arn:aws-cn:sts::1:assumed-role/service-role/app/i-0abcdef12",
        ):
            self.assertEqual(
                parse_session_arn(arn).arn, "arn:aws-cn:sts::1:assumed-role/app/i-0abcdef12"
            )
        self.assertEqual(parse_role_arn("arn:aws:iam::1:role/service-role/app"), ("aws", "1", "app"))

    def test_not_sessions(self):
        for arn in (
            None,
            "",
            "arn:aws:sts::1:assumed-role/app",
            "arn:aws:sts::1:assumed-role/app/",
            "arn:aws:sts::1:assumed-role//x",
            "arn:aws:sts:us-east-1:1:assumed-role/app/x",
            "arn:aws:sts:::assumed-role/app/x",
            "arn::sts::1:assumed-role/app/x",
            "arn:aws:ec2::1:assumed-role/app/x",
            "arn:aws:iam::1:role/app",
        ):
            self.assertIsNone(parse_session_arn(arn), arn)

    def test_role_names_with_colons(self):
        arn = "arn:aws:sts::1:assumed-role/aws:ec2-instance/i-0abcdef12"
        self.assertEqual(parse_session_arn(arn).role, "aws:ec2-instance")

    def test_instance_names(self):
        for name in ("i-0abcdef1", "i-DDd6c7B0e18F0E35f", "i-i2jnm5swa59p4fxg"):
            self.assertTrue(is_instance_name(name), name)
        for name in ("i-0abcdef", "i-", "x-0abcdef1", "i-0abcdef1-", "i-0abcdéf12", None, "I-0abcdef1"):
            self.assertFalse(is_instance_name(name), name)

    def test_services(self):
        for text in (None, "", "AWS Internal", "AWS Internal/3", "s3.amazonaws.com", "ec2.amazonaws.com.cn"):
            self.assertTrue(classify_source(text, None).is_service, text)
        for text in ("AWS Internals", "amazonaws.com.evil.org", "evil-amazonaws.com"):
            self.assertFalse(classify_source(text, None).is_service, text)

    def test_addresses_are_compared_as_addresses(self):
        self.assertEqual(parse_address("::ffff:1.2.3.4"), parse_address("1.2.3.4"))
        self.assertEqual(parse_address("::ffff:102:304"), parse_address("1.2.3.4"))
        self.assertEqual(parse_address("2001:DB8:0::1"), parse_address("2001:db8::1"))
        for text in ("01.2.3.4", "1.2.3", "1.2.3.4.5", "fe80::1%eth0", "253.252.51.07", " 1.2.3.4"):
            self.assertIsNone(parse_address(text), text)

    def test_slots(self):
        for text, endpoint, slot in (
            ("8.8.8.8", None, "public"),
            ("8.8.8.8", VPCE, "private"),
            ("8.8.8.8", "s3.us-east-1.amazonaws.com", "public"),
            ("10.1.2.3", None, "private"),
            ("172.31.0.1", None, "private"),
            ("172.32.0.1", None, "public"),
            ("192.168.9.9", None, "private"),
            ("100.64.0.1", None, "private"),
            ("100.128.0.1", None, "public"),
            ("169.254.169.254", None, "private"),
            ("127.0.0.1", None, "private"),
            ("fd00::1", None, "private"),
            ("fe80::1", None, "private"),
            ("::1", None, "private"),
            ("::ffff:10.0.0.1", None, "private"),
            ("::ffff:8.8.8.8", None, "public"),
            ("2001:db8::1", None, "ipv6"),
            ("2001:db8::1", VPCE, "private"),
            ("253.252.51.07", None, "public"),
            ("253.252.51.07", VPCE, "private"),
        ):
            self.assertEqual(classify_source(text, endpoint).slot, slot, text)

    def test_times(self):
        t = parse_time("2023-07-10T11:55:22Z")
        self.assertEqual(format_time(t), "2023-07-10T11:55:22Z")
        self.assertEqual(parse_time("2023-07-10T11:55:22.999Z"), t)
        self.assertEqual(parse_time("2023-07-10T13:55:22+02:00"), t)
        self.assertEqual(parse_time("2016-12-31T23:59:60Z"), parse_time("2016-12-31T23:59:59Z"))
        for text in ("2023-02-30T00:00:00Z", "2023-07-10 11:55:22Z", "2023-07-10T11:55:22", "", None, "1"):
            self.assertIsNone(parse_time(text), text)

    def test_expirations(self):
        self.assertEqual(parse_expiration("Jul 10, 2023, 6:30:22 PM"), parse_time("2023-07-10T18:30:22Z"))
        self.assertEqual(parse_expiration("Nov 29, 2018 4:31:59 AM"), parse_time("2018-11-29T04:31:59Z"))
        self.assertEqual(parse_expiration("Nov 29, 2018 12:31:59 AM"), parse_time("2018-11-29T00:31:59Z"))
        self.assertEqual(parse_expiration("Nov 9, 2018, 12:00:00\u202fPM"), parse_time("2018-11-09T12:00:00Z"))
        self.assertIsNone(parse_expiration("Foo 29, 2018 4:31:59 AM"))

    def test_ranges(self):
        self.assertEqual(str(parse_range("::ffff:10.0.0.0/104")), "10.0.0.0/8")
        self.assertEqual(str(parse_range("10.0.0.1")), "10.0.0.1/32")
        for text in ("10.0.0.1/8", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/08", "x/8", "2001:db8::1/64"):
            self.assertRaises(ValueError, parse_range, text)

    def test_siphash_of_the_paper(self):
        key = bytes(range(16))
        k0, k1 = int.from_bytes(key[:8], "little"), int.from_bytes(key[8:], "little")
        self.assertEqual(siphash24(bytes(range(15)), k0, k1), 0xA129CA6149BE45E5)


class Section1Records(Scenario):
    def test_time_of_logstash(self):
        """`@timestamp` where there is no eventTime."""
        self.issue(0)
        for record in (self.call(10), self.call(20, THIEF)):
            record["@timestamp"] = record.pop("eventTime").replace("Z", ".000Z")
        self.expect(f"ip-mismatch {THIEF}")

    def test_relevant_record_without_time_is_malformed(self):
        self.issue(0)
        del self.call(10)["eventTime"]
        self.call(20)["eventTime"] = "yesterday"
        counts = self.run_trail().counts
        self.assertEqual((counts.malformed, counts.calls), (2, 0))

    def test_irrelevant_records_are_only_counted(self):
        self.add({"eventTime": "whenever"})
        self.add({"@timestamp": "whenever"})
        self.add({"a": 1})
        counts = self.run_trail().counts
        self.assertEqual((counts.records, counts.malformed), (3, 1))

    def test_text_source_is_compared_as_text(self):
        self.issue(0)
        self.call(1, "253.252.51.07")
        self.call(2, "253.252.51.07")
        self.call(3, "253.252.51.7")
        self.expect("ip-mismatch 253.252.51.7")

    def test_mapped_address_is_its_ipv4(self):
        self.issue(0)
        self.call(1, HOME)
        self.call(2, f"::ffff:{HOME}")
        self.expect()


class Section2Table(Scenario):
    def test_call_without_a_row_is_discarded_and_counted(self):
        self.call(0)
        self.call(1, THIEF)
        counts = self.run_trail().counts
        self.assertEqual((counts.unknown, counts.calls, counts.rows_made), (2, 0, 0))

    def test_issue_makes_a_row_without_addresses(self):
        self.issue(0)
        self.assertEqual(self.locked(), [])

    def test_second_issue_keeps_the_addresses(self):
        self.issue(0)
        self.call(1)
        self.issue(2)
        self.call(3, THIEF)
        self.expect(f"ip-mismatch {THIEF}")
        self.assertEqual(self.run_trail().counts.rows_made, 1)

    def test_issue_by_invokedby(self):
        self.issue(0, sourceIPAddress="AWS Internal")
        self.call(1)
        self.assertEqual(self.locked(), [HOME])

    def test_issue_by_another_service_is_none(self):
        user = {"type": "AWSService", "invokedBy": "lambda.amazonaws.com"}
        self.issue(0, sourceIPAddress="lambda.amazonaws.com", userIdentity=user)
        self.assertIsNone(self.locked())

    def test_failed_issue_is_none(self):
        self.issue(0, errorCode="AccessDenied")
        self.assertIsNone(self.locked())

    def test_issue_of_a_session_that_is_no_instance(self):
        """ec2.amazonaws.com with an instance session name; `--issuer NAME` with any."""
        self.issue(0, session="worker")
        self.issue(0, session="worker", sourceIPAddress="ecs-tasks.amazonaws.com")
        self.assertIsNone(self.locked("worker"))
        self.options = {"issuers": ("ecs-tasks.amazonaws.com",)}
        self.assertEqual(self.locked("worker"), [])
        self.call(1, HOME, "worker")
        self.call(2, THIEF, "worker")
        self.call(3, THIEF, "nobody")
        self.expect(f"ip-mismatch {THIEF}")
        self.assertEqual(self.run_trail().counts.unknown, 0)
        self.assertIsNone(self.line()["instance"])

    def test_role_path_is_no_part_of_the_session(self):
        self.issue(0, path="service-role/deep/")
        self.call(1)
        self.assertEqual(self.locked(), [HOME])

    def test_role_swap_keeps_the_addresses_of_the_instance(self):
        """(+) If the same instance has another live row, with that row's addresses."""
        self.issue(0)
        self.call(1)
        self.issue(2, role="other")
        self.call(3, THIEF, who={"role": "other"})
        self.expect(f"ip-mismatch {THIEF}")
        alert = self.line()
        self.assertEqual(alert["locked"][0]["event_id"], "e0001")
        self.assertEqual(alert["locked"][0]["sessions"], 1)

    def test_row_ends_with_the_ttl(self):
        self.issue(0)
        self.call(1)
        self.call(6 * HOUR, THIEF)
        self.call(6 * HOUR + 1, THIEF)
        self.expect(f"ip-mismatch {THIEF}")
        self.assertEqual(self.run_trail().counts.unknown, 1)

    def test_expiration_told_by_the_issue_extends(self):
        self.issue(0, expiration="Mar 1, 2024, 6:30:00 AM")
        self.call(6 * HOUR + 29 * MINUTE)
        self.assertEqual(self.run_trail().counts.calls, 1)

    def test_expiration_more_than_36_hours_ahead_is_not_believed(self):
        self.issue(0, expiration="Mar 2, 2024, 12:00:01 PM")
        self.call(7 * HOUR)
        self.assertEqual(self.run_trail().counts.unknown, 1)

    def test_expiration_of_36_hours_is_believed(self):
        self.issue(0, expiration="Mar 2, 2024, 12:00:00 PM")
        self.call(36 * HOUR)
        self.assertEqual(self.run_trail().counts.calls, 1)

    def test_expiry_never_shrinks(self):
        self.issue(0, expiration="Mar 1, 2024, 9:00:00 AM")
        self.issue(10)
        self.call(8 * HOUR)
        self.assertEqual(self.run_trail().counts.calls, 1)

    def test_adopt_by_role_delivery(self):
        self.options = {"adopt": True}
        self.call(0)
        self.call(1, THIEF)
        self.expect(f"ip-mismatch {THIEF}")

    def test_adopt_by_credentials_issued_to(self):
        self.options = {"adopt": True}
        scope = {"credentialsIssuedTo": f"arn:aws:ec2:us-east-1:1:instance/{I1}"}
        self.call(0, who={"delivery": None, "inScopeOf": scope})
        self.assertEqual(self.locked(), [HOME])

    def test_adopt_wants_a_proof(self):
        self.options = {"adopt": True}
        scope = {"credentialsIssuedTo": f"arn:aws:ec2:us-east-1:1:instance/{I2}"}
        self.call(0, who={"delivery": None, "inScopeOf": scope})
        self.assertIsNone(self.locked())

    def test_accepted_call_extends_under_adopt(self):
        """To creationDate + TTL."""
        self.options = {"adopt": True}
        self.call(0)
        self.call(5 * HOUR, who={"creation": 4 * HOUR})
        self.call(10 * HOUR, THIEF, who={"delivery": None})
        self.call(10 * HOUR + 1, THIEF, who={"delivery": None})
        self.expect(f"ip-mismatch {THIEF}")

    def test_mismatch_does_not_extend_under_adopt(self):
        self.options = {"adopt": True}
        self.call(0)
        self.call(5 * HOUR, THIEF, who={"creation": 4 * HOUR})
        self.call(9 * HOUR, who={"delivery": None})
        self.assertEqual(self.run_trail().counts.unknown, 1)

    def test_unreadable_creation_date_extends_from_the_call(self):
        self.options = {"adopt": True}
        self.call(0)
        record = self.call(5 * HOUR)
        record["userIdentity"]["sessionContext"]["attributes"]["creationDate"] = "?"
        self.call(11 * HOUR, who={"delivery": None})
        self.assertEqual(self.run_trail().counts.calls, 3)

    def test_without_adopt_calls_extend_nothing(self):
        self.issue(0)
        self.call(5 * HOUR, who={"creation": 4 * HOUR})
        self.call(7 * HOUR)
        self.assertEqual(self.run_trail().counts.unknown, 1)


class Section3Rules1To5(Scenario):
    def setUp(self):
        super().setUp()
        self.issue(0)

    def test_console(self):
        self.call(1)
        self.call(2, sessionCredentialFromConsole="true")
        self.call(3, sessionCredentialFromConsole=True)
        self.call(4, does="signin:ConsoleLogin")
        self.call(5, does="signin:GetSigninToken")
        self.call(6, does="signin:SwitchRole")
        self.call(7, "AWS Internal", sessionCredentialFromConsole=True)
        self.call(8, does="signin:Logout")
        self.assertEqual(self.run_trail().counts.alerts, {"console-use": 6})
        self.assertEqual(self.line()["severity"], "high")

    def test_service_never_locks(self):
        for t, source in enumerate(("AWS Internal", "athena.amazonaws.com", "", None)):
            self.call(1 + t, source)
        self.call(10, THIEF, who={"invokedBy": "athena.amazonaws.com"})
        self.assertEqual(self.run_trail().counts.info, {"service-call": 5})
        self.assertEqual(self.locked(), [])

    def presigned(self, t, source, name="GetObject"):
        return self.call(
            t, source, does=f"s3:{name}", additionalEventData={"AuthenticationMethod": "QueryString"}
        )

    def test_presigned(self):
        for t, name in enumerate(("GetObject", "HeadObject", "PutObject", "UploadPart")):
            self.presigned(1 + t, THIEF, name)
        self.presigned(9, HOME, "ListBuckets")
        self.assertEqual(self.run_trail().counts.info, {"presigned": 4})
        self.assertEqual(self.locked(), [HOME])

    def test_presigned_by_a_source_that_alerted_is_a_call(self):
        self.call(1)
        self.call(2, THIEF)
        self.presigned(3, THIEF)
        self.presigned(4, OTHER)
        self.expect(f"ip-mismatch {THIEF}", f"ip-mismatch {THIEF}", f"presigned {OTHER}")

    def test_presigned_alert(self):
        """It goes on to the rules below, but never locks, adds or spends."""
        self.options = {"presigned": "alert"}
        self.presigned(1, THIEF)
        self.call(2, HOME)
        self.presigned(3, THIEF)
        self.presigned(4, THIEF)
        self.expect(f"ip-mismatch {THIEF}", f"ip-mismatch {THIEF}")
        self.assertEqual([line["severity"] for line in self.run_trail().lines], ["low", "low"])
        self.assertEqual(self.locked(), [HOME])

    def terminate(self, t, name="TerminateInstances", instance=I1):
        listed = {"instancesSet": {"items": [{"instanceId": instance}]}}
        return self.change(t, name, listed, listed)

    def test_use_after_terminate(self):
        self.call(1)
        self.terminate(10)
        self.terminate(700)
        self.call(10 + 600)
        self.call(10 + 601)
        self.expect(f"use-after-terminate {HOME}")
        self.assertEqual(self.line()["severity"], "critical")

    def test_later_issue_ends_it(self):
        self.terminate(10)
        self.issue(11)
        self.call(700)
        self.expect()

    def test_later_issue_of_another_role_ends_it(self):
        self.terminate(10)
        self.issue(11, role="other")
        self.call(700)
        self.expect()

    def test_failed_terminate_ends_nothing(self):
        self.terminate(10)["errorCode"] = "Client.OperationNotPermitted"
        self.call(700)
        self.expect()

    def test_bid_evicted(self):
        self.change(10, "BidEvictedEvent", serviceEventDetails={"instanceIdSet": [I2, I1]})
        self.call(700)
        self.expect(f"use-after-terminate {HOME}")

    def test_use_while_stopped(self):
        self.terminate(10, "StopInstances")
        self.terminate(100, "StopInstances")
        self.call(700)
        self.call(701)
        self.terminate(702, "StartInstances")
        self.call(800)
        self.expect(f"use-while-stopped {HOME}")
        self.assertEqual(self.line()["severity"], "critical")

    def test_grace(self):
        self.options = {"grace": 0}
        self.terminate(10)
        self.call(10)
        self.call(11)
        self.expect(f"use-after-terminate {HOME}")

    def foreign(self, t, account=FOREIGN, source="10.0.0.5", **fields):
        return self.private(t, source, vpcEndpointAccountId=account, **fields)

    def test_first_foreign_endpoint_is_taken(self):
        """Shared VPCs have their endpoints in a central account."""
        self.foreign(1)
        self.foreign(2 * HOUR)
        self.foreign(2 * HOUR + 1, build.ACCOUNT)
        self.expect()

    def test_foreign_endpoint_within_settle_of_the_first_lock(self):
        self.private(1, "10.0.0.5")
        self.foreign(1 + HOUR)
        self.expect()

    def test_foreign_endpoint_later(self):
        self.private(1, "10.0.0.5")
        self.foreign(2 + HOUR)
        self.expect("foreign-vpc-endpoint 10.0.0.5")
        self.assertEqual(self.line()["severity"], "high")

    def test_trusted_account(self):
        self.options = {"trust_accounts": (FOREIGN,)}
        self.foreign(1)
        self.foreign(2 * HOUR)
        self.foreign(2 * HOUR + 1, "999900002222")
        self.expect("foreign-vpc-endpoint 10.0.0.5")

    def test_only_twelve_digits_are_an_account(self):
        self.private(1, "10.0.0.5")
        self.foreign(2 * HOUR, "99990000111")
        self.foreign(2 * HOUR, "99990000111x")
        self.expect()


class Section3Rules6To10(Scenario):
    def setUp(self):
        super().setUp()
        self.issue(0)

    def test_first_lock_and_mismatch(self):
        self.call(1)
        self.call(2)
        self.call(3, THIEF)
        self.call(4, HOME)
        self.expect(f"ip-mismatch {THIEF}")
        alert = self.line()
        self.assertEqual(alert["severity"], "high")
        self.assertEqual(
            alert["locked"],
            [
                {
                    "address": HOME,
                    "slot": "public",
                    "since": "2024-03-01T00:00:01Z",
                    "last": "2024-03-01T00:00:02Z",
                    "event_id": "e0001",
                    "sessions": 0,
                    "known": None,
                }
            ],
        )
        self.assertEqual(self.locked(), [HOME])

    def test_denied_call_is_judged(self):
        self.call(1, errorCode="AccessDenied")
        self.call(2, THIEF, errorCode="AccessDenied")
        self.expect(f"ip-mismatch {THIEF}")
        self.assertEqual(self.line()["error_code"], "AccessDenied")

    def test_slots_are_apart(self):
        self.call(1, HOME)
        self.call(2, "2001:db8::1")
        self.private(3, "10.0.0.5")
        self.call(4, "2001:db8::2")
        self.private(5, "10.0.0.6")
        self.expect("ip-mismatch 2001:db8::2", "private-ip-mismatch 10.0.0.6")
        self.assertEqual(self.line()["severity"], "medium")

    def test_private_wants_an_endpoint(self):
        """Without this condition the theft in the one labelled public trail goes unseen."""
        self.call(1, "10.0.0.5")
        self.expect("private-ip-mismatch 10.0.0.5")
        self.options = {"private_ip": "any"}
        self.expect()

    def test_same_address_in_another_slot_is_another_thing(self):
        self.private(1, HOME)
        self.call(2, HOME)
        self.call(3, THIEF)
        self.expect(f"ip-mismatch {THIEF}")

    def test_new_vpc_endpoint(self):
        self.private(1, "10.0.0.5")
        self.private(1 + HOUR, "10.0.0.5", vpce="vpce-b")
        self.private(2 + HOUR, "10.0.0.5", vpce="vpce-c")
        self.private(3 + HOUR, "10.0.0.5", vpce="vpce-c")
        self.expect("new-vpc-endpoint 10.0.0.5")

    def test_new_path_public(self):
        """A slot that opens later than --settle after another."""
        self.private(1, "10.0.0.5")
        self.call(2 + HOUR, THIEF)
        self.call(3 + HOUR, THIEF)
        self.expect(f"new-path {THIEF}")
        alert = self.line()
        self.assertEqual((alert["type"], alert["severity"]), ("alert", "medium"))
        self.assertEqual([a["address"] for a in alert["locked"]], ["10.0.0.5"])

    def test_new_path_within_settle_is_none(self):
        self.private(1, "10.0.0.5")
        self.call(1 + HOUR, THIEF)
        self.expect()

    def test_new_path_private_is_informational(self):
        self.call(1)
        self.private(2 + HOUR, "10.0.0.5")
        self.private(3 + HOUR, "10.0.0.5")
        self.expect("new-path 10.0.0.5")
        self.assertEqual(self.line()["type"], "info")

    def test_forwarded(self):
        """GetCallerIdentity can be signed here and sent from elsewhere: no SDK, no lock."""
        self.whoami(1, THIEF, agent=CURL)
        self.call(2, HOME)
        self.whoami(3, OTHER, agent=CURL)
        self.expect(f"forwarded {THIEF}", f"ip-mismatch {OTHER}")
        self.assertEqual(self.line()["severity"], "low")

    def test_identity_by_sdk_locks_provisionally(self):
        self.whoami(1, THIEF)
        self.call(2, HOME)
        self.call(3, THIEF)
        self.expect(f"relock {HOME}", f"ip-mismatch {THIEF}")

    def test_another_call_makes_the_lock_firm(self):
        self.whoami(1, HOME)
        self.call(2, HOME)
        self.call(3, THIEF)
        self.expect(f"ip-mismatch {THIEF}")

    def test_identity_does_not_make_it_firm_nor_relock(self):
        self.whoami(1, THIEF)
        self.whoami(2, THIEF)
        self.whoami(3, OTHER)
        self.call(4, HOME)
        self.expect(f"ip-mismatch {OTHER}", f"relock {HOME}")
        self.assertEqual(self.line(0)["severity"], "medium")

    def test_relock_only_within_settle(self):
        self.whoami(1, HOME)
        self.call(2 + HOUR, THIEF)
        self.expect(f"ip-mismatch {THIEF}")

    def test_forwarded_in_a_late_public_slot_alerts_low_and_adds_nothing(self):
        self.private(1, "10.0.0.5")
        self.whoami(2 + HOUR, THIEF, agent=CURL)
        self.call(3 + HOUR, HOME)
        self.expect(f"new-path {THIEF}", f"new-path {HOME}")
        self.assertEqual([line["severity"] for line in self.run_trail().lines], ["low", "medium"])

    def test_forwarded_in_a_late_private_slot(self):
        self.call(1)
        self.whoami(2 + HOUR, "10.0.0.5", agent=CURL, vpcEndpointId=VPCE)
        self.expect("forwarded 10.0.0.5")
        self.assertEqual(self.locked(), [HOME])

    def test_identity_by_sdk_in_a_late_slot_is_added_provisionally(self):
        self.private(1, "10.0.0.5")
        self.whoami(2 + HOUR, THIEF)
        self.call(2 + HOUR + 1, HOME)
        self.expect(f"new-path {THIEF}", f"relock {HOME}")
        self.assertEqual(self.locked(), ["10.0.0.5", HOME])

    def test_shared_egress_is_low(self):
        """A source held by 3 or more other live sessions."""
        for session in (I2, I3, I4):
            self.issue(1, session)
            self.call(2, OTHER, session)
        self.call(3)
        self.call(4, OTHER)
        self.expect(f"ip-mismatch {OTHER}")
        self.assertEqual((self.line()["severity"], self.line()["source_sessions"]), ("low", 3))

    def test_shared_by_two_others_is_high(self):
        for session in (I2, I3):
            self.issue(1, session)
            self.call(2, OTHER, session)
        self.call(3)
        self.call(4, OTHER)
        self.assertEqual(self.line()["severity"], "high")

    def test_min_severity_prints_less_and_counts_all(self):
        self.options = {"min_severity": "high"}
        self.call(1)
        self.whoami(2, THIEF)
        self.call(3, THIEF)
        reading = self.run_trail()
        self.assertEqual([line["event_id"] for line in reading.lines], ["e0003"])
        self.assertEqual(reading.counts.alerts, {"ip-mismatch": 2})

    def test_once(self):
        """One alert per (session, kind, source, severity) while the row lives."""
        self.options = {"once": True}
        self.call(1)
        self.call(2, THIEF)
        self.call(3, THIEF)
        self.whoami(4, THIEF)
        self.call(5, OTHER)
        counts = self.run_trail().counts
        self.assertEqual([line["event_id"] for line in self.run_trail().lines], ["e0002", "e0004", "e0005"])
        self.assertEqual((counts.alerts, counts.alerts_once), ({"ip-mismatch": 4}, 1))

    def test_same_uid_is_not_printed_twice(self):
        self.call(1)
        self.call(2, THIEF)
        self.issue(HOUR)
        self.trail.append(self.trail[2])
        counts = self.run_trail().counts
        self.assertEqual((counts.alerts, counts.alerts_repeated), ({"ip-mismatch": 1}, 1))

    def test_late_call_is_judged_and_locks_nothing(self):
        self.call(HOUR, HOME, I2)
        self.call(1, THIEF)
        self.call(HOUR + 1, HOME)
        self.expect()
        self.assertEqual(self.locked(), [HOME])
        self.issue(3 * HOUR)
        self.call(2, THIEF)
        self.expect(f"ip-mismatch {THIEF}")
        self.assertTrue(self.line()["late"])


class Section4Addresses(Scenario):
    """EIP and friends: whatever AWS tells about an instance's addresses is its own."""

    EIP, EIP2 = "203.0.113.200", "203.0.113.201"

    def setUp(self):
        super().setUp()
        self.issue(0)

    def allocate(self, t, ip=EIP, allocation="eipalloc-1"):
        self.change(t, "AllocateAddress", {}, {"publicIp": ip, "allocationId": allocation})

    def associate(self, t, association="eipassoc-1", instance=I1, **request):
        request = request or {"allocationId": "eipalloc-1"}
        if instance:
            request["instanceId"] = instance
        return self.change(t, "AssociateAddress", request, {"associationId": association})

    def disassociate(self, t, **request):
        self.change(t, "DisassociateAddress", request or {"associationId": "eipassoc-1"}, {"_return": True})

    def launch(self, t, instance=I1, eni="eni-1", ip="10.0.0.5", attachment="eni-attach-1", vpc="vpc-1"):
        interface = {
            "networkInterfaceId": eni,
            "privateIpAddress": ip,
            "attachment": {"attachmentId": attachment},
            "privateIpAddressesSet": {"item": [{"privateIpAddress": ip, "primary": True}]},
            "ipv6AddressesSet": {},
        }
        launched = {"instanceId": instance, "vpcId": vpc, "networkInterfaceSet": {"items": [interface]}}
        self.change(t, "RunInstances", {}, {"instancesSet": {"items": [launched]}})

    # Elastic addresses.

    def test_known_eip_is_the_instances_and_replaces_what_was_unknown(self):
        self.call(1)
        self.allocate(2)
        self.associate(3)
        self.call(4, self.EIP)
        self.call(5, HOME)
        self.expect(f"ip-mismatch {HOME}")
        self.assertEqual(self.line()["locked"][0]["known"], I1)

    def test_known_eip_by_public_ip(self):
        self.call(1)
        self.associate(2, publicIp=self.EIP)
        self.call(3, self.EIP)
        self.expect()

    def test_address_of_another_instance_is_named(self):
        self.associate(1, instance=I2, publicIp=self.EIP)
        self.call(2)
        self.call(3, self.EIP)
        self.assertEqual(self.line()["source_known"], I2)

    def test_a_public_address_is_one_instances_at_a_time(self):
        self.allocate(1)
        self.associate(2)
        self.call(3, self.EIP)
        self.associate(4, "eipassoc-2", I2)
        self.assertEqual(self.locked(), [])

    def test_disassociate_removes_it_from_the_row(self):
        self.allocate(1)
        self.associate(2)
        self.call(3, self.EIP)
        self.disassociate(4)
        self.assertEqual(self.locked(), [])
        self.call(5, HOME)
        self.call(6, self.EIP)
        self.expect(f"ip-mismatch {self.EIP}")

    def test_disassociate_removes_unknown_public_addresses(self):
        self.allocate(1)
        self.allocate(1, self.EIP2, "eipalloc-2")
        self.associate(2)
        self.call(3, self.EIP)
        self.associate(4, "eipassoc-2", allocationId="eipalloc-2")
        self.call(5, self.EIP2)
        self.disassociate(6)
        self.assertEqual(self.locked(), [self.EIP2])

    def test_disassociate_by_address(self):
        self.associate(1, publicIp=self.EIP)
        self.call(2, self.EIP)
        self.disassociate(3, publicIp=self.EIP)
        self.assertEqual(self.locked(), [])

    def test_disassociate_of_an_association_that_is_not_current(self):
        """The current association by id."""
        self.associate(1, publicIp=self.EIP)
        self.associate(2, "eipassoc-2", publicIp=self.EIP)
        self.call(3, self.EIP)
        self.disassociate(4)
        self.assertEqual(self.locked(), [self.EIP])

    def test_release(self):
        """Forgotten, and its address is nobody's; unknown addresses stay."""
        self.allocate(1)
        self.associate(2)
        self.call(3, self.EIP)
        self.change(4, "ReleaseAddress", {"allocationId": "eipalloc-1"}, {"_return": True})
        self.assertEqual(self.locked(), [])
        self.associate(5, "eipassoc-2")
        self.call(6, self.EIP)
        self.call(7, HOME)
        self.call(8, THIEF)
        self.expect(f"ip-mismatch {HOME}", f"ip-mismatch {THIEF}")

    def test_unknown_address_is_a_credit(self):
        self.call(1)
        self.associate(2)
        self.call(3, self.EIP)
        self.call(4, THIEF)
        self.expect(f"ip-mismatch {THIEF}")
        self.assertEqual([a["known"] for a in self.line()["locked"]], [None, I1])

    def test_what_spends_the_credit_is_the_associations(self):
        self.call(1)
        self.associate(2)
        self.call(3, self.EIP)
        self.disassociate(4)
        self.assertEqual(self.locked(), [])

    def test_first_lock_spends_the_credit(self):
        self.associate(1)
        self.call(2, HOME)
        self.call(3, THIEF)
        self.expect(f"ip-mismatch {THIEF}")

    def test_credit_ends_with_the_ttl(self):
        self.issue(1, expiration="Mar 1, 2024, 12:00:00 PM")
        self.call(1)
        self.associate(2)
        self.call(2 + 6 * HOUR, self.EIP)
        self.expect()
        self.trail.pop()
        self.call(3 + 6 * HOUR, self.EIP)
        self.expect(f"ip-mismatch {self.EIP}")

    def test_at_most_one_unused_credit(self):
        self.call(1)
        self.associate(2)
        self.associate(3, "eipassoc-2", allocationId="eipalloc-2")
        self.call(4, self.EIP)
        self.call(5, self.EIP2)
        self.expect(f"ip-mismatch {self.EIP2}")

    def test_disassociate_voids_the_credit(self):
        self.call(1)
        self.associate(2)
        self.disassociate(3)
        self.call(4, HOME)
        self.call(5, THIEF)
        self.expect(f"ip-mismatch {THIEF}")

    def test_relock_moves_the_association(self):
        self.associate(1)
        self.whoami(2, THIEF)
        self.call(3, HOME)
        self.disassociate(4)
        self.assertEqual(self.locked(), [])
        self.expect(f"relock {HOME}")

    def test_relock_does_not_move_the_association_of_another_instance(self):
        self.issue(0, I2)
        self.associate(1, instance=I2)
        self.call(2, THIEF, I2)
        self.whoami(3, THIEF)
        self.call(4, HOME)
        self.assertEqual(self.locked(I2), [THIEF])
        owners = self.run_trail().book.public_owners(parse_address(THIEF))
        self.assertEqual(owners, {I2})

    def test_relock_spends_a_credit(self):
        self.whoami(1, THIEF)
        self.associate(2)
        self.call(3, HOME)
        self.call(4, THIEF)
        self.expect(f"relock {HOME}", f"ip-mismatch {THIEF}")
        self.assertEqual(self.line()["locked"][0]["known"], I1)

    def test_text_spends_a_credit_too(self):
        self.call(1)
        self.associate(2)
        self.call(3, "253.252.51.07")
        self.call(4, THIEF)
        self.expect(f"ip-mismatch {THIEF}")

    def test_same_allocation_again_ends_its_association(self):
        self.call(1)
        self.associate(2)
        self.call(3, self.EIP)
        self.associate(4, "eipassoc-2", I2)
        self.assertEqual(self.locked(), [HOME])

    def test_association_told_otherwise_voids_its_credit(self):
        self.call(1)
        self.associate(2)
        self.associate(3, instance=I2)
        self.call(4, THIEF)
        self.expect(f"ip-mismatch {THIEF}")

    def test_failed_change_changes_nothing(self):
        self.call(1)
        self.associate(2, publicIp=self.EIP)["errorCode"] = "Client.InvalidAddress"
        self.call(3, self.EIP)
        self.expect(f"ip-mismatch {self.EIP}")

    def test_a_thief_gains_nothing_by_its_own_alerting_call(self):
        self.call(1)
        thief = self.associate(2, publicIp=THIEF)
        thief["userIdentity"] = build.identity(I1)
        thief["sourceIPAddress"] = THIEF
        self.call(3, THIEF)
        self.expect(f"ip-mismatch {THIEF}", f"ip-mismatch {THIEF}")

    def test_an_instance_may_move_its_own_address(self):
        self.call(1)
        own = self.associate(2, publicIp=self.EIP)
        own["userIdentity"] = build.identity(I1)
        own["sourceIPAddress"] = HOME
        self.call(3, self.EIP)
        self.expect()

    # Interfaces.

    def test_run_instances_tells_private_addresses(self):
        self.launch(1)
        self.private(2, "10.0.0.9")
        self.call(3, "10.0.0.5")
        self.expect()
        self.assertEqual(self.locked(), ["10.0.0.9", "10.0.0.5"])

    def test_known_private_address_does_not_make_a_public_source_known(self):
        self.launch(1, ip="203.0.113.5")
        self.call(2, HOME)
        self.call(3, "203.0.113.5")
        self.expect("ip-mismatch 203.0.113.5")

    def create_interface(self, t, eni="eni-2", **described):
        described = described or {"privateIpAddress": "10.0.0.6"}
        described["networkInterfaceId"] = eni
        self.change(t, "CreateNetworkInterface", {}, {"networkInterface": described})

    def attach(self, t, eni="eni-2", instance=I1, attachment="eni-attach-2"):
        request = {"networkInterfaceId": eni, "instanceId": instance, "deviceIndex": 1}
        return self.change(t, "AttachNetworkInterface", request, {"attachmentId": attachment})

    def test_attached_interface(self):
        self.private(1, "10.0.0.5")
        self.create_interface(2)
        self.attach(3)
        self.private(4, "10.0.0.6")
        self.change(5, "DetachNetworkInterface", {"attachmentId": "eni-attach-2"}, {"_return": True})
        self.private(6, "10.0.0.6")
        self.private(7, "10.0.0.7")
        self.expect("private-ip-mismatch 10.0.0.6", "private-ip-mismatch 10.0.0.7")
        self.assertEqual(self.locked(), ["10.0.0.5"])

    def test_delete_interface(self):
        self.private(1, "10.0.0.5")
        self.create_interface(2)
        self.attach(3)
        self.private(4, "10.0.0.6")
        self.change(5, "DeleteNetworkInterface", {"networkInterfaceId": "eni-2"}, {"_return": True})
        self.assertEqual(self.locked(), ["10.0.0.5"])

    def test_eip_of_an_interface(self):
        self.create_interface(1)
        self.associate(2, instance=None, networkInterfaceId="eni-2", publicIp=self.EIP)
        self.call(3)
        self.attach(4)
        self.call(5, self.EIP)
        self.expect()
        self.change(6, "DetachNetworkInterface", {"attachmentId": "eni-attach-2"}, {"_return": True})
        self.assertEqual(self.locked(), [HOME])

    def test_untold_interface_is_a_private_and_a_public_credit(self):
        self.private(1, "10.0.0.5")
        self.call(1, HOME)
        self.attach(2)
        self.private(3, "10.0.0.6")
        self.call(4, THIEF)
        self.private(5, "10.0.0.7")
        self.call(6, OTHER)
        self.expect("private-ip-mismatch 10.0.0.7", f"ip-mismatch {OTHER}")
        self.change(7, "DetachNetworkInterface", {"attachmentId": "eni-attach-2"}, {"_return": True})
        self.assertEqual(self.locked(), ["10.0.0.5", HOME])

    def test_untold_interface_with_a_told_eip_is_a_private_credit(self):
        self.call(1, HOME)
        self.associate(2, instance=None, networkInterfaceId="eni-2", publicIp=self.EIP)
        self.attach(3)
        self.call(4, THIEF)
        self.expect(f"ip-mismatch {THIEF}")

    def test_told_interface_with_an_unknown_eip_is_a_public_credit(self):
        self.call(1, HOME)
        self.create_interface(2)
        self.associate(3, instance=None, networkInterfaceId="eni-2", allocationId="eipalloc-9")
        self.attach(4)
        self.call(5, self.EIP)
        self.private(6, "10.0.0.9")
        self.private(7, "10.0.0.8")
        self.expect("private-ip-mismatch 10.0.0.8")

    def test_first_lock_does_not_spend_the_credit_of_an_interface(self):
        """Locking `public` spends one unused AssociateAddress credit."""
        self.attach(1)
        self.call(2, HOME)
        self.call(3, OTHER)
        self.call(4, THIEF)
        self.expect(f"ip-mismatch {THIEF}")

    def test_attached_again_where_it_is_keeps_its_credits(self):
        self.call(1)
        self.attach(2)
        self.call(HOUR)
        self.attach(2)  # late
        self.call(HOUR + 1, OTHER)
        self.expect()

    def test_attached_elsewhere_voids_its_credits(self):
        self.call(1)
        self.attach(2)
        self.attach(3, instance=I2, attachment="eni-attach-3")
        self.call(4, OTHER)
        self.expect(f"ip-mismatch {OTHER}")

    def test_private_credit_wants_an_endpoint(self):
        self.private(1, "10.0.0.5")
        self.attach(2)
        self.call(3, "10.0.0.6")
        self.expect("private-ip-mismatch 10.0.0.6")

    def test_assigned_addresses(self):
        self.launch(1)
        self.private(2, "10.0.0.5")
        assigned = {"assignedPrivateIpAddressSetType": [{"privateIpAddress": "10.0.0.60"}]}
        self.change(
            3,
            "AssignPrivateIpAddresses",
            {"networkInterfaceId": "eni-1", "secondaryPrivateIpAddressCount": 1},
            {"assignedPrivateIpAddressesSet": assigned},
        )
        self.private(4, "10.0.0.60")
        self.expect()
        gone = {"items": [{"privateIpAddress": "10.0.0.60"}]}
        self.change(
            5, "UnassignPrivateIpAddresses", {"networkInterfaceId": "eni-1", "privateIpAddressesSet": gone}
        )
        self.assertEqual(self.locked(), ["10.0.0.5"])

    def test_assigned_ipv6_and_prefixes(self):
        self.launch(1)
        self.call(2, "2001:db8::1")
        request = {"NetworkInterfaceId": "eni-1", "Ipv6PrefixCount": 1}
        response = {
            "networkInterfaceId": "eni-1",
            "assignedIpv6Addresses": {"item": "2001:db8::5"},
            "assignedIpv6PrefixSet": {"item": ["2001:db8:1::/80"]},
        }
        self.change(
            3,
            "AssignIpv6Addresses",
            {"AssignIpv6AddressesRequest": request},
            {"AssignIpv6AddressesResponse": response},
        )
        self.call(4, "2001:db8::5")
        self.call(5, "2001:db8:1::77")
        self.call(6, "2001:db8::6")
        self.expect("ip-mismatch 2001:db8::6")
        gone = {"networkInterfaceId": "eni-1", "ipv6Prefixes": [{"ipv6Prefix": "2001:db8:1::/80"}]}
        self.change(7, "UnassignIpv6Addresses", gone)
        self.assertEqual(self.locked(), ["2001:db8::1", "2001:db8::5"])

    # NAT gateways.

    def nat(self, t, name, request, response):
        return self.change(t, name, {f"{name}Request": request}, {f"{name}Response": response})

    def create_nat(self, t, vpc="vpc-1", allocation="eipalloc-1", nat="nat-1"):
        gateway = {
            "natGatewayId": nat,
            "vpcId": vpc,
            "natGatewayAddressSet": {"item": {"allocationId": allocation, "associationId": "eipassoc-n"}},
        }
        self.nat(t, "CreateNatGateway", {"AllocationId": allocation}, {"natGateway": gateway})

    def test_nat_gateway_is_known_to_the_instances_of_its_vpc(self):
        self.allocate(1)
        self.launch(2)
        self.create_nat(3)
        self.call(4, HOME)
        self.call(5, self.EIP)
        self.expect()

    def test_nat_gateway_of_another_vpc(self):
        self.allocate(1)
        self.launch(2, vpc="vpc-2")
        self.create_nat(3)
        self.call(4, HOME)
        self.call(5, self.EIP)
        self.expect(f"ip-mismatch {self.EIP}")

    def test_deleted_nat_gateway(self):
        self.allocate(1)
        self.launch(2)
        self.create_nat(3)
        self.call(4, self.EIP)
        self.nat(5, "DeleteNatGateway", {"NatGatewayId": "nat-1"}, {"natGatewayId": "nat-1"})
        self.assertEqual(self.locked(), [])

    def test_addresses_come_and_go_at_a_nat_gateway(self):
        self.allocate(1)
        self.allocate(1, self.EIP2, "eipalloc-2")
        self.launch(2)
        self.create_nat(3)
        added = {"item": [{"allocationId": "eipalloc-2", "associationId": "eipassoc-m"}]}
        self.nat(
            4,
            "AssociateNatGatewayAddress",
            {"NatGatewayId": "nat-1", "AllocationId": "eipalloc-2"},
            {"natGatewayId": "nat-1", "natGatewayAddressSet": added},
        )
        self.call(5, self.EIP)
        self.call(6, self.EIP2)
        self.assertEqual(self.locked(), [self.EIP, self.EIP2])
        self.nat(
            7,
            "DisassociateNatGatewayAddress",
            {"NatGatewayId": "nat-1", "AssociationId": "eipassoc-m"},
            {"natGatewayId": "nat-1"},
        )
        self.assertEqual(self.locked(), [self.EIP])

    def test_nat_gateway_takes_the_allocation_of_an_association(self):
        self.call(1)
        self.associate(2)
        self.allocate(3)
        self.create_nat(4)
        self.call(5, THIEF)
        self.expect(f"ip-mismatch {THIEF}")

    def test_nat_gateway_takes_the_address_of_an_association_and_back(self):
        self.allocate(1)
        self.launch(1)
        self.launch(1, I2, "eni-2", "10.0.0.6", "eni-attach-2")
        self.associate(2)
        self.call(3, self.EIP)
        self.create_nat(4, vpc="vpc-2")
        self.assertEqual(self.locked(), [])
        self.associate(5, "eipassoc-2", I2)
        self.assertEqual(self.run_trail().book.public_owners(parse_address(self.EIP)), {I2})

    # Starts.

    def start(self, t, state=None, instance=I1):
        described = {"instanceId": instance}
        if state:
            described["previousState"] = state
        asked = {"instancesSet": {"items": [{"instanceId": instance}]}}
        self.change(t, "StartInstances", asked, {"instancesSet": {"items": [described]}})

    def test_start_removes_unknown_public_addresses(self):
        for state in ({"code": 80, "name": "stopped"}, {"code": "80"}, {"name": "stopped"}, None):
            self.trail = []
            self.issue(0)
            self.call(1)
            self.private(1, "10.0.0.5")
            self.start(2, state)
            self.call(3, OTHER)
            self.call(4, HOME)
            self.expect(f"ip-mismatch {HOME}")
            self.assertEqual(self.locked(), ["10.0.0.5", OTHER])

    def test_start_of_a_running_instance_is_none(self):
        self.call(1)
        self.start(2, {"code": 16, "name": "running"})
        self.call(3, OTHER)
        self.expect(f"ip-mismatch {OTHER}")

    def test_start_keeps_known_addresses(self):
        self.allocate(1)
        self.associate(2)
        self.call(3, self.EIP)
        self.start(4)
        self.assertEqual(self.locked(), [self.EIP])

    # Shapes.

    def test_what_does_not_fit_is_ignored_and_counted(self):
        for name in ("AssociateAddress", "AttachNetworkInterface", "AllocateAddress", "RunInstances"):
            self.change(1, name, {"x": [{}]}, None)
            self.change(1, name, [1], "text")
        counts = self.run_trail().counts
        self.assertEqual((counts.changes, counts.changes_ignored), (8, 8))

    def test_upper_case_and_single_objects(self):
        self.change(
            1,
            "AssociateAddress",
            {"AssociateAddressRequest": {"InstanceId": I1, "PublicIp": self.EIP}},
            {"AssociateAddressResponse": {"associationId": "eipassoc-1"}},
        )
        self.call(2, HOME)
        self.call(3, self.EIP)
        self.expect()
        listed = {"InstancesSet": {"Item": {"InstanceId": I1}}}
        self.change(4, "StopInstances", listed, None)
        self.call(700, self.EIP)
        self.expect(f"use-while-stopped {self.EIP}")


class Section4Late(Scenario):
    """A late address change grants no credit and undoes no newer fact."""

    EIP = Section4Addresses.EIP
    associate = Section4Addresses.associate
    disassociate = Section4Addresses.disassociate
    allocate = Section4Addresses.allocate
    attach = Section4Addresses.attach

    def setUp(self):
        super().setUp()
        self.issue(0)

    def test_late_credit_is_none(self):
        self.call(1)
        self.call(HOUR)
        self.associate(2)
        self.call(HOUR + 1, THIEF)
        self.expect(f"ip-mismatch {THIEF}")

    def test_late_fact_is_a_fact(self):
        self.call(HOUR)
        self.associate(2, publicIp=self.EIP)
        self.call(HOUR + 1, self.EIP)
        self.expect()

    def test_late_association_does_not_undo_a_newer_one(self):
        self.associate(HOUR, "eipassoc-2", publicIp=self.EIP)
        self.call(2 * HOUR, self.EIP)
        self.associate(2, "eipassoc-1", I2, publicIp=self.EIP)
        self.call(2 * HOUR + 1, THIEF)
        self.assertEqual(self.locked(), [self.EIP])

    def test_late_association_that_has_ended_is_none(self):
        """Ended things leave their time behind, also things first heard of by their end."""
        self.disassociate(10)
        self.call(2 * HOUR, HOME)
        self.associate(2, publicIp=self.EIP)
        self.call(2 * HOUR + 1, self.EIP)
        self.expect(f"ip-mismatch {self.EIP}")

    def test_late_attachment_that_has_ended_is_none(self):
        request = {"networkInterfaceId": "eni-2", "privateIpAddress": "10.0.0.6"}
        self.change(1, "AssignPrivateIpAddresses", request)
        self.change(10, "DetachNetworkInterface", {"attachmentId": "eni-attach-2"}, {"_return": True})
        self.private(2 * HOUR, "10.0.0.5")
        self.attach(2)
        self.private(2 * HOUR + 1, "10.0.0.6")
        self.expect("private-ip-mismatch 10.0.0.6")

    def test_late_change_removes_only_what_was_there_then(self):
        self.call(10, HOME)
        self.call(2 * HOUR, "2001:db8::1")
        Section4Addresses.start(self, 5)
        self.assertEqual(self.locked(), [HOME, "2001:db8::1"])
        Section4Addresses.start(self, 11)
        self.assertEqual(self.locked(), ["2001:db8::1"])


class Section5Agents(Scenario):
    def test_families(self):
        for agent, family in (
            ("aws-cli/2.13.5 Python/3.11 exec-env/CloudShell", "aws-cli/2"),
            ("[aws-cli/1.18.136 Python/3.8.5 Darwin/19.5.0 botocore/1.17.59]", "aws-cli/1"),
            ("Boto3/1.26.165 Python/3.8 Botocore/1.29.165", "Boto3/1"),
            ("Boto3/1.40.4 md/Botocore#1.40.4", "Boto3/1"),
            ("aws-sdk-go/1.41.4 (go1.18.3; linux; amd64) amazon-ssm-agent/", "aws-sdk-go/1+amazon-ssm-agent"),
            ("aws-sdk-go-v2/1.17.0 os/linux lang/go/1.18.10", "aws-sdk-go-v2/1"),
            (
                "APN/1.0 HashiCorp/1.0 Terraform/1.1.2 (+https://www.terraform.io) aws-sdk-go/1.44.157 (x)",
                "aws-sdk-go/1+terraform",
            ),
            ("S3Console/0.4, aws-internal/3 aws-sdk-java/1.11", "aws-sdk-java/1"),
            ("curl/8.1.2", "curl/8"),
            ("(aws-cli/2.0) Wget", "Wget"),
            ("6a7ec681-49a5-4403-99a2-d3c1229e8063", "6a7ec681-49a5-4403-99a2-d3c1229e8063"),
            ("AWS Internal", "service"),
            ("signin.amazonaws.com", "service"),
            ("[]", "none"),
            ("", "none"),
            (None, "none"),
        ):
            self.assertEqual(agents.family(agent), family, agent)

    def test_list(self):
        listed = agents.Listed()
        listed.add_file("# comment\naws-cli\nBoto3/1\t12 calls\n\naws-sdk-go+terraform\n")
        for name, has in (
            ("aws-cli/2", True),
            ("AWS-CLI/1", True),
            ("Boto3/1", True),
            ("Boto3/2", False),
            ("aws-sdk-go/1+terraform", True),
            ("aws-sdk-go/1", False),
        ):
            self.assertEqual(listed.has(name), has, name)

    def test_alert_where_the_address_fits(self):
        """The SSRF case. A call that rules 6 to 9 accept and whose family is not listed."""
        self.options = {"agents": agents.Listed()}
        self.options["agents"].add_file("aws-cli/2\n")
        self.issue(0)
        self.call(1)
        self.call(2, agent=CURL)
        self.call(3, THIEF, agent=CURL)
        self.call(4, "AWS Internal", agent=CURL)
        self.expect(f"user-agent {HOME}", f"ip-mismatch {THIEF}", "service-call AWS Internal")
        self.assertEqual(self.line(0)["severity"], "low")

    def test_info_comes_before_the_alert(self):
        self.options = {"agents": agents.Listed()}
        self.options["agents"].add_file("aws-cli/2\n")
        self.issue(0)
        self.whoami(1, THIEF)
        self.call(2, agent=CURL)
        self.expect(f"relock {HOME}", f"user-agent {HOME}")
        self.assertEqual(self.line()["locked"][0]["address"], THIEF)


class Section6Exceptions(Scenario):
    def setUp(self):
        super().setUp()
        self.issue(0)

    def rules(self, text, name="rules"):
        self.options["exceptions"] = Exceptions()
        self.options["exceptions"].add_file(name, text)

    def test_suppression(self):
        self.rules("# office\n\n198.51.100.0/24\n")
        self.call(1)
        self.call(2, THIEF)
        self.expect(f"(ip-mismatch {THIEF})")
        self.assertEqual(self.line()["exception"], "rules:3")
        self.assertEqual(self.run_trail().counts.alerts, {})

    def test_all_selectors_must_fit(self):
        self.call(1)
        self.call(2, THIEF)
        fits = f"account={build.ACCOUNT} role=a?* instance={I1} event=s3:List* kind=ip-* exp=2024-03-01"
        self.rules(f"{THIEF} {fits}")
        self.expect(f"(ip-mismatch {THIEF})")
        for wrong in (
            "account=1",
            "role=b*",
            f"instance={I2}",
            "event=ec2:*",
            "kind=new-path",
            "exp=2024-02-29",
        ):
            self.rules(f"{THIEF} {fits} {wrong}")
            self.expect(f"ip-mismatch {THIEF}")

    def test_event_by_its_name(self):
        self.rules(f"{THIEF} event=ListBuckets")
        self.call(1)
        self.call(2, THIEF)
        self.expect(f"(ip-mismatch {THIEF})")

    def test_other_kinds_only_where_named(self):
        self.call(1, THIEF, sessionCredentialFromConsole=True)
        self.rules(THIEF)
        self.expect(f"console-use {THIEF}")
        self.rules(f"{THIEF} kind=console-use")
        self.expect(f"(console-use {THIEF})")
        self.rules(f"{THIEF} kind=*")
        self.expect(f"(console-use {THIEF})")

    def test_excepted_source_locks_nothing_and_makes_the_slot_late(self):
        self.rules(THIEF)
        self.call(1, THIEF)
        self.assertEqual(self.locked(), [])
        self.call(2, THIEF)
        self.call(3, HOME)
        self.expect(f"(new-path {THIEF})", f"new-path {HOME}")
        self.assertEqual(self.locked(), [HOME])

    def test_excepted_for_mismatches_only_alerts_in_a_late_slot(self):
        self.rules(f"{THIEF} kind=ip-mismatch")
        self.private(1, "10.0.0.5")
        self.call(2 * HOUR, THIEF)
        self.expect(f"new-path {THIEF}")
        self.assertEqual(self.locked(), ["10.0.0.5"])

    def test_excepted_source_does_not_relock(self):
        self.rules(OTHER)
        self.whoami(1, THIEF)
        self.call(2, OTHER)
        self.call(3, HOME)
        self.expect(f"(ip-mismatch {OTHER})", f"relock {HOME}")

    def test_excepted_source_spends_no_credit(self):
        self.rules(OTHER)
        self.call(1)
        Section4Addresses.associate(self, 2)
        self.call(3, OTHER)
        self.call(4, THIEF)
        self.expect()
        self.assertEqual(self.locked(), [HOME, THIEF])

    def test_excepted_source_that_was_let_by_a_credit_makes_the_slot_late(self):
        self.rules(OTHER)
        self.call(1)
        Section4Addresses.associate(self, 2)
        self.call(3, OTHER)
        Section4Addresses.start(self, 4)
        self.call(5, HOME)
        self.expect(f"new-path {HOME}")

    def test_json_form(self):
        text = f'{{\n "arn:aws:iam::{build.ACCOUNT}:role/x/app": [\n  "{OTHER}",\n  "198.51.100.0/24"\n ]\n}}'
        self.rules(text, "rules.json")
        self.call(1)
        self.call(2, THIEF)
        self.assertEqual(self.line()["exception"], "rules.json:4")

    def test_wrong_rules(self):
        for text in ("10.0.0.1/8", "x", "10.0.0.0/8 who=me", "10.0.0.0/8 exp=2024-02-30", "10.0.0.0/8 account"):
            self.assertRaises(ConfigError, Exceptions().add_file, "rules", text)


class Section7Order(Scenario):
    def test_events_leave_in_order_of_time(self):
        """A call can stand before its own issue."""
        self.call(2, THIEF)
        self.call(1, HOME)
        self.issue(0)
        self.expect(f"ip-mismatch {THIEF}")

    def test_same_second(self):
        """Address changes, issues, calls; then eventID."""
        for event_id, source in (("b", THIEF), ("a", HOME)):
            self.call(5, source)["eventID"] = event_id
        self.issue(5)
        self.expect(f"ip-mismatch {THIEF}")

    def test_change_comes_first(self):
        self.issue(0)
        self.call(1)
        self.call(5, THIEF)
        Section4Addresses.associate(self, 5, publicIp=THIEF)
        self.expect()

    def test_event_older_than_the_window_is_late(self):
        self.issue(0)
        self.call(1)
        self.call(1 + 15 * MINUTE, session=I2)
        self.call(0, THIEF)
        self.call(1, THIEF)
        reading = self.run_trail()
        self.assertEqual(reading.counts.late, 1)
        self.assertEqual(reading.counts.late_behind, 1 + 15 * MINUTE)
        self.assertEqual([line["late"] for line in reading.lines], [False])
        self.assertEqual(self.locked(), [HOME])

    def test_irrelevant_events_do_not_advance_the_window(self):
        self.issue(0)
        self.add(build.record(DAY, "s3.amazonaws.com", "ListBuckets", "x", userIdentity={"type": "IAMUser"}))
        self.call(1)
        self.assertEqual(self.run_trail().counts.late, 0)

    def test_window_0_is_input_order(self):
        self.options = {"window": 0}
        self.issue(0)
        self.call(5, HOME)["eventID"] = "b"
        self.call(5, THIEF)["eventID"] = "a"
        self.expect(f"ip-mismatch {THIEF}")
        self.call(4, OTHER)
        self.assertEqual(self.run_trail().counts.late, 1)

    def test_repeated_event_id(self):
        self.issue(0)
        self.call(1)
        self.call(2, THIEF)
        self.trail.append(self.trail[-1])
        counts = self.run_trail().counts
        self.assertEqual((counts.repeated, counts.calls), (1, 2))

    def test_window_0_knows_the_ids_of_its_second(self):
        self.options = {"window": 0}
        self.issue(0)
        self.call(1)
        self.trail.append(self.trail[-1])
        self.call(2)
        self.trail.append(self.trail[1])
        counts = self.run_trail().counts
        self.assertEqual((counts.repeated, counts.late), (1, 1))

    def test_shared_event_id_with_the_same_session(self):
        self.issue(0)
        self.call(1, sharedEventID="s")
        self.call(1, sharedEventID="s")
        self.call(1, sharedEventID="s", session=I2)
        self.assertEqual(self.run_trail().counts.repeated, 1)

    def test_ids_leave_with_the_window(self):
        self.issue(0)
        self.call(1)
        self.call(2 + 15 * MINUTE, session=I2)
        self.trail.append(self.trail[1])
        counts = self.run_trail().counts
        self.assertEqual((counts.repeated, counts.late), (0, 1))

    def test_one_wrong_clock_does_not_expire_the_table(self):
        self.issue(0)
        self.call(1)
        self.call(30 * DAY, session=I2)
        self.call(2, THIEF)
        reading = self.run_trail()
        self.assertEqual((reading.counts.late, reading.counts.alerts), (0, {"ip-mismatch": 1}))

    def test_a_second_event_confirms_the_clock(self):
        self.issue(0)
        self.issue(2 * DAY, I2)
        self.issue(2 * DAY + 15 * MINUTE, I2)
        self.call(1)
        counts = self.run_trail().counts
        self.assertEqual((counts.late, counts.calls), (1, 1))

    def test_a_second_event_outside_the_window_waits_too(self):
        self.issue(0)
        self.issue(2 * DAY, I2)
        self.issue(2 * DAY + 15 * MINUTE + 1, I2)
        self.call(1)
        counts = self.run_trail().counts
        self.assertEqual((counts.late, counts.calls), (0, 1))

    def test_24_hours_ahead_is_not_ahead(self):
        self.issue(0)
        self.issue(DAY, I2)
        self.call(1)
        self.assertEqual(self.run_trail().counts.late, 1)

    def test_the_trail_catches_up_with_a_waiting_event(self):
        self.issue(0)
        self.call(DAY + 10, session=I2)
        for hour in range(5, 24, 5):
            self.issue(hour * HOUR)
        self.issue(DAY)
        self.call(DAY + 20, session=I2)
        counts = self.run_trail().counts
        self.assertEqual((counts.late, counts.unknown), (0, 2))


class Input(unittest.TestCase):
    def test_forms(self):
        for text in (
            '{"eventID":"a"}\n{"eventID":"b"}\n',
            '{"Records":[{"eventID":"a"},{"eventID":"b"}]}',
            '[{"eventID":"a"},\n{"eventID":"b"}]',
            '{"Records":[{"eventID":"a"}]}[{"eventID":"b"}]',
        ):
            self.assertEqual([r["eventID"] for r in records_of(text)], ["a", "b"])

    def test_junk(self):
        found = list(records_of('{"eventID":"a"}\nrubbish\n{"eventID":"b"}\n'))
        self.assertEqual([isinstance(r, dict) for r in found], [True, False, True])


class Tools(unittest.TestCase):
    def test_shrinking(self):
        self.assertEqual(compare.shrink(list(range(100)), lambda part: {7, 42, 99} <= set(part)), [7, 42, 99])

    def test_shrinking_options(self):
        given = ["--adopt", "--ttl", "1h", "--window", "0", "--info"]
        kept = compare.shrink_options(given, lambda part: {"--info", "--ttl"} <= set(part))
        self.assertEqual(kept, ["--ttl", "1h", "--info"])

    def test_differences(self):
        line, other = {"kind": "a", "late": False}, {"kind": "b", "late": False}
        row = {"s": {"locked": []}}
        same = ([line], {"calls": 1}, row)
        self.assertIsNone(compare.first_difference(same, ([dict(line)], {"calls": 1, "files": 1}, dict(row))))
        for differs, what in (
            (([other], {"calls": 1}, row), "line 1 ['kind']"),
            (([], {"calls": 1}, row), "line 1 []"),
            (([{"late": False, "kind": "a"}], {"calls": 1}, row), "line 1 []"),
            (([line], {"calls": 2}, row), "count calls"),
            (([line], {"calls": 1}, {}), "row s"),
        ):
            self.assertTrue(compare.first_difference(same, differs).startswith(what), what)

    def test_trails_are_the_same_for_the_same_seed(self):
        for profile in trails.PROFILES:
            self.assertEqual(trails.trail(5, profile), trails.trail(5, profile))
            self.assertNotEqual(trails.trail(5, profile), trails.trail(6, profile))


if __name__ == "__main__":
    unittest.main()
