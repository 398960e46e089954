#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`hosts` in the forms that distributions ship, in front of a cluster and a resolver of the test's own, with files
that change as kubelet changes them."""
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "support"))
from running_server import Place, wait_for  # noqa: E402
from stub_upstream import StubUpstream, record  # noqa: E402
from tap import Tap  # noqa: E402

tap = Tap()
SERVICES = """
apiVersion: v1
kind: Namespace
metadata: {name: default}
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: default}
spec: {clusterIP: 10.96.0.80, ports: [{name: http, port: 80}]}
"""
KUBERNETES = ("kubernetes cluster.local in-addr.arpa ip6.arpa {\n manifests objects\n pods insecure\n"
              " fallthrough in-addr.arpa ip6.arpa\n}\n")
KNOWN = [record("far.example.", "A", "192.0.2.1"), record("node1.", "TXT", "from afar"),
         record("9.2.0.192.in-addr.arpa.", "PTR", "far.example.")]


class Mounted(Place):
    """With a volume as kubelet mounts a ConfigMap: names lead through ..data."""

    def __init__(self, corefile):
        super().__init__(corefile, SERVICES)
        self.versions = 0
        os.mkdir(self.at("volume"))

    def at(self, name):
        return os.path.join(self.path, name)

    def mount(self, name, text):
        """Another version of the volume, shown by one rename."""
        self.versions += 1
        version = f"..v{self.versions}"
        os.mkdir(self.at("volume/" + version))
        self.write(f"volume/{version}/{name}", text)
        os.symlink(version, self.at("volume/..new"))
        os.rename(self.at("volume/..new"), self.at("volume/..data"))
        if not os.path.islink(self.at("volume/" + name)):
            os.symlink("..data/" + name, self.at("volume/" + name))


def flags(server, *words):
    return server.dig(*words).partition(";; flags:")[2].partition(";")[0].split()


def check_node_hosts(upstream):
    """k3s: nodes by name, from a ConfigMap."""
    place = Mounted(f". {{\nerrors\n{KUBERNETES}hosts volume/NodeHosts {{\n ttl 60\n reload 15s\n fallthrough\n}}\n"
                  f"forward . {upstream.where}\ncache 30\nloadbalance\n}}\n")
    place.mount("NodeHosts", "10.1.0.1 node1\nfd00::1 node1\n10.1.0.2 node2\n")
    with place.serve() as server:
        for transport in "+notcp", "+tcp":
            tap.same(server.short(transport, "node1", "A"), ["10.1.0.1"], f"a node's address, {transport}")
            tap.same(server.short(transport, "node1", "AAAA"), ["fd00::1"], f"and its other one, {transport}")
            tap.same(server.rcode(transport, "node2", "AAAA"), ("NOERROR", []), "a family that it has not is NODATA")
            tap.same(server.rcode(transport, "node1", "TXT"), ("NOERROR", []), "and so is a type")
            tap.same(server.short(transport, "-x", "10.1.0.2"), ["node2."], "an address leads back to its node")
            tap.same(server.short(transport, "far.example", "A"), ["192.0.2.1"], "other names are forwarded")
            tap.same(server.short(transport, "-x", "192.0.2.9"), ["far.example."], "other addresses too")
            tap.same(server.short(transport, "web.default.svc.cluster.local", "A"), ["10.96.0.80"], "the cluster answers")
            tap.same(server.short(transport, "-x", "10.96.0.80"), ["web.default.svc.cluster.local."], "both ways")
            tap.same(server.rcode(transport, "no.default.svc.cluster.local", "A")[0], "NXDOMAIN", "and denies")
        tap.ok("aa" in flags(server, "node1", "A") and "aa" in flags(server, "node1", "TXT"), "what hosts says has AA")
        tap.ok("AUTHORITY: 0" in server.dig("node1", "TXT"), "there is no SOA")
        tap.same(server.rcode("node1", "A")[1][0].split()[1], "30", "the cache's bound is the TTL's")
        tap.ok(upstream.count("node1.", "TXT") == 0, "no such name goes upstream")

        place.mount("NodeHosts", "10.1.0.3 node3\n10.1.0.9 web.default.svc.cluster.local\n")
        tap.ok(wait_for(lambda: server.short("node3", "A") == ["10.1.0.3"]), "a new version of the ConfigMap is seen")
        tap.same(server.short("node2", "A"), [], "the old one is gone")
        tap.same(server.short("web.default.svc.cluster.local", "A"), ["10.1.0.9"], "hosts stands before the cluster")
        os.unlink(place.at("volume/NodeHosts"))
        tap.ok(wait_for(lambda: "what was read before stays" in server.text()), "a file that is gone is told of")
        tap.same(server.short("node3", "A"), ["10.1.0.3"], "and what it said stays")


def check_lines(upstream):
    """minikube and kops: lines in the Corefile beside a file, and zones."""
    place = Place(f". {{\nerrors\nhosts file {{\n 192.168.49.1 host.minikube.internal\n 10.2.0.9 both.example\n"
                  f" 10.2.0.7 *.apps.example\n fallthrough\n}}\nforward . {upstream.where}\nloadbalance\n}}\n")
    place.write("file", "10.2.0.1 both.example\n10.2.0.2 both.example\nnonsense\n10.2.0.3 behind.example\n")
    with place.serve() as server:
        tap.same(server.short("host.minikube.internal", "A"), ["192.168.49.1"], "a line of the Corefile")
        tap.same(server.short("behind.example", "A"), ["10.2.0.3"], "a line behind a broken one")
        tap.ok(server.logged('file:3 - the line is skipped: expected an address, found "nonsense"'), "which is told of")
        firsts = {tuple(server.short("both.example", "A")) for _ in range(40)}
        tap.same({tuple(sorted(order)) for order in firsts}, {("10.2.0.1", "10.2.0.2", "10.2.0.9")},
                 "addresses of the file and of the Corefile")
        tap.same({order[0] for order in firsts}, {"10.2.0.1", "10.2.0.2", "10.2.0.9"}, "each of them comes first")
        tap.same(server.short("any.apps.example", "A"), ["10.2.0.7"], "a wildcard")
        tap.same(server.rcode("any.apps.example", "AAAA"), ("NOERROR", []), "and its NODATA")
        tap.same(server.rcode("x.any.apps.example", "A")[0], "NXDOMAIN", "it stands for one label")


def check_strict():
    """Without fallthrough nobody else is asked."""
    place = Place("example {\nerrors\nhosts file\nwhoami\n}\n. {\nhosts file other {\n ttl 5\n no_reverse\n}\nwhoami\n}\n")
    place.write("file", "10.3.0.1 a.example a.other\n")
    with place.serve() as server:
        tap.same(server.rcode("a.example", "A"), ("NOERROR", ["a.example.\t\t3600\tIN\tA\t10.3.0.1"]), "a name")
        tap.same(server.rcode("b.example", "A"), ("SERVFAIL", []), "one that is not there is SERVFAIL")
        tap.same(server.rcode("a.other", "A"), ("NOERROR", ["a.other.\t\t5\tIN\tA\t10.3.0.1"]), "a zone of its own")
        tap.same(server.rcode("a.third", "A"), ("NOERROR", []), "other names are asked of the next")
        tap.same(server.rcode("-x", "10.3.0.1", "-t", "PTR"), ("NOERROR", []), "no reverse names")
        tap.ok("[ERROR]" not in server.text(), "no error is logged for names that are not there")


with StubUpstream(KNOWN) as the_upstream:
    check_node_hosts(the_upstream)
    check_lines(the_upstream)
check_strict()
tap.done()
