# SPDX-License-Identifier: Apache-2.0
"""The objects of a scenario of tests/cases, put into a real API server. What it refuses today, or would not leave as it is,
goes to its etcd: it may be there from earlier days, or be in a state that only controllers bring about."""
import json

PLURALS = {"Namespace": ("/api/v1", "namespaces"), "Service": ("/api/v1", "services"), "Pod": ("/api/v1", "pods"),
           "EndpointSlice": ("/apis/discovery.k8s.io/v1", "endpointslices"),
           "ServiceImport": ("/apis/multicluster.x-k8s.io/v1alpha1", "serviceimports")}
PLACES = {"Namespace": "/registry/namespaces", "Service": "/registry/services/specs", "Pod": "/registry/pods",
          "EndpointSlice": "/registry/endpointslices", "ServiceImport": "/registry/multicluster.x-k8s.io/serviceimports"}
ADDRESSES_TAKEN = "/registry/ipaddresses"
IMPORT_CRD = """
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata:
  name: serviceimports.multicluster.x-k8s.io
  annotations: {api-approved.kubernetes.io: "https://github.com/kubernetes-sigs/mcs-api"}
spec:
  group: multicluster.x-k8s.io
  scope: Namespaced
  names: {kind: ServiceImport, listKind: ServiceImportList, plural: serviceimports, singular: serviceimport}
  versions:
  - name: v1alpha1
    served: true
    storage: true
    schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}
"""
IMPORTS = IMPORT_CRD + """---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: imports}
rules:
- {apiGroups: [multicluster.x-k8s.io], resources: [serviceimports], verbs: [list, watch]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: imports}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: imports}
subjects: [{kind: ServiceAccount, name: coredns, namespace: kube-system}]
"""


class Objects:
    def __init__(self, cluster):
        self.cluster, self.api = cluster, cluster.api()
        self.kept = set()  # keys of etcd that are nobody's: they stay
        self.kept = {key for kind in PLACES for key in self.keys(PLACES[kind])} | set(self.keys(ADDRESSES_TAKEN))
        self.relics = []  # what the API server did not take: "Service default/a"

    def keys(self, place):
        return self.cluster.etcdctl("get", place + "/", "--prefix", "--keys-only").split()

    def clear(self):
        """None of those put is there any more."""
        for place in [*PLACES.values(), ADDRESSES_TAKEN]:
            for key in set(self.keys(place)) - self.kept:
                self.cluster.etcdctl("del", key)
        self.relics.clear()

    def put(self, items):
        for item in sorted(items, key=lambda item: item["kind"] != "Namespace"):
            if not self.create(item):
                self.keep(item)

    def path(self, item):
        group, plural = PLURALS[item["kind"]]
        inside = f"/namespaces/{item['metadata'].setdefault('namespace', 'default')}" if item["kind"] != "Namespace" else ""
        return f"{group}{inside}/{plural}"

    def create(self, item):
        """Whether the API server has it now, just so."""
        wanted = json.loads(json.dumps(item))
        if f"{PLACES[item['kind']]}/{self.place(item)}" in self.kept:
            return True
        if "deletionTimestamp" in item["metadata"]:
            return False
        if item["kind"] == "Pod":
            wanted.setdefault("spec", {}).update({"nodeName": "node-1", "containers": [{"name": "main", "image": "none"}]})
        addresses = wanted.get("spec", {}).get("clusterIPs", [])
        if item["kind"] == "Service" and addresses not in ([], ["None"], [""]):
            wanted["spec"]["ipFamilies"] = ["IPv6" if ":" in address else "IPv4" for address in addresses]
            wanted["spec"]["ipFamilyPolicy"] = "RequireDualStack" if len(addresses) > 1 else "SingleStack"
        path = self.path(wanted)
        status, got = self.api.request("POST", path, wanted)
        if status != 201:
            return False
        path += "/" + wanted["metadata"]["name"]
        if item.get("status") and item["kind"] in ("Pod", "Service"):
            status, got = self.api.request("PATCH", path + "/status", {"status": item["status"]}, "application/merge-patch+json")
            if status != 200:
                return False
        said, has = item.get("spec", {}), got.get("spec", {})
        return item["kind"] != "Service" or has.get("clusterIP", "") == said.get("clusterIP", "")

    @staticmethod
    def place(item):
        inside = item["metadata"].get("namespace", "default") + "/" if item["kind"] != "Namespace" else ""
        return inside + item["metadata"]["name"]

    def keep(self, item):
        key = f"{PLACES[item['kind']]}/{self.place(item)}"
        self.cluster.etcdctl("put", key, "--", json.dumps(item))
        self.relics.append(f"{item['kind']} {self.place(item)}")
