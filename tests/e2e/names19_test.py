#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The questions of names19.py, to a real control plane whose Services are made and changed with kubectl."""
import concurrent.futures
import sys
import threading

from cluster import Cluster, wait_for

sys.path.insert(0, __file__.rsplit("/", 2)[0] + "/support")
from names19 import OBJECTS, ZONE, ask_all, tap  # noqa: E402

NAMESPACES = "dns-1", "dnsexample0", "x", "perf-0", "perf-1"
QUERIER = """
apiVersion: v1
kind: Pod
metadata: {name: dns-test-a, namespace: dns-1, labels: {dns-test: "1"}}
spec: {hostname: dns-querier-1, subdomain: dns-test-service, nodeName: node-1, containers: [{name: main, image: none}]}
"""
SERVICE = """
apiVersion: v1
kind: Service
metadata: {{name: {name}, namespace: dns-1}}
spec: {{{spec}}}
"""
IN_PARALLEL = 4


class Kubernetes:
    """A control plane with the suite's objects."""

    def __init__(self, cluster):
        self.cluster, self.place = cluster, cluster.directory
        self.own = threading.local()  # an API connection for each thread
        cluster.addresses.update({"dns-test-a": "10.244.7.11", "dns-test-b": "10.244.7.12"})
        cluster.kubelet.hold.add("dns-test-a")
        for namespace in NAMESPACES:
            cluster.kubectl("create", "namespace", namespace)
        with open(OBJECTS, encoding="ascii") as file:
            objects = file.read().split("---\n")
        cluster.apply("---\n".join(text for text in objects if "{name: kubernetes," not in text))  # has one of its own
        cluster.apply(QUERIER)

    def service(self, name, spec):
        self.cluster.apply(SERVICE.format(name=name, spec=spec))

    def querier(self, ready):
        self.cluster.kubectl("patch", "pod", "dns-test-a", "-n", "dns-1", "--subresource=status", "-p",
                             f'{{"status": {{"conditions": [{{"type": "Ready", "status": "{ready}"}}]}}}}')

    def make_service(self, i):
        api = self.own.__dict__.setdefault("api", self.cluster.api())
        status, made = api.request("POST", f"/api/v1/namespaces/perf-{i % 2}/services", {
            "apiVersion": "v1", "kind": "Service", "metadata": {"name": f"svc-{i}"}, "spec": {"ports": [{"port": 80}]}})
        assert status == 201, made
        return f"svc-{i}", f"perf-{i % 2}", made["spec"]["clusterIP"]

    def services(self, count):
        with concurrent.futures.ThreadPoolExecutor(IN_PARALLEL) as threads:
            return list(threads.map(self.make_service, range(count)))


with Cluster() as the_cluster:
    kubernetes = Kubernetes(the_cluster)
    with the_cluster.knamed() as the_server:
        wait_for(lambda: the_server.short(f"dns-test-service-2.{ZONE}.", "A"))
        ask_all(the_server, kubernetes)
        tap.same(the_server.stop(), 0, "the server ends well")
tap.done()
