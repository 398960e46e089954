# SPDX-License-Identifier: Apache-2.0
"""What both servers find around them: addresses, resolvers and what these know, and a cluster. It is the same for all cases."""
import ipaddress
import os
import ssl
import struct
import subprocess

import wire
from kube_api import KubeApi, namespace, pod, service, service_import, slice_, thing
from stub_upstream import Manner, StubUpstream, record

RESOLVERS = ["10.0.0.2", "10.0.0.3", "10.0.0.4", "10.96.0.11", "fd00:53::2"]
TLS_RESOLVERS = [("10.0.0.5", 853), ("10.0.0.5", 10853)]
PRIMARY = ("10.0.0.6", 53)  # hands zones out
POD = "10.244.0.2"          # of the cluster's DNS: we
CLIENTS = ["10.244.7.11", "192.0.2.77", "198.51.100.77", "fd00:244::77"]
LOCAL = ["169.254.20.10", "169.254.10.10", "169.254.10.11", "10.96.0.10"]


def with_length(addresses):
    return [f"{address}/{ipaddress.ip_address(address).max_prefixlen}" for address in addresses]


ADDRESSES = with_length([POD, *CLIENTS, *LOCAL])
OUTER_ADDRESSES = with_length([*RESOLVERS, "10.0.0.5", "10.0.0.6", "10.0.0.9"])  # nobody listens on the last one

RESOLV_CONF = "search eu.example\nnameserver 10.0.0.2\nnameserver 10.0.0.3\noptions ndots:1\n"
HOSTS = "127.0.0.1 localhost\n::1 localhost\n10.0.0.4 my.hosts.dns\n"

# ---- what resolvers know ----

KNOWN = """
host.example A 192.0.2.1 60
host.example AAAA 2001:db8::1 60
host.example TXT hello 60
host.example MX 10+mail.example 60
v4.example A 192.0.2.4 300
v6.example AAAA 2001:db8::6 300
many.example A 192.0.2.1 60
many.example A 192.0.2.2 60
many.example A 198.51.100.3 60
many.example AAAA 2001:db8::1 60
many.example AAAA 2001:db8::2 60
mail.example A 192.0.2.25 60
mail.example MX 10+mail.example 60
mail.example MX 20+mail2.example 60
alias.example CNAME host.example 120
chain.example CNAME alias.example 120
dangling.example CNAME no.such.example 120
v4alias.example CNAME v4.example 120
svc.example SRV 0+5+80+host.example 60
brief.example A 192.0.2.7 1
zero.example A 192.0.2.8 0
long.example A 192.0.2.9 86400
ignored.net.example A 192.0.2.10 60
host.other.test A 192.0.2.11 60
a.deep.other.test A 192.0.2.12 60
host.corp A 10.20.30.40 60
far.corp A 10.20.30.41 60
host.eu.example A 192.0.2.40 60
x.internal.cloudapp.net A 10.9.9.9 60
a.b.c.d.internal.cloudapp.net A 10.9.9.10 60
vm.reddog.microsoft.com A 10.9.9.11 60
api.github.com A 192.0.2.99 60
web.consul A 10.30.0.1 60
web.consul A 10.30.0.2 60
web.consul SRV 0+1+8080+node.consul 60
node.consul A 10.30.0.3 60
alias.consul CNAME web.consul 60
mail.consul MX 10+node.consul 60
ns.consul NS node.consul 60
ftp.service.us-west-1.consul A 10.30.0.4 60
30.30.30.10.in-addr.arpa PTR web.consul 60
40.30.30.10.in-addr.arpa PTR host.example 60
4.2.0.192.in-addr.arpa PTR v4.example 300
5.99.168.192.in-addr.arpa PTR host.corp 60
my-dns.example A 10.0.0.3 60
my-alias.example CNAME my-dns.example 60
dns.example A 10.0.0.5 60
special.example A 0.0.0.0 60
mapped.example AAAA ::ffff:192.0.2.5 60
private.example A 10.1.2.3 60
both.example A 192.0.2.30 60
both.example AAAA 2001:db8::30 60
"""

