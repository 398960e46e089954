# SPDX-License-Identifier: Apache-2.0
"""Sections 3 to 6 of the naming rules: what a service, its endpoints and its SRV names hold.

A node is all a name holds, whatever the type asked: existence must not depend on the type [10].
"""
from dataclasses import dataclass, field

from addresses import parse_address
from objects import CLUSTER_IP, EXTERNAL_NAME, HEADLESS, Cluster
from wire import A, AAAA, CNAME, NS, PTR, SOA, SRV, Record, fold, name_fits

PROTOCOLS = {b'_tcp': b'tcp', b'_udp': b'udp', b'_sctp': b'sctp'}


@dataclass
class Node:
    """What one name holds. `glue` are the additional records of a type's RRset, `more_glue` those
    that may come with them: other addresses of the same targets."""
    exists: bool = True
    rrsets: dict = field(default_factory=dict)
    glue: dict = field(default_factory=dict)
    more_glue: dict = field(default_factory=dict)


def absent():
    return Node(exists=False)


def unique(things):
    return list(dict.fromkeys(things))


def srv_weight(pairs):
    return max(1, 100 // pairs)


class Services:
    """The nodes of services under one set of options."""

    def __init__(self, things, options):
        self.options = options
        self.cluster = Cluster(things, options)
        self.denial = min(options.ttl, 5) if options.denial_ttl is None else options.denial_ttl

    # ---- records ----

    def records(self, owner, rtype, values):
        """An RRset: de-duplicated, without what does not fit into a name [2]."""
        kept = []
        for value in unique(values):
            target = value[3] if rtype == SRV else value if rtype in (NS, CNAME, PTR) else ()
            if name_fits(fold(owner)) and name_fits(target):
                kept.append(Record(fold(owner), rtype, self.options.ttl, value))
        return kept

    def address_records(self, owner, addresses):
        sets = {}
        for rtype, size in ((A, 4), (AAAA, 16)):
            found = [address for address in addresses if len(address) == size]
            if found:
                sets[rtype] = self.records(owner, rtype, found)
        return sets

    def glue_of(self, pairs):
        """Additional records of (target, address) pairs [5.1]."""
        glue = []
        for target, address in unique(pairs):
            glue += [record for records in self.address_records(target, [address]).values()
                     for record in records]
        return glue

    def soa(self, zone, ttl):
        mname, rname = (b'ns', b'dns') + zone, (b'hostmaster',) + zone
        return Record(zone, SOA, ttl, (mname, rname, 0, 7200, 1800, 86400, self.denial))

    # ---- sections 3, 4, 5: a service and its SRV names ----

    def srv_node(self, owner, triples, pairs):
        """SRV records of (target, address, port) triples; a port may be None. The weight counts
        the triples before duplicates and port-less ones go [5.1]. `pairs`: every (target, address)
        of the service, for glue by whole RRsets."""
        node = Node()
        if not triples:
            return node
        weight = srv_weight(len(triples))
        with_port = [triple for triple in triples if triple[2] is not None]
        records = self.records(owner, SRV, [(0, weight, port, target)
                                            for target, _, port in with_port])
        if records:
            node.rrsets[SRV] = records
            targets = {record.rdata[3] for record in records}
            node.glue[SRV] = self.glue_of([(target, address) for target, address, _ in with_port
                                           if target in targets])
            node.more_glue[SRV] = self.glue_of([pair for pair in pairs if pair[0] in targets])
        return node

    def is_empty_and_ignored(self, service):
        """Option `ignore empty_service` [14]."""
        return self.options.ignore_empty_service and service.kind == CLUSTER_IP and \
            not self.cluster.endpoints(service)

    def service_name(self, service, zone):
        return (service.name, service.namespace, b'svc') + zone

    def host_name(self, service, endpoint, zone):
        """The name of an endpoint: below its cluster in a multicluster zone [4, 17]."""
        above = tuple(endpoint.cluster.split(b'.')) if zone in self.options.multicluster else ()
        return (endpoint.hostname,) + above + self.service_name(service, zone)

    def target_pairs(self, service, zone):
        """Every (target, address) an SRV record of the service may bring."""
        if service.kind == CLUSTER_IP:
            # an SRV record of an endpoint name has that endpoint as its target
            pairs = [(self.service_name(service, zone), address) for address in service.addresses]
        else:
            pairs = []
        return pairs + [(self.host_name(service, endpoint, zone), endpoint.address)
                        for endpoint in self.cluster.endpoints(service)]

    def endpoint_triples(self, service, endpoints, zone):
        """Every (target, address, port) of endpoints, port-less slices giving None."""
        return [(self.host_name(service, endpoint, zone), endpoint.address,
                 port.number if port else None)
                for endpoint in endpoints for port in endpoint.ports or (None,)]

    def service_node(self, service, zone, owner):
        """`SVC.NS.svc.Z` [3, 4, 6, 17]."""
        if service.kind == EXTERNAL_NAME:
            return self.external_node(service, owner)
        if service.kind == CLUSTER_IP:
            if self.is_empty_and_ignored(service):
                return absent()
            target = self.service_name(service, zone)
            triples = [(target, address, port.number) for address in service.addresses
                       for port in service.ports]
            node = self.srv_node(owner, triples, self.target_pairs(service, zone))
            node.rrsets.update(self.address_records(owner, service.addresses))
            return node
        endpoints = self.cluster.endpoints(service)
        return self.endpoints_node(service, endpoints, zone, owner) if endpoints else absent()

    def endpoints_node(self, service, endpoints, zone, owner):
        node = self.srv_node(owner, self.endpoint_triples(service, endpoints, zone),
                             self.target_pairs(service, zone))
        node.rrsets.update(self.address_records(owner, [item.address for item in endpoints]))
        return node

    def srv_triples(self, service, zone, port_name, protocol):
        """The (target, address, port) triples of an SRV name, None where there is no such name.
        A ClusterIP service without an address keeps its SRV names, they are empty [5.1, D25]."""
        def fits(port):
            return port_name and port.name == port_name and port.protocol == protocol

        if service.kind == CLUSTER_IP and not self.is_empty_and_ignored(service):
            ports = [port for port in service.ports if fits(port)]
            target = self.service_name(service, zone)
            triples = [(target, address, port.number) for address in service.addresses
                       for port in ports]
            return triples if ports else None
        if service.kind == HEADLESS:
            triples = [(self.host_name(service, endpoint, zone), endpoint.address, port.number)
                       for endpoint in self.cluster.endpoints(service)
                       for port in endpoint.ports if fits(port)]
            if any(port is not None for _, _, port in triples):
                return triples
        return None

    def named_ports(self, service):
        """(name, protocol) of every SRV name of a service now."""
        if service.kind == CLUSTER_IP:
            ports = [] if self.is_empty_and_ignored(service) else service.ports
        elif service.kind == HEADLESS:
            ports = [port for endpoint in self.cluster.endpoints(service)
                     for port in endpoint.ports if port.number is not None]
        else:
            ports = []
        return {(port.name, port.protocol) for port in ports if port.name}

    def port_node(self, service, zone, owner, port_label, protocol_label):
        """`_PORT._PROTO` of a service [5.1]."""
        if service is None or port_label[:1] != b'_' or protocol_label not in PROTOCOLS:
            return absent()
        triples = self.srv_triples(service, zone, port_label[1:], PROTOCOLS[protocol_label])
        if triples is None:
            return absent()
        return self.srv_node(owner, triples, self.target_pairs(service, zone))

    def protocol_node(self, service, protocol_label):
        """`_PROTO` of a service: an empty non-terminal iff an SRV name is below it [2, D6]."""
        protocol = PROTOCOLS[protocol_label]
        below = service is not None and any(pair[1] == protocol
                                            for pair in self.named_ports(service))
        return Node() if below else absent()

    def host_node(self, service, zone, owner, host):
        """`HOST.SVC.NS.svc.Z` [4]."""
        if service is None or service.kind == EXTERNAL_NAME:
            return absent()
        endpoints = [endpoint for endpoint in self.cluster.endpoints(service)
                     if endpoint.hostname == host]
        return self.endpoints_node(service, endpoints, zone, owner) if endpoints else absent()

    # ---- section 6: ExternalName ----

    def external_node(self, service, owner):
        text = service.external_name
        text = text[:-1] if text.endswith('.') else text
        target = tuple(label.encode() for label in text.split('.'))
        if not text or parse_address(text) is not None or not name_fits(target):
            return absent()
        return Node(rrsets={CNAME: self.records(owner, CNAME, [target])})
