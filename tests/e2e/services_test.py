#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Services of all types, made, changed and deleted with kubectl; each record follows."""
import sys

from cluster import Cluster, wait_for

sys.path.insert(0, __file__.rsplit("/", 2)[0] + "/support")
from tap import Tap  # noqa: E402

tap = Tap()
SERVICES = """
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {clusterIP: 10.96.1.1, selector: {app: web}, ports: [{name: http, port: 80}]}
---
apiVersion: v1
kind: Service
metadata: {name: dual}
spec: {ipFamilyPolicy: RequireDualStack, ports: [{name: http, port: 80}]}
---
apiVersion: v1
kind: Service
metadata: {name: node}
spec: {type: NodePort, clusterIP: 10.96.1.2, ports: [{name: dns, port: 53, protocol: UDP}]}
---
apiVersion: v1
kind: Service
metadata: {name: balanced}
spec: {type: LoadBalancer, clusterIP: 10.96.1.3, ports: [{port: 80}]}
---
apiVersion: v1
kind: Service
metadata: {name: outside}
spec: {type: ExternalName, externalName: foo.example.com}
---
apiVersion: v1
kind: Service
metadata: {name: set}
spec: {clusterIP: None, selector: {app: set}, ports: [{name: peer, port: 2380}]}
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: set}
spec:
  serviceName: set
  replicas: 2
  selector: {matchLabels: {app: set}}
  template:
    metadata: {labels: {app: set}}
    spec: {nodeName: node-1, containers: [{name: main, image: none}]}
---
apiVersion: v1
kind: Service
metadata: {name: bare}
spec: {clusterIP: None, ports: [{name: http, port: 80}]}
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: bare-1, labels: {kubernetes.io/service-name: bare}}
addressType: IPv4
endpoints: [{addresses: [10.9.9.9], hostname: one}]
ports: [{name: http, port: 80, protocol: TCP}]
"""
UNREADY = """
apiVersion: v1
kind: Pod
metadata: {name: slow, labels: {app: slow}}
spec: {nodeName: node-1, hostname: one, subdomain: early, containers: [{name: main, image: none}]}
---
apiVersion: v1
kind: Service
metadata: {name: early}
spec: {clusterIP: None, publishNotReadyAddresses: true, selector: {app: slow}, ports: [{name: peer, port: 2380}]}
---
apiVersion: v1
kind: Service
metadata: {name: late}
spec: {clusterIP: None, selector: {app: slow}, ports: [{name: peer, port: 2380}]}
"""
Z = "default.svc.cluster.local"


def becomes(server, wanted, *question):
    got = wait_for(lambda: sorted(server.short(*question)) == sorted(wanted))
    tap.ok(got, f"{' '.join(question)} is {' '.join(wanted) or 'nothing'}", server.short(*question))


def check_all(cluster, server):
    cluster.apply(SERVICES)
    becomes(server, ["10.96.1.1"], f"web.{Z}", "A")
    becomes(server, [f"0 100 80 web.{Z}."], f"_http._tcp.web.{Z}", "SRV")
    becomes(server, [f"web.{Z}."], "-x", "10.96.1.1")
    becomes(server, ["10.96.1.2"], f"node.{Z}", "A")
    becomes(server, [f"0 100 53 node.{Z}."], f"_dns._udp.node.{Z}", "SRV")
    becomes(server, ["10.96.1.3"], f"balanced.{Z}", "A")
    becomes(server, ["foo.example.com."], f"outside.{Z}", "CNAME")
    becomes(server, ["10.9.9.9"], f"one.bare.{Z}", "A")
    tap.ok(wait_for(lambda: len(server.short(f"set.{Z}", "A")) == 2), "a headless service has its pods' addresses")
    first = server.short(f"set-0.set.{Z}", "A")
    becomes(server, [f"set-0.set.{Z}."], "-x", first[0])
    becomes(server, [f"0 50 2380 set-{i}.set.{Z}." for i in (0, 1)], f"_peer._tcp.set.{Z}", "SRV")
    tap.ok(server.short(f"dual.{Z}", "A") and server.short(f"dual.{Z}", "AAAA"), "two families, two addresses")


def check_unready(cluster, server):
    cluster.kubelet.hold.add("slow")
    cluster.addresses["slow"] = "10.244.8.8"
    cluster.apply(UNREADY)
    for name in "late", "early":
        wait_for(lambda name=name: "10.244.8.8" in cluster.kubectl(
            "get", "endpointslices", "-o", "wide", "-l", "kubernetes.io/service-name=" + name))
    becomes(server, ["10.244.8.8"], f"early.{Z}", "A")
    becomes(server, [f"0 100 2380 one.early.{Z}."], f"_peer._tcp.early.{Z}", "SRV")
    becomes(server, [f"one.early.{Z}."], "-x", "10.244.8.8")
    tap.same(server.rcode(f"late.{Z}", "A"), ("NXDOMAIN", []), "only publishNotReadyAddresses shows a pod that is not ready")
    cluster.kubectl("patch", "pod", "slow", "--subresource=status", "-p",
                    '{"status": {"conditions": [{"type": "Ready", "status": "True"}]}}')
    becomes(server, ["10.244.8.8"], f"late.{Z}", "A")


def check_changes(cluster, server):
    cluster.kubectl("patch", "service", "outside", "-p", '{"spec": {"externalName": "bar.example.com"}}')
    becomes(server, ["bar.example.com."], f"outside.{Z}", "CNAME")
    cluster.kubectl("patch", "service", "outside", "-p",
                    '{"spec": {"type": "ClusterIP", "externalName": null, "clusterIP": "10.96.1.9", "ports": [{"port": 1}]}}')
    becomes(server, ["10.96.1.9"], f"outside.{Z}", "A")
    cluster.kubectl("delete", "service", "web", "node", "balanced", "outside", "bare", "--wait=false")
    for name in "web", "node", "balanced", "outside", "bare":
        tap.ok(wait_for(lambda name=name: server.rcode(f"{name}.{Z}", "A")[0] == "NXDOMAIN"), f"{name} is gone")
    tap.same(server.rcode(f"set.{Z}", "A")[0], "NOERROR", "others stay")


with Cluster() as the_cluster, the_cluster.knamed() as the_server:
    check_all(the_cluster, the_server)
    check_unready(the_cluster, the_server)
    check_changes(the_cluster, the_server)
tap.done()
