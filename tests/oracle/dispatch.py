# SPDX-License-Identifier: Apache-2.0
"""Section 2 of the naming rules, with 7 (pods), 15 (zonal) and 17 (multicluster): which rule a name
falls under, label by label from the right.

look_up() says what a name holds, whatever the type asked. Where the rules leave a choice it gives
several nodes, the likeliest first."""
from addresses import parse_pod_label
from fixed import Fixed, is_reverse
from objects import HEADLESS
from services import PROTOCOLS, Node, absent
from wire import SRV, fold, is_under


class Dispatch(Fixed):
    """Finds the node of any name of our zones."""

    def zone_of(self, qname):
        """The longest zone `qname` is in, by label [12]."""
        matches = [zone for zone in self.zones if is_under(qname, zone)]
        return max(matches, key=len, default=None)

    # ---- section 7: pods ----

    def pod_node(self, owner, left):
        """`left` ends in `pod`."""
        if len(left) == 1:
            return Node()
        if self.options.pods == 'disabled' or not self.cluster.is_exposed(left[-2]):
            return absent()
        if len(left) == 2:
            return Node()
        address = parse_pod_label(left[0]) if len(left) == 3 else None
        if address is None:
            return absent()
        if self.options.pods == 'verified' and \
                not self.cluster.pod_has_address(left[1], address):
            return absent()
        return Node(rrsets=self.address_records(owner, [address]))

    # ---- section 2: dispatch below a forward zone ----

    def forward_nodes(self, qname, zone):
        left = fold(qname[:len(qname) - len(zone)])
        if not left:
            return self.apex_nodes(zone)
        fixed = self.fixed_nodes(qname, left, zone)
        if fixed:
            return fixed
        if left[-1] == b'pod':
            return [self.pod_node(qname, left)]
        if left[-1] != b'svc':
            return [absent()]
        if len(left) == 1:
            return [Node()]
        if len(left) == 2:
            return [Node() if self.cluster.is_exposed(left[0]) else absent()]
        if zone in self.options.multicluster:
            return [self.import_node(qname, left, zone)]
        return self.service_nodes(qname, left, zone)

    def service_nodes(self, qname, left, zone):
        """Three labels or more, the last being `svc`."""
        short = self.short_node(qname, left, zone)
        if short is not None:
            return [short]
        service = self.cluster.service(left[-2], left[-3])
        if len(left) == 3:
            return [absent() if service is None else self.service_node(service, zone, qname)]
        if len(left) == 4 and left[0] in PROTOCOLS:
            return [self.protocol_node(service, left[0])]
        if len(left) == 4 and not (self.options.zonal and left[0] == b'_zone'):
            return [self.host_node(service, zone, qname, left[0])]
        if self.options.zonal and left[-4] == b'_zone':
            return self.zonal_nodes(service, zone, qname, left)
        if len(left) == 5:
            return [self.port_node(service, zone, qname, left[0], left[1])]
        return [absent()]

    def short_node(self, qname, left, zone):
        """The short SRV form and the empty name above it, or None [5.3]."""
        if not self.options.shorthand or left[-3] not in PROTOCOLS:
            return None
        service = self.cluster.service(left[-2], left[-2])
        if len(left) == 3:
            return self.protocol_node(service, left[-3])
        if len(left) == 4 and left[0][:1] == b'_':
            return self.port_node(service, zone, qname, left[0], left[1])
        return None

    # ---- section 15: zonal ----

    def zonal_nodes(self, service, zone, qname, left):
        """`ZONE.pin._zone.SVC.NS.svc.Z`. The rules are silent on the names above ZONE, on SRV there
        and on a service without endpoints; both readings are fine."""
        if service is None or service.kind != HEADLESS:
            return [absent()]
        if len(left) == 4 or len(left) == 5 and left[-5] in (b'pin', b'prefer'):
            return [Node(), absent()]
        if left[-5] not in (b'pin', b'prefer'):
            return [absent()]
        endpoints = self.cluster.endpoints(service)
        if not endpoints:
            return [Node(), absent()]
        wanted = b'.'.join(left[:-5])
        near = [endpoint for endpoint in endpoints if endpoint.zone == wanted]
        if not near and left[-5] == b'prefer':
            near = endpoints
        node = self.endpoints_node(service, near, zone, qname)
        bare = Node(rrsets={rtype: records for rtype, records in node.rrsets.items()
                            if rtype != SRV})
        return [node, bare]

    # ---- section 17: multicluster ----

    def import_node(self, qname, left, zone):
        service = self.cluster.service_import(left[-2], left[-3])
        if service is None:
            return absent()
        below = left[:-3]
        if not below:
            return self.service_node(service, zone, qname)
        if service.kind == HEADLESS:
            endpoints = self.cluster.endpoints(service)
            hosts = {endpoint: (endpoint.hostname,) + tuple(endpoint.cluster.split(b'.'))
                     for endpoint in endpoints}
            found = [endpoint for endpoint in endpoints if hosts[endpoint] == below]
            if found:
                return self.endpoints_node(service, found, zone, qname)
            if any(host[-len(below):] == below for host in hosts.values()):
                return Node()
        if len(below) == 1 and below[0] in PROTOCOLS:
            return self.protocol_node(service, below[0])
        if len(below) == 2:
            return self.port_node(service, zone, qname, *below)
        return absent()

    # ---- a name, whatever the type ----

    def look_up(self, qname):
        """What `qname` holds: the nodes a server may have there, the likeliest first."""
        zone = self.zone_of(qname)
        return self.reverse_nodes(qname, zone) if is_reverse(zone) \
            else self.forward_nodes(qname, zone)

    def denial_ttls(self, qname):
        """TTLs the SOA of a denial of `qname` may have [10]."""
        zone = self.zone_of(qname)
        left = fold(qname[:len(qname) - len(zone)])
        low = frozenset([min(self.denial, 1)])
        if is_reverse(zone) or left[-1:] != (b'svc',) or len(left) < 3:
            return frozenset([self.denial])
        if zone in self.options.multicluster:  # silent about imports: both are fine
            service = self.cluster.service_import(left[-2], left[-3])
            headless = service is not None and service.kind == HEADLESS
            return low | {self.denial} if headless else frozenset([self.denial])
        service = self.cluster.service(left[-2], left[-3])
        if service is not None and service.kind == HEADLESS:
            return low
        if self.options.shorthand and left[-3] in PROTOCOLS:
            service = self.cluster.service(left[-2], left[-2])
            headless = service is not None and service.kind == HEADLESS
            if headless and len(left) == 4 and left[0][:1] == b'_':
                return low
            if headless and len(left) == 3:  # above the short form: silent
                return low | {self.denial}
        return frozenset([self.denial])
