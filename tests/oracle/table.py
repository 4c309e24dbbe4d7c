"""Section 2 of DETECTION.md: the lock table. One row per live session."""

from dataclasses import dataclass, field, replace

from words import HOUR, to_bytes


@dataclass(eq=False)
class Address:
    """An address that a row is locked to."""

    who: object  # an address object, or text; see words.Source
    slot: str
    since: int
    last: int
    event_id: str
    endpoints: set = field(default_factory=set)  # vpcEndpointIds seen with it
    provisional: bool = False  # locked by a GetCallerIdentity alone, section 3 rule 8

    def is_source(self, source):
        """Section 3 rule 6, "the source is one of the row's": same address, same slot."""
        return self.who == source.who and self.slot == source.slot


@dataclass(eq=False)
class Row:
    session: object
    expiry: int
    addresses: list = field(default_factory=list)  # in the order they were added in
    first_lock: int = None  # of its first address, which may be gone by now
    endpoint_accounts: set = field(default_factory=set)  # section 3 rule 5
    last_issue: int = None
    excepted_slots: set = field(default_factory=set)  # used by an excepted call, section 3 rule 8
    alerted_sources: set = field(default_factory=set)  # section 3 rule 3
    uids: set = field(default_factory=set)  # of its alerts; section 3, after the rules
    once: set = field(default_factory=set)  # (kind, source, severity), --once

    @property
    def instance(self):
        return self.session.instance

    def find(self, source):
        return next((a for a in self.addresses if a.is_source(source)), None)

    def extend(self, expiry):
        self.expiry = max(self.expiry, expiry)

    def add(self, source, event, provisional=False):
        endpoints = {event.vpc_endpoint} if event.vpc_endpoint else set()
        self.addresses.append(
            Address(source.who, source.slot, event.time, event.time, event.event_id, endpoints, provisional)
        )
        if self.first_lock is None:
            self.first_lock = event.time


def parts_of(session):
    return tuple(map(to_bytes, (session.partition, session.account, session.role, session.name)))


class Table:
    def __init__(self, ttl, max_rows=None):
        self.ttl = ttl
        self.max_rows = max_rows
        self.rows_evicted = 0
        self.by_session = {}
        self.rows_made = 0
        self.clock = None  # greatest time of any event processed

    def advance(self, time):
        """Section 2: a row whose expiry is before the time of the event at hand is gone, addresses and
        all. The clock never goes back, late events or not."""
        if self.clock is None or time > self.clock:
            self.clock = time
        self.drop_expired()

    def drop_expired(self):
        for session in [s for s, row in self.by_session.items() if row.expiry < self.clock]:
            del self.by_session[session]

    def row(self, session):
        return self.by_session.get(session)

    def rows(self):
        """All live rows, in byte order of session ARN."""
        return sorted(self.by_session.values(), key=lambda row: to_bytes(row.session.arn))

    def rows_of(self, instance):
        return [row for row in self.rows() if instance is not None and row.instance == instance]

    def issue(self, event):
        """Section 2, Issue and Expiry."""
        row = self.row(event.session) or self.make(event)
        row.extend(event.time + self.ttl)
        if event.expiration is not None and event.expiration <= event.time + 36 * HOUR:
            row.extend(event.expiration)
        if row.last_issue is None or event.time > row.last_issue:
            row.last_issue = event.time

    def make(self, event):
        """A new row; (+) with the addresses of the other live rows of its instance, since they are the
        instance's, with all that is known of them."""
        row = Row(event.session, event.time + self.ttl)
        for other in self.rows_of(event.session.instance):
            for address in other.addresses:
                if not any((a.who, a.slot) == (address.who, address.slot) for a in row.addresses):
                    row.addresses.append(replace(address, endpoints=set(address.endpoints)))
            row.endpoint_accounts |= other.endpoint_accounts
            if row.first_lock is None or (other.first_lock is not None and other.first_lock < row.first_lock):
                row.first_lock = other.first_lock
        self.by_session[event.session] = row
        self.rows_made += 1
        self.make_room(row)
        return row

    def make_room(self, spared):
        """--max-sessions: the row nearest its expiry goes, of equal ones the first by the parts of its
        session; never the one just made."""
        while self.max_rows is not None and len(self.by_session) > self.max_rows:
            others = [row for row in self.by_session.values() if row is not spared]
            del self.by_session[min(others, key=lambda row: (row.expiry, parts_of(row.session))).session]
            self.rows_evicted += 1

    def other_holders(self, row, who, slot):
        """How many other live sessions hold this address in this slot."""
        return sum(
            any((a.who, a.slot) == (who, slot) for a in other.addresses)
            for other in self.by_session.values()
            if other is not row
        )

    def may_adopt(self, event):
        """Section 2, --adopt: the record proves instance credentials."""
        instance = event.session.instance
        return instance is not None and bool(
            event.ec2_role_delivery or (event.issued_to or "").endswith(f"instance/{instance}")
        )

    def extend_accepted(self, row, event):
        """Section 2, --adopt: a call that section 3 accepts extends its row."""
        row.extend((event.time if event.creation is None else event.creation) + self.ttl)