EDE_STALE = struct.pack(">HHH", 15, 2, 3)
MANNERS = {
    "servfail.example": Manner(rcode=2),
    "refused.example": Manner(rcode=5),
    "notimp.example": Manner(rcode=4),
    "formerr.example": Manner(rcode=1),
    "absent.example": Manner(rcode=3),
    "bare.example": Manner(rcode=3, denial=False),
    "empty.example": Manner(),
    "bareempty.example": Manner(denial=False),
    "silent.example": Manner(silent=True),
    "slow.example": Manner(delay_s=0.7),
    "cut.example": Manner(cut=True),
    "aa.example": Manner(flags=wire.AA),
    "ad.example": Manner(flags=wire.AD),
    "ede.example": Manner(rcode=2, options=EDE_STALE),
}
# Of names with manners, those that have something to say.
KNOWN += """
cut.example A 192.0.2.50 60
aa.example A 192.0.2.51 60
ad.example A 192.0.2.52 60
slow.example A 192.0.2.53 60
"""

ZONE = """
away.test SOA ns.away.test+host.away.test+7+3600+600+86400+60 300
away.test NS ns.away.test 300
ns.away.test A 10.0.0.6 300
www.away.test A 192.0.2.80 300
*.wild.away.test A 192.0.2.81 300
alias.away.test CNAME www.away.test 300
ent.under.away.test TXT below 300
sub.away.test NS ns.sub.away.test 300
ns.sub.away.test A 10.0.0.7 300
"""


def records(text):
    for line in text.split("\n"):
        if line:
            owner, kind, rdata, ttl = line.split(" ")
            yield record(owner, kind, rdata.replace("+", " "), int(ttl))


def big_records():
    return [record("big.example", "A", f"198.51.{i >> 8}.{i & 255}") for i in range(200)] + \
           [record("middle.example", "A", f"198.51.100.{i}") for i in range(50)]


def tls_context(directory):
    """Speaks as dns.example; the authority's certificate is ca.pem there."""
    paths = {name: os.path.join(directory, name) for name in ("ca.key", "ca.pem", "dns.key", "dns.csr", "dns.pem", "ext")}
    with open(paths["ext"], "w", encoding="ascii") as file:
        file.write("subjectAltName=DNS:dns.example\n")

    def openssl(*words):
        subprocess.run(["openssl", *words], check=True, capture_output=True)

    new_key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    openssl("req", "-x509", *new_key, "-keyout", paths["ca.key"], "-out", paths["ca.pem"], "-subj", "/CN=golden", "-days", "30")
    openssl("req", *new_key, "-keyout", paths["dns.key"], "-out", paths["dns.csr"], "-subj", "/CN=dns.example")
    openssl("x509", "-req", "-in", paths["dns.csr"], "-CA", paths["ca.pem"], "-CAkey", paths["ca.key"], "-CAcreateserial",
            "-out", paths["dns.pem"], "-days", "30", "-extfile", paths["ext"])
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(paths["dns.pem"], paths["dns.key"])
    return context


def resolvers(context):
    """Each says of itself who it is."""
    for address, port, tls in [*((address, 53, None) for address in RESOLVERS),
                               *((*place, context) for place in TLS_RESOLVERS)]:
        own = [record("who.example", "TXT", address, 60)]
        yield StubUpstream([*records(KNOWN), *big_records(), *own], address, port, MANNERS, tls)
    yield StubUpstream([*records(ZONE), *records(KNOWN)], *PRIMARY, MANNERS)


# ---- the cluster ----

def ready_slice(name, of, endpoints, ports, where, kind="IPv4", labels=None):
    """endpoints: address, or (address, more fields)."""
    made = slice_(name, of, [], where)
    made["metadata"]["labels"].update(labels or {})
    made["addressType"] = kind
    made["ports"] = [{"name": port_name, "port": port, "protocol": protocol} for port_name, port, protocol in ports]
    made["endpoints"] = [{"addresses": [one if isinstance(one, str) else one[0]], "conditions": {"ready": True},
                          **({} if isinstance(one, str) else one[1])} for one in endpoints]
    return made


