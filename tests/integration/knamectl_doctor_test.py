#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`knamectl doctor`: each thing that goes wrong is found, said in one line, and nothing is said of a house in order."""
import base64
import json
import os
import re
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "support"))
import doctor as support  # noqa: E402
from control import state  # noqa: E402
from doctor import doctor, has, lacking, run, write  # noqa: E402
from kube_api import KubeApi, namespace, service, slice_, wait_watching  # noqa: E402
from running_server import KNAMECTL, Server, free_port, wait_for  # noqa: E402
from stub_upstream import StubUpstream, record  # noqa: E402
from tap import Tap  # noqa: E402
import wire  # noqa: E402

tap = Tap()


def expect(*words):
    support.expect(tap, *words)


def in_order(*words):
    support.in_order(tap, *words)


def corefile(api, more="", options=""):
    return f". {{\nbind 127.0.0.1\n{more}\nkubernetes cluster.local {{\nendpoint {api.url}\n{options}\n}}\n}}\n"


def test_api(place, api):
    write(place, "Corefile", corefile(api))
    with Server("Corefile", place) as server:
        wait_watching(api)
        in_order(doctor(place, server), "a house in order: nothing is found, exit 0")
        done = run(place, server)
        tap.ok(done.stdout.endswith(f"0 problems, {len(lacking())} warnings\n"), "which the text says", done.stdout)
        api.put(namespace("com"), namespace("svc"), namespace("io"), namespace("fine-name"))
        code, findings = doctor(place, server)
        tap.ok(code == 1 and has(findings, "warning", "namespace", "x.com") and has(findings, "warning", "namespace", "x.io") and
               has(findings, "warning", "namespace", "CVE-2022-2835") and len(findings) == 3,
               "namespaces that are called as top-level domains, or as parts of the cluster's names (CVE-2022-2837, -2835)",
               code, findings)
        api.delete(namespace("com"), namespace("svc"), namespace("io"))
        api.fault("status", resource="endpointslices", verb="list", code=403, times=100)
        expect(doctor(place, server), 2, "problem", "rbac", "we may not list endpointslices", "a list that is forbidden")
        api.clear()
        api.fault("status", resource="services", verb="watch", code=403, times=1)
        expect(doctor(place, server), 2, "problem", "rbac", "we may not watch services", "a watch that is forbidden")
        api.clear()
        api.fault("status", resource="namespaces", code=401, times=100)
        expect(doctor(place, server), 2, "problem", "rbac", "does not know us", "credentials that nobody knows")
        api.clear()
        api.fault("status", resource="namespaces", verb="list", code=500, times=100)
        expect(doctor(place, server), 2, "problem", "api", "list namespaces: status 500", "a list that fails")
        api.clear()
        api.set(frozen=True)
        expect(doctor(place, server, "--wait", "300ms"), 2, "problem", "api", "", "an API server that says nothing")
        api.set(frozen=False)
        write(place, "Corefile", corefile(api, "loadbalance"))
        expect(doctor(place, server), 1, "warning", "config", "another configuration", "a file that is not in force")
        write(place, "Corefile", corefile(api, "frobnicate"))
        expect(doctor(place, server), 2, "problem", "config", "Corefile:3", "a file that cannot be read")


def test_namespaces(place, api):
    """Names of namespaces that are not served lead nobody astray."""
    api.put(namespace("dev", team="a"), namespace("com"))
    for options, names in (("namespaces dev", ["dev"]), ("namespaces default", []), ("namespace_labels team=a", ["dev"]),
                           ("namespace_labels kubernetes.io/metadata.name=com", ["com"])):
        write(place, "Corefile", corefile(api, "", options))
        with Server("Corefile", place) as server:
            wait_for(lambda: state(server)["ready"])
            code, findings = doctor(place, server)
            told = [f[2].split()[1] for f in findings if f[1] == "namespace"]
            tap.ok(told == names and len(findings) == len(names) and code == (1 if names else 0), f"those of {options}", code, findings)
    api.delete(namespace("dev"), namespace("com"))


def test_bad_reload(place, api):
    write(place, "Corefile", corefile(api, "reload 2s 1s"))
    with Server("Corefile", place) as server:
        wait_watching(api)
        write(place, "Corefile", corefile(api, "reload 2s 1s\nfrobnicate"))
        found = wait_for(lambda: has(doctor(place, server)[1], "problem", "config", "is not in force"))
        tap.ok(found, "a reload that was refused is told by the server itself", *doctor(place, server))


