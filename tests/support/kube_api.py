# SPDX-License-Identifier: Apache-2.0
"""The test API server as a child, and clusters for it.

    with KubeApi(tls=True) as api:
        api.put(service("a", ip="10.0.0.1"), slice_("a-1", "a", ["10.1.0.1"]))
        api.fault("status", resource="services", code=403)

The program is $KUBE_SERVER, or the one in build/. Faults (tests/support/kube_server/faults.c) strike where `resource`
and `verb` ("list", "watch") fit, after `skip` chances and `times` times:

    status      the response is {code, retryAfter}; event=True: an ERROR event in a watch
    swallow     events of `names` (or all) are not told
    cut         half of a piece (an object), then the end of the connection
    garbage     `hex` in the place of a piece; raw=True: outside HTTP's framing
    endless     the body is `hex` and then `repeat` for ever
    nonsense    `hex` in the place of the HTTP response
    type        another content type: `value`
    delay       `ms` before the answer; freeze: no answer at all"""
import base64
import json
import os
import subprocess
import threading

from running_server import DEADLINE_S, ROOT, wait_for

PROGRAM = os.environ.get("KUBE_SERVER", os.path.join(ROOT, "build/obj/tests/support/kube_server/kube_server"))
GROUPS = {"EndpointSlice": "discovery.k8s.io/v1", "ServiceImport": "multicluster.x-k8s.io/v1alpha1"}
CERTIFICATES = "ca", "certificate", "key"


class KubeApi:
    """Runs from construction to stop(); `with` stops it. Any thread."""

    def __init__(self, tls=False, http2=True, clients=False):
        self.process = subprocess.Popen([PROGRAM], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.turn = threading.Lock()
        self.files = {}  # path -> which certificate is kept there
        place = self.do("listen", tls=tls, http2=http2, clients=clients)
        self.url, self.port, self.place = place["url"], place["port"], place
        self.put(namespace("kube-system"), namespace("default"))

    def do(self, word, **parameters):
        """One command; its reply."""
        with self.turn:
            self.process.stdin.write(json.dumps({"do": word, **parameters}).encode() + b"\n")
            self.process.stdin.flush()
            line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"{PROGRAM} ended: {self.process.wait(DEADLINE_S)}")
        reply = json.loads(line)
        if "error" in reply:
            raise ValueError(f"{word}: {reply['error']}")
        return reply

    def stop(self):
        """Ends it; its exit code."""
        if self.process.poll() is None:
            self.process.stdin.close()
            try:
                self.process.wait(DEADLINE_S)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.process.stdout.close()
        return self.process.returncode

    def __enter__(self):
        return self

    def __exit__(self, trouble, *unused):
        if self.stop() != 0 and trouble is None:
            raise RuntimeError(f"{PROGRAM} ended with {self.process.returncode}")

    # ---- objects ----

    def put(self, *objects, pad=0):
        """Makes or replaces them, one after the other but sent at once; the version then. pad: bytes more in each."""
        return self.do("put", objects=list(objects), pad=pad)["version"]

    def delete(self, *objects):
        return self.do("delete", objects=list(objects))["version"]

    def restore(self, version, *objects):
        """As if etcd came back from an older backup: these objects are all there is, versions go on from there."""
        return self.do("restore", version=version, objects=list(objects))["version"]

    # ---- behaviour ----

    def fault(self, what, **parameters):
        self.do("fault", what=what, **parameters)

    def clear(self):
        self.do("clear")

    def set(self, **values):
        self.do("set", **values)

    def rotate(self, authority=False, client_s=0):
        """Another certificate for connections to come, of another authority if asked. Files follow it. client_s: how long
        that of clients is good (an hour)."""
        self.place = self.do("certificate", client_s=client_s, **({"authority": "new"} if authority else {}))
        for path, which in self.files.items():
            write_whole(path, self.place[which])

    # ---- seen ----

    def stats(self):
        return self.do("stats")

    def watching(self, *resources):
        """Whether each of these has a watch open."""
        watches = self.stats()["watches"]
        return all(watches.get(resource) for resource in resources)

    def urls(self):
        return [entry["url"] for entry in self.stats()["log"]]

    # ---- for clients ----

    def keep_file(self, path, which):
        """The authority's certificate, or a client's certificate or key, in a file that follows rotations."""
        self.files[path] = which
        write_whole(path, self.place[which])
        return path

    def kubeconfig(self, path, directory=None, server=None, **user):
        """Writes one. user: token=..., tokenFile=..., certificate=True. directory: certificates lie there in files;
        else they stand in the kubeconfig."""
        cluster = {"server": server or self.url}
        wanted = {key for key in CERTIFICATES if key in self.place and (key == "ca" or user.get("certificate"))}
        user.pop("certificate", None)
        names = {"ca": (cluster, "certificate-authority"), "certificate": (user, "client-certificate"),
                 "key": (user, "client-key")}
        for which in sorted(wanted):
            holder, name = names[which]
            if directory is not None:
                holder[name] = self.keep_file(os.path.join(directory, which + ".pem"), which)
            else:
                holder[name + "-data"] = base64.b64encode(self.place[which].encode()).decode()
        text = {"apiVersion": "v1", "kind": "Config", "current-context": "test",
                "clusters": [{"name": "test", "cluster": cluster}], "users": [{"name": "test", "user": user}],
                "contexts": [{"name": "test", "context": {"cluster": "test", "user": "test"}}]}
        write_whole(path, json.dumps(text))
        return path


def write_whole(path, text):
    """As a file that is replaced at once."""
    with open(path + ".new", "w", encoding="utf-8") as file:
        file.write(text)
    os.replace(path + ".new", path)


# ---- objects ----

def thing(kind, name, namespace_="default", labels=None, **parts):
    metadata = {"name": name, **({"namespace": namespace_} if namespace_ else {}), **({"labels": labels} if labels else {})}
    return {"apiVersion": GROUPS.get(kind, "v1"), "kind": kind, "metadata": metadata, **parts}


def namespace(name, **labels):
    return thing("Namespace", name, "", labels)


def service(name, ip="None", namespace_="default", port=80, labels=None, **spec):
    return thing("Service", name, namespace_, labels, spec={
        "type": "ClusterIP", "clusterIP": ip, "clusterIPs": [ip],
        "ports": [{"name": "http", "port": port, "protocol": "TCP", "targetPort": port}], **spec})


def slice_(name, service_name, addresses, namespace_="default", port=80, **endpoint):
    """One endpoint for each address; addresses may be a dict of hostname -> address."""
    named = addresses.items() if isinstance(addresses, dict) else [(None, address) for address in addresses]
    endpoints = [{"addresses": [address], "conditions": {"ready": True}, **({"hostname": host} if host else {}), **endpoint}
                 for host, address in named]
    return thing("EndpointSlice", name, namespace_, {"kubernetes.io/service-name": service_name}, addressType="IPv4",
                 ports=[{"name": "http", "port": port, "protocol": "TCP"}], endpoints=endpoints)


def pod(name, ip, namespace_="default", phase="Running"):
    return thing("Pod", name, namespace_, spec={"containers": [{"name": "a", "image": "b"}]},
                 status={"phase": phase, "podIP": ip, "podIPs": [{"ip": ip}]})


def service_import(name, ips, namespace_="default"):
    return thing("ServiceImport", name, namespace_, spec={
        "type": "ClusterSetIP", "ips": ips, "ports": [{"name": "http", "port": 80, "protocol": "TCP"}]})


def wait_watching(api, *resources):
    return wait_for(lambda: api.watching(*(resources or ("services", "endpointslices", "namespaces"))))
