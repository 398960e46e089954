#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every command of the documents that needs a cluster, in their order, on a real control plane where the Deployment of
deploy/kustomize/base is. There is no kubelet, so no containers: what documents run in a pod (`kubectl exec ... --`) is run beside a knamed
that follows the same API server."""
import os
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import threading

from cluster import Cluster, programs, wait_for

sys.path.insert(0, __file__.rsplit("/", 2)[0] + "/support")
import documents  # noqa: E402
from running_server import KNAMECTL, ROOT  # noqa: E402
from tap import Tap  # noqa: E402

tap = Tap()
WORKLOAD = """
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding # what is deployed takes the role for its own account
metadata: {name: of-this-test}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: "system:coredns"}
subjects: [{kind: User, name: dns}]
---
apiVersion: v1
kind: Service
metadata: {name: search}
spec: {selector: {app: web}, ports: [{name: http, port: 80}]}
---
apiVersion: v1
kind: Pod
metadata: {name: web-0, labels: {app: web}}
spec: {nodeName: node-1, containers: [{name: main, image: none}]}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: kube-dns, namespace: kube-system}
data: {stubDomains: '{"acme.example": ["10.1.2.3"]}', upstreamNameservers: '["10.1.2.4"]'}
"""
# In front of the real kubectl: what is run in a pod is run here, and nothing listens to be forwarded to.
KUBECTL = """#!/bin/sh
case " $* " in
*" exec "*)
	while [ "$1" != -- ]; do shift; done
	shift
	cd "$POD" || exit 1
	case $2 in doctor|top|tail) set -- "$@" --pid "$POD_PID" ;; esac
	exec "$@" ;;
*" port-forward "*) exec true ;;
*" logs -l "*) set -- -n kube-system get pods -l "${*##* -l }" ;;
esac
exec "$REAL_KUBECTL" --kubeconfig "$ADMIN_KUBECONFIG" "$@"
"""


def write(path, text, mode=0o755):
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    os.chmod(path, mode)


def capture(path, names):
    """A pcap of questions."""
    with open(path, "wb") as file:
        file.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 101))
        for number, name in enumerate(names):
            labels = b"".join(bytes([len(label)]) + label.encode() for label in name.split("."))
            query = struct.pack(">HHHHHH", number, 0x100, 1, 0, 0, 0) + labels + b"\0\0\1\0\1"
            udp = struct.pack(">HHHH", 40000 + number, 53, 8 + len(query), 0) + query
            ip = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), number, 0, 64, 17, 0, bytes([10, 244, 0, 9]),
                             bytes([10, 96, 0, 10])) + udp
            file.write(struct.pack("<IIII", number, 0, len(ip), len(ip)) + ip)


class Client(threading.Thread):
    """Somebody who asks all the time."""

    def __init__(self, server):
        super().__init__(daemon=True)
        self.server, self.over = server, threading.Event()

    def run(self):
        while not self.over.wait(0.05):
            self.server.rcode("search.default.svc.cluster.local", "A")


def deployed(cluster):
    """The guide begins where a Deployment and its ConfigMap are."""
    cluster.apply(WORKLOAD)
    cluster.kubectl("apply", "-k", os.path.join(ROOT, "deploy/kustomize/base"))
    cluster.kubectl("-n", "kube-system", "set", "image", "deployment/coredns", "coredns=coredns:before")
    if not wait_for(lambda: "coredns:before" in cluster.kubectl("-n", "kube-system", "get", "replicasets", "-o", "yaml")):
        raise RuntimeError("the Deployment's controller does nothing")


def prepared(place, cluster, ours):
    """The environment of the commands; they run in `place`, those of pods in place/pod."""
    for name in "bin", "pod":
        os.mkdir(os.path.join(place, name))
    write(place + "/bin/kubectl", KUBECTL)
    os.symlink(KNAMECTL, place + "/bin/knamectl")
    shutil.copytree(os.path.join(ROOT, "deploy"), place + "/deploy")
    with open(ours.process.args[2], encoding="utf-8") as file:
        write(place + "/pod/Corefile", file.read().replace(".\n", f".:{ours.port}\n", 1), 0o644)
    capture(place + "/dns.pcap", ["search.default.svc.cluster.local", "nobody.default.svc.cluster.local"])
    return {**os.environ, "PATH": f"{place}/bin:{programs()}:{os.environ['PATH']}", "POD": place + "/pod",
            "POD_PID": str(ours.process.pid), "REAL_KUBECTL": os.path.join(programs(), "kubectl"),
            "ADMIN_KUBECONFIG": cluster.file("admin.kubeconfig"), "KUBECONFIG": cluster.file("admin.kubeconfig")}


def run(document, command, place, environment, servers):
    ours, theirs = servers
    line = command.replace("10.96.0.10", f"{theirs.address}:{theirs.port}") if "--to" in command else command
    if "shadow" in line:
        line += f" --server {ours.address}:{ours.port}"

    where = place + "/pod" if line.startswith("knamectl explain") else place

    def works():
        nonlocal done
        done = subprocess.run(["bash", "-o", "pipefail", "-c", line], cwd=where, env=environment, capture_output=True,
                              text=True, timeout=120, check=False)
        # What doctor finds of a cluster without nodes is true; it has to have looked.
        return done.returncode in (0, 1, 2) and done.stdout if "doctor" in line else done.returncode == 0

    done = None
    # Controllers take a moment: there is nothing to be undone before they have seen what was done.
    good = wait_for(works, 30 if "rollout" in line else 0)
    tap.ok(good, f"{document}: {command}", done.stdout[-800:], done.stderr[-800:])


def main():
    with Cluster() as cluster, tempfile.TemporaryDirectory() as place:
        deployed(cluster)
        with cluster.knamed() as ours, cluster.coredns() as theirs:
            client = Client(ours)
            client.start()
            environment = prepared(place, cluster, ours)
            for document, command in documents.commands():
                in_cluster = re.search(r"\b(kubectl|helm)\b", command) or documents.needs_cluster(command)
                if in_cluster and not documents.is_usage(command):
                    run(document, command, place, environment, (ours, theirs))
            client.over.set()
            client.join()
    tap.done()


main()