def test_unsynced(place, api):
    api.fault("status", resource="services", code=500, times=1000000)
    write(place, "Corefile", corefile(api))
    with Server("Corefile", place) as server:
        expect(doctor(place, server), 2, "problem", "unsynced", "Service", "a store that was not read yet")
    api.clear()


def test_clock(place, api):
    write(place, "Corefile", corefile(api))
    with Server("Corefile", place) as server:
        wait_watching(api)
        api.set(clock_s=int(time.time()) - 20)
        expect(doctor(place, server), 1, "warning", "clock", "s apart", "clocks that differ a little")
        api.set(clock_s=int(time.time()) + 3600)
        expect(doctor(place, server), 2, "problem", "clock", "s apart", "clocks that differ much")
        api.set(clock_s=0)


def token(ends):
    """A JSON web token as an API server makes them; nobody looks at its signature."""
    claims = base64.urlsafe_b64encode(json.dumps({"iss": "test", "exp": int(ends)}).encode()).decode().rstrip("=")
    return f"e30.{claims}.e30"


def test_credentials():
    """Tokens and certificates that end soon, or have ended: also where nothing is to be had with them any more."""
    with tempfile.TemporaryDirectory(prefix="doctor-") as place, KubeApi(tls=True, clients=True) as api:
        path = api.kubeconfig(os.path.join(place, "config"), directory=place, certificate=True, tokenFile=os.path.join(place, "token"))
        write(place, "token", token(time.time() + 3600))
        write(place, "Corefile", f".\nbind 127.0.0.1\nkubernetes cluster.local {{\nkubeconfig {path}\n}}\n")
        api.rotate(client_s=30 * 86400)
        with Server("Corefile", place) as server:
            wait_for(lambda: state(server)["ready"])
            in_order(doctor(place, server), "credentials that are good for long")
            write(place, "token", token(time.time() + 100))
            expect(doctor(place, server), 1, "warning", "token", "was not renewed", "a token that ends soon")
            write(place, "token", token(time.time() - 100))
            api.fault("status", code=401, times=100)
            expect(doctor(place, server), 2, "problem", "token", "our token ended 10", "one that has ended, which explains a 401")
            api.clear()
            write(place, "token", token(time.time() + 3600))
            api.rotate(client_s=2 * 86400 - 600)
            expect(doctor(place, server), 1, "warning", "certificate", "ends in 47 hours", "a certificate that ends soon")
            api.rotate(client_s=-1800)
            result = doctor(place, server)
            expect(result, 2, "problem", "certificate", "ended 0 hours ago", "one that has ended, which explains that nobody answers")


def heard(seconds_ago):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - seconds_ago))


def test_other_replicas(place, api):
    """Replicas of which a resolver of the test's own tells what they would."""
    write(place, "Corefile", corefile(api))
    with Server("Corefile", place) as server, StubUpstream() as replica:
        wait_watching(api)
        config = re.search(r"config=\w+", str(server.short("sync._knamed.cluster.local", "TXT")))[0]

        def says(*lines):
            name = wire.name_from_text("sync._knamed.cluster.local")
            replica.known[name] = [record("sync._knamed.cluster.local", "TXT", line) for line in lines]
            return doctor(place, server, "--replica", replica.where)

        in_order(says("state=in-step", config, f"Service version=9 heard={heard(20)} objects=1"), "one that has heard of late")
        expect(says("state=in-step", config, f"Service version=3 heard={heard(3600)} objects=1"), 1, "warning", "skew",
               "has heard nothing since", "one that has heard nothing for long")
        expect(says("state=unsynced", config), 2, "problem", "replica", "has not read the cluster", "one that knows nothing yet")


