#!/usr/bin/env python3
"""Trails and directories made to hurt: the run ends in time and in little memory, and what else is there is
judged."""

import json
import os
import socket
import struct
import unittest
import zlib

import kit
from kit import THIEF

MIB = 1 << 20


class Bomb(kit.Faults):
    """A record without end, 1000 times smaller as gzip, then a theft."""

    def write_bomb(self, name, mebibytes):
        """One member. The middle repeats, so it is compressed once."""
        head, tail = b'{"eventName":"', b'"}\n' + kit.call("12:02:00", THIEF, "theft")
        middle = b"x" * MIB
        packer = zlib.compressobj(9, zlib.DEFLATED, -15)
        start = packer.compress(kit.home() + head) + packer.flush(zlib.Z_FULL_FLUSH)
        again = packer.compress(middle) + packer.flush(zlib.Z_FULL_FLUSH)
        end = packer.compress(tail) + packer.flush()
        crc = zlib.crc32(kit.home() + head)
        with open(self.path(name), "wb") as file:
            file.write(b"\x1f\x8b\x08" + bytes(6) + b"\xff" + start)
            for _ in range(mebibytes):
                file.write(again)
                crc = zlib.crc32(middle, crc)
            size = len(kit.home() + head) + mebibytes * MIB + len(tail)
            file.write(end + struct.pack("<II", zlib.crc32(tail, crc), size & 0xFFFFFFFF))
        return size / os.path.getsize(self.path(name))

    def test_gzip_bomb(self):
        rss = []
        for mebibytes in (32, 1024):
            ratio = self.write_bomb("bomb.json.gz", mebibytes)
            self.assertGreater(ratio, 700)
            ran = self.run_program("bomb.json.gz", "-j2")
            self.assertEqual(ran.status, 3)
            self.assertEqual(ran.ids(), ["theft"])
            rss.append(ran.max_rss_kib)
        self.assertLess(rss[1], rss[0] + 16 * 1024)

    def test_member_without_end_of_many(self):
        """A million empty members."""
        member = zlib.compressobj(1, zlib.DEFLATED, 31).flush()
        self.write("many.gz", member * 1000000)
        self.write("theft", kit.home() + kit.call("12:02:00", THIEF, "theft"))
        ran = self.run_program("many.gz", "theft")
        self.assertEqual((ran.status, ran.ids()), (0, ["theft"]))


