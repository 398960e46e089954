#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`k8s_external` in a server: Services as they are seen from outside, and what falls through."""
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
metadata: {{name: {name}, namespace: web}}
spec: {{clusterIP: 10.96.0.80, externalIPs: [{externals}], ports: [{{name: http, port: 80}}]}}
status: {{loadBalancer: {{ingress: [{ingress}]}}}}
---"""
COREFILE = """. {{
    k8s_external out.example 192.in-addr.arpa {{
        fallthrough out.example
    }}
    kubernetes cluster.local {{
        manifests objects
    }}
    forward . {where}
}}
"""


def tell_services(place, ingress):
    place.write("objects/all.yaml",
                SERVICE.format(name="shop", externals="192.0.2.1", ingress=ingress) +
                SERVICE.format(name="far", externals="", ingress="{hostname: lb.example.net}") +
                SERVICE.format(name="inside", externals="", ingress=""))


def check(server, place):
    tap.same(sorted(server.short("shop.web.out.example", "A")), ["192.0.2.1", "192.0.2.2"], "all addresses from outside")
    tap.same(server.short("_http._tcp.shop.web.out.example", "SRV"), ["0 50 80 shop.web.out.example."], "a port")
    tap.same(server.short("-x", "192.0.2.2"), ["shop.web.out.example."], "an address leads back")
    tap.same(server.short("far.web.out.example", "A"), ["lb.example.net.", "198.51.100.1"], "the balancer's name is followed")
    tap.same(server.rcode("inside.web.out.example", "A"), ("NOERROR", ["inside.web.out.example.\t60\tIN\tA\t198.51.100.2"]),
             "what has no address from outside is asked of the next")
    tap.same(server.rcode("gone.web.out.example", "A")[0], "NXDOMAIN", "and denied there")
    tap.same(server.rcode("-x", "192.0.2.99")[0], "NXDOMAIN", "other zones are not let go")
    tap.same(server.short("shop.web.svc.cluster.local", "A"), ["10.96.0.80"], "the cluster's own names stay")
    tell_services(place, "{ip: 192.0.2.3}")
    tap.ok(wait_for(lambda: sorted(server.short("shop.web.out.example", "A")) == ["192.0.2.1", "192.0.2.3"]),
           "another address of the balancer is seen")
    tap.same(server.rcode("-x", "192.0.2.2")[0], "NXDOMAIN", "and the old one no more")


known = [record("lb.example.net.", "A", "198.51.100.1"), record("inside.web.out.example.", "A", "198.51.100.2")]
with StubUpstream(known) as upstream:
    place = Place(COREFILE.format(where=upstream.where))
    tell_services(place, "{ip: 192.0.2.2}")
    with place.serve() as server:
        check(server, place)
tap.done()