def test_replicas(place, api):
    write(place, "Corefile", corefile(api))
    write(place, "Other", corefile(api, "loadbalance"))
    with Server("Corefile", place) as server, Server("Other", place) as other:
        wait_watching(api)
        expect(doctor(place, server, "--replica", f"127.0.0.1:{other.port}"), 1, "warning", "skew", "another configuration",
               "a replica with another configuration")
        in_order(doctor(place, server, "--replica", f"127.0.0.1:{server.port}"), "a replica like this one is in order")
        expect(doctor(place, server, "--replica", f"127.0.0.1:{free_port()}"), 2, "problem", "replica", "does not answer",
               "a replica that is not there")
        slices = slice_("kube-dns-1", "kube-dns", ["127.0.0.1"], "kube-system", port=other.port)
        slices["ports"] = [{"name": "dns", "port": other.port, "protocol": "UDP"}]
        api.put(service("kube-dns", "10.0.0.10", "kube-system"), slices)
        expect(doctor(place, server), 1, "warning", "skew", "another configuration", "replicas are found by the Service kube-dns")
        api.delete(slices, service("kube-dns", "10.0.0.10", "kube-system"))


MANIFESTS = "{apiVersion: v1, kind: Service, metadata: {name: web, namespace: store-front}, spec: {clusterIP: 10.96.0.1}}\n---\n" \
    "{apiVersion: v1, kind: Namespace, metadata: {name: dev}}\n"


def forwarding(targets):
    return f". {{\nbind 127.0.0.1\nkubernetes cluster.local {{\nmanifests objects\n}}\nforward . {targets}\n}}\n"


def test_upstreams(place):
    os.mkdir(os.path.join(place, "objects"))
    write(place, "objects/all.yaml", MANIFESTS)
    with StubUpstream([record("www.example.com", "A", "192.0.2.44")]) as upstream:
        write(place, "Corefile", forwarding(upstream.where))
        with Server("Corefile", place) as server:
            code, findings = doctor(place, server)
            tap.ok(code == 1 and [f[1] for f in findings] == ["namespace"] and "x.dev" in findings[0][2],
                   "an upstream that answers is in order, and namespaces of manifests are looked at", code, findings)
            write(place, "Shown", forwarding(upstream.where).replace("manifests objects", "manifests objects\nnamespaces default"))
            code, findings = doctor(place, server, conf="Shown")
            tap.ok([f[1] for f in findings] == ["config"], "but not those that are not shown", code, findings)
            write(place, "Corefile", forwarding(f"{upstream.where} 127.0.0.1:{free_port()}"))
            expect(doctor(place, server), 2, "problem", "upstream", "does not answer (Corefile:6)", "an upstream that is down")
            write(place, "Corefile", forwarding(f"127.0.0.1:{server.port}"))
            expect(doctor(place, server), 2, "problem", "loop", "leads back to this cluster's DNS", "an upstream that leads back")
            write(place, "resolv.conf", "".join(f"nameserver 127.0.0.{i}\n" for i in range(71, 75)))
            write(place, "Corefile", forwarding("resolv.conf"))
            result = doctor(place, server)
            expect(result, 2, "warning", "resolv.conf", "has 4 nameservers", "a resolv.conf with more nameservers than are used")
            expect(result, 2, "warning", "resolv.conf", "names 127.0.0.71", "and with such that are the pod itself")
            write(place, "resolv.conf", "search a.example\n")
            expect(doctor(place, server), 2, "problem", "config", "no valid upstream", "and without any")


def test_no_text():
    """A finding that quotes what is no UTF-8 is one all the same."""
    with tempfile.TemporaryDirectory(prefix="doctor-") as place:
        result = doctor(place, None, "--pid", "4194304", conf="not-\udcff-there")
        expect(result, 2, "problem", "config", "cannot be shown", "a Corefile whose name is no UTF-8")


def test_words():
    for words, complaint in ((["--frob", "x"], "no option"), (["--server", "x"], "expected an address"), (["--pid"], "is missing"),
                             (["--wait", "soon"], "expected a time")):
        done = subprocess.run([KNAMECTL, "doctor", *words], capture_output=True, text=True, check=False)
        tap.ok(done.returncode == 1 and done.stdout == "" and complaint in done.stderr, f"doctor {' '.join(words)}: {complaint}",
               done.returncode, done.stderr)


def main():
    with tempfile.TemporaryDirectory(prefix="doctor-") as place, KubeApi() as api:
        test_api(place, api)
        test_namespaces(place, api)
        test_bad_reload(place, api)
        test_clock(place, api)
        test_replicas(place, api)
        test_other_replicas(place, api)
        test_unsynced(place, api)
    with tempfile.TemporaryDirectory(prefix="doctor-") as place:
        test_upstreams(place)
    test_credentials()
    test_no_text()
    test_words()
    tap.done()


if __name__ == "__main__":
    main()
