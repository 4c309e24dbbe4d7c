"""Section 4 of DETECTION.md: the address book. What the trail tells about whose an address is.

Everything told is held in registers that remember the time of their last write. A change that is not
late always writes. A late one (section 7: it grants no credit and undoes no newer fact) skips each
register that was written at a later time than its own. What has ended stays as an ended thing, with its
time, also when the end is the first that is heard of it. Whose an address is is never stored: it
follows from the registers (owners), so that whatever ends the knowledge ends it in one place. What each
event writes is in changes.py."""

import ipaddress
from contextlib import contextmanager
from dataclasses import dataclass

from words import PRIVATE, PUBLIC

ENDED = type("Ended", (), {"__repr__": lambda self: "ENDED"})()


@dataclass
class Register:
    value: object = None
    time: int = None


class Registers:
    """Registers by key; an unwritten one is None without a time."""

    def __init__(self):
        self.by_key = {}

    def __getitem__(self, key):
        return self.by_key[key].value if key in self.by_key else None

    def items(self):
        return [(key, register.value) for key, register in self.by_key.items()]

    def time(self, key):
        return self.by_key[key].time if key in self.by_key else None

    def is_newer(self, key, change):
        """Its last write is newer than this late change."""
        return change.late and self.time(key) is not None and self.time(key) > change.time

    def write(self, key, value, change):
        """False where the change is late and the register newer."""
        if self.is_newer(key, change):
            return False
        self.by_key[key] = Register(value, change.time)
        return True


@dataclass(frozen=True)
class Association:
    """Of a public address with an instance, or with an interface and so with whom it is attached to."""

    instance: str
    interface: str
    allocation: str
    ip: object = None  # None while unknown
    learned: bool = False  # ip was not told, it comes from a spent credit


@dataclass(frozen=True)
class NatUse:
    """Of a public address by a NAT gateway."""

    nat: str
    association: str  # its association id, None where not told
    allocation: str  # likewise


@dataclass(eq=False)
class Credit:
    time: int
    association: object = None  # key of the association whose address is unknown
    interface: str = None  # else the interface that something unknown was attached with


def is_single_ipv4(network):
    return not isinstance(network, str) and network.version == 4 and network.prefixlen == 32


def covers(network, who):
    if isinstance(network, str) or isinstance(who, str):
        return network == who
    return network.version == who.version and who in network


