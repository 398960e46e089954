#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The definition of ServiceImport comes after the server that is to read it, with the rights of deploy/'s multicluster component:
until then its names do not exist, nothing else waits, and readiness does not know of it."""
import sys
import threading
import urllib.error
import urllib.request

from cluster import Cluster, free_port, wait_for
from deployed import KUSTOMIZE, data

sys.path.insert(0, __file__.rsplit("/", 2)[0] + "/support")
from tap import Tap  # noqa: E402

tap = Tap()
FAR = "far.default.svc.clusterset.local"
IMPORT = """
apiVersion: multicluster.x-k8s.io/v1alpha1
kind: ServiceImport
metadata: {name: far}
spec: {type: ClusterSetIP, ips: [10.97.0.1], ports: [{name: http, protocol: TCP, port: 80}]}
"""


def bind_rights(cluster):
    """Those of the component, to the user that knamed is here."""
    with open(f"{KUSTOMIZE}/components/multicluster/access.yaml", encoding="utf-8") as file:
        text = file.read()
    account = "- kind: ServiceAccount\n  name: coredns\n  namespace: kube-system\n"
    if account not in text:
        raise LookupError("whom does the component bind?")
    cluster.apply(text.replace(account, "- {kind: User, name: dns, apiGroup: rbac.authorization.k8s.io}\n"))


class Readiness(threading.Thread):
    """Asks /ready all the time, as a kubelet would, and keeps what else than 200 it heard."""

    def __init__(self, port):
        super().__init__(daemon=True)
        self.port, self.over, self.asked, self.others = port, threading.Event(), 0, []

    def status(self):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/ready", timeout=5) as reply:
                return reply.status
        except urllib.error.HTTPError as error:
            return error.code
        except OSError as error:
            return str(error)

    def run(self):
        while not self.over.wait(0.05):
            status = self.status()
            self.asked += 1
            if status != 200:
                self.others.append(status)


def check(cluster, server, readiness):
    tap.ok(wait_for(lambda: readiness.status() == 200), "it is ready without the definition")
    readiness.start()
    tap.same(server.short("kubernetes.default.svc.cluster.local", "A"), ["10.96.0.1"], "names of this cluster are answered")
    tap.same(server.rcode(FAR, "A")[0], "NXDOMAIN", "those of others do not exist")
    lines = server.text().count("\n")
    cluster.apply(data("service_import_crd.yaml"))
    cluster.kubectl("wait", "--for=condition=Established", "crd/serviceimports.multicluster.x-k8s.io", "--timeout=60s")
    cluster.apply(IMPORT)
    tap.ok(wait_for(lambda: server.short(FAR, "A") == ["10.97.0.1"], 90), "they do once it is installed", server.text())
    tap.same(server.short(f"_http._tcp.{FAR}", "SRV"), [f"0 100 80 {FAR}."], "with their ports")
    cluster.kubectl("delete", "serviceimport", "far")
    tap.ok(wait_for(lambda: server.rcode(FAR, "A")[0] == "NXDOMAIN"), "and go with the import")
    readiness.over.set()
    readiness.join()
    tap.ok(readiness.asked > 10 and not readiness.others, "all the while it was ready", readiness.asked, readiness.others)
    tap.ok(lines < 20, "it waited quietly", server.text())


with Cluster() as the_cluster:
    bind_rights(the_cluster)
    port = free_port()
    with the_cluster.knamed("multicluster clusterset.local", zones="cluster.local clusterset.local in-addr.arpa ip6.arpa",
                            more=f"ready 127.0.0.1:{port}") as the_server:
        check(the_cluster, the_server, Readiness(port))
tap.done()
