# SPDX-License-Identifier: Apache-2.0
"""A Deployment's pod run by podman, with what a kubelet would add: its volumes as a kubelet lays them out, a token of its
service account, KUBERNETES_SERVICE_*. Probes are taken out of podman's copy, and asked by `Probe`; so are the names of ports.

    objects = manifest(cluster, text)
    with Pod(cluster, objects) as pod:
        pod.ready()"""
import atexit
import http.client
import json
import os
import re
import shutil
import subprocess
import tempfile
import threading
import time

import image
from cluster import HERE, wait_for

TOKEN_PLACE = "/var/run/secrets/kubernetes.io/serviceaccount"
KUBEADM = "cmd/kubeadm/app/phases/addons/dns/manifests.go"
KUBEADM_VALUES = {"DNSIP": "10.96.0.10", "DeploymentName": "coredns", "Replicas": "1", "DNSDomain": "cluster.local",
                  "ControlPlaneTaintKey": "node-role.kubernetes.io/control-plane", "Image": "registry.k8s.io/coredns/coredns:v1.14.2"}


def kubeadm_manifest():
    """What kubeadm of our control plane's version applies, or None where there is no Go to fetch it."""
    if shutil.which("go") is None:
        return None
    done = subprocess.run(["go", "mod", "download", "-json", "k8s.io/kubernetes"], cwd=HERE, capture_output=True, text=True,
                          check=True)
    with open(os.path.join(json.loads(done.stdout)["Dir"], KUBEADM), encoding="utf-8") as file:
        texts = re.findall(r"= `(.*?)`", file.read(), re.DOTALL)
    text = "\n---\n".join(text for text in texts if not re.search(r"^kind: Service$", text, re.MULTILINE))
    text = re.sub(r"\s*\{\{- (if .*?|end) \}\}", "", text)  # the condition holds: there is a domain
    return re.sub(r"\{\{ \.(\w+) \}\}", lambda found: KUBEADM_VALUES[found[1]], text)


def own_manifest(name):
    with open(os.path.join(HERE, "manifests", name + ".yaml"), encoding="utf-8") as file:
        return file.read()


def as_objects(cluster, text):
    """Manifests as JSON."""
    decoder, items = json.JSONDecoder(), []
    out = cluster.kubectl("create", "--dry-run=client", "--validate=false", "-o", "json", "-f", "-", text=text).strip()
    while out:
        item, end = decoder.raw_decode(out)
        items += item["items"] if item["kind"] == "List" else [item]
        out = out[end:].lstrip()
    return items


def find(objects, kind):
    return next(item for item in objects if item["kind"] == kind)


