#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`knamectl explain` and `knamectl doctor` beside a server that follows a real control plane, with the rights that a cluster's DNS
has: what an API server really says of objects, tokens and rights, and which fields it can be asked for."""
import json
import subprocess
import sys

from cluster import RBAC, Cluster, wait_for

sys.path.insert(0, __file__.rsplit("/", 2)[0] + "/support")
import doctor as support  # noqa: E402
from control import state  # noqa: E402
from running_server import KNAMECTL  # noqa: E402
from tap import Tap  # noqa: E402

tap = Tap()
OBJECTS = """
apiVersion: v1
kind: Namespace
metadata: {name: storefront}
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: storefront}
spec: {type: LoadBalancer, clusterIP: 10.96.1.1, externalIPs: [192.0.2.1], selector: {app: web}, ports: [{name: http, port: 80}]}
---
apiVersion: v1
kind: Service
metadata: {name: inside, namespace: storefront}
spec: {clusterIP: 10.96.1.2, selector: {app: web}, ports: [{name: http, port: 80}]}
---
apiVersion: v1
kind: Service
metadata: {name: db, namespace: storefront}
spec: {clusterIP: None, selector: {app: db}, ports: [{name: sql, port: 5432}]}
---
apiVersion: v1
kind: Pod
metadata: {name: db-slow, namespace: storefront, labels: {app: db}}
spec: {nodeName: node-1, containers: [{name: main, image: none}]}
---
apiVersion: v1
kind: Pod
metadata: {name: client, namespace: storefront}
spec:
  nodeName: node-1
  containers: [{name: main, image: none}]
  dnsConfig: {searches: [corp.example], options: [{name: ndots, value: "2"}]}
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: dns, namespace: kube-system}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: account-of-dns}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: "system:coredns"}
subjects: [{kind: ServiceAccount, name: dns, namespace: kube-system}]
"""
INGRESS = '{"status": {"loadBalancer": {"ingress": [{"ip": "192.0.2.2"}]}}}'


def explain(cluster, server, *words):
    done = subprocess.run([KNAMECTL, "explain", "-conf", server.process.args[2], "-dns.port", str(server.port), "--json", *words],
                          capture_output=True, text=True, check=False, cwd=cluster.directory)
    return done.returncode, json.loads(done.stdout) if done.stdout else {"candidates": [], "stderr": done.stderr}


def texts(told):
    return [f"{step['who']}: {step['text']}" for candidate in told["candidates"] for step in candidate["steps"]]


def check_told(cluster, server, words, sentence, name):
    """The sentence is told, and the live server says the same."""
    code, told = explain(cluster, server, *words)
    tap.ok(code == 0 and any(sentence in text for text in texts(told)) and
           all(candidate["verdict"] == "same" for candidate in told["candidates"]), name, code, *texts(told), told.get("stderr"))
    return told


def check_explain(cluster, server):
    address = "10.244.77.7"
    told = check_told(cluster, server, ["web", "--from", "storefront/client"], "storefront/web (version ", "a Service has its version")
    tap.same((told["from"]["address"], told["from"]["search"][-1], told["from"]["ndots"]), (address, "corp.example.", 2),
             "a pod is found by its name, with its own search list")
    found = next(step["object"] for candidate in told["candidates"] for step in candidate["steps"] if "object" in step)
    tap.ok(0 <= found["age_s"] < 600 and found["resourceVersion"] > 0, "an object has its age", found)
    told = explain(cluster, server, "web", "--from", address)[1]
    tap.same((told["from"].get("pod"), told["from"]["namespace"]), ("client", "storefront"), "and by its address")
    check_told(cluster, server, ["db.storefront"], "(db-slow): not ready", "the pod that is not ready is named")
    check_told(cluster, server, ["web.storefront.out.example."], "from outside it has 192.0.2.1 192.0.2.2",
               "addresses from outside, of both kinds")
    check_told(cluster, server, ["inside.storefront.out.example."], "neither externalIPs nor", "and why there are none")


def check_doctor(cluster, server, token):
    def doctor(*words):
        return support.doctor(cluster.directory, server, "--wait", "3s", *words, conf=server.process.args[2])

    support.in_order(tap, doctor(), "a house in order: nothing is found")
    cluster.file("dns.kubeconfig.token", "nobody")
    support.expect(tap, doctor(), 2, "problem", "rbac", "does not know us (401)", "a token that nobody knows")
    cluster.file("dns.kubeconfig.token", token)
    cluster.apply(RBAC.replace("resources: [endpointslices], verbs: [list, watch]", "resources: [endpointslices], verbs: [list]"))
    support.expect(tap, doctor(), 2, "problem", "rbac", "we may not watch endpointslices.discovery.k8s.io", "a verb that is missing")
    cluster.apply(RBAC)
    tap.ok(wait_for(lambda: doctor() == (0, [])), "all is in order again", *doctor())
    cluster.apply("apiVersion: v1\nkind: Namespace\nmetadata: {name: dev}\n")
    support.expect(tap, doctor(), 1, "warning", "namespace", "x.dev", "a namespace that takes names over")
    cluster.apiserver.stop()
    wait_for(lambda: not all(watch["following"] for watch in state(server)["clusters"][0]["watches"]))
    result = doctor()
    support.expect(tap, result, 2, "problem", "api", "", "an API server that is gone")
    support.expect(tap, result, 2, "warning", "unsynced", "are not followed now", "and is not followed any more")


def main():
    with Cluster() as cluster:
        cluster.addresses["client"] = "10.244.77.7"
        cluster.kubelet.hold.add("db-slow")
        cluster.apply(OBJECTS)
        cluster.kubectl("-n", "storefront", "patch", "service", "web", "--subresource=status", "--type=merge", "-p", INGRESS)
        token = cluster.kubectl("-n", "kube-system", "create", "token", "dns", "--duration", "20m").strip()
        path = cluster.kubeconfig(token, "dns.kubeconfig")
        more = "k8s_external out.example"
        with cluster.knamed(kubeconfig=path, more=more) as server:
            wait_for(lambda: server.short("web.storefront.out.example", "A") == ["192.0.2.1", "192.0.2.2"])
            wait_for(lambda: "10.244.77.7" in cluster.kubectl("-n", "storefront", "get", "pod", "client", "-o", "yaml"))
            wait_for(lambda: "ready: false" in cluster.kubectl("-n", "storefront", "get", "endpointslices", "-o", "yaml"))
            check_explain(cluster, server)
            check_doctor(cluster, server, token)
    tap.done()


if __name__ == "__main__":
    main()
