# SPDX-License-Identifier: Apache-2.0
"""Sections 8 and 9 of the naming rules: reverse names, the apex and the fixed names."""
from dataclasses import replace

from addresses import address_of_reverse, parse_address, reverse_labels
from objects import CLUSTER_IP, EXTERNAL_NAME
from services import Node, Services, absent, unique
from wire import NS, PTR, SOA, TXT, Record, fold, is_under

IN_ADDR, IP6 = (b'in-addr', b'arpa'), (b'ip6', b'arpa')
VERSION_TTL = 28800


def is_reverse(zone):
    return zone[-2:] in (IN_ADDR, IP6)


class Fixed(Services):
    """Adds the nodes that belong to a zone rather than to a service."""

    def __init__(self, things, options):
        super().__init__(things, options)
        self.zones = options.zones
        forward = [zone for zone in self.zones if not is_reverse(zone)]
        local = [zone for zone in forward if zone not in options.multicluster]
        self.primary = (local or forward)[0]  # Z1 [8]
        self.reverse = self.reverse_names()

    # ---- section 8: reverse ----

    def reverse_names(self):
        """Address -> [(service, target, explicit hostname)]: clusterIPs win over endpoints."""
        services = [service for (namespace, name), service in self.cluster.services.items()
                    if self.cluster.service(namespace, name) is not None]
        table, taken = {}, set()
        for service in services:
            if service.kind == CLUSTER_IP:
                for address in service.addresses:
                    table.setdefault(address, []).append(
                        (service, self.service_name(service, self.primary), True))
                    taken.add(address)
        for service in services:
            if service.kind == EXTERNAL_NAME:
                continue
            for endpoint in self.cluster.endpoints(service):
                if endpoint.address not in taken:
                    target = self.host_name(service, endpoint, self.primary)
                    table.setdefault(endpoint.address, []).append(
                        (service, target, endpoint.explicit))
        return {address: unique_by_target(found) for address, found in table.items()}

    def reverse_nodes(self, qname, zone):
        left = fold(qname[:len(qname) - len(zone)])
        fixed = self.fixed_nodes(qname, left, zone)
        if fixed:
            return fixed
        address = address_of_reverse(fold(qname))
        found = self.reverse.get(address, [])
        # a ClusterIP service that `ignore empty_service` hides: the rules leave its PTR open
        hidden = [self.is_empty_and_ignored(service) for service, _, _ in found]
        pointers = self.records(qname, PTR, [target for _, target, _ in found])
        nodes = [Node(rrsets={PTR: pointers})] if pointers else []
        if not pointers or all(hidden):
            name = fold(qname)
            below = any(is_under(reverse_labels(other), name) and other != address
                        for other in self.reverse)
            nodes.append(Node() if below else absent())
        if not left:  # a zone of one address has its PTR at the apex
            nodes = [replace(apex, rrsets={**apex.rrsets, **node.rrsets})
                     for apex in self.apex_nodes(zone) for node in nodes]
        return nodes

    # ---- section 9: apex and fixed names ----

    def apex_nodes(self, zone):
        nodes = []
        for servers in self.name_servers(zone):
            node = Node(rrsets={SOA: [self.soa(zone, min(self.options.ttl, 300))]})
            targets = [target for target, _ in servers]
            if targets:
                node.rrsets[NS] = self.records(zone, NS, targets)
                node.glue[NS] = node.more_glue[NS] = self.glue_of(servers)
            nodes.append(node)
        return nodes

    def fixed_nodes(self, qname, left, zone):
        """dns, ns.dns, dns-version; an empty list elsewhere."""
        if left == (b'dns',):
            return [Node()]
        if left == (b'ns', b'dns'):
            return [Node(rrsets=self.address_records(qname, [address for _, address in servers]))
                    for servers in self.name_servers(zone)]
        if left == (b'dns-version',) and not is_reverse(zone):
            text = b'1.0.0' if zone in self.options.multicluster else b'1.1.0'
            return [Node(rrsets={TXT: [Record(fold(qname), TXT, VERSION_TTL, (text,))]})]
        return []

    def name_servers(self, zone):
        """Lists of (target, address) for the apex NS of `zone`. Two readings are allowed: `ns.dns`
        stands in for each local address without a slice, or only when no address has one."""
        homes = [self.primary] if is_reverse(zone) else [zone]
        if zone in self.options.multicluster:
            homes = [zone, self.primary]  # local services are not in such a zone [17]
        readings = []
        for home in homes:
            held, alone = [], []
            for text in self.options.local_ips:
                address = parse_address(text)
                servers = self.servers_holding(address, home)
                held += servers
                if not servers:
                    alone.append(((b'ns', b'dns') + home, address))
            readings += [unique(held + alone), unique(held or alone)]
        return [list(reading) for reading in unique(tuple(reading) for reading in readings)]

    def servers_holding(self, address, home):
        """The services whose slices hold a local address and expose the port we listen on."""
        servers = []
        for namespace, name in self.cluster.services:
            service = self.cluster.service(namespace, name)
            if service is None or service.kind == EXTERNAL_NAME:
                continue
            endpoints = self.cluster.endpoints(service)
            if any(endpoint.address == address and
                   any(port.number == self.options.port for port in endpoint.ports)
                   for endpoint in endpoints):
                if service.kind == CLUSTER_IP:
                    servers += [(self.service_name(service, home), item)
                                for item in service.addresses]
                else:
                    servers += [(self.host_name(service, endpoint, home), endpoint.address)
                                for endpoint in endpoints]
        return servers


def unique_by_target(found):
    """One entry for each target; explicit hostnames win and come first."""
    best = {}
    for service, target, explicit in found:
        if target not in best or explicit and not best[target][2]:
            best[target] = (service, target, explicit)
    return sorted(best.values(), key=lambda entry: not entry[2])