class Record(kit.Faults):
    """One record at the limit of 1 MiB, which as a change of addresses is looked at in full."""

    def judge(self, request):
        body = (
            b'{"eventTime":"2023-07-10T12:01:30Z","eventSource":"ec2.amazonaws.com","awsRegion":"r",'
            b'"eventName":"AssociateAddress","eventID":"big","requestParameters":%s}\n' % request
        )
        self.assertLess(len(body), MIB)
        self.write("t", kit.home() + body + kit.call("12:02:00", THIEF, "theft"))
        ran = self.run_program("t")
        self.assertIn(ran.status, (0, 3))
        self.assertEqual(ran.ids(), ["theft"])

    def test_deep(self):
        for opening, closing in ((b"[", b"]"), (b'{"a":', b"}")):
            n = (MIB - 1000) // (len(opening) + len(closing))
            self.judge(opening * n + b"1" + closing * n)

    def test_wide(self):
        for item in (b"1", b"{}", b'""'):
            self.judge(b"[" + b",".join([item] * ((MIB - 1000) // (len(item) + 1))) + b"]")

    def test_names(self):
        self.judge(b"{" + b",".join([b'"publicIp":1'] * 80000) + b"}")
        self.judge(b"{" + b",".join(b'"k%d":1' % n for n in range(90000)) + b"}")

    def test_long(self):
        self.judge(b'{"publicIp":"' + b"x" * 1000000 + b'"}')
        self.judge(b'{"publicIp":"' + rb"\ud800" * 170000 + b'"}')
        self.judge(b'{"publicIp":"' + b"\\\\" * 500000 + b'"}')
        self.judge(b'{"publicIp":' + b"9" * 1000000 + b"}")
        self.judge(b"[" + b" " * 1000000 + b"]")

    def test_long_fields(self):
        """A string of nearly 1 MiB comes out whole in the alert."""
        agent = "\\\x1b\n\u202e\x7fx" * 40000
        self.write("t", kit.home() + kit.call("12:02:00", THIEF, "theft", userAgent=agent))
        ran = self.run_program("t")
        self.assertTrue([alert["user_agent"] for alert in ran.alerts()] == [agent])


class Names(kit.Faults):
    """Files in a directory, with names of 255 bytes that hold what steers a terminal."""

    STEM = b"a\n2023-07-10T12:02:00Z ALERT kind=forged \r\x1b]0;title\x07\x1b[2J\x9b1m\xff\xc2\x85\xe2\x80\xae\xe2\x80\xa8\t\\ \"'"

    def names(self):
        for letter in (b"1", b"2"):
            yield letter + self.STEM + b"x" * (255 - len(self.STEM) - 6) + b".json"

    def assert_printable(self, text):
        for line in text.decode("utf-8").split("\n"):
            self.assertTrue(all(c == " " or c.isprintable() for c in line), line)

    def test_names(self):
        os.mkdir(self.path("d"))
        good, bad = (os.path.join(b"d", name) for name in self.names())
        self.write(good, kit.home() + kit.call("12:02:00", THIEF, "theft"))
        self.write(bad, b"junk\n")
        self.write(bad[:-8] + b".json.gz", b"\x1f\x8bjunk")
        for form in ("text", "json"):
            for jobs in ("-j1", "-j3"):
                ran = self.run_program("d", jobs, options=("-f", form))
                self.assertEqual(ran.status, 3)
                self.assert_printable(ran.out)
                self.assert_printable(ran.err)
                self.assertEqual(ran.out.count(b"\n"), 1)
                self.assertEqual(ran.err.count(b"ctlock: "), 2)
                self.assertNotIn(b"\n2023-07-10T12:02:00Z ALERT kind=forged", b"\n" + ran.err)

    def test_missing(self):
        for name in self.names():
            ran = self.run_program(name)
            self.assertEqual(ran.status, 3)
            self.assert_printable(ran.err)
            self.assertEqual(ran.err.count(b"\n"), 1)
            self.assertIn(b"No such file", ran.err)

    def test_things_that_are_no_files(self):
        os.mkdir(self.path("d"))
        self.write("d/5.json", kit.home() + kit.call("12:02:00", THIEF, "theft"))
        os.symlink("1.json", self.path("d/1.json"))
        os.symlink("3.json", self.path("d/2.json"))
        os.symlink("2.json", self.path("d/3.json"))
        os.symlink("nowhere", self.path("d/4.json"))
        os.symlink(".", self.path("d/6"))
        os.symlink("../d", self.path("d/7"))
        os.symlink("/dev/zero", self.path("d/zero.json"))
        os.symlink("/dev/full", self.path("d/full.json"))
        os.mkfifo(self.path("d/fifo.json"))
        with socket.socket(socket.AF_UNIX) as s:
            s.bind(os.fsdecode(self.path("d/socket.json")))
            ran = self.run_program("d")
        self.assertEqual((ran.status, ran.ids()), (3, ["theft"]))
        for name in ("1.json", "2.json", "3.json"):
            self.assertIn(f"ctlock: d/{name}: Too many levels of symbolic links".encode(), ran.err)
        self.assertIn(b"ctlock: d/4.json: No such file", ran.err)
        for name in ("6", "7"):
            self.assertIn(f"ctlock: d/{name}: a directory loop, not followed".encode(), ran.err)
        for name in ("zero.json", "full.json", "fifo.json", "socket.json"):
            self.assertIn(f"ctlock: d/{name}: not a regular file, left out".encode(), ran.err)
        self.assertEqual(ran.err.count(b"\n"), 10)

    def test_a_deep_tree(self):
        """Deeper than a path may be long."""
        here = os.open(self.folder, os.O_RDONLY)
        deep = here
        for _ in range(300):
            os.mkdir("d" * 200, dir_fd=deep)
            below = os.open("d" * 200, os.O_RDONLY, dir_fd=deep)
            os.close(deep)
            deep = below
        os.close(deep)
        self.addCleanup(os.system, f"rm -rf '{self.folder}/{'d' * 200}'")
        self.write("t.json", kit.home() + kit.call("12:02:00", THIEF, "theft"))
        ran = self.run_program(".")
        self.assertEqual((ran.status, ran.ids()), (3, ["theft"]))
        self.assertIn(b"File name too long", ran.err)


class Times(kit.Faults):
    """The ends of what a time can be."""

    def test_first_and_last_year(self):
        trail = b""
        for day, hour in (("0001-01-01", "00"), ("2023-07-10", "12"), ("9999-12-31", "23")):
            day_of_it = (
                kit.issue(f"{hour}:00:00")
                + kit.call(f"{hour}:00:00", kit.HOME, f"home-{day}")
                + kit.call(f"{hour}:59:59", THIEF, f"theft-{day}")
            )
            trail += day_of_it.replace(b"2023-07-10", day.encode()).replace(b"issue-", day.encode())
        self.write("t", trail)
        ran = self.run_program("t", "--ttl", "36h")
        self.assertEqual((ran.status, ran.err), (0, b""))
        self.assertEqual(ran.ids(), ["theft-0001-01-01", "theft-2023-07-10", "theft-9999-12-31"])
        self.assertEqual(ran.alerts()[2]["time"], "9999-12-31T23:59:59Z")
        ran = self.run_program("t", "--ttl", "36h", "--table")
        self.assertEqual(ran.alerts()[0]["expires"], "10000-01-02T11:00:00Z")

    def test_beyond(self):
        """No such time: the record is told and left out."""
        for time in (b"10000-01-01T00:00:00Z", b"-001-01-01T00:00:00Z", b"9999-12-31T23:59:59-23:59"):
            self.write("t", kit.home().replace(b"2023-07-10T12:01:00Z", time))
            ran = self.run_program("t")
            self.assertIn(ran.status, (0, 3))
            self.assertEqual(ran.out, b"")


class Load(kit.Faults):
    """Much of one kind, in less than the time that a quadratic way would take."""

    N = 50000

    def stats(self, records, *options):
        self.write("t", b"".join(records))
        ran = self.run_program("t", "--stats-json", "stats", *options)
        self.assertEqual(ran.status, 0)
        return ran, json.loads(self.read("stats"))

    def test_equal_ids(self):
        theft = kit.call("12:02:00", THIEF, "theft")
        ran, stats = self.stats([kit.home(), theft * self.N])
        self.assertEqual(ran.ids(), ["theft"])
        self.assertEqual(stats["repeated"], self.N - 1)

    def test_one_second(self):
        """Nothing of the window can leave."""
        theft = kit.call("12:02:00", THIEF, "NUMBER")
        ran, stats = self.stats([kit.home(), *(theft.replace(b"NUMBER", b"%d" % n) for n in range(self.N))])
        self.assertEqual(stats["alerts"], self.N)
        self.assertEqual(len(set(ran.ids())), self.N)

    def test_limits_are_told_in_their_places(self):
        """Among the problems of the input, whoever reads it."""
        issue = kit.issue("12:00:00").replace(b"role/web", b"role/w%d").replace(b"issue-", b"%d-")
        issues = b"".join(issue % (n, n) for n in range(300))
        self.write("t", b"junk 1\n" + issues + b"junk 2\n")
        told = [
            self.run_program("t", jobs, "--window", "0s", "--max-sessions", "10").err for jobs in ("-j1", "-j2", "-j4")
        ]
        self.assertRegex(told[0], b"(?s)byte 0: .*max-sessions.*byte [1-9]")
        self.assertEqual(told, [told[0]] * 3)

    def test_places_whose_ends_are_alike(self):
        """What a hash without a key would look at."""
        call = kit.call("12:02:00", kit.HOME, "ID-NUMBER", awsRegion="us-NUMBER-east")
        _, stats = self.stats(
            [kit.home(), *(call.replace(b"NUMBER", b"%08d" % n) for n in range(self.N - 1))]
        )
        self.assertEqual(len(stats["places"]), self.N)

    def test_many_endpoints(self):
        """Of one address, and of one row."""
        for where in ({"vpcEndpointId": "vpce-NUMBER"}, {"vpcEndpointAccountId": "NUMBER0000"}):
            call = kit.call("12:02:00", "10.0.0.1", "ID-NUMBER", **{"vpcEndpointId": "vpce-1", **where})
            trail = [kit.home(), *(call.replace(b"NUMBER", b"%08d" % n) for n in range(self.N))]
            ran, _ = self.stats(trail, "--settle", "1h")
            self.assertEqual(ran.out, b"")

    def test_one_instance_in_many_roles(self):
        """Each new row would look at all others of the instance for what it inherits."""
        issue = kit.issue("12:00:00").replace(b"role/web", b"role/NUMBER").replace(b"issue-", b"NUMBER-")
        ran, stats = self.stats(issue.replace(b"NUMBER", b"%d" % n) for n in range(self.N))
        self.assertEqual(stats["rows_live"], 16)
        self.assertEqual(stats["rows_refused"], self.N - 16)
        self.assertEqual(ran.err.count(b"an instance has more roles than any can have"), 1)

    def change(self, name, request=None, response=None):
        return kit.line(
            {
                "eventTime": "2023-07-10T12:00:30Z",
                "eventSource": "ec2.amazonaws.com",
                "eventName": name,
                "sourceIPAddress": "192.0.2.1",
                "userIdentity": {"type": "IAMUser"},
                "requestParameters": request,
                "responseElements": response,
                "eventID": name,
            }
        )

    def known_addresses(self):
        """One prefix tells of as many addresses as there are calls."""
        yield kit.home()
        instance = {"instanceId": "i-0000000a", "networkInterfaceSet": {"items": [{"networkInterfaceId": "eni-1"}]}}
        yield self.change("RunInstances", response={"instancesSet": {"items": [instance]}})
        yield self.change(
            "AssignPrivateIpAddresses",
            {"networkInterfaceId": "eni-1"},
            {"assignedIpv4PrefixSet": {"items": [{"ipv4Prefix": "10.0.0.0/8"}]}},
        )
        call = kit.call("12:01:30", "ADDRESS", "ID-ADDRESS", vpcEndpointId="vpce-1")
        for n in range(self.N):
            yield call.replace(b"ADDRESS", b"10.0.%d.%d" % (n // 250, n % 250))

    def test_many_addresses_of_one_instance(self):
        """Each call looks at all that its row has, and each alert names them."""
        thefts = kit.call("15:00:00", THIEF, "theft")
        again = kit.call("15:00:00", "10.0.199.249", "again", vpcEndpointId="vpce-1")
        credited = [
            self.change(
                "AssociateAddress",
                {"networkInterfaceId": "eni-2", "publicIp": "203.0.113.99", "allocationId": "eipalloc-2"},
                {"associationId": "eipassoc-2"},
            ),
            self.change(
                "AttachNetworkInterface",
                {"networkInterfaceId": "eni-2", "instanceId": "i-0000000a"},
                {"attachmentId": "eni-attach-2"},
            ),
            kit.call("12:30:00", "172.16.0.9", "credited", vpcEndpointId="vpce-1"),
            kit.call("12:31:00", "172.16.0.9", "known by that", vpcEndpointId="vpce-1"),
        ]
        issue = kit.issue("13:00:00").replace(b"role/web", b"role/NUMBER").replace(b"issue-", b"NUMBER-")
        roles = [issue.replace(b"NUMBER", b"%d" % n) for n in range(15)]
        ran, stats = self.stats([*self.known_addresses(), *credited, *roles, thefts, again])
        self.assertEqual(ran.ids(), ["theft"])
        self.assertEqual(len(ran.alerts()[0]["locked"]), 64)
        self.assertEqual(stats["calls"], self.N + 5)

    def test_many_addresses_of_one_interface(self):
        """What is beyond any real number is left out, told once and counted."""
        request = {"networkInterfaceId": "eni-1", "ipv6Addresses": [f"2600::{n:x}" for n in range(2000)]}
        change = self.change("AssignIpv6Addresses", request)
        ran, stats = self.stats([change, change.replace(b'"eventID":"', b'"eventID":"again-')])
        self.assertEqual(stats["changes_left_out"], 2 * (2000 - 1024))
        self.assertEqual(ran.err.count(b"has more than any can have"), 1)

    def test_a_full_book(self):
        """Each change looks for room, and of an instance with as much as this one nothing may go."""
        per_record, n_records, n_stops = 10000, 100, 300

        def record(k):
            several = [{"networkInterfaceId": f"eni-{k * per_record + n:x}"} for n in range(per_record)]
            instance = {"instanceId": "i-0000000a", "networkInterfaceSet": {"items": several}}
            return self.change("RunInstances", response={"instancesSet": {"items": [instance]}})

        stop = self.change("StopInstances", response={"instancesSet": {"items": [{"instanceId": "i-0000000b"}]}})
        records = [record(k) for k in range(n_records)] + [stop] * n_stops + [record(n_records)]
        numbered = [text.replace(b'"eventID":"', b'"eventID":"%d-' % n) for n, text in enumerate(records)]
        ran, stats = self.stats(numbered, "--max-sessions", "1")
        self.assertEqual(stats["changes_left_out"], 1)
        self.assertEqual(ran.err.count(b"what is known of addresses"), 1)

    def test_one_name_in_many_accounts(self):
        """Sessions of a name that is no instance's, which their accounts alone tell apart."""
        issue = kit.issue("12:00:00", "job").replace(kit.ACCOUNT.encode(), b"NUMBER").replace(b"issue-", b"NUMBER-")
        _, stats = self.stats(
            (issue.replace(b"NUMBER", b"%012d" % n) for n in range(self.N)), "--issuer", "ec2.amazonaws.com"
        )
        self.assertEqual(stats["rows_live"], self.N)


if __name__ == "__main__":
    unittest.main()