class Book:
    def __init__(self, table):
        self.table = table
        self.alloc = Registers()  # allocation id -> public address | ENDED
        self.alloc_use = Registers()  # allocation id -> key of an association | NatUse | None
        self.holder = Registers()  # public address -> key of an association | NatUse | None
        self.assoc = Registers()  # association id, or an object() -> Association | ENDED
        self.attach = Registers()  # interface -> instance | None
        self.attachment = Registers()  # attachment id -> interface | ENDED
        self.addr = Registers()  # (interface, network; or text, see spend) -> True | False
        self.nat = Registers()  # NAT gateway -> VPC | ENDED
        self.nat_use = Registers()  # association id of a NAT gateway's address -> public address | ENDED
        self.vpc = Registers()  # instance -> VPC
        self.terminated = {}  # instance -> earliest time
        self.stopped = {}  # instance -> latest time
        self.started = {}  # instance -> latest time
        self.issued = {}  # instance -> times of issues, which rows forget when they end
        self.credits = {}  # (instance, slot) -> Credit, at most one unused
        self.spared = None  # the instance whose alerting call the change at hand is: its rows lose nothing

    def note_issue(self, instance, time):
        """For what has ended since: of others the rows tell. A late end of which nothing was known at the
        time of the issue is held against live rows alone."""
        if instance in self.terminated or instance in self.stopped:
            self.issued.setdefault(instance, []).append(time)

    # --- Whose an address is ------------------------------------------------------------------

    def is_known(self, instance, who, slot):
        """Section 3 rule 7. A public source must be a public address of the instance, a source of the
        other slots one of its interfaces' addresses."""
        return instance is not None and instance in self.owners(who, slot)

    def owners(self, who, slot):
        """The instances that have this address."""
        return self.public_owners(who) if slot == PUBLIC else self.interface_owners(who)

    def public_owners(self, who):
        held_by = self.holder[who]
        if isinstance(held_by, NatUse):
            # (+) The addresses of a VPC's NAT gateways are known to every instance of the VPC.
            if held_by.association is not None and self.nat_use[held_by.association] == ENDED:
                return set()
            vpc = self.nat[held_by.nat]
            return {i for i, v in self.vpc.items() if v == vpc and vpc not in (None, ENDED)}
        association = self.association(held_by)
        if association is None or association.ip != who:
            return set()
        instance = self.instance_of(association)
        return set() if instance is None else {instance}

    def interface_owners(self, who):
        return {
            self.attach[interface]
            for (interface, network), present in self.addr.items()
            if present and covers(network, who) and self.attach[interface]
        }

    def association(self, key):
        """The association, None where there is none or it has ended."""
        found = None if key is None else self.assoc[key]
        return found if isinstance(found, Association) else None

    def instance_of(self, association):
        return association.instance or self.attach[association.interface]

    # --- What rows lose -----------------------------------------------------------------------

    @contextmanager
    def losses(self, change):
        """Whatever ends the knowledge of an address removes it from every row of that instance."""
        known = [(row, a) for row in self.table.rows() for a in row.addresses if self.is_known_of(row, a)]
        yield
        for row, address in known:
            if not self.is_known_of(row, address):
                self.remove(row, address, change)

    def is_known_of(self, row, address):
        return self.is_known(row.instance, address.who, address.slot)

    def remove(self, row, address, change):
        """A late change removes nothing that was used since, or in its second, where calls come after
        changes; an alerting call of the instance itself removes nothing, or the thief's next call would be
        the first in an empty slot."""
        if self.spared is not None and row.instance == self.spared:
            return
        if address in row.addresses and not (change.late and address.last >= change.time):
            row.addresses.remove(address)

    def remove_unknown_public(self, instance, change):
        """(+) The public addresses of the instance's rows that are not known: AWS took them back."""
        for row in self.table.rows_of(instance):
            for address in [a for a in row.addresses if a.slot == PUBLIC and not self.is_known_of(row, a)]:
                self.remove(row, address, change)

    # --- Credits ------------------------------------------------------------------------------

    def grant(self, instance, slot, change, **what_for):
        """At most one unused credit per instance and slot; a late change grants none."""
        if not change.late:
            self.credits[instance, slot] = Credit(change.time, **what_for)

    def void(self, fits):
        """What a credit was granted for has ended."""
        for key, credit in list(self.credits.items()):
            if fits(credit):
                del self.credits[key]

    def credit(self, instance, slot, time):
        """The unused credit; it ends with the TTL."""
        credit = self.credits.get((instance, slot))
        return credit if credit and credit.time + self.table.ttl >= time else None

    def spend(self, instance, slot, source, call):
        """What spends a credit becomes the address of its association, or of its interface."""
        credit = self.credits.pop((instance, slot))
        with self.losses(call):
            if credit.association is not None:
                self.learn(credit.association, source.who, call)
            elif slot == PRIVATE:
                who = source.who if source.address is None else ipaddress.ip_network(source.who)
                self.addr.write((credit.interface, who), True, call)
            else:
                key = object()
                self.assoc.write(key, Association(None, credit.interface, None), call)
                self.learn(key, source.who, call)

    def learn(self, key, who, call):
        old = self.association(key)
        if old.ip is not None and self.holder[old.ip] is key:
            self.holder.write(old.ip, None, call)
        self.assoc.write(key, Association(old.instance, old.interface, old.allocation, who, True), call)
        self.take(who, key, call)

    def relearn(self, instance, old_who, source, call):
        """Section 3 rule 8, relock: if the replaced address was known only through a spent credit, the
        association's address becomes the new source. True if it was."""
        key = self.holder[old_who]
        association = None if isinstance(key, NatUse) else self.association(key)
        if association is None or not association.learned or association.ip != old_who:
            return False
        if instance is None or self.instance_of(association) != instance:
            return False
        with self.losses(call):
            self.learn(key, source.who, call)
        return True

    # --- A public address is one instance's at a time ------------------------------------------

    def take(self, ip, holder, change):
        """The holder gets the address, the former one loses it."""
        former = self.holder[ip]
        if self.holder.write(ip, holder, change):
            if former != holder:
                self.end_holding(former, ip, change)

    def end_holding(self, former, ip, change):
        if isinstance(former, NatUse):
            if former.association is not None:
                self.nat_use.write(former.association, ENDED, change)
        elif self.association(former) is not None and self.association(former).ip == ip:
            self.end_association(former, change)

    def end_association(self, key, change):
        """True if it ended now. An unused credit tied to it is void."""
        association = self.association(key)
        if not self.assoc.write(key, ENDED, change):
            return False
        self.void(lambda credit: credit.association == key)
        if association is not None and association.ip is not None and self.holds(key, association):
            self.holder.write(association.ip, None, change)
        return association is not None

    def holds(self, key, association):
        return self.holder[association.ip] == key

    def use_allocation(self, allocation, user, change):
        """An association or a NAT gateway takes the allocation, or nobody does: its earlier use ends.
        False if this use is the earlier one (it is late)."""
        if allocation is None:
            return True
        former = self.alloc_use[allocation]
        if not self.alloc_use.write(allocation, user, change):
            return False
        if isinstance(former, NatUse) and former != user:
            for ip in [ip for ip, holder in self.holder.items() if holder == former]:
                self.take(ip, None, change)
        elif former != user:
            association = self.association(former)
            if association is not None and association.allocation == allocation:
                self.end_association(former, change)
        return True

    def replace(self, key, association, change):
        """Write an association. One that was told otherwise before under this id is no more what it was:
        it no longer holds its address, and its credit is void."""
        old = self.association(key)
        if old is not None and old != association and not self.assoc.is_newer(key, change):
            self.void(lambda credit: credit.association == key)
            if old.ip is not None and self.holds(key, old):
                self.holder.write(old.ip, None, change)
        self.assoc.write(key, association, change)

    def told_before(self, association, change):
        """The key of an association without id that the trail tells again, at the same second; or None."""
        for key, old in self.associations():
            if old == association and not isinstance(key, str) and self.assoc.time(key) == change.time:
                return key
        return None

    def known_ip(self, allocation):
        ip = None if allocation is None else self.alloc[allocation]
        return None if ip == ENDED else ip

    # --- Interfaces -----------------------------------------------------------------------------

    def tell_addresses(self, interface, networks, present, change):
        for network in networks:
            self.addr.write((interface, network), present, change)

    def attach_to(self, interface, instance, attachment, change):
        """The previous attachment ends. A late attachment that has ended since gives nothing, but it did
        end the previous one."""
        if self.attach[interface] == instance and attachment in (None, self.attachment_of(interface)):
            self.attach.write(interface, instance, change)  # told again
            return
        has_ended = attachment is not None and self.attachment.is_newer(attachment, change)
        if not self.detach(interface, change, unless=attachment):
            return
        if not has_ended:
            self.attach.write(interface, instance, change)
            if attachment is not None:
                self.attachment.write(attachment, interface, change)

    def attachment_of(self, interface):
        """The id of the interface's attachment, None where not told."""
        return next((id for id, attached in self.attachment.items() if attached == interface), None)

    def detach(self, interface, change, unless=None):
        """The interface is nobody's; unused credits that it brought are void."""
        if not self.attach.write(interface, None, change):
            return False
        for attachment, attached in self.attachment.items():
            if attached == interface and attachment != unless:
                self.attachment.write(attachment, ENDED, change)
        brought = [key for key, _ in self.associations_of(interface)]
        self.void(lambda c: c.interface == interface or c.association in brought)
        return True

    def tells_private(self, interface):
        """The trail tells a private address of this interface."""
        return any(
            present and name == interface and is_single_ipv4(network)
            for (name, network), present in self.addr.items()
        )

    def tells_eip(self, interface):
        return any(a.ip is not None and self.holds(key, a) for key, a in self.associations_of(interface))

    def unknown_association(self, interface):
        """The key of the latest association of the interface whose address is unknown, or None."""
        unknown = [key for key, a in self.associations_of(interface) if a.ip is None]
        return max(reversed(unknown), key=self.assoc.time) if unknown else None

    def associations(self):
        return [(key, a) for key, a in self.assoc.items() if isinstance(a, Association)]

    def associations_of(self, interface):
        return [(key, a) for key, a in self.associations() if a.interface == interface]