class Probe(threading.Thread):
    """A probe of the manifest, asked in its rhythm from the first moment on. What fails before a kubelet would have begun
    does not count."""

    def __init__(self, container, kind):
        super().__init__(daemon=True)
        said = container[kind]
        port = said["httpGet"]["port"]
        self.path = said["httpGet"]["path"]
        self.port = next((entry["containerPort"] for entry in container["ports"] if entry["name"] == port), port)
        self.period_s, self.timeout_s = said.get("periodSeconds", 10), said.get("timeoutSeconds", 1)
        self.threshold, self.delay_s = said.get("failureThreshold", 3), said.get("initialDelaySeconds", 0)
        self.asked = self.failed = self.failed_in_a_row = self.worst = 0
        self.over = threading.Event()

    def ask(self):
        """Whether it is well; waits as long as the manifest does."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=self.timeout_s)
        try:
            connection.request("GET", self.path)
            return connection.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    def run(self):
        began = time.monotonic()
        while True:
            well = self.ask()
            counts = not well and time.monotonic() - began >= self.delay_s
            self.asked += 1
            self.failed += counts
            self.failed_in_a_row = self.failed_in_a_row + 1 if counts else 0
            self.worst = max(self.worst, self.failed_in_a_row)
            if self.over.wait(self.period_s):
                return

    def stop(self):
        """True if a kubelet would have had no complaint."""
        self.over.set()
        self.join()
        return self.worst < self.threshold


class Pod:
    """Runs while it is used with `with`. On port 53 of the network namespace that the test is in."""

    def __init__(self, cluster, objects):
        self.cluster, self.deployment = cluster, json.loads(json.dumps(find(objects, "Deployment")))
        self.configs = {item["metadata"]["name"]: item["data"] for item in objects if item["kind"] == "ConfigMap"}
        self.spec = self.deployment["spec"]["template"]["spec"]
        self.container = self.spec["containers"][0]
        self.container["image"] = image.NAME
        self.probes = {kind: Probe(self.container, kind) for kind in ("livenessProbe", "readinessProbe")}
        self.directory = tempfile.mkdtemp(prefix="knamed-e2e-pod-")
        self.grace_s = self.spec.get("terminationGracePeriodSeconds", 30)
        self.name = self.pid = None

    # -- what a kubelet adds --

    def volume(self, name, files):
        """A directory like those of ConfigMaps: links to a generation, so that all files change at once."""
        place = os.path.join(self.directory, name)
        os.makedirs(os.path.join(place, "..generation"))
        os.symlink("..generation", os.path.join(place, "..data"))
        for file_name, text in files.items():
            with open(os.path.join(place, "..data", file_name), "w", encoding="utf-8") as file:
                file.write(text)
            os.symlink("..data/" + file_name, os.path.join(place, file_name))
        for mount in self.container["volumeMounts"]:  # mount points inside of it
            outer = next(entry["mountPath"] for entry in self.container["volumeMounts"] if entry["name"] == name)
            if mount["mountPath"].startswith(outer + "/"):
                os.makedirs(place + mount["mountPath"][len(outer):])
        subprocess.run(["chmod", "-R", "a+rX", self.directory], check=True)
        return {"name": name, "hostPath": {"path": place, "type": "Directory"}}

    def config_volume(self, volume):
        source = volume["configMap"]
        if source["name"] not in self.configs and not source.get("optional"):
            raise RuntimeError("no ConfigMap " + source["name"])
        data = self.configs.get(source["name"], {})
        wanted = {item["path"]: data[item["key"]] for item in source["items"]} if "items" in source else data
        return self.volume(volume["name"], wanted)

    def token(self):
        path = f"/api/v1/namespaces/{self.deployment['metadata']['namespace']}/serviceaccounts/" \
               f"{self.spec['serviceAccountName']}/token"
        status, answer = self.cluster.api().request("POST", path, {"spec": {"expirationSeconds": 3607}})
        if status != 201:
            raise RuntimeError(f"no token: {answer}")
        return answer["status"]["token"]

    def complete(self):
        """Podman's copy of the Deployment."""
        for part in "livenessProbe", "readinessProbe", "ports":  # podman would publish the ports
            del self.container[part]
        self.spec["volumes"] = [self.config_volume(volume) for volume in self.spec["volumes"]]
        with open(self.cluster.file("trusted.crt"), encoding="ascii") as file:
            authority = file.read()
        self.container["volumeMounts"].append({"name": "token", "mountPath": TOKEN_PLACE, "readOnly": True})
        self.spec["volumes"].append(self.volume("token", {"token": self.token(), "ca.crt": authority,
                                                         "namespace": self.deployment["metadata"]["namespace"]}))
        self.container.setdefault("env", []).extend([
            {"name": "KUBERNETES_SERVICE_HOST", "value": "127.0.0.1"},
            {"name": "KUBERNETES_SERVICE_PORT", "value": str(self.cluster.port)}])

    # -- its life --

    def start(self):
        self.complete()
        path = os.path.join(self.directory, "deployment.yaml")
        with open(path, "w", encoding="utf-8") as file:
            json.dump(self.deployment, file)
        image.podman("kube", "play", "--network=host", path)
        pod = f"{self.deployment['metadata']['name']}-pod"
        found = [line for line in image.podman("ps", "--all", "--format", "{{.Names}}").stdout.split()
                 if line.startswith(pod) and line.endswith("-" + self.container["name"])]
        self.name = found[0]
        self.pid = self.state()["Pid"]
        for probe in self.probes.values():
            probe.start()

    def state(self):
        return image.inspect("inspect", self.name)["State"]

    def logs(self):
        done = image.podman("logs", self.name)
        return done.stdout + done.stderr

    def ready(self):
        """Waits until a kubelet would send questions to it."""
        return wait_for(self.probes["readinessProbe"].ask)

    def status(self):
        """What the kernel says of its process."""
        with open(f"/proc/{self.pid}/status", encoding="ascii") as file:
            return {name: value.strip() for name, _, value in (line.partition(":") for line in file)}

    def stop(self):
        """Ends it as a kubelet does; its exit code, and how long that took."""
        began = time.monotonic()
        image.podman("stop", "--time", str(self.grace_s), self.name)
        return self.state()["ExitCode"], time.monotonic() - began

    def remove(self):
        for probe in self.probes.values():
            probe.over.set()
        image.podman("kube", "down", os.path.join(self.directory, "deployment.yaml"), check=False)
        image.podman("pod", "rm", "--force", "--time", "0", f"{self.deployment['metadata']['name']}-pod-0", check=False)
        shutil.rmtree(self.directory, ignore_errors=True)

    def __enter__(self):
        atexit.register(self.remove)
        self.start()
        return self

    def __exit__(self, *unused):
        self.remove()
        atexit.unregister(self.remove)


def use_resolver(address):
    """Whatever is started from now on finds it in /etc/resolv.conf; in a mount namespace of the test's own."""
    with tempfile.NamedTemporaryFile("w", prefix="knamed-e2e-resolv-", delete=False) as file:
        file.write(f"nameserver {address}\n")
    subprocess.run(["mount", "--bind", file.name, "/etc/resolv.conf"], check=True)
    atexit.register(os.unlink, file.name)
