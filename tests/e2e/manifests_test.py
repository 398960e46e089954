#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""kubeadm's, k3s' and the Helm chart's manifests with nothing changed but the image: the pod starts under their rules,
its probes are content, it answers, also the questions of tests/cases, it is small, and it leaves in peace."""
import os
import socket
import sys
import threading
import time

import case_objects
import image
import pods
import scenarios
from cluster import Cluster, HERE, wait_for
from network import Network, enter_own_namespace

sys.path.insert(0, os.path.join(os.path.dirname(HERE), "support"))
from running_server import Server  # noqa: E402
from stub_upstream import wire  # noqa: E402
from tap import Tap  # noqa: E402

tap = Tap()
image.build_unless_given()
enter_own_namespace(tap)
UPSTREAM = "10.99.0.53"
# Under a resolver that knows one name.
UPSTREAM_PROGRAM = """
import sys, time
sys.path.insert(0, sys.argv[1])
from stub_upstream import StubUpstream, record
with StubUpstream([record("www.example.org", "A", "192.0.2.80")], "0.0.0.0", 53):
    time.sleep(3600)
"""
OBJECTS = """
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {clusterIP: 10.96.1.1, ports: [{name: http, port: 80}]}
---
apiVersion: v1
kind: Service
metadata: {name: set}
spec: {clusterIP: None, ports: [{name: peer, port: 2380}]}
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: set-1, labels: {kubernetes.io/service-name: set}}
addressType: IPv4
endpoints: [{addresses: [10.9.9.9], hostname: set-0}]
ports: [{name: peer, port: 2380, protocol: TCP}]
"""
# Put last: whoever sees them has seen the others of their kinds.
MARKS = """
apiVersion: v1
kind: Service
metadata: {name: mark-NAME}
spec: {clusterIP: None, ports: [{name: peer, port: 1}]}
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: mark-NAME, labels: {kubernetes.io/service-name: mark-NAME}}
addressType: IPv4
endpoints: [{addresses: [10.9.8.7], hostname: m}]
ports: [{name: peer, port: 1, protocol: TCP}]
"""
Z = "default.svc.cluster.local"
RSS_KB, ANONYMOUS_KB = 16 << 10, 6 << 10


class Asker(Server):
    """Whoever listens on port 53."""

    def __init__(self):  # pylint: disable=super-init-not-called
        self.address, self.port = "127.0.0.1", 53


class Stream(threading.Thread):
    """One question after another; when which was answered."""

    def __init__(self):
        super().__init__(daemon=True)
        self.over, self.answered, self.lost = threading.Event(), [], []

    def run(self):
        question = wire.encode_query(7, wire.name_from_text("web." + Z), wire.type_number("A"))
        while not self.over.is_set():
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
                udp.settimeout(5)
                sent = time.monotonic()
                try:
                    udp.connect(("127.0.0.1", 53))
                    udp.send(question)
                    (self.answered if udp.recv(512)[3] & 15 == 0 else self.lost).append(sent)
                except OSError:
                    self.lost.append(sent)
            self.over.wait(0.02)


def check_rules(pod, name):
    status, config = pod.status(), image.inspect("inspect", pod.name)["HostConfig"]
    tap.same(status["Uid"].split()[0], "65532", f"{name}: it runs as nobody in particular")
    tap.same((status["NoNewPrivs"], status["Seccomp"]), ("1", "2"), f"{name}: without new privileges, under seccomp")
    tap.ok(int(status["CapBnd"], 16) & ~(1 << 10) == 0, f"{name}: no capability but port 53's is to be had", status["CapBnd"])
    tap.ok(int(status["CapEff"], 16) == 0, f"{name}: and that is not in effect", status["CapEff"])
    tap.same(config["ReadonlyRootfs"], True, f"{name}: its disk cannot be written to")
    tap.ok(config["Memory"] in (170 << 20, 128 << 20), f"{name}: its memory is limited", config["Memory"])


def check_memory(pod, name):
    status = {key: int(value.split()[0]) for key, value in pod.status().items() if key in ("VmRSS", "RssAnon")}
    print(f"# {name}: {status['VmRSS']} KiB resident, {status['RssAnon']} KiB of it anonymous")
    tap.ok(status["VmRSS"] <= RSS_KB and status["RssAnon"] <= ANONYMOUS_KB, f"{name}: it is small", status)


def check_answers(name, ttl):
    asker = Asker()
    for wanted, *question in ((["10.96.1.1"], f"web.{Z}", "A"), ([f"0 100 80 web.{Z}."], f"_http._tcp.web.{Z}", "SRV"),
                              (["10.9.9.9"], f"set-0.set.{Z}", "A"), ([f"web.{Z}."], "-x", "10.96.1.1"),
                              (["192.0.2.80"], "www.example.org", "A"), (["192.0.2.80"], "+tcp", "www.example.org", "A"),
                              (["10.96.1.1"], "+tcp", f"web.{Z}", "A")):
        tap.same(asker.short(*question), wanted, f"{name}: {' '.join(question)}")
    tap.same(asker.rcode(f"nobody.{Z}", "A")[0], "NXDOMAIN", f"{name}: what is not there is denied")
    tap.same(asker.rcode(f"web.{Z}", "A")[1][0].split()[1], ttl, f"{name}: the TTL is {ttl}")
    if name == "k3s":
        tap.same(asker.short("node-of-k3s", "A"), ["10.11.12.13"], "k3s: NodeHosts are known")


def check_cases(cluster, objects, name, ttl):
    """The scenarios one after another, under the same pod: it follows the API server from one to the next."""
    for scenario in scenarios.OF_THE_FIELD:
        objects.clear()
        objects.put(pods.as_objects(cluster, scenarios.manifests(scenario)))
        objects.put(pods.as_objects(cluster, MARKS.replace("NAME", scenario)))
        seen = wait_for(lambda scenario=scenario: Asker().short(f"m.mark-{scenario}.{Z}", "A"))
        count, wrong = scenarios.ask_field(scenario, ttl)
        tap.ok(seen and count and not wrong, f"{name}: {scenario}: {count} answers", *wrong[:40])
    objects.clear()
    cluster.apply(OBJECTS)
    wait_for(lambda: Asker().short("web." + Z, "A"))


def check_leaving(pod, name):
    content = {kind: probe.stop() for kind, probe in pod.probes.items()}
    tap.ok(all(content.values()), f"{name}: its probes have nothing to complain of",
           *(f"{kind}: {probe.failed} of {probe.asked} failed" for kind, probe in pod.probes.items()))
    stream = Stream()
    stream.start()
    wait_for(lambda: stream.answered)
    code, took_s = pod.stop()
    over = time.monotonic()
    stream.over.set()
    stream.join()
    print(f"# {name}: left after {took_s:.1f} s; last answer {over - stream.answered[-1]:.1f} s before the end was seen")
    tap.same(code, 0, f"{name}: it leaves with 0")
    tap.ok(took_s < pod.grace_s, f"{name}: within its time", took_s)
    gap = [sent for sent in stream.lost if sent < stream.answered[-1]]
    tap.same(gap, [], f"{name}: and answers until it is gone")


def check(cluster, objects, name, text, ttl):
    objects.clear()
    cluster.apply(text)  # the API server has nothing against it either
    cluster.apply(OBJECTS)
    with pods.Pod(cluster, pods.as_objects(cluster, text)) as pod:
        if not tap.ok(pod.ready(), f"{name}: it becomes ready", pod.logs()):
            return
        check_rules(pod, name)
        check_answers(name, ttl)
        check_memory(pod, name)
        check_cases(cluster, objects, name, ttl)
        check_leaving(pod, name)
        if tap.failed:
            print("# " + pod.logs().replace("\n", "\n# "))
    cluster.kubectl("delete", "deployment", "coredns", "-n", "kube-system")


def run(network, cluster):
    upstream = network.host(UPSTREAM, "nameserver 127.0.0.1").start(
        sys.executable, "-c", UPSTREAM_PROGRAM, os.path.join(os.path.dirname(HERE), "support"), log=cluster.file("upstream.log"))
    wait_for(lambda: cluster.api().request("GET", "/api/v1/namespaces/default/services/kubernetes")[0] == 200)
    objects, kubeadm = case_objects.Objects(cluster), pods.kubeadm_manifest()
    if kubeadm is None:
        tap.ok(True, "kubeadm's manifest # SKIP there is no Go to fetch it")
    else:
        check(cluster, objects, "kubeadm", kubeadm, "30")
    check(cluster, objects, "k3s", pods.own_manifest("k3s"), "5")
    check(cluster, objects, "helm", pods.own_manifest("helm"), "30")
    upstream.kill()
    upstream.wait()


pods.use_resolver(UPSTREAM)
with Network("10.99.0.1") as the_network, Cluster(controllers=False) as the_cluster:
    run(the_network, the_cluster)
tap.done()
