#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A name is there or it is not, whatever type is asked for: resolvers of clients (musl's, busybox') take a denial of one type for
one of all. And who is told that there is nothing is told for how long."""
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "support"))
from datagrams import ask_all, question, wire  # noqa: E402
from running_server import Place  # noqa: E402
from stub_upstream import StubUpstream, record  # noqa: E402
from tap import Tap  # noqa: E402

tap = Tap()
TYPES = ["A", "AAAA", "SRV", "TXT", "MX", "PTR", "NS", "SOA", "CNAME", "HTTPS", "CAA", "TYPE4711"]
OBJECTS = """
apiVersion: v1
kind: Namespace
metadata: {name: shop}
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec: {clusterIP: 10.96.0.80, clusterIPs: [10.96.0.80], ports: [{name: http, port: 80}]}
---
apiVersion: v1
kind: Service
metadata: {name: six, namespace: shop}
spec: {clusterIP: "fd00:96::6", clusterIPs: ["fd00:96::6"], ports: [{name: http, port: 80, protocol: UDP}]}
---
apiVersion: v1
kind: Service
metadata: {name: db, namespace: shop}
spec: {clusterIP: None, ports: [{name: sql, port: 5432}]}
---
apiVersion: v1
kind: Service
metadata: {name: empty, namespace: shop}
spec: {clusterIP: None, ports: [{name: sql, port: 5432}]}
---
apiVersion: v1
kind: Service
metadata: {name: far, namespace: shop}
spec: {type: ExternalName, externalName: four.example}
---
apiVersion: v1
kind: Service
metadata: {name: lost, namespace: shop}
spec: {type: ExternalName, externalName: nobody.example}
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: db-1, namespace: shop, labels: {kubernetes.io/service-name: db}}
addressType: IPv4
endpoints: [{addresses: [10.244.7.1], hostname: db-0, conditions: {ready: true}}]
ports: [{name: sql, port: 5432, protocol: TCP}]
"""
HERE_ARE = """cluster.local. svc.cluster.local. shop.svc.cluster.local. web.shop.svc.cluster.local. six.shop.svc.cluster.local.
_tcp.web.shop.svc.cluster.local. _http._tcp.web.shop.svc.cluster.local. db.shop.svc.cluster.local. db-0.db.shop.svc.cluster.local.
_sql._tcp.db.shop.svc.cluster.local. far.shop.svc.cluster.local. pod.cluster.local. 10-244-7-1.shop.pod.cluster.local.
dns-version.cluster.local. 80.0.96.10.in-addr.arpa. 1.7.244.10.in-addr.arpa. 96.10.in-addr.arpa. four.example. six.example.
alias.example. text.example. four.rocks. text.rocks. host.files.test. deep.files.test. a.deep.files.test.
x.wild.files.test.""".split()
HERE_ARE_NOT = """no.shop.svc.cluster.local. no.svc.cluster.local. web.no.svc.cluster.local. x.web.shop.svc.cluster.local.
_no._tcp.web.shop.svc.cluster.local. no.db.shop.svc.cluster.local. no.cluster.local.
81.0.96.10.in-addr.arpa. nobody.example. nobody.rocks. no.files.test. web.shop.svc.cluster.local.corp.example.""".split()
DANGLING = "lost.shop.svc.cluster.local."  # the alias is there, what it leads to is not
SEARCHED = {"four.example.shop.svc.cluster.local.": True, "six.example.shop.svc.cluster.local.": True,
            "text.example.shop.svc.cluster.local.": True, "web.shop.svc.shop.svc.cluster.local.": True,
            "six.shop.svc.shop.svc.cluster.local.": True, "nobody.example.shop.svc.cluster.local.": False}
ZONE = """$ORIGIN files.test.
@ 60 IN SOA ns host 1 2 3 4 5
@ 60 IN NS ns.example.
host 60 IN A 192.0.2.90
a.deep 60 IN AAAA 2001:db8::1
*.wild 60 IN TXT any
"""
KNOWN = [record("four.example.", "A", "192.0.2.1"), record("six.example.", "AAAA", "2001:db8::1"),
         record("alias.example.", "CNAME", "four.example."), record("text.example.", "TXT", "hello")]
CLUSTER = """    kubernetes cluster.local in-addr.arpa {
        manifests objects
        pods insecure
    }
"""


def serve(rules, upstream):
    return Place(f". {{\n{rules}\n{CLUSTER}    file files.zone files.test\n    forward . {upstream.where}\n}}\n", OBJECTS,
                 **{"files.zone": ZONE}).serve()


def check_names(server, names, what):
    """All types of all names, twice: what is kept is no other answer."""
    for how in "first", "again":
        asked = [(name, kind) for name in names for kind in TYPES]
        replies = dict(zip(asked, ask_all(server, [question(i, *item) for i, item in enumerate(asked)])))
        wrong, unsaid = [], []
        for (name, kind), reply in replies.items():
            rcode = reply.rcode if reply is not None else None
            is_there = names[name] or (name == DANGLING and kind == "CNAME")
            if rcode != (wire.NOERROR if is_there else wire.NXDOMAIN):
                wrong.append((name, kind, rcode))
            is_denial = rcode == wire.NXDOMAIN or (rcode == 0 and not any(
                item.record.type == wire.type_number(kind) for item in reply.answer))
            alias_out = reply is not None and reply.answer and reply.answer[-1].record.type == wire.CNAME
            soas = [item for item in reply.authority if item.record.type == wire.SOA] if reply is not None else []
            if is_denial and not alias_out and len(soas) != 1:
                unsaid.append((name, kind))
        tap.same(wrong, [], f"{what}: {len(names)} names are there for all types or for none, {how}")
        tap.same(unsaid, [], f"{what}: denials have one SOA, {how}")


NAMES = {**{name: True for name in HERE_ARE}, **{name: False for name in HERE_ARE_NOT + [DANGLING]}}
REWRITE = "    rewrite name suffix .rocks .example answer auto\n"
with StubUpstream(KNOWN) as the_upstream:
    for the_rules, more, the_what in ((REWRITE, {}, "rules"), (REWRITE + "    cache 30\n    loadbalance\n", {}, "with a cache"),
                                      (REWRITE + "    autopath @kubernetes\n    cache 30\n", SEARCHED, "search paths"),
                                      (REWRITE + "    dns64 {\n        allow_ipv4\n    }\n    cache 30\n", {}, "dns64")):
        with serve(the_rules, the_upstream) as the_server:
            check_names(the_server, {**NAMES, **more}, the_what)
tap.done()
