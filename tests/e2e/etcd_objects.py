# SPDX-License-Identifier: Apache-2.0
"""An etcd of one member as users deploy it: its headless Service and its StatefulSet, to be scaled to three."""
ETCD = "etcd.etcd.svc.cluster.local"
ADDRESSES = [f"10.244.9.{10 + i}" for i in range(3)]  # of its pods
OBJECTS = """
apiVersion: v1
kind: Namespace
metadata: {name: etcd}
---
apiVersion: v1
kind: Service
metadata: {name: etcd, namespace: etcd}
spec:
  clusterIP: None
  publishNotReadyAddresses: true
  selector: {app: etcd}
  ports: [{name: etcd-client, port: 2379}, {name: etcd-server, port: 2380}]
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: etcd, namespace: etcd}
spec:
  serviceName: etcd
  replicas: 1
  selector: {matchLabels: {app: etcd}}
  template:
    metadata: {labels: {app: etcd}}
    spec: {nodeName: node-1, containers: [{name: etcd, image: none}]}
"""
