#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The questions of names19.py, to a cluster of manifests that change."""
import os
import shutil
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "support"))
from names19 import OBJECTS, ZONE, ask_all, tap  # noqa: E402
from running_server import Server, wait_for  # noqa: E402

COREFILE = """
. {
    errors
    bind 127.0.0.1
    kubernetes cluster.local in-addr.arpa ip6.arpa {
        manifests manifests
        pods insecure
    }
}
"""
QUERIER = """
apiVersion: v1
kind: Pod
metadata: {{name: dns-test-a, namespace: dns-1, labels: {{dns-test: "1"}}}}
spec: {{hostname: dns-querier-1, subdomain: dns-test-service}}
status:
  phase: Running
  podIPs: [{{ip: 10.244.7.11}}]
  conditions: [{{type: Ready, status: "{ready}"}}]
"""
SERVICE = """
apiVersion: v1
kind: Service
metadata: {{name: {name}, namespace: {namespace}}}
spec: {{{spec}}}
"""


class Manifests:
    """A directory of them."""

    def __init__(self, place):
        self.place = place
        self.manifests = os.path.join(place, "manifests")
        os.mkdir(self.manifests)
        shutil.copy(OBJECTS, self.manifests)
        with open(os.path.join(place, "Corefile"), "w", encoding="ascii") as corefile:
            corefile.write(COREFILE)

    def apply(self, name, text):
        """Writes a file beside, then renames it into place, as an editor does."""
        path = os.path.join(self.manifests, name + ".yaml")
        with open(path + ".new", "w", encoding="ascii") as file:
            file.write(text)
        os.rename(path + ".new", path)

    def service(self, name, spec):
        self.apply(name, SERVICE.format(name=name, namespace="dns-1", spec=spec))

    def querier(self, ready):
        self.apply("querier", QUERIER.format(ready=ready))

    def services(self, count):
        made = [(f"svc-{i}", f"perf-{i % 2}", f"10.{100 + i // 65536}.{i // 256 % 256}.{i % 256}") for i in range(count)]
        self.apply("performance", "---".join(
            SERVICE.format(name=name, namespace=namespace, spec=f"clusterIP: {address}, ports: [{{port: 80}}]")
            for name, namespace, address in made))
        return made


def test_leading_zeros(server, cluster):
    """API servers from 1.36 on refuse them."""
    cluster.service("funny-ip", "clusterIP: 10.96.0.011, ports: [{port: 80}]")
    wait_for(lambda: server.short(f"funny-ip.{ZONE}.", "A"))
    tap.same(server.short(f"funny-ip.{ZONE}.", "A"), ["10.96.0.11"], "leading zeros of an address are decimal [D33]")
    tap.same(server.short(f"funny-ip.{ZONE}.", "CNAME"), [], "an address is never an alias [D33]")


with tempfile.TemporaryDirectory(prefix="names19-") as the_place:
    the_cluster = Manifests(the_place)
    the_cluster.querier(ready=False)
    with Server("Corefile", the_place) as the_server:
        ask_all(the_server, the_cluster)
        test_leading_zeros(the_server, the_cluster)
        tap.same(the_server.stop(), 0, "the server ends well")
tap.done()
