#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`dns64` in a server: names of others, kept ones, and names of the cluster."""
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "support"))
from running_server import Place, free_port, has_ipv6  # noqa: E402
from stub_upstream import StubUpstream, record  # noqa: E402
from tap import Tap  # noqa: E402

tap = Tap()
SERVICES = """
apiVersion: v1
kind: Service
metadata: {name: four, namespace: default}
spec: {clusterIP: 10.96.0.80, ports: [{name: http, port: 80}]}
---
apiVersion: v1
kind: Service
metadata: {name: six, namespace: default}
spec: {clusterIP: "fd00::80", ports: [{name: http, port: 80}]}
---
apiVersion: v1
kind: Service
metadata: {name: far, namespace: default}
spec: {type: ExternalName, externalName: four.example}
"""
KNOWN = [record("four.example.", "A", "192.0.2.1"), record("six.example.", "AAAA", "2001:db8::1"),
         record("six.example.", "A", "192.0.2.2"), record("alias.example.", "CNAME", "four.example."),
         record("text.example.", "TXT", "x"), *(record("many.example.", "A", f"198.51.100.{i}") for i in range(60))]
NAMES = "default.svc.cluster.local"


def aaaa(server, *words):
    return server.short(*words, "AAAA")


def check_by_ipv4(upstream):
    place = Place(f""". {{
    dns64 64:ff9b::/96 {{
        allow_ipv4
    }}
    kubernetes cluster.local {{
        manifests objects
    }}
    cache 30
    forward . {upstream.where}
}}
""", SERVICES)
    with place.serve() as server:
        for transport in "+notcp", "+tcp":
            for name, expected in (
                    ("four.example", ["64:ff9b::c000:201"]), ("six.example", ["2001:db8::1"]),
                    ("alias.example", ["four.example.", "64:ff9b::c000:201"]), ("text.example", []),
                    ("four." + NAMES, ["64:ff9b::a60:50"]), ("six." + NAMES, ["fd00::80"]),
                    ("far." + NAMES, ["four.example.", "64:ff9b::c000:201"])):
                tap.same(aaaa(server, transport, name), expected, f"{name}, {transport}")
            tap.same(server.rcode(transport, "no.example", "AAAA")[0], "NXDOMAIN", "what does not exist is not asked for again")
            tap.same(server.rcode(transport, "no." + NAMES, "AAAA")[0], "NXDOMAIN", "nor is it in the cluster")
        tap.same(upstream.count("no.example.", "A"), 0, "no address is asked for in vain")
        tap.same((upstream.count("four.example.", "A"), upstream.count("four.example.", "AAAA")), (1, 1), "both are kept")
        tap.same(server.short("four.example", "A"), ["192.0.2.1"], "an IPv4 address is as it was")
        tap.same(len(aaaa(server, "many.example")), 60, "a large answer comes over TCP")
        tap.ok(" tc" in server.dig("+ignore", "+notcp", "many.example", "AAAA"), "for it does not fit into a datagram")
        tap.ok("FoUr.ExAmPlE.\t" in server.dig("+noall", "+answer", "FoUr.ExAmPlE", "AAAA"),
               "the name is spelled as it was asked")
        upstream.mood = "servfail"
        tap.same(server.rcode("fails.example", "AAAA")[0], "SERVFAIL", "what fails fails")
        upstream.mood = "well"


def check_by_ipv6(upstream):
    place = Place(f". {{\n bind 127.0.0.1 ::1\n dns64\n forward . {upstream.where}\n}}\n")
    with place.serve() as server:
        tap.same(aaaa(server, "four.example"), [], "who asks by IPv4 has IPv4")
        server.address = "::1"
        tap.same(aaaa(server, "four.example"), ["64:ff9b::c000:201"], "who asks by IPv6 gets an IPv6 address")


with StubUpstream(KNOWN, port=free_port()) as the_upstream:
    check_by_ipv4(the_upstream)
    if has_ipv6():
        check_by_ipv6(the_upstream)
tap.done()
