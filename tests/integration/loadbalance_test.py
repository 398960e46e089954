#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Which address comes first, whoever it comes from: the cluster, a zone file, hosts, a resolver or the cache."""
import os
import socket
import sys
from collections import Counter

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(os.path.dirname(HERE), "support"), os.path.join(os.path.dirname(HERE), "oracle")]
import wire  # noqa: E402
from running_server import Place, wait_for  # noqa: E402
from stub_upstream import StubUpstream, record  # noqa: E402
from tap import Tap  # noqa: E402

tap = Tap()
ADDRESSES = ["10.1.0.1", "10.1.0.2", "10.2.0.3"]
OBJECTS = """
apiVersion: v1
kind: Namespace
metadata: {name: default}
---
apiVersion: v1
kind: Service
metadata: {name: peers, namespace: default}
spec: {clusterIP: None, ports: [{name: http, port: 80}]}
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: peers-1, namespace: default, labels: {kubernetes.io/service-name: peers}}
addressType: IPv4
ports: [{name: http, port: 80}]
endpoints:
- {addresses: [10.1.0.1]}
- {addresses: [10.1.0.2]}
- {addresses: [10.2.0.3]}
"""
ZONE = ("@ 60 SOA ns host 1 2 3 4 5\n@ 60 NS ns\nns 60 A 192.0.2.1\nalias 60 CNAME peers\n"
        + "".join(f"peers 60 A {address}\n" for address in ADDRESSES))
HOSTS = "".join(f"{address} peers.hosts\n" for address in ADDRESSES)
KNOWN = [
    *(record("peers.far.", "A", address) for address in ADDRESSES),
    record("alias.far.", "CNAME", "peers.far."),
    *(record("peers.kept.", "A", address) for address in ADDRESSES),
]
NAMES = {
    "the cluster": "peers.default.svc.cluster.local",
    "a zone file": "peers.zone",
    "an alias in it": "alias.zone",
    "hosts": "peers.hosts",
    "a resolver": "peers.far",
    "an alias there": "alias.far",
    "the cache": "peers.kept",
}
ROUNDS = 60


def place_of(upstream, loadbalance):
    return Place(f". {{\nkubernetes cluster.local {{\n manifests objects\n}}\nfile zone zone\nhosts hosts hosts\n"
                 f"forward . {upstream.where}\ncache 60 kept\n{loadbalance}\n}}\n", OBJECTS, zone=ZONE, hosts=HOSTS)


def addresses(server, name):
    """In the order of the reply; each time from another port, so that all workers are asked."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.settimeout(2)
        udp.connect((server.address, server.port))
        for _ in range(5):
            udp.send(wire.encode_query(7, wire.name_from_text(name), wire.type_number("A"), edns=1232))
            try:
                message = wire.decode(udp.recv(4096))
            except socket.timeout:
                continue
            return [wire.rdata_to_text(item.record.type, item.record.rdata) for item in message.answer
                    if item.record.type == wire.type_number("A")]
    return []


def firsts(server, name, rounds=ROUNDS):
    """How often each address was first; all of them are in every answer."""
    seen = Counter()
    for _ in range(rounds):
        got = addresses(server, name)
        if sorted(got) != ADDRESSES:
            return got
        seen[got[0]] += 1
    return seen


def check_plain(upstream):
    with place_of(upstream, "loadbalance").serve() as server:
        for what, name in NAMES.items():
            tap.same(sorted(firsts(server, name)), ADDRESSES, f"each address comes first now and then, from {what}")
        tap.ok(server.short("alias.far", "A")[0] == "peers.far.", "an alias stands before its addresses")
        with place_of(upstream, "").serve() as plain:
            tap.same(len({tuple(addresses(plain, "peers.far")) for _ in range(10)}), 1, "without it there are no turns")


def check_prefer(upstream):
    with place_of(upstream, "loadbalance {\n prefer 10.2.0.0/16 10.1.0.2/32\n}").serve() as server:
        for what, name in NAMES.items():
            orders = {tuple(addresses(server, name)) for _ in range(8)}
            tap.same(orders, {("10.2.0.3", "10.1.0.2", "10.1.0.1")}, f"networks come in their order, from {what}")
    with place_of(upstream, "loadbalance round_robin {\n prefer 10.1.0.0/16\n}").serve() as server:
        for what, name in NAMES.items():
            seen = firsts(server, name)
            tap.same(sorted(seen), ["10.1.0.1", "10.1.0.2"], f"within one they take turns, from {what}")


def weights(name, first, second):
    return f"{name}\n10.1.0.1 {first}\n10.1.0.2 {second}\n"


def check_weighted(upstream):
    place = place_of(upstream, "loadbalance weighted weights {\n reload 1s\n}")
    place.write("weights", "".join(weights(name, 200, 4) for name in
                                   (*NAMES.values(), "peers.zone.", "Peers.FAR")))
    with place.serve() as server:
        for what, name in NAMES.items():
            seen = firsts(server, name)
            tap.ok(isinstance(seen, Counter) and seen["10.1.0.1"] > ROUNDS * 8 // 10, f"weights decide, from {what}")
        tap.ok(server.logged("Successfully reloaded weight file weights"), "that they were read is told")
        place.write("weights", weights("peers.far", 4, 200))
        tap.ok(wait_for(lambda: firsts(server, "peers.far", 20)["10.1.0.2"] > 12), "a file that changes is read again")
        place.write("weights", "peers.far\n10.1.0.1 300\n")
        tap.ok(wait_for(lambda: "wrong weight value" in server.text()), "a broken one is told of")
        tap.ok(firsts(server, "peers.far", 40)["10.1.0.2"] > 20, "and changes nothing")


with StubUpstream(KNOWN) as the_upstream:
    check_plain(the_upstream)
    check_prefer(the_upstream)
    check_weighted(the_upstream)
tap.done()
