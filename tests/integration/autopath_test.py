#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`autopath` in a server: names of a search list, and what goes wrong with them in CoreDNS: it asks who asks, and pods that
are unknown, shared or of another namespace are told something else (coredns issues 3765, 2842, 7179, 7120, and its README)."""
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "support"))
from running_server import Place, free_port, metrics_page, wait_for  # noqa: E402
from stub_upstream import StubUpstream, record  # noqa: E402
from tap import Tap  # noqa: E402

tap = Tap()
SERVICES = """
apiVersion: v1
kind: Namespace
metadata: {name: shop}
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec: {clusterIP: 10.96.0.80, ports: [{name: http, port: 80}]}
---
apiVersion: v1
kind: Service
metadata: {name: etcd, namespace: shop}
spec: {clusterIP: None, ports: [{name: client, port: 2379}]}
---
apiVersion: v1
kind: Service
metadata: {name: far, namespace: shop}
spec: {type: ExternalName, externalName: four.example}
"""
KNOWN = [record("four.example.", "A", "192.0.2.1"), record("six.example.", "AAAA", "2001:db8::1"),
         record("both.example.", "A", "192.0.2.2"), record("both.example.", "AAAA", "2001:db8::2"),
         record("alias.example.", "CNAME", "four.example."), record("host.corp.", "A", "192.0.2.3"),
         record("host.", "A", "192.0.2.4"), record("etcd-0.etcd.", "A", "192.0.2.66"),
         record("_client._tcp.etcd.", "SRV", "0 0 1 bad.example."), record("deep.host.corp.", "A", "192.0.2.5")]
IN_SHOP = "shop.svc.cluster.local"
CLUSTER = """. {{
    {more}
    autopath @kubernetes
    kubernetes cluster.local {{
        manifests objects
    }}
    forward . {where}
}}
"""


def place_of(corefile, objects=SERVICES):
    return Place(corefile, objects, **{"resolv.conf": "search no.such corp\n"})


def cluster(upstream, more="cache 30", objects=SERVICES):
    return place_of(CLUSTER.format(more=more, where=upstream.where), objects)


def check_names(server, upstream):
    name = f"four.example.{IN_SHOP}"
    tap.same(server.short(name, "A"), ["four.example.", "192.0.2.1"], "the next names are tried, and an alias leads there")
    tap.same(server.short(f"alias.example.{IN_SHOP}", "A"), ["alias.example.", "four.example.", "192.0.2.1"],
             "aliases of others stand behind ours")
    tap.same(server.short(f"web.shop.default.svc.cluster.local", "A"), [], "a namespace that is not there is nobody's")
    tap.same(server.short(f"web.shop.{IN_SHOP}", "A"), ["web.shop.svc.cluster.local.", "10.96.0.80"], "names of the cluster come first")
    tap.same(server.short(f"web.shop.svc.{IN_SHOP}", "A"), ["web.shop.svc.cluster.local.", "10.96.0.80"], "whatever is spelled out")
    tap.same(server.short(f"far.shop.{IN_SHOP}", "A"), ["far.shop.svc.cluster.local.", "four.example.", "192.0.2.1"],
             "and are followed")
    tap.same(server.rcode(f"no.example.{IN_SHOP}", "A")[0], "NXDOMAIN", "where all are denied")
    tap.ok("cluster.local." in server.dig(f"no.example.{IN_SHOP}", "A"), "the first denial is the answer")
    before = len(upstream.asked)
    server.short(name, "A")
    tap.same(len(upstream.asked), before, "what was found is kept under its own name")
    tap.same(server.short("four.example", "A"), ["192.0.2.1"], "where it is found by others, as it was said")


def check_families(server):
    for first, second in ("A", "AAAA"), ("AAAA", "A"):
        for name in "four.example", "six.example", "both.example":
            codes = [server.rcode(f"{name}.{IN_SHOP}", kind)[0] for kind in (first, second)]
            tap.same(codes, ["NOERROR"] * 2, f"{name} is there, whether {first} or {second} is asked for first")
    tap.same([server.rcode(f"none.example.{IN_SHOP}", kind)[0] for kind in ("A", "AAAA")], ["NXDOMAIN"] * 2, "or it is not")


def check_denied_family(upstream):
    """Somebody denies names where they have no address of one family."""
    place = cluster(upstream, "template IN AAAA example {\n rcode NXDOMAIN\n }")
    with place.serve() as server:
        tap.same(server.short(f"four.example.{IN_SHOP}", "A"), ["four.example.", "192.0.2.1"], "an address of one family")
        status, answer = server.rcode(f"four.example.{IN_SHOP}", "AAAA")
        tap.same((status, answer), ("NOERROR", []), "is no denial of the other one's, whatever is said of that")
        tap.same(server.rcode(f"none.example.{IN_SHOP}", "AAAA")[0], "NXDOMAIN", "but what has none is denied")


def check_clients(upstream):
    """What is told depends on the question alone: who asks is not looked at, so pods may be new, gone, or share an address."""
    places = [cluster(upstream), cluster(upstream, objects=SERVICES.replace("---", "---\n# another replica\n---", 1))]
    servers = [place.serve() for place in places]
    told = {tuple(server.short("-b", client, f"both.example.{IN_SHOP}", kind))
            for server in servers for client in ("127.0.0.1", "127.0.0.77", "127.9.9.9") for kind in ("A",)}
    tap.same(told, {("both.example.", "192.0.2.2")}, "all clients of all replicas are told the same")
    for server in servers:
        server.stop()


def check_endpoints(server, upstream):
    """Names below a Service are nobody else's, also while it has no endpoint: a cluster that forms must not find others."""
    before = list(upstream.asked)
    tap.same(server.rcode(f"etcd-0.etcd.{IN_SHOP}", "A")[0], "NXDOMAIN", "a pod that is not there yet is denied")
    tap.same(server.rcode(f"_client._tcp.etcd.{IN_SHOP}", "SRV")[0], "NXDOMAIN", "and so is its port")
    tap.same(upstream.asked, before, "and nobody else is asked")


