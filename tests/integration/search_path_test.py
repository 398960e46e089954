#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What search lists make of names, and AAAA in a cluster of IPv4: how much of it goes upstream."""
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "support"))
from running_server import Place, wait_for  # noqa: E402
from stub_upstream import StubUpstream, record  # noqa: E402
from tap import Tap  # noqa: E402

tap = Tap()
SERVICE = """
apiVersion: v1
kind: Service
metadata: {{name: {name}, namespace: shop}}
spec: {{clusterIPs: [{address}], clusterIP: {address}, ports: [{{name: http, port: 80}}]}}
---
"""
SEARCH = ["shop.svc.cluster.local", "svc.cluster.local", "cluster.local", "corp.internal"]
HOSTS = [f"api{i}.github.example" for i in range(10)]


def serve(place, upstream, options=""):
    place.write("Corefile", f". {{\nbind 127.0.0.1\nkubernetes cluster.local {{\n manifests objects\n {options}\n}}\n"
                            f"forward . {upstream.where}\n}}\n")
    return place.serve()


def look_up(server, name, kind="A"):
    """As a client with ndots:5 does: through the search list, then as it stands."""
    for candidate in [f"{name}.{domain}" for domain in SEARCH] + [name]:
        rcode, lines = server.rcode(candidate, kind)
        if lines or rcode not in ("NOERROR", "NXDOMAIN"):
            return rcode, lines
    return rcode, lines


def check_search(place, upstream):
    with serve(place, upstream) as server:
        upstream.asked.clear()
        tap.same(look_up(server, "web")[0], "NOERROR", "a service is found by the first domain")
        tap.same(len(look_up(server, "web.shop")[1]), 1, "and by the second")
        tap.same(upstream.asked, [], "nothing of that goes upstream")
        tap.ok(all(len(look_up(server, host)[1]) == 1 for host in HOSTS), "names from outside are found at last")
        tap.same(len(upstream.asked), 2 * len(HOSTS), "with the domain of the machine and as they stand, not more")
        tap.ok(not any("cluster.local" in name for name, _, _ in upstream.asked), "no name of the cluster goes upstream")
        upstream.asked.clear()
        for name, kind in (("web.shop.svc.cluster.local.corp.internal", "A"), ("_etcd-server-ssl._tcp.etcd", "SRV"),
                           ("no.shop.svc.cluster.local.corp.internal", "AAAA")):
            tap.same(server.rcode(name, kind), ("NXDOMAIN", []), f"{name} is denied")
        tap.same(upstream.asked, [], "without a question to anybody")
        tap.same(server.short("etcd", "A"), ["192.0.2.9"], "names of one label go their way")
        denial = server.dig("+noall", "+authority", "_etcd-server._tcp.etcd", "SRV").split()
        tap.same(denial[:6], [".", "5", "IN", "SOA", "ns.dns.cluster.local.", "hostmaster.cluster.local."],
                 "a denial says who denies")
    with serve(place, upstream, "search_junk off") as server:
        upstream.asked.clear()
        server.rcode("web.shop.svc.cluster.local.corp.internal", "A")
        server.rcode("_etcd-server-ssl._tcp.etcd", "SRV")
        tap.same(len(upstream.asked), 2, "search_junk off: upstream is asked")


def check_ipv6(place, upstream):
    def asked_for_all(server):
        upstream.asked.clear()
        rcodes = {(kind, server.rcode(host, kind)[0]) for host in HOSTS for kind in ("A", "AAAA")}
        return len(upstream.asked), rcodes

    with serve(place, upstream) as server:
        tap.same(asked_for_all(server)[0], 2 * len(HOSTS), "A and AAAA are both asked for")
    with serve(place, upstream, "ipv6 auto") as server:
        count, rcodes = asked_for_all(server)
        tap.same((count, rcodes), (len(HOSTS), {("A", "NOERROR"), ("AAAA", "NOERROR")}),
                 "ipv6 auto: half as many questions in a cluster of IPv4")
        tap.same(server.short(HOSTS[0], "A"), ["192.0.2.1"], "addresses are found as before")
        tap.ok("SOA\tns.dns.cluster.local." in server.dig("+noall", "+authority", HOSTS[0], "AAAA"), "NODATA has its SOA")
        tap.same(server.rcode("web.shop.svc.cluster.local", "AAAA")[0], "NOERROR", "names of the cluster are as they were")
        place.write("objects/six.yaml", SERVICE.format(name="six", address='"fd00::6"'))
        tap.ok(wait_for(lambda: asked_for_all(server)[0] == 2 * len(HOSTS)),
               "with an IPv6 address in the cluster AAAA is asked for", upstream.asked)


THE_PLACE = Place(objects=SERVICE.format(name="web", address="10.96.0.80"))
KNOWN = [record(host + ".", kind, address) for host in HOSTS for kind, address in (("A", "192.0.2.1"), ("AAAA", "2001:db8::1"))]
with StubUpstream([*KNOWN, record("etcd.", "A", "192.0.2.9")]) as the_upstream:
    check_search(THE_PLACE, the_upstream)
    check_ipv6(THE_PLACE, the_upstream)
tap.done()
