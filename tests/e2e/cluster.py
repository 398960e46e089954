# SPDX-License-Identifier: Apache-2.0
"""A real control plane on loopback: etcd, kube-apiserver and kube-controller-manager. There is no kubelet: pods of one
node get addresses and become ready by a thread of ours, and go as soon as they are deleted.

    with Cluster() as cluster:
        cluster.apply("apiVersion: v1 ...")
        with cluster.knamed() as server:
            server.short("kubernetes.default.svc.cluster.local")
"""
import contextlib
import http.client
import json
import os
import shutil
import signal
import ssl
import subprocess
import sys
import tempfile
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "support"))
from running_server import Server, free_port, wait_for  # noqa: E402

signal.signal(signal.SIGTERM, lambda *unused: sys.exit(1))  # a test that is told to end ends what it started

START_S = 120
ADMIN = "admin-token"
DNS_TOKENS = "dns-token-1", "dns-token-2"  # both are user "dns", which may what CoreDNS may
RBAC = """
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: "system:coredns"}
rules:
- {apiGroups: [""], resources: [endpoints, services, pods, namespaces], verbs: [list, watch]}
- {apiGroups: [discovery.k8s.io], resources: [endpointslices], verbs: [list, watch]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: "system:coredns"}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: "system:coredns"}
subjects: [{kind: User, name: dns}]
"""
CONTROLLERS = ("endpointslice-controller", "statefulset-controller", "deployment-controller", "daemonset-controller",
               "replicaset-controller", "namespace-controller", "garbage-collector-controller")


def programs():
    """The directory of the programs; builds what is missing."""
    if "E2E_PROGRAMS" not in os.environ:
        done = subprocess.run([os.path.join(HERE, "build")], stdout=subprocess.PIPE, text=True, check=True)
        os.environ["E2E_PROGRAMS"] = done.stdout.strip()
    return os.environ["E2E_PROGRAMS"]


class Program:
    """A child with its log; ends by pid."""

    def __init__(self, name, arguments, log, path=None):
        self.name = name
        with open(log, "a", encoding="utf-8") as output:
            self.process = subprocess.Popen([path or os.path.join(programs(), name), *arguments],
                                            stdout=output, stderr=subprocess.STDOUT)

    def stop(self, number=signal.SIGTERM, deadline_s=20):
        if self.process.poll() is None:
            self.process.send_signal(number)
            try:
                self.process.wait(deadline_s)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        return self.process.returncode


class Api:
    """JSON over one TLS connection, as somebody. Not for several threads."""

    def __init__(self, port, ca, token):
        self.port, self.ca, self.token, self.connection = port, ca, token, None

    def request(self, method, path, body=None, content_type="application/json"):
        """(status, JSON). A connection that broke is opened once more."""
        headers = {"Authorization": "Bearer " + self.token, "Content-Type": content_type}
        text = None if body is None else json.dumps(body)
        for attempt in 0, 1:
            try:
                if self.connection is None:
                    context = ssl.create_default_context(cafile=self.ca)
                    self.connection = http.client.HTTPSConnection("127.0.0.1", self.port, timeout=60, context=context)
                self.connection.request(method, path, text, headers)
                response = self.connection.getresponse()
                data = response.read()
                return response.status, json.loads(data) if data[:1] == b"{" else data.decode()
            except (OSError, http.client.HTTPException):
                self.close()
                if attempt:
                    raise
        return None

    def stream(self, path):
        """Lines of a watch, as JSON; ends when the server ends it."""
        context = ssl.create_default_context(cafile=self.ca)
        connection = http.client.HTTPSConnection("127.0.0.1", self.port, timeout=300, context=context)
        with contextlib.closing(connection):
            connection.request("GET", path, headers={"Authorization": "Bearer " + self.token})
            response = connection.getresponse()
            for line in response:
                yield json.loads(line)

    def close(self):
        if self.connection is not None:
            self.connection.close()
            self.connection = None


