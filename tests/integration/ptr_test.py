#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Reverse names, as users of other servers missed them: several names for a pod, none, or one for an address that is not the
cluster's; and what of them resolvers get to see."""
import os
import socket
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "support"))
from running_server import Server  # noqa: E402
from stub_upstream import StubUpstream, record  # noqa: E402
from tap import Tap  # noqa: E402

tap = Tap()
# "eos" is a StatefulSet: its headless service gives hostnames, a load balancer for each pod does not.
SERVICES = [("eos-fst", "clusterIP: None"), ("eos-fst-1", "type: LoadBalancer, clusterIP: 10.96.0.11"), ("web", "clusterIP: 10.96.0.10"),
            ("plain", "clusterIP: None"), ("manual-1", "clusterIP: None"), ("both", "clusterIP: None"), ("both-too", "clusterIP: None"),
            ("outside", "clusterIP: 10.96.0.12, externalIPs: [198.51.100.7]")]
SLICES = [("aaa-lb", "eos-fst-1", "IPv4", "{addresses: [10.244.0.1]}"), ("eos-fst-x", "eos-fst", "IPv4", "{addresses: [10.244.0.1], hostname: eos-fst-1}"),
          ("aaa-lb6", "eos-fst-1", "IPv6", "{addresses: ['fd00::1']}"), ("eos-fst-6", "eos-fst", "IPv6", "{addresses: ['fd00::1'], hostname: eos-fst-1}"),
          ("plain-x", "plain", "IPv4", "{addresses: [10.244.0.2]}"), ("web-x", "web", "IPv4", "{addresses: [10.244.0.3]}"),
          ("manual-x", "manual-1", "IPv4", "{addresses: [8.8.8.8], hostname: foo}"),
          ("both-x", "both", "IPv4", "{addresses: [10.244.0.4], hostname: dummy-0}"), ("both-too-x", "both-too", "IPv4", "{addresses: [10.244.0.4], hostname: dummy-0}")]
OBJECTS = "".join(f"apiVersion: v1\nkind: Service\nmetadata: {{name: {name}, namespace: default}}\n"
                  f"spec: {{{spec}, ports: [{{name: http, port: 80}}]}}\n---\n" for name, spec in SERVICES)
OBJECTS += "".join(f"apiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\nmetadata: {{name: {name}, namespace: default, "
                   f"labels: {{kubernetes.io/service-name: {service}}}}}\naddressType: {kind}\nports: [{{name: http, port: 80}}]\n"
                   f"endpoints: [{endpoint}]\n---\n" for name, service, kind, endpoint in SLICES)


def reverse(address):
    if ":" in address:
        digits = socket.inet_pton(socket.AF_INET6, address).hex()
        return ".".join(reversed(digits)) + ".ip6.arpa"
    return ".".join(reversed(address.split("."))) + ".in-addr.arpa"


def serve(place, upstream, zones, options=""):
    with open(os.path.join(place, "Corefile"), "w", encoding="ascii") as file:
        file.write(f".\nbind 127.0.0.1\nkubernetes cluster.local {zones} {{\nmanifests objects\n{options}\n}}\ncache 30\nloadbalance\n"
                   f"forward . {upstream.where}\n")
    return Server("Corefile", place)


def full(*names):
    return [name + ".default.svc.cluster.local." for name in names]


def check_names(place, upstream):
    """As kubeadm writes it."""
    with serve(place, upstream, "in-addr.arpa ip6.arpa", "fallthrough in-addr.arpa ip6.arpa") as server:
        for address, dashed in ("10.244.0.1", "10-244-0-1"), ("fd00::1", "fd00--1"):
            for _ in range(10):
                tap.same(server.short(reverse(address), "PTR"), full("eos-fst-1.eos-fst", f"{dashed}.eos-fst-1"),
                         f"{address}: who takes one name takes that of the hostname, whatever else there is (k/dns#770)")
        for name, address in zip(full("eos-fst-1.eos-fst"), ["10.244.0.1"]):
            tap.same(server.short(name), [address], "and that leads back")
        tap.same(sorted(server.short(reverse("10.244.0.4"), "PTR")), full("dummy-0.both-too", "dummy-0.both"),
                 "a pod of two headless services has its name in both (c/c#7177)")
        tap.same(server.short(reverse("10.244.0.2"), "PTR"), full("10-244-0-2.plain"), "an endpoint without hostname has a name (c/c#1241)")
        tap.same(server.short(reverse("10.244.0.3"), "PTR"), full("10-244-0-3.web"), "also behind a cluster IP (k/k#50495)")
        tap.same(server.short(reverse("10.96.0.10"), "PTR"), full("web"), "a cluster IP is its service")
        tap.same(server.short(reverse("8.8.8.8"), "PTR"), full("foo.manual-1"), "an endpoint made by hand has its name (k/dns#125)")
        tap.same(upstream.asked, [], "no resolver hears of any of them")
        tap.same(server.short(reverse("198.51.100.7"), "PTR"), ["edge.example."], "an external IP is for others to name (c/c#5422)")
        tap.same(server.short(reverse("192.0.2.9"), "PTR"), ["host.example."], "so is any other address")
        tap.same(server.rcode(reverse("10.244.0.1"), "TXT"), ("NOERROR", []), "what has a name here is not asked for elsewhere,")
        tap.same(server.rcode("0.244.10.in-addr.arpa", "PTR"), ("NOERROR", []), "nor what is above it")
        tap.same({name for name, _, _ in upstream.asked}, {reverse("198.51.100.7") + ".", reverse("192.0.2.9") + "."}, "the others alone are heard of")


def check_ranges(place, upstream):
    """Ranges that are named are ours: what is not known in them does not exist (k/k#120585)."""
    upstream.asked.clear()
    with serve(place, upstream, "10.96.0.0/12 10.244.0.0/16 fd00::/64") as server:
        tap.same(server.short(reverse("10.244.0.3"), "PTR"), full("10-244-0-3.web"), "what is known has its name")
        for address in "10.244.0.99", "10.244.7.1", "10.96.0.99", "10.111.2.3", "fd00::99":
            tap.same(server.rcode(reverse(address), "PTR")[0], "NXDOMAIN", f"{address} is ours and nobody")
        for name in "7.244.10.in-addr.arpa", "99.0.244.10.IN-ADDR.arpa", "x.99.0.244.10.in-addr.arpa":
            server.rcode(name, "PTR")
        server.rcode(reverse("10.244.0.99"), "ANY")
        tap.same(upstream.asked, [], "no resolver hears of any of them")
        tap.same(server.short(reverse("192.0.2.9"), "PTR"), ["host.example."], "what is not ours is asked for")
        tap.same(len(upstream.asked), 1, "and that alone")


with tempfile.TemporaryDirectory(prefix="ptr-") as the_place:
    os.mkdir(os.path.join(the_place, "objects"))
    with open(os.path.join(the_place, "objects/all.yaml"), "w", encoding="ascii") as the_file:
        the_file.write(OBJECTS)
    with StubUpstream([record(reverse("198.51.100.7") + ".", "PTR", "edge.example."), record(reverse("192.0.2.9") + ".", "PTR", "host.example.")]) as stub:
        check_names(the_place, stub)
        check_ranges(the_place, stub)
tap.done()
