# SPDX-License-Identifier: Apache-2.0
"""What deploy/ holds, as the API server takes it: every manifest is asked for with a dry run, and comes back as JSON."""
import json
import os
import re
import subprocess
import tempfile

from cluster import HERE, programs
from running_server import KNAMECTL, ROOT

KUSTOMIZE = os.path.join(ROOT, "deploy", "kustomize")
COREDNS_MAY = {(group, resource, verb) for group, resources in (
    ("", ("endpoints", "services", "pods", "namespaces")), ("discovery.k8s.io", ("endpointslices",)))
    for resource in resources for verb in ("list", "watch")}
NODE_DIED = {"node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"}


def version():
    with open(os.path.join(ROOT, "Makefile"), encoding="utf-8") as makefile:
        return re.search(r"^VERSION := (\S+)", makefile.read(), re.M)[1]


def data(name):
    with open(os.path.join(HERE, "data", name), encoding="utf-8") as file:
        return file.read()


def kustomized(name):
    done = subprocess.run([os.path.join(programs(), "kubectl"), "kustomize", os.path.join(KUSTOMIZE, name)],
                          capture_output=True, text=True, check=True)
    return done.stdout


def taken(cluster, manifests, *words):
    """The objects that the API server would make of it, strictly read; `words` are more of kubectl's."""
    text = cluster.kubectl("apply", "--dry-run=server", "--validate=strict", "-o", "json", "-f", "-", *words, text=manifests)
    parsed = json.loads(text)
    return parsed["items"] if parsed["kind"] == "List" else [parsed]


def one(objects, kind, name=None):
    found = [item for item in objects if item["kind"] == kind and name in (None, item["metadata"]["name"])]
    if len(found) != 1:
        raise LookupError(f"{len(found)} of {kind} {name or ''}")
    return found[0]


def allowed(role):
    """The (API group, resource, verb) that a role gives."""
    return {(group, resource, verb) for rule in role["rules"] for group in rule["apiGroups"]
            for resource in rule["resources"] for verb in rule["verbs"]}


def fault_of_corefile(text, **environment):
    """What `knamectl check` says of it; "" if it is good."""
    with tempfile.TemporaryDirectory() as place:
        path = os.path.join(place, "Corefile")
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        done = subprocess.run([KNAMECTL, "check", "-conf", path], capture_output=True, text=True, check=False, cwd=place,
                              env={**os.environ, **environment})
    return "" if done.returncode == 0 else done.stderr or "no sentence"


def faults_of_pod(spec):
    """What a pod of DNS must have and this one lacks, as sentences: users' tables fill with outages of each."""
    container = spec["containers"][0]
    security = container.get("securityContext", {})
    seconds = {toleration.get("key"): toleration.get("tolerationSeconds") for toleration in spec.get("tolerations", [])}
    spread = {constraint["topologyKey"] for constraint in spec.get("topologySpreadConstraints", [])}
    checks = {
        "its container is called coredns": container["name"] == "coredns",
        "it leaves a dead node after 10 s": all(seconds.get(key) == 10 for key in NODE_DIED),
        "it is spread over hosts and zones": spread == {"kubernetes.io/hostname", "topology.kubernetes.io/zone"},
        "it is critical for the cluster": spec.get("priorityClassName") == "system-cluster-critical",
        "it has 30 s to end": spec["terminationGracePeriodSeconds"] == 30,
        "it asks whom the node asks": spec["dnsPolicy"] == "Default",
        "its memory has a limit": "memory" in container["resources"].get("limits", {}),
        **faults_of_rights(spec, security)}
    return [sentence for sentence, holds in checks.items() if not holds]


def faults_of_rights(spec, security):
    pod = spec.get("securityContext", {})
    return {
        "it is not root": pod.get("runAsNonRoot") is True and pod.get("runAsUser") == 65532,
        "it has the runtime's seccomp profile": pod.get("seccompProfile") == {"type": "RuntimeDefault"},
        "its disk is read-only": security.get("readOnlyRootFilesystem") is True,
        "it gains no privileges": security.get("allowPrivilegeEscalation") is False,
        "it may bind port 53 and nothing else": security.get("capabilities") == {"drop": ["ALL"], "add": ["NET_BIND_SERVICE"]}}