class Kubelet(threading.Thread):
    """What a node would do to its pods, as far as DNS sees it."""

    def __init__(self, cluster):
        super().__init__(daemon=True)
        self.cluster, self.over, self.next = cluster, threading.Event(), 1
        self.hold = set()  # names of pods that stay unready

    def run(self):
        while not self.over.is_set():
            api = self.cluster.api()
            try:
                status, pods = api.request("GET", "/api/v1/pods")
                for pod in pods["items"] if status == 200 else []:
                    self.see(api, pod)
                version = pods["metadata"]["resourceVersion"]
                for event in api.stream(f"/api/v1/pods?watch=true&timeoutSeconds=200&resourceVersion={version}"):
                    if self.over.is_set() or event["type"] == "ERROR":
                        break
                    if event["type"] != "DELETED":
                        self.see(api, event["object"])
            except (OSError, http.client.HTTPException, KeyError, TypeError, ValueError):
                self.over.wait(0.2)  # the API server is away: tests do that
            finally:
                api.close()

    def see(self, api, pod):
        meta, status = pod["metadata"], pod.get("status", {})
        path = f"/api/v1/namespaces/{meta['namespace']}/pods/{meta['name']}"
        if "deletionTimestamp" in meta:
            api.request("DELETE", path + "?gracePeriodSeconds=0")
        elif "podIP" not in status and pod["spec"].get("nodeName"):
            ready = "False" if meta["name"] in self.hold else "True"
            address = self.cluster.addresses.get(meta["name"]) or f"10.244.{self.next >> 8}.{self.next & 255}"
            self.next += 1
            containers = [{"name": container["name"], "ready": ready == "True", "restartCount": 0, "image": "none",
                           "imageID": "none", "state": {"running": {"startedAt": meta["creationTimestamp"]}}}
                          for container in pod["spec"]["containers"]]
            conditions = [{"type": kind, "status": ready}
                          for kind in ("PodScheduled", "Initialized", "ContainersReady", "Ready")]
            api.request("PATCH", path + "/status", {"status": {
                "phase": "Running", "podIP": address, "podIPs": [{"ip": address}], "hostIP": "127.0.0.1",
                "conditions": conditions, "containerStatuses": containers}}, "application/merge-patch+json")


