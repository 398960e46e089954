#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""TTLs of what templates and zone files say behind a `cache`: as a cache would show them, and as they are without one."""
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "support"))
from running_server import Place  # noqa: E402
from tap import Tap  # noqa: E402

tap = Tap()
FILES = {"zone": """@ 3600 SOA ns host 1 2 3 4 600
@ 3600 NS ns
ns 3600 A 10.0.0.1
long 3600 A 10.0.0.2
short 1 A 10.0.0.3
fair 25 A 10.0.0.5
to 3600 CNAME short
mail 3600 MX 10 long
below 3600 NS ns.below
ns.below 1 A 10.0.0.4
""", "objects": """apiVersion: v1
kind: Service
metadata: {name: web, namespace: default}
spec: {clusterIP: 10.96.0.80, ports: [{name: http, port: 80}]}
"""}
BLOCK = """. {
    CACHE
    rewrite name exact long.test long.file.test
    file zone file.test
    kubernetes cluster.local {
        ttl 3600
        manifests objects
    }
    template IN A t.test {
        answer "{{ .Name }} 3600 IN A 10.0.0.1"
    }
    template IN AAAA t.test {
        rcode NXDOMAIN
        authority "t.test. 3600 IN SOA ns.t.test. h.t.test. 1 2 3 4 3000"
    }
}
"""
BOUNDS = "cache ZONES {\n success 100 30 20\n denial 100 15 10\n }"
QUESTIONS = ["long.file.test A", "short.file.test A", "fair.file.test A", "to.file.test A", "to.file.test TXT", "mail.file.test MX",
             "none.file.test A", "fair.file.test TXT", "x.below.file.test A", "k.t.test A", "k.t.test AAAA", "long.test A",
             "web.default.svc.cluster.local A"]


def serve(cache):
    return Place(BLOCK.replace("CACHE", cache), FILES["objects"], zone=FILES["zone"]).serve()


def ttls(server, question, transport):
    text = server.dig("+noall", "+answer", "+authority", "+additional", transport, *question.split())
    return [int(line.split()[1]) for line in text.splitlines() if line and line[0] != ";"]


def check(cache, expected, title):
    with serve(cache) as server:
        for transport in "+notcp", "+tcp":
            found = {question: ttls(server, question, transport) for question in QUESTIONS}
            for question, some in zip(QUESTIONS, expected):
                tap.same(found[question], some, f"{title}: {question}, {transport}")


check("", [[3600], [1], [25], [3600, 1], [3600, 600], [3600, 3600], [600], [600], [3600, 1], [3600], [3600], [3600], [3600]],
      "without a cache")
check(BOUNDS.replace("ZONES", ""),
      [[30], [20], [25], [30, 20], [15, 15], [30, 30], [15], [15], [30, 20], [30], [15], [30], [3600]], "behind a cache")
check(BOUNDS.replace("ZONES", "t.test fair.file.test"),
      [[3600], [1], [25], [3600, 1], [3600, 600], [3600, 3600], [600], [15], [3600, 1], [30], [15], [3600], [3600]],
      "behind a cache of some names")
check("cache 5 {\n disable success\n }",
      [[5], [5], [5], [5, 5], [5, 5], [5, 5], [5], [5], [5, 5], [5], [5], [5], [3600]],
      "what is not kept is bounded as well")
tap.done()