def check_before_sync(upstream):
    corefile = CLUSTER.format(more="", where=upstream.where).replace("manifests objects", f"endpoint http://127.0.0.1:{free_port()}")
    place = place_of(corefile)
    with place.serve() as server:
        tap.same([server.rcode(f"four.example.{IN_SHOP}", kind)[0] for kind in ("A", "AAAA")], ["SERVFAIL"] * 2,
                 "before the cluster is read nothing is walked")
        tap.same(server.short("four.example", "A"), ["192.0.2.1"], "but other names are found")


def check_failures(upstream):
    place = cluster(upstream, "acl {\n block type A net 127.0.0.77\n }")
    with place.serve() as server:
        upstream.mood = "servfail"
        tap.same(server.rcode(f"four.example.{IN_SHOP}", "A")[0], "SERVFAIL", "a failure is told as such")
        upstream.mood = "well"
        tap.same(server.rcode(f"four.example.{IN_SHOP}", "A")[0], "NOERROR", "and over when it is over")
        tap.same(server.rcode("-b", "127.0.0.77", f"four.example.{IN_SHOP}", "A")[0], "REFUSED", "there is no way around an acl")


def check_acl_of_target(upstream):
    place = cluster(upstream, "acl example {\n block type A net *\n }\ncache 30")
    with place.serve() as server:
        for _ in range(2):
            tap.same(server.rcode(f"four.example.{IN_SHOP}", "A"), ("REFUSED", []), "an acl judges the names that are found")


def check_nobody(upstream):
    """Nobody stands behind the cluster: what CoreDNS calls a failure is a denial."""
    corefile = CLUSTER.format(more="", where=upstream.where).replace("forward", "# forward")
    with place_of(corefile).serve() as server:
        tap.same(server.rcode(f"four.example.{IN_SHOP}", "A")[0], "NXDOMAIN", "names that are nobody's are denied")
        tap.same(server.short(f"web.shop.{IN_SHOP}", "A"), ["web.shop.svc.cluster.local.", "10.96.0.80"], "others are found")


def check_file(upstream):
    corefile = f". {{\n autopath resolv.conf\n forward . {upstream.where}\n}}\n"
    with place_of(corefile).serve() as server:
        tap.same(server.short("host.no.such", "A"), ["host.corp.", "192.0.2.3"], "a file's list is walked")
        tap.same(server.short("deep.host.no.such", "A"), ["deep.host.corp.", "192.0.2.5"], "with any number of labels")
        tap.same(server.short("host.corp", "A"), ["192.0.2.3"], "from its first name on")


def check_metric(upstream):
    port = free_port()
    place = cluster(upstream, f"prometheus 127.0.0.1:{port}")
    with place.serve() as server:
        server.short(f"four.example.{IN_SHOP}", "A")
        server.short(f"none.example.{IN_SHOP}", "A")
        server.short("four.example", "A")
        line = f'coredns_autopath_success_total{{server="dns://:{server.port}"}} 1'
        tap.ok(wait_for(lambda: line in metrics_page(port).splitlines()), "what was found is counted once")


with StubUpstream(KNOWN) as upstream:
    place = cluster(upstream)
    with place.serve() as server:
        check_names(server, upstream)
        check_families(server)
        check_endpoints(server, upstream)
    check_denied_family(upstream)
    check_clients(upstream)
    check_before_sync(upstream)
    check_failures(upstream)
    check_acl_of_target(upstream)
    check_nobody(upstream)
    check_file(upstream)
    check_metric(upstream)
tap.done()
