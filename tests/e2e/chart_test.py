#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""deploy/chart/knamed: what it renders is what its values say, each value has an effect, and a real API server takes all of it;
a release is installed, upgraded and removed."""
import json
import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

from cluster import Cluster, programs
from deployed import COREDNS_MAY, allowed, data, fault_of_corefile, faults_of_pod, one, taken, version

sys.path.insert(0, __file__.rsplit("/", 2)[0] + "/support")
from running_server import ROOT  # noqa: E402
from tap import Tap  # noqa: E402

tap = Tap()
CHART = os.path.join(ROOT, "deploy", "chart", "knamed")
COREFILE = """.:53 {
    errors
    health {
        lameduck 5s
    }
    ready
    kubernetes cluster.local in-addr.arpa ip6.arpa {
        pods insecure
        fallthrough in-addr.arpa ip6.arpa
        ttl 30
    }
    prometheus 0.0.0.0:9153
    forward . /etc/resolv.conf {
        max_concurrent 1000
    }
    cache 30
    loop
    reload
    loadbalance
}
"""
SERVERS = [{"zones": [{"zone": "a.test", "scheme": "dns://", "use_tcp": True}, {"zone": "b.test"}], "port": 5300,
            "servicePort": 5353, "plugins": [{"name": "file", "parameters": "/etc/coredns/a.db a.test"}]},
           {"zones": [{"use_tcp": False}], "plugins": [{"name": "errors"}, {"name": "cache", "configBlock": "success 100\ndenial 50"},
                        {"name": "forward", "parameters": ". 192.0.2.1"}, {"name": "prometheus", "parameters": ":9900"}]}]
SERVERS_COREFILE = """import /etc/coredns/*.more
dns://a.test:5300 b.test:5300 {
    file /etc/coredns/a.db a.test
}
. {
    errors
    cache {
        success 100
        denial 50
    }
    forward . 192.0.2.1
    prometheus :9900
}
"""
# What each value is set to, to see that something comes of it; and what it needs beside.
METRICS = {"prometheus": {"service": {"enabled": True}}}
MONITOR = {"prometheus": {"service": {"enabled": True}, "monitor": {"enabled": True}}}
HPA, AUTOSCALER = {"hpa": {"enabled": True}}, {"autoscaler": {"enabled": True}}
NEEDS = {"prometheus.service": METRICS, "prometheus.monitor": MONITOR, "hpa": HPA, "autoscaler": AUTOSCALER,
         "deployment.dnsConfig": {"deployment": {"dnsPolicy": "None", "dnsConfig": {"nameservers": ["192.0.2.1"]}}},
         "serviceAccount.name": {"serviceAccount": {"create": False}}}
SAMPLES = {"string": "other", "integer": 7, "boolean": None, "object": {"k": "v"}, "array": [{"name": "n"}]}
SPECIAL = {
    "image.tag": "9", "image.pullPolicy": "Always", "autoscaler.image.pullPolicy": "Always", "serviceType": "NodePort",
    "service.clusterIP": "10.96.0.10", "service.clusterIPs": ["10.96.0.10"], "service.externalIPs": ["192.0.2.1"],
    "rollingUpdate.maxUnavailable": "50%", "rollingUpdate.maxSurge": "50%", "autoscaler.customFlags": ["--v=9"],
    "deployment.dnsPolicy": "ClusterFirst", "deployment.dnsConfig": {"nameservers": ["192.0.2.2"]},
    "extraConfig": {"import": {"parameters": "/x"}}, "zoneFiles": [{"filename": "f", "contents": "c"}],
    "extraSecrets": [{"name": "s", "mountPath": "/s"}], "servers": SERVERS}
WITHOUT_EFFECT = {"global", "rbac.pspEnable"}  # for charts that have charts; what old values have


def merged(*values):
    result = {}
    for value in values:
        for key, item in value.items():
            both = isinstance(item, dict) and isinstance(result.get(key), dict)
            result[key] = merged(result[key], item) if both else item
    return result


def helm(*words, values=None):
    text = json.dumps(values or {})
    return subprocess.run([os.path.join(programs(), "helm"), *words, "-f", "-"] if values is not None
                          else [os.path.join(programs(), "helm"), *words],
                          input=text, capture_output=True, text=True, check=False)


def rendered(values, name="coredns"):
    done = helm("template", name, CHART, "-n", "kube-system", values=values)
    if done.returncode != 0:
        raise RuntimeError(done.stderr)
    return done.stdout


def at(path, value):
    """{"a": {"b": value}} for "a.b"."""
    for key in reversed(path.split(".")):
        value = {key: value}
    return value


def leaves(schema, path=""):
    """(path, schema) of each value."""
    for key, inner in schema["properties"].items():
        here = f"{path}.{key}".lstrip(".")
        if "properties" in inner:
            yield from leaves(inner, here)
        else:
            yield here, inner


# -- the chart by itself --


def effect(leaf):
    """(path, whether it changes what is rendered, complaint)"""
    path, inner = leaf
    need = next((value for start, value in NEEDS.items() if path.startswith(start)), {})
    kind = inner["type"][0] if isinstance(inner["type"], list) else inner["type"]
    try:
        before = rendered(need)
        if kind == "boolean":
            texts = {rendered(merged(need, at(path, value))) for value in (True, False)}
            return path, len(texts) == 2, "true and false are the same"
        sample = SPECIAL.get(path, SAMPLES[kind])
        return path, rendered(merged(need, at(path, sample))) != before, "nothing changes"
    except RuntimeError as refusal:
        return path, False, refusal


def check_values():
    with open(os.path.join(CHART, "values.schema.json"), encoding="utf-8") as file:
        schema = json.load(file)
    found = dict(leaves(schema))
    with ThreadPoolExecutor(2) as pool:
        for path, good, complaint in pool.map(effect, ((path, inner) for path, inner in found.items()
                                                       if path not in WITHOUT_EFFECT)):
            tap.ok(good, f"{path} has an effect", complaint)
    with open(os.path.join(CHART, "values.yaml"), encoding="utf-8") as file:
        text = file.read()
    missing = [path for path in found if path not in WITHOUT_EFFECT and f"{path.rpartition('.')[2]}:" not in text]
    tap.same(missing, [], "values.yaml has every value")


def check_refusals():
    for values, sentence in (
            ({"servres": []}, "additional properties 'servres' not allowed"),
            ({"servers": [{"plugins": [{"parameters": "x"}]}]}, "missing property 'name'"),
            ({"servers": [{"zones": [{"zone": "a", "scheme": "tls://"}]}]},
             "zone a: knamed answers DNS over UDP and TCP, not tls://"),
            ({"deployment": {"dnsPolicy": "None"}}, "needs deployment.dnsConfig"),
            ({"replicaCount": "two"}, "got string, want integer")):
        done = helm("template", "x", CHART, values=values)
        tap.ok(done.returncode != 0 and sentence in done.stderr, "refused: " + json.dumps(values), done.stderr)
    bare = {"nameOverride": None, "networkPolicy": None, "topologySpreadConstraints": None, "deployment": {"dnsPolicy": None},
            "rbac": {"pspEnable": True}, "hpa": {"metrics": {}},
            "servers": [{"zones": [{"zone": "."}], "port": 53, "plugins": [{"name": "errors"}]},
                        {"port": 54, "plugins": [{"name": "errors"}]}]}
    text = rendered(bare)
    tap.ok('  name: coredns\n' in text and "coredns-knamed" not in text,
           "values of a release of CoreDNS' chart, which have less, keep its names")
    tap.same(re.findall(r"dnsPolicy:(.*)", text), [" Default"], "and ask whom the node asks")
    tap.same(sorted(re.findall(r"- name: (tcp-\d+)", text)), ["tcp-53", "tcp-53", "tcp-54", "tcp-54"],
             "and have TCP unless they say otherwise")
    tap.ok("PodDisruptionBudget" not in rendered({"podDisruptionBudget": None}), "podDisruptionBudget null: none")
    done = helm("lint", CHART)
    tap.ok(done.returncode == 0, "helm lint finds nothing", done.stdout)


# -- what the API server makes of it --


def corefile(objects):
    return one(objects, "ConfigMap", "coredns")["data"]["Corefile"]


def check_defaults(cluster):
    objects = taken(cluster, rendered({}))
    tap.same(corefile(objects), COREFILE, "the Corefile of values that nobody changed")
    tap.same(fault_of_corefile(corefile(objects)), "", "is good")
    deployment = one(objects, "Deployment")["spec"]
    tap.same(faults_of_pod(deployment["template"]["spec"]), [], "the pod has all that DNS needs to live")
    tap.same(deployment["strategy"]["rollingUpdate"], {"maxSurge": 1, "maxUnavailable": 0}, "a rollout takes away none first")
    tap.same(allowed(one(objects, "ClusterRole")), COREDNS_MAY, "it may what CoreDNS may, and nothing else")
    labels = deployment["template"]["metadata"]["labels"]
    selectors = {"the Deployment": deployment["selector"]["matchLabels"], "the Service": one(objects, "Service")["spec"]["selector"],
                 "the budget": one(objects, "PodDisruptionBudget")["spec"]["selector"]["matchLabels"],
                 "the policy": one(objects, "NetworkPolicy")["spec"]["podSelector"]["matchLabels"]}
    for owner, selector in selectors.items():
        tap.ok(selector.items() <= labels.items(), f"{owner} selects the pods", selector)
    tap.same(selectors["the Deployment"], {"app.kubernetes.io/instance": "coredns", "app.kubernetes.io/name": "coredns",
                                           "k8s-app": "coredns"}, "as the pods of CoreDNS' chart: it can be upgraded to this one")
    tap.same(deployment["template"]["spec"]["containers"][0]["image"], "knamed:" + version(), "the image is of this version")
    tap.ok("annotations" not in deployment["template"]["metadata"], "a new Corefile is no new rollout, for it has `reload`")


def check_servers(cluster):
    objects = taken(cluster, rendered({
        "servers": SERVERS, "extraConfig": {"import": {"parameters": "/etc/coredns/*.more"}},
        "zoneFiles": [{"filename": "a.db", "domain": "a.test", "contents": "@ IN SOA a b 1 2 3 4 5\n"}],
        "prometheus": {"service": {"enabled": True}}}))
    tap.same(corefile(objects), SERVERS_COREFILE, "blocks of one's own")
    tap.same(one(objects, "ConfigMap")["data"]["a.db"], "@ IN SOA a b 1 2 3 4 5\n", "a zone file lies beside")
    service = one(objects, "Service", "coredns")["spec"]["ports"]
    tap.same([(port["name"], port["port"], port["targetPort"]) for port in service],
             [("udp-53", 53, 53), ("udp-5300", 5353, 5300), ("tcp-5300", 5353, 5300)], "the Service has their ports")
    tap.same(one(objects, "Service", "coredns-metrics")["spec"]["ports"][0]["targetPort"], 9900, "and metrics theirs")
    template = one(objects, "Deployment")["spec"]["template"]
    tap.same([(port["name"], port["containerPort"]) for port in template["spec"]["containers"][0]["ports"]],
             [("udp-53", 53), ("udp-5300", 5300), ("tcp-5300", 5300), ("tcp-9900", 9900)], "the container as well")
    tap.ok("checksum/config" in template["metadata"]["annotations"], "without `reload` a new Corefile is a new rollout")


def check_everything(cluster):
    values = merged(MONITOR, AUTOSCALER, {
        "k8sAppLabelOverride": "kube-dns", "service": {"name": "kube-dns", "clusterIP": "10.96.0.10"},
        "rbac": {"multiclusterEnable": True}, "customLabels": {"team": "dns"}, "podLabels": {"a": "b"},
        "podAnnotations": {"c": "d"}, "env": [{"name": "X", "value": "1"}], "image": {"pullSecrets": [{"name": "s"}]},
        "extraSecrets": [{"name": "tls", "mountPath": "/tls"}], "extraVolumes": [{"name": "more", "emptyDir": {}}],
        "extraVolumeMounts": [{"name": "more", "mountPath": "/more"}],
        "extraContainers": [{"name": "side", "image": "side"}], "initContainers": [{"name": "first", "image": "first"}],
        "affinity": {"podAntiAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": [{
            "weight": 1, "podAffinityTerm": {"topologyKey": "kubernetes.io/hostname", "labelSelector": {
                "matchLabels": {"app.kubernetes.io/name": '{{ template "coredns.name" . }}'}}}}]}},
        "prometheus": {"monitor": {"namespace": "default", "interval": "15s", "honorLabels": True}}})
    objects = taken(cluster, rendered(values))
    tap.same(len(objects), 17, "with everything the API server takes it")
    tap.same(one(objects, "Service", "kube-dns")["spec"]["clusterIP"], "10.96.0.10", "the Service is the cluster's")
    monitor = one(objects, "ServiceMonitor")
    tap.ok(monitor["spec"]["selector"]["matchLabels"].items() <= one(objects, "Service", "coredns-metrics")["metadata"]["labels"].items(),
           "the monitor selects the Service of metrics")
    tap.same((monitor["metadata"]["namespace"], monitor["spec"]["namespaceSelector"]["matchNames"]), ("default", ["kube-system"]),
             "from another namespace")
    tap.same(allowed(one(objects, "ClusterRole", "coredns")) - COREDNS_MAY,
             {("multicluster.x-k8s.io", "serviceimports", verb) for verb in ("list", "watch")}, "it may see imports as well")
    objects = taken(cluster, rendered({"hpa": {"enabled": True, "metrics": [
        {"type": "Resource", "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 60}}}]}}))
    tap.same(one(objects, "HorizontalPodAutoscaler")["spec"]["maxReplicas"], 10, "and with an autoscaler by use")


def check_release(cluster):
    """As a user does it."""
    def run(*words):
        done = helm(*words, "--kubeconfig", cluster.file("admin.kubeconfig"), "-n", "kube-system")
        tap.ok(done.returncode == 0, "helm " + " ".join(word for word in words if word != CHART), done.stderr)
        return done.stdout

    def image():
        return cluster.kubectl("-n", "kube-system", "get", "deployment", "coredns", "-o",
                               "jsonpath={.spec.template.spec.containers[0].image}")

    with open(os.path.join(ROOT, "deploy/README.md"), encoding="utf-8") as file:
        shown = re.search(r"^    helm install RELEASE deploy/chart/knamed -n kube-system (.*)$", file.read(), re.M)[1]
    notes = run("install", "coredns", CHART, *shown.split())
    tap.ok("kube-dns.kube-system on 10.96.0.10" in notes and "rollout status deployment/coredns" in notes, "it says what to do", notes)
    pods = cluster.kubectl("-n", "kube-system", "get", "deployment", "-l", "k8s-app=kube-dns", "-o",
                           "jsonpath={.items[*].spec.template.metadata.labels.k8s-app}")
    tap.same(pods, "kube-dns", "its pods have the label that the servers of nodes look for")
    run("upgrade", "coredns", CHART, "--reuse-values", "--set", "image.tag=9.9.9")
    tap.same(image(), "knamed:9.9.9", "which changes the image")
    run("rollback", "coredns", "1")
    tap.ok(not image().endswith("9.9.9"), "and back")
    run("uninstall", "coredns")
    tap.same(cluster.kubectl("-n", "kube-system", "get", "all,cm,pdb,netpol", "-l", "helm.sh/chart", "-o", "name"), "", "nothing is left")


check_values()
check_refusals()
with Cluster() as the_cluster:
    the_cluster.apply(data("service_monitor_crd.yaml"))
    the_cluster.kubectl("wait", "--for=condition=Established", "crd/servicemonitors.monitoring.coreos.com", "--timeout=60s")
    check_defaults(the_cluster)
    check_servers(the_cluster)
    check_everything(the_cluster)
    check_release(the_cluster)
tap.done()
