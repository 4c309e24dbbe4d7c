"""Section 4 of DETECTION.md: the address changes, event by event, as the table there lists them. What
they write is the address book (book.py); how the records spell it is shapes.py."""

import shapes
from book import ENDED, Association, NatUse
from shapes import get, text
from words import PRIVATE, PUBLIC


class Changes:
    def __init__(self, book):
        self.book = book

    def apply(self, change, alerted_instance=None):
        """One address change. alerted_instance: the record is itself an alerting call of that instance,
        which must not gain by it (+). True if the change fitted."""
        if alerted_instance is not None and alerted_instance in self.gaining(change):
            return True
        name = change.event_name
        self.book.spared = alerted_instance
        with self.book.losses(change):
            fitted = getattr(self, "_" + name)(change)
        self.book.spared = None
        return bool(fitted)

    def gaining(self, change):
        """The instances that an association, an attachment or an assignment gives something to."""
        name, request = change.event_name, change.request
        if name == "AssociateAddress":
            return {text(request, "instanceId") or self.book.attach[text(request, "networkInterfaceId")]}
        if name == "AttachNetworkInterface":
            return {text(request, "instanceId")}
        if name in ("AssignPrivateIpAddresses", "AssignIpv6Addresses"):
            return {self.book.attach[text(request, "networkInterfaceId")]}
        if name in ("CreateNatGateway", "AssociateNatGatewayAddress"):
            vpc = text(change.response, "natGateway", "vpcId") or self.book.nat[self._nat_id(change)]
            return {i for i, v in self.book.vpc.items() if v == vpc and v is not None}
        return set()

    # Allocations.

    def _AllocateAddress(self, change):
        allocation = text(change.response, "allocationId")
        ip = shapes.public_address(change.response, "publicIp")
        if allocation is None or ip is None:
            return False
        self.book.alloc.write(allocation, ip, change)
        return True

    def _ReleaseAddress(self, change):
        """The allocation is forgotten, and its address is nobody's."""
        allocation = text(change.request, "allocationId")
        ip = shapes.public_address(change.request, "publicIp")
        if allocation is None and ip is None:
            return False
        if ip is None:
            ip = self.book.known_ip(allocation)
        allocations = [allocation]
        if allocation is None:
            allocations = [other for other, other_ip in self.book.alloc.items() if other_ip == ip]
        for each in allocations:
            self.book.alloc.write(each, ENDED, change)
            self.book.use_allocation(each, None, change)
        if ip is not None:
            self.book.take(ip, None, change)
        return True

    # Associations.

    def _AssociateAddress(self, change):
        request = change.request
        instance, interface = text(request, "instanceId"), text(request, "networkInterfaceId")
        if instance is None and interface is None:
            return False
        allocation = text(request, "allocationId")
        ip = shapes.public_address(request, "publicIp")
        if ip is None:
            ip = self.book.known_ip(allocation)
        association = Association(instance, None if instance else interface, allocation, ip)
        key = text(change.response, "associationId") or self.book.told_before(association, change) or object()

        is_current = self.book.use_allocation(allocation, key, change)
        self.book.replace(key, association if is_current else ENDED, change)
        if ip is not None:
            self.book.take(ip, key, change)
            self.book.remove_unknown_public(self.book.instance_of(association), change)
        elif is_current and self.book.instance_of(association) is not None:
            self.book.grant(self.book.instance_of(association), PUBLIC, change, association=key)
        return True

    def _DisassociateAddress(self, change):
        key = text(change.request, "associationId")
        if key is None:
            ip = shapes.public_address(change.request, "publicIp")
            if ip is None:
                return False
            key = self.book.holder[ip]
            if isinstance(key, NatUse):
                return True
            if self.book.association(key) is None or self.book.association(key).ip != ip:
                self.book.holder.write(ip, None, change)
                return True
        association = self.book.association(key)
        is_current = association is not None and (
            association.ip is None or self.book.holds(key, association)
        )
        instance = self.book.instance_of(association) if is_current else None
        if self.book.end_association(key, change) and instance is not None:
            self.book.remove_unknown_public(instance, change)
        return True

    # Interfaces.

    def _RunInstances(self, change):
        fitted = False
        for launched in shapes.items(get(change.response, "instancesSet")):
            instance = text(launched, "instanceId")
            if instance is None:
                continue
            fitted = True
            if text(launched, "vpcId"):
                self.book.vpc.write(instance, text(launched, "vpcId"), change)
            for interface in shapes.items(get(launched, "networkInterfaceSet")):
                name = text(interface, "networkInterfaceId")
                if name is None:
                    continue
                self.book.tell_addresses(name, shapes.interface_addresses(interface), True, change)
                self.book.attach_to(name, instance, text(interface, "attachment", "attachmentId"), change)
        return fitted

    def _CreateNetworkInterface(self, change):
        described = get(change.response, "networkInterface")
        name = text(described, "networkInterfaceId")
        if name is None:
            return False
        self.book.tell_addresses(name, shapes.interface_addresses(described), True, change)
        return True

    def _AttachNetworkInterface(self, change):
        interface, instance = text(change.request, "networkInterfaceId"), text(change.request, "instanceId")
        if interface is None or instance is None:
            return False
        self.book.attach_to(interface, instance, text(change.response, "attachmentId"), change)
        unknown = self.book.unknown_association(interface)
        tied = {"interface": interface} if unknown is None else {"association": unknown}
        if not self.book.tells_private(interface):
            self.book.grant(instance, PRIVATE, change, interface=interface)
            if not self.book.tells_eip(interface):
                self.book.grant(instance, PUBLIC, change, **tied)
        elif unknown is not None:
            self.book.grant(instance, PUBLIC, change, **tied)
        return True

    def _DetachNetworkInterface(self, change):
        attachment = text(change.request, "attachmentId")
        if attachment is None:
            return False
        interface = self.book.attachment[attachment]
        if self.book.attachment.write(attachment, ENDED, change) and interface not in (None, ENDED):
            self.book.detach(interface, change)
        return True

    def _DeleteNetworkInterface(self, change):
        interface = text(change.request, "networkInterfaceId")
        if interface is None:
            return False
        self.book.detach(interface, change)
        told = [n for (name, n), present in self.book.addr.items() if present and name == interface]
        self.book.tell_addresses(interface, told, False, change)
        return True

    def _AssignPrivateIpAddresses(self, change):
        interface = text(change.request, "networkInterfaceId")
        networks = shapes.interface_addresses(change.response) + shapes.interface_addresses(change.request)
        if interface is None or not networks:
            return False
        self.book.tell_addresses(interface, networks, True, change)
        return True

    _AssignIpv6Addresses = _AssignPrivateIpAddresses

    def _UnassignPrivateIpAddresses(self, change):
        interface = text(change.request, "networkInterfaceId")
        networks = shapes.interface_addresses(change.request)
        if interface is None or not networks:
            return False
        self.book.tell_addresses(interface, networks, False, change)
        return True

    _UnassignIpv6Addresses = _UnassignPrivateIpAddresses

    # NAT gateways.

    @staticmethod
    def _nat_id(change):
        return (
            text(change.response, "natGateway", "natGatewayId")
            or text(change.response, "natGatewayId")
            or text(change.request, "natGatewayId")
        )

    def _CreateNatGateway(self, change):
        nat, vpc = self._nat_id(change), text(change.response, "natGateway", "vpcId")
        if nat is None:
            return False
        if vpc is not None:
            self.book.nat.write(nat, vpc, change)
        described = get(change.response, "natGateway", "natGatewayAddressSet")
        self.take_for_nat(nat, described, change)
        return True

    def _AssociateNatGatewayAddress(self, change):
        nat = self._nat_id(change)
        if nat is None:
            return False
        self.take_for_nat(nat, get(change.response, "natGatewayAddressSet"), change)
        return True

    def take_for_nat(self, nat, described, change):
        """The publicIp of each address, else that of its allocation; unknown ones are ignored."""
        uses = [
            (shapes.public_address(each, "publicIp"), text(each, "allocationId"), text(each, "associationId"))
            for each in shapes.items(described)
        ]
        if not uses:
            allocations = shapes.texts(get(change.request, "allocationId"), "allocationId")
            uses = [(None, allocation, None) for allocation in allocations]
        for ip, allocation, association in uses:
            ip = self.book.known_ip(allocation) if ip is None else ip
            if ip is None:
                continue
            use = NatUse(nat, association, allocation)
            is_current = self.book.use_allocation(allocation, use, change)
            if association is not None:
                self.book.nat_use.write(association, ip if is_current else ENDED, change)
            self.book.take(ip, use if is_current else None, change)

    def _DisassociateNatGatewayAddress(self, change):
        """The uses with these association ids end; one whose id was not told, by its address."""
        gone = {a: None for a in shapes.texts(get(change.request, "associationId"), "associationId")}
        gone.update((a, None) for a in shapes.texts(get(change.request, "associationIds"), "associationId"))
        for each in shapes.items(get(change.response, "natGatewayAddressSet")):
            ip = shapes.public_address(each, "publicIp") or self.book.known_ip(text(each, "allocationId"))
            gone[text(each, "associationId")] = ip
        for association, told_ip in gone.items():
            self.end_nat_use(association, told_ip, change)
        return bool(gone)

    def end_nat_use(self, association, told_ip, change):
        ip = told_ip
        if association is not None:
            ip = self.book.nat_use[association] or told_ip
            self.book.nat_use.write(association, ENDED, change)
        use = None if ip in (None, ENDED) else self.book.holder[ip]
        if isinstance(use, NatUse) and use.association in (None, association):
            self.book.take(ip, None, change)

    def _DeleteNatGateway(self, change):
        nat = self._nat_id(change)
        if nat is None:
            return False
        if self.book.nat.write(nat, ENDED, change):
            for ip, use in self.book.holder.items():
                if isinstance(use, NatUse) and use.nat == nat:
                    self.book.take(ip, None, change)
        return True

    # Starts, stops and ends.

    def _StartInstances(self, change):
        """Ends the stop; AWS gives a new public address."""
        started = shapes.started_instance_ids(change)
        for instance in started:
            self.book.started[instance] = max(change.time, self.book.started.get(instance, change.time))
            self.book.remove_unknown_public(instance, change)
        return started

    def _StopInstances(self, change):
        for instance in shapes.instance_ids(change):
            self.book.stopped[instance] = max(change.time, self.book.stopped.get(instance, change.time))
        return shapes.instance_ids(change)

    def end_instances(self, instances, change):
        for instance in instances:
            self.book.terminated[instance] = min(change.time, self.book.terminated.get(instance, change.time))
        return instances

    def _TerminateInstances(self, change):
        return self.end_instances(shapes.instance_ids(change), change)

    def _BidEvictedEvent(self, change):
        ids = shapes.texts(get(change.service_details, "instanceIdSet"), "instanceId")
        return self.end_instances(ids, change)
