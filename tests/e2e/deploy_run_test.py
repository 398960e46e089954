#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What deploy/ installs, run by podman with the image: the Deployment of the base and of the chart's defaults becomes ready under
its own rules and answers; the DaemonSet's init container puts the address there, and the server beside it has no such right."""
import json
import os
import shutil
import subprocess
import sys
import tempfile
import urllib.request

import image
import pods
from cluster import Cluster, HERE, programs, wait_for
from deployed import kustomized, one
from network import Network, enter_own_namespace

sys.path.insert(0, os.path.join(os.path.dirname(HERE), "support"))
from running_server import ROOT, Server  # noqa: E402
from tap import Tap  # noqa: E402

tap = Tap()
if os.getuid() != 0:
    tap.ok(True, "what deploy/ installs, in containers # SKIP only root may")
    tap.done()
image.build_unless_given()
enter_own_namespace(tap)
NAME, LOCAL = "kubernetes.default.svc.cluster.local", "169.254.20.10"
NET_BIND_SERVICE = 1 << 10


class Asker(Server):
    """Whoever listens on port 53 of an address."""

    def __init__(self, address):  # pylint: disable=super-init-not-called
        self.address, self.port = address, 53


def chart():
    return subprocess.run([os.path.join(programs(), "helm"), "template", "coredns", os.path.join(ROOT, "deploy/chart/knamed"),
                           "-n", "kube-system"], capture_output=True, text=True, check=True).stdout


def check_deployment(cluster, name, text):
    cluster.apply(text)
    with pods.Pod(cluster, pods.as_objects(cluster, text)) as pod:
        if not tap.ok(pod.ready(), f"{name}: it becomes ready", pod.logs()):
            return
        tap.ok(wait_for(lambda: Asker("127.0.0.1").short(NAME, "A") == ["10.96.0.1"]), f"{name}: it answers", pod.logs())
        status = pod.status()
        tap.same((status["Uid"].split()[0], int(status["CapEff"], 16)), ("65532", 0), f"{name}: as nobody, without a right in effect")
        code, took_s = pod.stop()
        tap.ok(code == 0 and took_s < pod.grace_s, f"{name}: it leaves in time", code, took_s)
    cluster.kubectl("delete", "deployment", "coredns", "-n", "kube-system")


class NodePod:
    """A pod of the DaemonSet, as podman takes it. This kernel may have no interface of type dummy: then the address goes on lo,
    as deploy/README.md says."""

    def __init__(self, objects, upstream):
        self.place = tempfile.mkdtemp(prefix="knamed-e2e-node-")
        spec = one(objects, "DaemonSet")["spec"]["template"]["spec"]
        for container in spec["initContainers"] + spec["containers"]:
            container["image"] = image.NAME
        for probe in "livenessProbe", "readinessProbe":
            del spec["containers"][0][probe]
        spec["containers"][0]["env"].append({"name": "KUBE_DNS_UPSTREAM_SERVICE_HOST", "value": upstream})
        spec["initContainers"][0]["command"] += ["--interface", "lo"]
        spec["volumes"] = [{"name": "config-volume", "hostPath": {"path": self.place, "type": "Directory"}}]
        with open(os.path.join(self.place, "Corefile"), "w", encoding="utf-8") as file:
            file.write(one(objects, "ConfigMap", "node-local-dns")["data"]["Corefile"])
        subprocess.run(["chmod", "-R", "a+rX", self.place], check=True)
        self.file = os.path.join(self.place, "pod.json")
        with open(self.file, "w", encoding="utf-8") as file:
            kept = {"io.podman.annotations.init.container.type": "always"}  # what ended is not removed: its log is ours to read
            json.dump({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "node-local", "annotations": kept}, "spec": spec}, file)

    def __enter__(self):
        image.podman("kube", "play", "--network=host", self.file)
        return self

    def __exit__(self, *unused):
        image.podman("kube", "down", self.file, check=False)
        image.podman("pod", "rm", "--force", "--time", "0", "node-local", check=False)
        shutil.rmtree(self.place, ignore_errors=True)

    def names(self):
        return image.podman("ps", "--all", "--format", "{{.Names}}").stdout.split()

    def status(self):
        with open(f"/proc/{image.inspect('inspect', 'node-local-node-cache')['State']['Pid']}/status", encoding="ascii") as file:
            return {name: value.strip() for name, _, value in (line.partition(":") for line in file)}

    def logs(self):
        done = [image.podman("logs", name, check=False) for name in self.names() if name.startswith("node-local-")]
        return "\n".join(one_done.stdout + one_done.stderr for one_done in done)


def is_ready():
    try:
        with urllib.request.urlopen(f"http://{LOCAL}:8181/ready", timeout=1) as reply:
            return reply.status == 200
    except OSError:
        return False


def check_node(cluster, upstream):
    objects = pods.as_objects(cluster, kustomized("node-local/base"))
    with NodePod(objects, upstream) as pod:
        if not tap.ok(wait_for(is_ready), "node-local: the init container made room for the server", pod.logs()):
            return
        asker = Asker(LOCAL)
        tap.same((asker.short(NAME, "A"), asker.short(NAME, "A", "+tcp")), (["192.0.2.1"], ["192.0.2.1"]),
                 "node-local: it answers what the cluster's servers say, over UDP and TCP")
        status = pod.status()
        tap.same((status["Uid"].split()[0], int(status["CapEff"], 16)), ("65532", 0), "node-local: as nobody, without a right in effect")
        tap.same(int(status["CapBnd"], 16) & ~NET_BIND_SERVICE, 0, "node-local: the network is not its to change")
        print(f"# node-local: {status['VmRSS']} resident, {status['RssAnon']} of it anonymous")
        if tap.failed:
            print("# " + pod.logs().replace("\n", "\n# "))


def run(network, cluster):
    wait_for(lambda: cluster.api().request("GET", "/api/v1/namespaces/default/services/kubernetes")[0] == 200)
    check_deployment(cluster, "kustomize/base", kustomized("base"))
    cluster.kubectl("delete", "-f", "-", text=kustomized("base"), check=False)
    check_deployment(cluster, "chart", chart())
    upstream = network.host("10.99.0.53", "nameserver 127.0.0.1")
    corefile = cluster.file("upstream", f".:53 {{\nhosts {{\n192.0.2.1 {NAME}\n}}\n}}\n")
    server = upstream.start(os.environ.get("KNAMED", os.path.join(ROOT, "build/knamed")), "-conf", corefile,
                            log=cluster.file("upstream.log"))
    try:
        wait_for(lambda: Asker("10.99.0.53").short(NAME, "A"))
        check_node(cluster, "10.99.0.53")
    finally:
        server.kill()
        server.wait()


pods.use_resolver("10.99.0.53")
with Network("10.99.0.1") as the_network, Cluster(controllers=False) as the_cluster:
    run(the_network, the_cluster)
tap.done()
