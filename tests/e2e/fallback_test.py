#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""An API server on an old etcd refuses streaming lists by an error in the stream: lists are read page by page then."""
import os

from cluster import Cluster, programs, wait_for
from tap import Tap

tap = Tap()
SERVICES = 1200  # more than two pages
OLD = os.path.join(programs(), "etcd-old")


def address(number):
    return f"10.96.{8 + (number >> 8)}.{number & 255}"


def make_service(api, number):
    return api.request("POST", "/api/v1/namespaces/default/services", {
        "metadata": {"name": f"s-{number}"},
        "spec": {"clusterIP": address(number), "ports": [{"name": "http", "port": 80}]}})[0]


def check(cluster):
    api = cluster.api()
    tap.same({make_service(api, i) for i in range(1, SERVICES)}, {201}, "services are made")
    with cluster.knamed() as server:
        tap.ok(server.logged("page"), "the log says that lists are read by pages", server.text())
        names = [(f"s-{i}.default.svc.cluster.local", address(i)) for i in (1, 499, 500, 501, 1000, SERVICES - 1)]
        tap.same([server.short(name) for name, _ in names], [[ip] for _, ip in names], "services of all pages are there")
        make_service(api, SERVICES)
        tap.ok(wait_for(lambda: server.short(f"s-{SERVICES}.default.svc.cluster.local") == [address(SERVICES)]),
               "a new one is followed")
        api.request("DELETE", "/api/v1/namespaces/default/services/s-1")
        tap.ok(wait_for(lambda: server.rcode("s-1.default.svc.cluster.local", "A")[0] == "NXDOMAIN"), "and one that goes")


if os.access(OLD, os.X_OK):
    with Cluster(etcd_program=OLD, controllers=False) as the_cluster:
        check(the_cluster)
else:
    tap.ok(True, "lists by pages # SKIP no old etcd to be had")
tap.done()
