#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""deploy/kustomize against a real API server: each of its directories is taken as it is, allows no more than CoreDNS has,
and survives the death of a node; the base is installed by one command, also over a CoreDNS that is there."""
import os
import re
import shutil
import subprocess
import sys
import tempfile

from cluster import Cluster, programs, wait_for
from deployed import COREDNS_MAY, KUSTOMIZE, allowed, data, fault_of_corefile, faults_of_pod, kustomized, one, taken, version

sys.path.insert(0, __file__.rsplit("/", 2)[0] + "/support")
from running_server import ROOT  # noqa: E402
from tap import Tap  # noqa: E402

tap = Tap()
# What `kubeadm init` leaves, as far as an apply could trip over it.
KUBEADM = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: coredns, namespace: kube-system, labels: {k8s-app: kube-dns}}
spec:
  replicas: 2
  strategy: {type: RollingUpdate, rollingUpdate: {maxUnavailable: 1}}
  selector: {matchLabels: {k8s-app: kube-dns}}
  template:
    metadata: {labels: {k8s-app: kube-dns}}
    spec:
      serviceAccountName: coredns
      containers:
      - {name: coredns, image: "example.com/coredns:v1.14.2", args: [-conf, /etc/coredns/Corefile],
         ports: [{containerPort: 53, name: dns, protocol: UDP}]}
---
apiVersion: v1
kind: Service
metadata: {name: kube-dns, namespace: kube-system, labels: {k8s-app: kube-dns}}
spec:
  clusterIP: 10.96.0.10
  selector: {k8s-app: kube-dns}
  ports: [{name: dns, port: 53, protocol: UDP}, {name: dns-tcp, port: 53, protocol: TCP}]
"""
# A kubelet's for the Service kube-dns-upstream, and the DaemonSet's own.
ENVIRONMENT = {"KUBE_DNS_UPSTREAM_SERVICE_HOST": "10.96.7.7", "HEALTH_PORT": "8080", "READY_PORT": "8181",
               "METRICS_PORT": "9253"}


def directories():
    return sorted(os.path.relpath(place, KUSTOMIZE) for place, _, files in os.walk(KUSTOMIZE)
                  if "kustomization.yaml" in files and "components" not in place)


def corefiles(objects):
    return {item["metadata"]["name"]: text for item in objects if item["kind"] == "ConfigMap"
            for key, text in item["data"].items() if key == "Corefile"}


def rights(objects, account="coredns"):
    """What cluster-wide roles give to an account."""
    roles = {item["roleRef"]["name"] for item in objects if item["kind"] == "ClusterRoleBinding"
             for subject in item["subjects"] if (subject["name"], subject.get("namespace")) == (account, "kube-system")}
    return set().union(*(allowed(one(objects, "ClusterRole", role)) for role in roles))


taken_by_name = set()


def check_taken(cluster, name):
    """The objects of a directory."""
    taken_by_name.add(name)
    try:
        objects = taken(cluster, kustomized(name))
    except RuntimeError as refusal:
        tap.ok(False, f"{name}: the API server takes it", refusal)
        return []
    tap.ok(True, f"{name}: the API server takes it")
    for owner, text in corefiles(objects).items():
        tap.same(fault_of_corefile(text, **ENVIRONMENT), "", f"{name}: the Corefile of {owner} is good")
    return objects


def check_base(cluster):
    objects = check_taken(cluster, "base")
    deployment = one(objects, "Deployment", "coredns")["spec"]
    tap.same(faults_of_pod(deployment["template"]["spec"]), [], "base: the pod has all that DNS needs to live")
    tap.same(deployment["strategy"]["rollingUpdate"], {"maxSurge": 1, "maxUnavailable": 0},
             "base: a rollout takes away none before another answers")
    tap.same(rights(objects), COREDNS_MAY, "base: it may what CoreDNS may, and nothing else")
    tap.same(one(objects, "PodDisruptionBudget")["spec"]["maxUnavailable"], 1, "base: a drain takes one at a time")
    tap.same([(port["name"], port["port"]) for port in one(objects, "Service")["spec"]["ports"]],
             [("dns", 53), ("dns-tcp", 53), ("metrics", 9153)], "base: the Service has the ports that the field has")
    image = deployment["template"]["spec"]["containers"][0]["image"]
    tap.same(image, "knamed:" + version(), "base: the image is of this version")


def check_restricted(cluster):
    """The strictest of Kubernetes' own standards, and the priority class, are enforced on pods."""
    cluster.kubectl("create", "namespace", "strict")
    cluster.kubectl("label", "namespace", "strict", "pod-security.kubernetes.io/enforce=restricted")
    template = one(taken(cluster, kustomized("base")), "Deployment")["spec"]["template"]
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "probe", "namespace": "strict"}, "spec": template["spec"]}
    api = cluster.api()
    status, reply = api.request("POST", "/api/v1/namespaces/strict/pods?dryRun=All", pod)
    tap.ok(status == 201, "base: its pod meets the restricted standard", reply)
    tap.ok(status == 201 and reply["spec"]["priority"] == 2000000000, "base: and goes before others", reply)


