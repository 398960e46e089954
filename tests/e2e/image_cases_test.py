#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every question of tests/cases, asked of the image that runs as a Deployment's pod of a real control plane which has the
scenario's objects. The Corefile in the ConfigMap is the scenario's, its objects being the API server's."""
import os
import re
import sys

import case_objects
import image
import pods
import scenarios
from cluster import Cluster, HERE
from network import enter_own_namespace, ip

sys.path.insert(0, os.path.join(os.path.dirname(HERE), "support"))
from running_server import answers, wait_for  # noqa: E402
from tap import Tap  # noqa: E402

tap = Tap()
image.build_unless_given()
enter_own_namespace(tap)
ip("link", "set", "lo", "up")


def config(scenario):
    """Its Corefile in a cluster: the objects come from the API server, and there is something to ask when it is ready."""
    text = re.sub(r"\n *manifests .*", "", scenarios.read(scenario, "Corefile"))
    return text.replace("errors\n", "errors\n    health\n    ready\n", 1)


def addresses(verb, scenario):
    for address in scenarios.local_addresses(scenario):
        ip("address", verb, address + ("/128" if ":" in address else "/32"), "dev", "lo")


def ask(scenario):
    count, wrong = scenarios.ask("tests/cases/" + scenario)
    tap.ok(count and not wrong, f"{scenario}: {count} answers", *wrong[:60])


def run(cluster, objects, deployment, scenario, there):
    """there: whose objects the API server has; what it has now."""
    needed = scenarios.objects_of(scenario)
    if needed and needed != there:
        objects.clear()
        objects.put(pods.as_objects(cluster, scenarios.manifests(scenario)))
        print("".join(f"# {needed}: etcd had {relic} from before\n" for relic in objects.relics), end="")
        there = needed
    pods.find(deployment, "ConfigMap")["data"]["Corefile"] = config(scenario)
    addresses("add", scenario)
    with pods.Pod(cluster, deployment) as pod:
        up = pod.ready() if needed else wait_for(lambda: answers("127.0.0.1", 53))
        if tap.ok(up, f"{scenario}: the pod serves", pod.logs()):
            ask(scenario)
    addresses("delete", scenario)
    return there


def run_all(cluster):
    text = pods.kubeadm_manifest() or pods.own_manifest("k3s")
    cluster.apply(text)
    cluster.apply(case_objects.IMPORTS)
    deployment = pods.as_objects(cluster, text)
    for path in "/apis/multicluster.x-k8s.io/v1alpha1/serviceimports", "/api/v1/namespaces/default/services/kubernetes":
        wait_for(lambda path=path: cluster.api().request("GET", path)[0] == 200)
    objects, there = case_objects.Objects(cluster), None
    for scenario in sorted(sys.argv[1:] or scenarios.names(), key=lambda name: (scenarios.objects_of(name) or "", name)):
        there = run(cluster, objects, deployment, scenario, there)


with Cluster(controllers=False) as the_cluster:
    run_all(the_cluster)
tap.done()
