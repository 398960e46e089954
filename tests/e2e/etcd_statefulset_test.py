#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The StatefulSet of etcd, scaled 1-3-2-3, and endpoint slices cut anew under load, by hand and by their controller: what
was answered once stays until its pod goes, and all records of a pod come and go together."""
import time

from cluster import Cluster, wait_for
from etcd_objects import ADDRESSES, ETCD, OBJECTS
from steady_poller import SteadyPoller
from tap import Tap

tap = Tap()
Z = "svc.cluster.local"
PORTS = {"etcd-client": 2379, "etcd-server": 2380}
CUT = """
apiVersion: v1
kind: Service
metadata: {name: cut, namespace: etcd}
spec: {clusterIP: None, ports: [{name: http, port: 80}]}
---
apiVersion: v1
kind: Service
metadata: {name: end, namespace: etcd}
spec: {clusterIP: None, ports: [{name: http, port: 80}]}
"""
SHUFFLED = """
apiVersion: v1
kind: Service
metadata: {name: web, namespace: etcd}
spec: {clusterIP: None, selector: {app: web}, ports: [{name: http, port: 80}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: etcd}
spec:
  replicas: 12
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {nodeName: node-1, containers: [{name: web, image: none}]}
"""
SLICE_SIZE, SHUFFLES = 4, 40
SLICES = "/apis/discovery.k8s.io/v1/namespaces/etcd/endpointslices"
MOVES = 200
CUT_ENDPOINTS = [{"addresses": [f"10.9.9.{i}"], "hostname": f"h{i}"} for i in range(4)]


# -- the StatefulSet --


class Members:
    """What each member's records said over time: [(there, by which question, when)], one entry for each turn."""

    def __init__(self):
        self.turns = [[], [], []]

    def see(self, member, there, question):
        turns = self.turns[member]
        if not turns or turns[-1][0] != there:
            turns.append((there, question, time.monotonic()))

    def states(self):
        return [[there for there, _, _ in turns] for turns in self.turns]

    def own(self, member, question, texts):
        """For a record of one member: these texts, or NXDOMAIN."""
        def look(answer):
            self.see(member, answer.rcode != "NXDOMAIN", question)
            right = (answer.rcode, answer.texts) in (("NOERROR", texts), ("NXDOMAIN", []))
            return None if right else f"neither {texts} nor NXDOMAIN"
        return look

    def shared(self, question, text_of, glue):
        """For a record set with one record of each member: text_of(member, how many)."""
        def look(answer):
            count = len(answer.texts)
            there = [member for member in range(3) if text_of(member, count) in answer.texts]
            for member in range(3):
                self.see(member, member in there, question)
            right = answer.rcode == "NOERROR" and answer.texts == sorted(text_of(member, count) for member in there)
            if not right or count == 0:
                return "not one record of each member"
            whole = not glue or answer.glue == sorted(f"etcd-{member}.{ETCD}." for member in there)
            return None if whole else "not one address of each target"
        return look

    def questions(self):
        asked = [(ETCD, "A", self.shared("A of all", lambda member, count: ADDRESSES[member], False)),
                 (f"_etcd-server-ssl._tcp.{ETCD}", "SRV", lambda answer: None if answer.rcode == "NXDOMAIN" else "exists")]
        for name, port in PORTS.items():
            def text_of(member, count, port=port):
                return f"0 {100 // max(count, 1)} {port} etcd-{member}.{ETCD}."
            for owner in f"_{name}._tcp.{ETCD}", f"_{name}._tcp.etcd.{Z}":
                asked.append((owner, "SRV", self.shared(f"SRV {owner}", text_of, True)))
        for member, address in enumerate(ADDRESSES):
            name = f"etcd-{member}.{ETCD}"
            reverse = ".".join(reversed(address.split("."))) + ".in-addr.arpa"
            asked += [(name, "A", self.own(member, "A", [address])), (name, "AAAA", self.own(member, "AAAA", [])),
                      (reverse, "PTR", self.own(member, "PTR", [name + "."]))]
        return asked


def becomes(server, wanted, *question):
    got = wait_for(lambda: sorted(server.short(*question)) == sorted(wanted))
    tap.ok(got, f"{' '.join(question)} is {' '.join(wanted) or 'nothing'}", server.short(*question))


def scale(cluster, server, replicas):
    """When the order was given, after every record has followed."""
    when = time.monotonic()
    cluster.kubectl("scale", "statefulset", "etcd", "-n", "etcd", f"--replicas={replicas}")
    becomes(server, ADDRESSES[:replicas], ETCD, "A")
    for name, port in PORTS.items():
        records = [f"0 {100 // replicas} {port} etcd-{member}.{ETCD}." for member in range(replicas)]
        becomes(server, records, f"_{name}._tcp.{ETCD}", "SRV")
        becomes(server, records, f"_{name}._tcp.etcd.{Z}", "SRV")
    for member, address in enumerate(ADDRESSES):
        there = member < replicas
        becomes(server, [address] if there else [], f"etcd-{member}.{ETCD}", "A")
        becomes(server, [f"etcd-{member}.{ETCD}."] if there else [], "-x", address)
    return when


def check_scaling(cluster, server):
    cluster.addresses.update((f"etcd-{member}", address) for member, address in enumerate(ADDRESSES))
    cluster.apply(OBJECTS)
    scale(cluster, server, 1)
    members = Members()
    with SteadyPoller(server, members.questions()) as poller:
        scale(cluster, server, 3)
        poller.another_round()
        tap.same(members.states(), [[True], [False, True], [False, True]], "1-3: each pod comes once, with all its records")
        shrunk = scale(cluster, server, 2)
        scale(cluster, server, 3)
        tap.ok(poller.another_round(), "the poller polls to the end")
    tap.same(members.states(), [[True], [False, True], [False, True, False, True]],
             "1-3-2-3: no record of a pod comes or goes without its others")
    tap.ok(len(members.turns[2]) > 2 and members.turns[2][2][2] > shrunk, "nothing goes before the pod is deleted",
           members.turns)
    tap.same(poller.wrong[:5], [], "no answer in between is wrong")


# -- slices cut anew --


def exactly(texts, glue=0, strip=0):
    """One record each, never more; strip: leading words that do not count."""
    def look(answer):
        got = sorted(text.split(" ", strip)[strip] for text in answer.texts)
        right = answer.rcode == "NOERROR" and got == sorted(texts) and (not glue or len(answer.glue) == glue)
        return None if right else f"not {texts}"
    return look


def cut_questions():
    name = f"cut.etcd.{Z}"
    asked = [(name, "A", exactly([endpoint["addresses"][0] for endpoint in CUT_ENDPOINTS])),
             (f"_http._tcp.{name}", "SRV",  # the weight follows the number of ports, before doubles are left out
              exactly([f"80 h{i}.{name}." for i in range(4)], glue=4, strip=2))]
    for i in range(4):
        asked += [(f"h{i}.{name}", "A", exactly([f"10.9.9.{i}"])),
                  (f"{i}.9.9.10.in-addr.arpa", "PTR", exactly([f"h{i}.{name}."]))]
    return asked


def must(api, method, path, body, content_type="application/json"):
    status, reply = api.request(method, path, body, content_type)
    if status not in (200, 201):
        raise RuntimeError(f"{method} {path}: {status} {reply}")


def make_slice(api, name, service, endpoints):
    must(api, "POST", SLICES, {
        "apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "addressType": "IPv4", "endpoints": endpoints,
        "metadata": {"name": name, "labels": {"kubernetes.io/service-name": service}},
        "ports": [{"name": "http", "port": 80, "protocol": "TCP"}]})


def set_endpoints(api, name, indices):
    must(api, "PATCH", f"{SLICES}/{name}", {"endpoints": [CUT_ENDPOINTS[i] for i in sorted(indices)]},
         "application/merge-patch+json")


def move(api, slices, index, is_added_first):
    """Endpoint `index` to the next slice, in two requests."""
    names = sorted(slices)
    source = next(name for name in names if index in slices[name])
    target = names[(names.index(source) + 1) % len(names)]
    slices[target].add(index)
    slices[source].remove(index)
    for name in (target, source) if is_added_first else (source, target):
        set_endpoints(api, name, slices[name])


def check_cutting(cluster, server):
    cluster.apply(CUT)
    api, slices = cluster.api(), {"cut-a": {0, 1}, "cut-b": {2, 3}, "cut-c": set()}
    for name, indices in slices.items():
        make_slice(api, name, "cut", [CUT_ENDPOINTS[i] for i in sorted(indices)])
    becomes(server, [endpoint["addresses"][0] for endpoint in CUT_ENDPOINTS], f"cut.etcd.{Z}", "A")
    with SteadyPoller(server, cut_questions()) as poller:
        for index in range(MOVES):
            move(api, slices, index % 4, is_added_first=index // 4 % 2 == 0)
        make_slice(api, "cut-whole", "cut", CUT_ENDPOINTS)
        for name in slices:
            must(api, "DELETE", f"{SLICES}/{name}", None)
        make_slice(api, "end-a", "end", [{"addresses": ["10.9.8.1"]}])
        becomes(server, ["10.9.8.1"], f"end.etcd.{Z}", "A")  # events of one kind come in order: all was seen
        tap.ok(poller.another_round(), "the poller polls to the end")
    tap.same(poller.wrong[:5], [], f"{MOVES} endpoints move between slices: never missing, never doubled")
    api.close()


# -- slices shuffled by their controller --


def check_shuffling(cluster, server):
    """For another port the controller fills the slices that it has anew, one after the other, in whatever order."""
    cluster.apply(SHUFFLED)
    name, api = f"web.etcd.{Z}", cluster.api()
    tap.ok(wait_for(lambda: len(server.short(name, "A")) == 12), "all endpoints are there", server.short(name, "A"))
    addresses = server.short(name, "A")
    asked = [(name, "A", exactly(addresses))]
    asked += [(f"{address.replace('.', '-')}.{name}", "A", exactly([address])) for address in addresses]
    with SteadyPoller(server, asked) as poller:
        for port in range(1, SHUFFLES + 1):
            must(api, "PATCH", "/api/v1/namespaces/etcd/services/web", {"spec": {"ports": [
                {"name": "http", "port": 80, "targetPort": 8000 + port}]}}, "application/merge-patch+json")
            records = [f"{8000 + port} {address.replace('.', '-')}.{name}." for address in addresses]
            wait_for(lambda want=sorted(records): want == sorted(
                text.split(" ", 2)[2] for text in server.short(f"_http._tcp.{name}", "SRV")))
        tap.ok(poller.another_round(), "the poller polls to the end")
    tap.same(poller.wrong[:5], [], f"slices are shuffled {SHUFFLES} times: no endpoint is ever missing")
    api.close()


with Cluster(manager_options=["--max-endpoints-per-slice", str(SLICE_SIZE)]) as the_cluster, the_cluster.knamed() as the_server:
    check_scaling(the_cluster, the_server)
    check_cutting(the_cluster, the_server)
    check_shuffling(the_cluster, the_server)
tap.done()