def check_overlays(cluster):
    objects = check_taken(cluster, "overlays/multicluster")
    imports = {("multicluster.x-k8s.io", "serviceimports", verb) for verb in ("list", "watch")}
    tap.same(rights(objects), COREDNS_MAY | imports, "overlays/multicluster: imports may be read as well")
    objects = check_taken(cluster, "overlays/example")
    tap.same(one(objects, "Service")["spec"]["clusterIP"], "10.96.200.10", "overlays/example: another cluster IP")
    deployment = one(objects, "Deployment", "coredns")["spec"]
    tap.ok(deployment["template"]["spec"]["containers"][0]["image"].startswith("images.example.com/dns/knamed:"),
           "overlays/example: another image")
    monitor = one(objects, "ServiceMonitor")["spec"]
    labels = one(objects, "Service")["metadata"]["labels"]
    tap.ok(monitor["selector"]["matchLabels"].items() <= labels.items(), "overlays/example: the monitor selects the Service")
    tap.ok(rights(objects, "dns-autoscaler") == {("", "nodes", "list"), ("", "nodes", "watch")},
           "overlays/example: the autoscaler sees nodes, cluster-wide, and nothing else")
    objects = check_taken(cluster, "overlays/kube-dns")
    tap.same(one(objects, "Service")["spec"]["selector"], {"k8s-app": "kube-dns"},
             "overlays/kube-dns: the Service selects pods of kube-dns and ours")


def faults_of_node(spec):
    """The same for a pod of the node's own server."""
    container = spec["containers"][0]
    adders = [part["name"] for part in spec["initContainers"] + spec["containers"]
              if "NET_ADMIN" in part["securityContext"]["capabilities"].get("add", [])]
    rights = {part["name"]: part["securityContext"]["capabilities"] for part in spec["initContainers"]}
    checks = {
        "it is on the node's network": spec.get("hostNetwork") is True,
        "it stays on a node whatever is wrong with it": {"operator": "Exists"} in spec["tolerations"],
        "it is critical for the node": spec["priorityClassName"] == "system-node-critical",
        "a second instance has room beside it": "ports" not in container,
        "init containers alone administer the network": adders == [part["name"] for part in spec["initContainers"]],
        "and do nothing else": all(right == {"drop": ["ALL"], "add": ["NET_ADMIN"]} for right in rights.values()),
        "it has no token": spec["automountServiceAccountToken"] is False,
        "its memory has a limit": "memory" in container["resources"]["limits"],
        "it runs as the rest do": container["securityContext"] == {
            "runAsNonRoot": True, "runAsUser": 65532, "runAsGroup": 65532, "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"], "add": ["NET_BIND_SERVICE"]}}}
    return [sentence for sentence, holds in checks.items() if not holds]


def probes(daemon_set):
    container = daemon_set["spec"]["template"]["spec"]["containers"][0]
    return [container[name]["httpGet"]["port"] for name in ("livenessProbe", "readinessProbe")]


def check_node_local(cluster):
    for name, sets in ("base", 1), ("pair", 2), ("cluster-ip", 2):
        objects = check_taken(cluster, "node-local/" + name)
        found = [item for item in objects if item["kind"] == "DaemonSet"]
        tap.same((len(found), [faults_of_node(item["spec"]["template"]["spec"]) for item in found]), (sets, [[]] * sets),
                 f"node-local/{name}: its pods have all that a node needs")
        tap.same({tuple(item["spec"]["updateStrategy"]["rollingUpdate"].items()) for item in found},
                 {(("maxSurge", 1), ("maxUnavailable", 0))}, f"node-local/{name}: old and new are side by side in a rollout")
        tap.ok(all(item["spec"].get("minReadySeconds") == 10 for item in found),
               f"node-local/{name}: the old one goes when the new one has lived for a while")
    tap.same(sorted(probes(item) for item in found), [[8080, 8181], [8090, 8191]], "of two instances each has its own probes")
    selectors = [tuple(item["spec"]["selector"]["matchLabels"].items()) for item in found]
    tap.same(len(set(selectors)), 2, "and its own pods")
    scraped = [item["metadata"]["labels"]["k8s-app"] for item in objects if item["kind"] == "Service" and
               item["spec"]["ports"][0]["name"] == "metrics"]
    tap.same(sorted(scraped), ["node-local-dns", "node-local-dns-second"], "and its own job: their Corefiles differ by the ports")
    upstream = one(objects, "Service", "kube-dns-upstream")["spec"]
    tap.same(upstream["selector"], {"k8s-app": "kube-dns"}, "what they do not know, the cluster's servers are asked")
    tap.ok(all("kube-dns" not in item["spec"]["template"]["metadata"]["labels"].values() for item in found),
           "of which they are none")
    words = [part["command"] for part in found[0]["spec"]["template"]["spec"]["initContainers"]]
    both = ["169.254.20.10", "10.96.0.10"]
    tap.same(words, [["knamectl", "node", "address", *both], ["knamectl", "node", "notrack", *both]],
             "node-local/cluster-ip: a second init container writes the rules, for the same addresses")
    binds = set(re.findall(r"bind (.*)", one(objects, "ConfigMap")["data"]["Corefile"]))
    tap.same(binds, {" ".join(both)}, "node-local/cluster-ip: which the server binds")