class Cluster:
    """etcd_program: another etcd than the one built (Debian's, for the fall-back's test). manager_options: more of them."""

    def __init__(self, etcd_program=None, controllers=True, manager_options=()):
        self.directory = tempfile.mkdtemp(prefix="knamed-e2e-")
        self.etcd_program, self.controllers, self.manager_options = etcd_program, controllers, manager_options
        self.etcd_port, self.etcd_peer_port, self.port = free_port(), free_port(), free_port()
        self.addresses = {}  # pod name -> address that it is to get
        self.etcd = self.apiserver = self.manager = self.kubelet = None
        self.tokens = list(DNS_TOKENS)

    def file(self, name, text=None):
        """The path of a file of this cluster; written if text is given, as a whole."""
        path = os.path.join(self.directory, name)
        if text is not None:
            with open(path + ".new", "w", encoding="utf-8") as file:
                file.write(text)
            os.replace(path + ".new", path)
        return path

    # -- keys --

    def openssl(self, *words):
        subprocess.run(["openssl", *words], cwd=self.directory, check=True, capture_output=True)

    def make_ca(self, name="ca"):
        """A CA of its own, and a certificate of the API server signed by it: NAME.crt, NAME-server.crt, .key."""
        self.openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30",
                     "-subj", "/CN=" + name, "-keyout", name + ".key", "-out", name + ".crt")
        self.openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=kube-apiserver",
                     "-keyout", name + "-server.key", "-out", name + "-server.csr")
        self.file(name + "-server.ext", "subjectAltName=IP:127.0.0.1,DNS:localhost\n")
        self.openssl("x509", "-req", "-in", name + "-server.csr", "-CA", name + ".crt", "-CAkey", name + ".key",
                     "-CAcreateserial", "-days", "30", "-extfile", name + "-server.ext", "-out", name + "-server.crt")

    def use_ca(self, name):
        """The API server presents NAME's certificate from now on (it re-reads the files), and users trust NAME."""
        for kind in "crt", "key":
            with open(self.file(f"{name}-server.{kind}"), encoding="ascii") as file:
                self.file(f"server.{kind}", file.read())
        with open(self.file(name + ".crt"), encoding="ascii") as file:
            self.file("trusted.crt", file.read())

    # -- parts --

    def start_etcd(self):
        client = f"http://127.0.0.1:{self.etcd_port}"
        peer = f"http://127.0.0.1:{self.etcd_peer_port}"
        self.etcd = Program("etcd", ["--data-dir", self.file("etcd"), "--listen-client-urls", client,
                                     "--advertise-client-urls", client, "--listen-peer-urls", peer,
                                     "--initial-advertise-peer-urls", peer, "--initial-cluster", "default=" + peer,
                                     "--unsafe-no-fsync"], self.file("etcd.log"), self.etcd_program)

    def start_apiserver(self):
        self.file("tokens.csv", f'{ADMIN},admin,1,"system:masters"\n' +
                  "".join(f'{token},dns,2,""\n' for token in self.tokens))
        self.apiserver = Program("kube-apiserver", [
            "--etcd-servers", f"http://127.0.0.1:{self.etcd_port}", "--bind-address", "127.0.0.1",
            "--advertise-address", "127.0.0.1", "--secure-port", str(self.port),
            "--tls-cert-file", self.file("server.crt"), "--tls-private-key-file", self.file("server.key"),
            "--service-account-issuer", "https://kubernetes.default.svc",
            "--service-account-key-file", self.file("sa.key"), "--service-account-signing-key-file", self.file("sa.key"),
            "--token-auth-file", self.file("tokens.csv"), "--authorization-mode", "RBAC",
            "--service-cluster-ip-range", "10.96.0.0/16,fd00:10:96::/112", "--disable-admission-plugins", "ServiceAccount",
            "--endpoint-reconciler-type", "none", "--allow-privileged"], self.file("apiserver.log"))
        if not wait_for(self.is_ready, START_S):
            raise RuntimeError("kube-apiserver does not get ready:\n" + self.log("apiserver.log"))

    def is_ready(self):
        if self.apiserver.process.poll() is not None:
            raise RuntimeError("kube-apiserver ended:\n" + self.log("apiserver.log"))
        api = self.api()
        try:
            return api.request("GET", "/readyz")[0] == 200
        except (OSError, http.client.HTTPException):
            time.sleep(0.1)
            return False
        finally:
            api.close()

    def start_manager(self):
        self.manager = Program("kube-controller-manager", [
            "--kubeconfig", self.kubeconfig(ADMIN, "admin.kubeconfig"), "--leader-elect=false",
            "--controllers", ",".join(CONTROLLERS), "--secure-port", "0", "--kube-api-qps", "2000",
            "--kube-api-burst", "4000", *self.manager_options], self.file("manager.log"))

    def start(self):
        self.make_ca()
        self.use_ca("ca")
        self.openssl("genrsa", "-out", "sa.key", "2048")
        self.start_etcd()
        self.start_apiserver()
        self.apply(RBAC)
        if self.controllers:
            self.apply("apiVersion: v1\nkind: Node\nmetadata: {name: node-1}\n")
            self.start_manager()
            self.kubelet = Kubelet(self)
            self.kubelet.start()

    def stop(self):
        if self.kubelet is not None:
            self.kubelet.over.set()
        for part in self.manager, self.apiserver, self.etcd:
            if part is not None:
                part.stop(signal.SIGKILL if part is self.manager else signal.SIGTERM)
        if os.environ.get("E2E_KEEP"):
            print("# kept:", self.directory)
        else:
            shutil.rmtree(self.directory, ignore_errors=True)

    def __enter__(self):
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *unused):
        self.stop()

    def log(self, name, lines=30):
        with open(self.file(name), encoding="utf-8", errors="replace") as file:
            return "".join(file.readlines()[-lines:])

    # -- talking to it --

    def api(self, token=ADMIN):
        return Api(self.port, self.file("trusted.crt"), token)

    def kubeconfig(self, token, name, server=None, ca=None):
        """A kubeconfig whose token is in a file beside it: NAME.token."""
        self.file(name + ".token", token)
        return self.file(name, json.dumps({
            "apiVersion": "v1", "kind": "Config", "current-context": "e2e",
            "clusters": [{"name": "e2e", "cluster": {"server": server or f"https://127.0.0.1:{self.port}",
                                                     "certificate-authority": ca or self.file("trusted.crt")}}],
            "users": [{"name": "e2e", "user": {"tokenFile": self.file(name + ".token")}}],
            "contexts": [{"name": "e2e", "context": {"cluster": "e2e", "user": "e2e"}}]}))

    def kubectl(self, *words, text=None, check=True):
        """What kubectl prints."""
        if not os.path.exists(self.file("admin.kubeconfig")):
            self.kubeconfig(ADMIN, "admin.kubeconfig")
        done = subprocess.run([os.path.join(programs(), "kubectl"), "--kubeconfig", self.file("admin.kubeconfig"),
                               "--cache-dir", self.file("kubectl-cache"), *words],
                              input=text, capture_output=True, text=True, check=False)
        if check and done.returncode != 0:
            raise RuntimeError(f"kubectl {' '.join(words)}: {done.stderr}")
        return done.stdout

    def apply(self, text):
        return self.kubectl("apply", "-f", "-", text=text)

    def etcdctl(self, *words):
        done = subprocess.run([os.path.join(programs(), "etcdctl"), "--endpoints", f"127.0.0.1:{self.etcd_port}", *words],
                              capture_output=True, text=True, check=True)
        return done.stdout

    # -- servers on it --

    def corefile(self, name, options="", zones="cluster.local in-addr.arpa ip6.arpa", more="", kubeconfig=None,
                 address="127.0.0.1"):
        """`more`: further directives of the block."""
        kubeconfig = kubeconfig or self.kubeconfig(self.tokens[0], name + ".kubeconfig")
        return self.file(name, f".\nbind {address}\nerrors\nkubernetes {zones} {{\nkubeconfig {kubeconfig}\n"
                               f"pods insecure\n{options}\n}}\n{more}\n")

    def knamed(self, options="", address="127.0.0.1", port=None, **rest):
        """A running knamed that is in step."""
        name = f"Corefile-{free_port()}"
        server = Server(self.corefile(name, options, address=address, **rest), self.directory, address, port)
        if not wait_for(lambda: "in step after" in server.text(), START_S):
            server.stop()
            raise RuntimeError("knamed is not in step:\n" + server.text())
        return server

    def coredns(self, options="", **rest):
        """A running CoreDNS that has read everything: what has `dig` and `short` as knamed's."""
        zone = rest.get("zones", "cluster.local").split()[0]
        return CoreDns(self, self.corefile(f"Corefile-{free_port()}", options, **rest), zone)


class CoreDns(Server):
    def __init__(self, cluster, corefile, zone):
        self.address, self.port = "127.0.0.1", free_port()
        self.output = tempfile.TemporaryFile(mode="w+")
        self.process = subprocess.Popen([os.path.join(programs(), "coredns"), "-conf", corefile, "-dns.port", str(self.port)],
                                        stdout=self.output, stderr=subprocess.STDOUT, cwd=cluster.directory)
        # It denies a name only when it has read everything.
        if not wait_for(lambda: self.rcode(f"nobody.nowhere.svc.{zone}", "A")[0] == "NXDOMAIN", START_S):
            self.stop()
            raise RuntimeError("CoreDNS does not answer:\n" + self.text())
