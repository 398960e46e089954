#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What happens to API servers: restarts, lost histories, older backups, new tokens and CAs, roles that go. Names that exist
throughout are asked all the time and never get another answer; after each fault changes are followed again."""
import os
import shutil
import signal
import subprocess
import time

from case_objects import IMPORT_CRD
from cluster import RBAC, Cluster, programs, wait_for
from steady_poller import SteadyPoller
from tap import Tap

tap = Tap()
Z = "default.svc.cluster.local"
STEADY = """
apiVersion: v1
kind: Service
metadata: {name: steady}
spec: {clusterIP: 10.96.3.1, ports: [{name: http, port: 80}]}
---
apiVersion: v1
kind: Service
metadata: {name: set}
spec: {clusterIP: None, ports: [{name: http, port: 80}]}
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: set-1, labels: {kubernetes.io/service-name: set}}
addressType: IPv4
endpoints: [{addresses: [10.9.8.7], hostname: one}]
ports: [{name: http, port: 80, protocol: TCP}]
"""
IMPORT = """
apiVersion: multicluster.x-k8s.io/v1alpha1
kind: ServiceImport
metadata: {name: far}
spec: {type: ClusterSetIP, ips: [10.42.0.1], ports: [{name: http, port: 80, protocol: TCP}]}
"""
made = iter(range(1, 200))


def is_one(wanted):
    return lambda answer: None if answer.rcode == "NOERROR" and answer.texts == [wanted] else f"{wanted} was expected"


QUESTIONS = [(f"steady.{Z}", "A", is_one("10.96.3.1")), (f"one.set.{Z}", "A", is_one("10.9.8.7")),
             ("7.8.9.10.in-addr.arpa", "PTR", is_one(f"one.set.{Z}."))]


def make_service(cluster):
    number = next(made)
    cluster.api().request("POST", "/api/v1/namespaces/default/services", {
        "metadata": {"name": f"made-{number}"}, "spec": {"clusterIP": f"10.96.4.{number}", "ports": [{"port": 80}]}})
    return f"made-{number}.{Z}", f"10.96.4.{number}"


def follows(cluster, server, after):
    """A change that is made now is answered."""
    name, address = make_service(cluster)
    begin = time.monotonic()
    tap.ok(wait_for(lambda: server.short(name) == [address]), f"changes are followed after {after}", server.text())
    print(f"# {time.monotonic() - begin:.2f} s until it was")


class Steadily:
    """Asks during a fault; says afterwards whether all was well."""

    def __init__(self, server, what):
        self.poller, self.what = SteadyPoller(server, QUESTIONS), what

    def __enter__(self):
        self.poller.__enter__()

    def __exit__(self, *error):
        # Some faults are over before much was asked: the questions go on until they tell something.
        enough = error[0] is not None or wait_for(lambda: self.poller.count > 100)
        self.poller.__exit__(*error)
        if error[0] is None:
            tap.ok(not self.poller.wrong and enough,
                   f"{self.poller.count} answers stayed as they were during {self.what}", *self.poller.wrong[:5])


def check_restarts(cluster, server):
    for number in signal.SIGTERM, signal.SIGKILL:
        with Steadily(server, f"a stop of the API server by {number.name}"):
            cluster.apiserver.stop(number)
            cluster.start_apiserver()
            follows(cluster, server, f"its restart ({number.name})")


def revision(cluster):
    return int(cluster.api().request("GET", "/api/v1/namespaces?limit=1")[1]["metadata"]["resourceVersion"])


def check_compaction(cluster, server):
    """The history between what it knows and what is now is gone when it comes back."""
    with Steadily(server, "a compaction"):
        cluster.apiserver.stop()
    server.process.send_signal(signal.SIGSTOP)
    cluster.start_apiserver()
    for _ in range(5):
        make_service(cluster)
    cluster.etcdctl("compact", str(revision(cluster)))
    cluster.apiserver.stop()
    cluster.start_apiserver()
    server.process.send_signal(signal.SIGCONT)
    with Steadily(server, "the reading anew behind it"):
        follows(cluster, server, "a compaction")
    tap.ok(wait_for(lambda: "listing anew" in server.text() or "anew" in server.text()), "it says that it reads anew",
           server.text())


def check_restore(cluster, server):
    """An etcd from a backup: what was made since is gone, and versions went back."""
    backup, restored = cluster.file("backup"), cluster.file("etcd-restored")
    cluster.etcdctl("snapshot", "save", backup)
    lost = [make_service(cluster) for _ in range(3)]
    tap.ok(wait_for(lambda: all(server.short(name) == [address] for name, address in lost)), "services behind the backup")
    with Steadily(server, "a restore of etcd"):
        cluster.apiserver.stop()
        cluster.etcd.stop()
        peer = f"http://127.0.0.1:{cluster.etcd_peer_port}"
        subprocess.run([os.path.join(programs(), "etcdutl"), "snapshot", "restore", backup, "--data-dir", restored,
                        "--initial-cluster", "default=" + peer, "--initial-advertise-peer-urls", peer],
                       check=True, capture_output=True)
        shutil.rmtree(cluster.file("etcd"))
        os.rename(restored, cluster.file("etcd"))
        cluster.start_etcd()
        cluster.start_apiserver()
        tap.ok(wait_for(lambda: all(server.rcode(name, "A")[0] == "NXDOMAIN" for name, _ in lost)),
               "what the backup does not know is gone", server.text())
        follows(cluster, server, "a restore of etcd")


def check_token(cluster, server):
    with Steadily(server, "a new token"):
        cluster.file(server.kubeconfig + ".token", cluster.tokens[1])
        cluster.tokens = cluster.tokens[1:]
        cluster.apiserver.stop()
        cluster.start_apiserver()
        follows(cluster, server, "a new token, the old one revoked")


def check_ca(cluster, server):
    with Steadily(server, "a new CA"):
        cluster.make_ca("ca2")
        cluster.use_ca("ca2")
        cluster.apiserver.stop()
        cluster.start_apiserver()
        follows(cluster, server, "a new CA, the old one gone")


def check_role(cluster, server):
    with Steadily(server, "a role that is taken away"):
        cluster.kubectl("delete", "clusterrolebinding", "system:coredns")
        cluster.apiserver.stop()
        cluster.start_apiserver()
        tap.ok(wait_for(lambda: "forbidden" in server.text()), "the log says that it is forbidden", server.text())
        cluster.apply(RBAC)
        follows(cluster, server, "the role was given back")


def check_imports(cluster):
    cluster.kubectl("patch", "clusterrole", "system:coredns", "--type=json", "-p",
                    '[{"op": "add", "path": "/rules/-", "value": {"apiGroups": ["multicluster.x-k8s.io"], '
                    '"resources": ["serviceimports"], "verbs": ["list", "watch"]}}]')
    with cluster.knamed("multicluster clusterset.local", zones="cluster.local clusterset.local") as server:
        name = "far.default.svc.clusterset.local"
        tap.same(server.short(f"steady.{Z}"), ["10.96.3.1"], "a kind that is not there holds nothing up")
        tap.same(server.rcode(name, "A")[0], "NXDOMAIN", "and has no objects")
        cluster.apply(IMPORT_CRD)
        tap.ok(wait_for(lambda: "far" in (cluster.kubectl("apply", "-f", "-", text=IMPORT, check=False) or "")),
               "the API server takes imports")
        tap.ok(wait_for(lambda: server.short(name) == ["10.42.0.1"]), "it is found when it comes late", server.text())


def with_kubeconfig(cluster):
    path = cluster.kubeconfig(cluster.tokens[0], "server.kubeconfig")
    server = cluster.knamed(kubeconfig=path)
    server.kubeconfig = "server.kubeconfig"
    return server


with Cluster(controllers=False) as the_cluster:
    the_cluster.apply(STEADY)
    with with_kubeconfig(the_cluster) as the_server:
        wait_for(lambda: the_server.short(f"one.set.{Z}") == ["10.9.8.7"])
        for check in check_restarts, check_compaction, check_restore, check_token, check_ca, check_role:
            check(the_cluster, the_server)
    check_imports(the_cluster)
tap.done()