def check_kube_dns(cluster):
    """Its Service is there, with an address of its own, however it was made."""
    service = next(part for part in KUBEADM.split("---\n") if "kind: Service\n" in part).replace("10.96.0.10", "10.96.77.10")
    for how in "create", "apply":
        cluster.kubectl(how, "-f", "-", text=service)
        try:
            cluster.kubectl("apply", "-k", os.path.join(KUSTOMIZE, "overlays/kube-dns"))
            address = cluster.kubectl("-n", "kube-system", "get", "service", "kube-dns", "-o", "jsonpath={.spec.clusterIP}")
        except RuntimeError as refusal:
            address = refusal
        tap.same(address, "10.96.77.10", f"overlays/kube-dns: the address that `kubectl {how}` gave the Service stays")
        cluster.kubectl("delete", "-k", os.path.join(KUSTOMIZE, "overlays/kube-dns"), "--wait=true", "--ignore-not-found")


def check_install(cluster):
    """The one command; then kubeadm's objects are there before."""
    cluster.kubectl("apply", "-k", os.path.join(KUSTOMIZE, "base"))
    tap.same(cluster.kubectl("-n", "kube-system", "get", "service", "kube-dns", "-o", "jsonpath={.spec.clusterIP}"), "10.96.0.10",
             "one command installs it")
    pods = wait_for(lambda: cluster.kubectl("-n", "kube-system", "get", "pods", "-l", "k8s-app=kube-dns", "-o", "name").split())
    tap.ok(pods, "and pods are made")
    cluster.kubectl("delete", "-k", os.path.join(KUSTOMIZE, "base"), "--wait=true")
    cluster.apply(KUBEADM)
    cluster.kubectl("apply", "-k", os.path.join(KUSTOMIZE, "base"))
    image = cluster.kubectl("-n", "kube-system", "get", "deployment", "coredns", "-o",
                            "jsonpath={.spec.template.spec.containers[*].image}")
    tap.ok(image.startswith("knamed:"), "over kubeadm's CoreDNS it takes its place", image)
    before = cluster.kubectl("-n", "kube-system", "get", "deployment", "coredns", "-o", "jsonpath={.metadata.generation}")
    cluster.kubectl("apply", "-k", os.path.join(KUSTOMIZE, "base"))
    after = cluster.kubectl("-n", "kube-system", "get", "deployment", "coredns", "-o", "jsonpath={.metadata.generation}")
    tap.same(after, before, "and a second time changes nothing")


AUTOSCALED = "resources: [../../base]\ncomponents: [../../components/autoscaler]\n"


def check_autoscaler(cluster):
    """Added to a base that is applied, after the line of the README."""
    with open(os.path.join(ROOT, "deploy/README.md"), encoding="utf-8") as file:
        lines = re.findall(r"^kubectl .* apply view-last-applied .*$", file.read(), re.M)
    environment = {**os.environ, "PATH": programs() + ":" + os.environ["PATH"], "KUBECONFIG": cluster.file("admin.kubeconfig")}
    for line in lines:
        done = subprocess.run(["bash", "-o", "pipefail", "-c", line], env=environment, capture_output=True, text=True, check=False)
        tap.ok(done.returncode == 0, line, done.stderr)
    with tempfile.TemporaryDirectory() as place:
        shutil.copytree(KUSTOMIZE, place + "/kustomize")
        os.mkdir(place + "/kustomize/overlays/more")
        with open(place + "/kustomize/overlays/more/kustomization.yaml", "w", encoding="utf-8") as file:
            file.write(AUTOSCALED)
        cluster.kubectl("apply", "-k", place + "/kustomize/overlays/more")
    replicas = cluster.kubectl("-n", "kube-system", "get", "deployment", "coredns", "dns-autoscaler", "-o",
                               "jsonpath={.items[*].spec.replicas}")
    tap.same(replicas, "2 1", "with an autoscaler added there are as many servers as before")


with Cluster() as the_cluster:
    for definition in "service_monitor", "prometheus_rule":
        the_cluster.apply(data(definition + "_crd.yaml"))
    the_cluster.kubectl("wait", "--for=condition=Established", "crd", "--all", "--timeout=60s")
    check_base(the_cluster)
    check_restricted(the_cluster)
    check_overlays(the_cluster)
    check_node_local(the_cluster)
    with open(os.path.join(ROOT, "deploy/monitoring/prometheusrule.yaml"), encoding="utf-8") as file:
        tap.same(len(taken(the_cluster, file.read())), 1, "monitoring: the API server takes the rules")
    for rest in sorted(set(directories()) - taken_by_name):
        check_taken(the_cluster, rest)
    check_kube_dns(the_cluster)
    check_install(the_cluster)
    check_autoscaler(the_cluster)
tap.done()