def ports_of(*ports):
    return [{"name": name, "port": port, "protocol": protocol, "targetPort": port} for name, port, protocol in ports]


HTTP = ("http", 80, "TCP")
DNS = [("dns", 53, "UDP"), ("dns-tcp", 53, "TCP"), ("metrics", 9153, "TCP")]


def cluster():
    both = service("dual", "10.96.2.6", "shop", clusterIPs=["10.96.2.6", "fd00:96::206"], ports=ports_of(HTTP))
    balanced = service("balanced", "10.96.2.7", "shop", type="LoadBalancer", ports=ports_of(HTTP), externalIPs=["203.0.113.7"])
    balanced["status"] = {"loadBalancer": {"ingress": [{"ip": "203.0.113.8"}]}}
    named = service("named", "10.96.2.8", "shop", type="LoadBalancer", ports=ports_of(HTTP))
    named["status"] = {"loadBalancer": {"ingress": [{"hostname": "host.example"}]}}
    return [
        namespace("shop", team="a"), namespace("hidden", team="b"), namespace("etcd"), namespace("bare"),
        service("kubernetes", "10.96.0.1", ports=ports_of(("https", 443, "TCP"))),
        ready_slice("kubernetes", "kubernetes", ["10.20.0.1"], [("https", 6443, "TCP")], "default"),
        service("kube-dns", "10.96.0.10", "kube-system", ports=ports_of(*DNS)),
        ready_slice("kube-dns-a", "kube-dns", [(POD, {"targetRef": {"kind": "Pod", "name": "coredns-1"}}), "10.244.0.3"],
                    DNS, "kube-system"),
        service("web", "10.96.2.1", "shop", labels={"app": "web"}, ports=ports_of(HTTP, ("https", 443, "TCP"))),
        ready_slice("web-a", "web", [("10.244.1.1", {"targetRef": {"kind": "Pod", "name": "web-0"}, "zone": "east"}),
                                     ("10.244.1.2", {"targetRef": {"kind": "Pod", "name": "web-1"}, "zone": "west"})],
                    [HTTP], "shop", labels={"app": "web"}),
        service("headless", namespace_="shop", ports=ports_of(HTTP)),
        ready_slice("headless-a", "headless", [("10.244.2.1", {"hostname": "one", "zone": "east"}),
                                               ("10.244.2.2", {"zone": "west", "targetRef": {"kind": "Pod", "name": "two"}})],
                    [HTTP], "shop"),
        service("lonely", "10.96.2.3", "shop", ports=ports_of(HTTP)),
        service("none", namespace_="shop", ports=ports_of(HTTP)),
        both, balanced, named,
        service("six", namespace_="shop", ports=ports_of(HTTP)),
        ready_slice("six-a", "six", [("fd00:244::1", {"hostname": "six"})], [HTTP], "shop", kind="IPv6"),
        thing("Service", "far", "shop", spec={"type": "ExternalName", "externalName": "host.example"}),
        thing("Service", "near", "shop", spec={"type": "ExternalName", "externalName": "web.shop.svc.cluster.local"}),
        thing("Service", "lost", "shop", spec={"type": "ExternalName", "externalName": "no.such.example"}),
        service("web", "10.96.3.1", "hidden", ports=ports_of(HTTP)),
        service("etcd", namespace_="etcd", ports=ports_of(("etcd-client", 2379, "TCP"))),
        ready_slice("etcd-a", "etcd", [("10.244.3.1", {"hostname": "etcd-0"})], [("etcd-client", 2379, "TCP")], "etcd"),
        pod("web-0", "10.244.1.1", "shop"), pod("client", CLIENTS[0], "shop"), pod("old", "10.244.9.9", "shop", "Succeeded"),
        service_import("web", ["10.97.0.1"], "shop"),
    ]


def start_api(**options):
    api = KubeApi(**options)
    api.put(*cluster())
    return api
