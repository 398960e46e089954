#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A cluster that is not read yet, with kubeadm's Corefile: no name of it is denied, none is forwarded, and /readyz says what
is missing and why. All other names are answered from the start."""
import os
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "support"))
from following import Follower, run_together  # noqa: E402
from kube_api import KubeApi, service, slice_  # noqa: E402
from running_server import free_port, wait_for  # noqa: E402
from stub_upstream import StubUpstream, record  # noqa: E402

OBJECTS = [service("web", "10.96.0.1"), service("db"), slice_("db-1", "db", {"a": "10.244.0.1"})]
# (name, type, what it is once all is read)
NAMES = [("web.default.svc", "A", {"10.96.0.1"}), ("web.default.svc", "AAAA", set()), ("a.db.default.svc", "A", {"10.244.0.1"}),
         ("_http._tcp.db.default.svc", "SRV", {"0 100 80 a.db.default.svc.cluster.local."}),
         ("1.0.96.10.in-addr.arpa.", "PTR", {"web.default.svc.cluster.local."}),
         ("1.0.244.10.in-addr.arpa.", "PTR", {"a.db.default.svc.cluster.local."})]
UNKNOWN = [("nope.default.svc", "A"), ("9.0.244.10.in-addr.arpa.", "PTR")]


class Unsynced(Follower):
    """With a resolver that knows host.example."""

    def __init__(self, upstream, source):
        self.home = tempfile.TemporaryDirectory(prefix="unsynced-")
        ready, self.upstream = free_port(), upstream
        with open(os.path.join(self.home.name, "Corefile"), "w", encoding="ascii") as file:
            file.write(f".\nbind 127.0.0.1\nerrors\nready 127.0.0.1:{ready}\nkubernetes cluster.local in-addr.arpa ip6.arpa {{\n{source}\n"
                       f"pods insecure\nfallthrough in-addr.arpa ip6.arpa\nttl 30\nstartup_timeout 100ms\n}}\n"
                       f"forward . {upstream.where}\ncache 30\nloop\n")
        super().__init__(source="", place=self.home.name, has_corefile=True)
        self.ready_port = ready

    def troubles(self):
        """{kind: its trouble} of those that are not in step."""
        kinds = [kind for cluster in (self.readyz() or {}).get("kubernetes", []) for kind in cluster.get("kinds", [])]
        return {kind["kind"]: kind["trouble"] for kind in kinds if kind["watched"] and not kind["in_step"]}

    def heard(self):
        """What the resolver was asked but for the probe of loop."""
        return [asked for asked in self.upstream.asked if asked[1] != "HINFO"]


def check_unknown(tap, server, what, kinds, words):
    """Nothing of the cluster is known, or not all."""
    for name, kind in [*((name, kind) for name, kind, _ in NAMES), *UNKNOWN]:
        reply = server.ask(name, kind)
        tap.ok(reply.rcode == "SERVFAIL" and reply.extended == [14], f"{what}: {name} {kind} is SERVFAIL, not ready", reply)
    tap.same(server.heard(), [], f"{what}: no resolver hears of any")
    tap.same(server.ask("host.example.").answers, frozenset({"192.0.2.7"}), f"{what}: other names are answered")
    tap.same(server.ready()[0], 503, f"{what}: it is not ready")
    tap.ok(wait_for(lambda: set(server.troubles()) == kinds and all(any(word in text for word in words) for text in server.troubles().values())),
           f"{what}: /readyz says of each kind why", server.ready("readyz"))


def check_known(tap, server, what):
    for name, kind, wanted in NAMES:
        tap.ok(wait_for(lambda: (reply := server.ask(name, kind)).rcode == "NOERROR" and reply.answers == wanted),
               f"{what}: {name} {kind} is answered then", server.ask(name, kind))
    tap.same(server.heard(), [("host.example.", "A", "udp")], f"{what}: never was one of them forwarded")
    tap.ok(wait_for(lambda: server.ready()[0] == 200 and not server.troubles()), f"{what}: it is ready then", server.ready("readyz"))


def upstream_of(*unused):
    return StubUpstream([record("host.example.", "A", "192.0.2.7")])


ALL = {"Service", "EndpointSlice", "Namespace"}


def away(tap):
    with KubeApi() as api, upstream_of() as upstream:
        api.put(*OBJECTS)
        api.do("stop")
        with Unsynced(upstream, "endpoint " + api.url) as server:
            check_unknown(tap, server, "no API server", ALL, ["no connection"])
            api.do("start")
            check_known(tap, server, "no API server")


def forbidden(tap):
    with KubeApi() as api, upstream_of() as upstream:
        api.put(*OBJECTS)
        api.fault("status", resource="endpointslices", code=403)
        with Unsynced(upstream, "endpoint " + api.url) as server:
            check_unknown(tap, server, "endpointslices forbidden", {"EndpointSlice"}, ["403"])
            api.clear()
            check_known(tap, server, "endpointslices forbidden")


def distrusted(tap):
    with KubeApi(tls=True) as api, KubeApi(tls=True) as stranger, upstream_of() as upstream, tempfile.TemporaryDirectory() as place:
        config = api.kubeconfig(os.path.join(place, "kubeconfig"), server=stranger.url)
        with Unsynced(upstream, "kubeconfig " + config) as server:
            check_unknown(tap, server, "a certificate of a stranger", ALL, ["TLS", "certificate"])


def slow(tap):
    """1 kB a second: while it comes, some is known of each kind, and all of none."""
    with KubeApi() as api, upstream_of() as upstream:
        api.set(junk=False, bytesPerSecond=1000)
        api.put(*OBJECTS, *(service(f"s{i}", f"10.97.0.{i}") for i in range(8)))
        with Unsynced(upstream, "endpoint " + api.url) as server:
            said = set()

            def in_step():
                for name, kind, wanted in NAMES:
                    reply = server.ask(name, kind)
                    said.add((reply.rcode, reply.rcode == "SERVFAIL" or reply.answers == wanted))
                return server.ready()[0] == 200
            tap.ok(wait_for(in_step, 60), "1 kB a second: it gets ready", server.ready("readyz"))
            in_step()  # it may have become so behind the last question
            tap.same(said, {("SERVFAIL", True), ("NOERROR", True)}, "1 kB a second: until a name is known nothing is said of it")
            tap.same(server.heard(), [], "1 kB a second: no resolver hears of any")


run_together([away, forbidden, distrusted, slow])
