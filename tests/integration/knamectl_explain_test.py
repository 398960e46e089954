#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`knamectl explain`: every rule that gives or denies an answer has its sentence, and what it says is what the server says."""
import json
import os
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "support"))
from kube_api import KubeApi, namespace, pod, service, slice_, wait_watching  # noqa: E402
from running_server import KNAMECTL, ROOT, Server, free_port  # noqa: E402
from stub_upstream import StubUpstream, record  # noqa: E402
from tap import Tap  # noqa: E402

tap = Tap()
OBJECTS = """
{apiVersion: v1, kind: Namespace, metadata: {name: shop}}
---
{apiVersion: v1, kind: Namespace, metadata: {name: hidden}}
---
{apiVersion: v1, kind: Service, metadata: {name: web, namespace: shop}, spec: {clusterIP: 10.96.0.1, ports: [{name: http, port: 80}, {port: 81}]}}
---
{apiVersion: v1, kind: Service, metadata: {name: bare, namespace: shop}, spec: {clusterIP: 10.96.0.2}}
---
{apiVersion: v1, kind: Service, metadata: {name: empty, namespace: shop}, spec: {clusterIP: 10.96.0.3, ports: [{name: http, port: 80}]}}
---
{apiVersion: v1, kind: Service, metadata: {name: pending, namespace: shop}, spec: {clusterIP: ""}}
---
{apiVersion: v1, kind: Service, metadata: {name: db, namespace: shop}, spec: {clusterIP: None, ports: [{name: sql, port: 5432}]}}
---
{apiVersion: v1, kind: Service, metadata: {name: waiting, namespace: shop}, spec: {clusterIP: None, ports: [{name: sql, port: 1}]}}
---
{apiVersion: v1, kind: Service, metadata: {name: alone, namespace: shop}, spec: {clusterIP: None, selector: {a: b}}}
---
{apiVersion: v1, kind: Service, metadata: {name: named, namespace: shop}, spec: {clusterIP: None}}
---
{apiVersion: v1, kind: Service, metadata: {name: out, namespace: shop}, spec: {type: ExternalName, externalName: www.example.com}}
---
{apiVersion: v1, kind: Service, metadata: {name: near, namespace: shop}, spec: {type: ExternalName, externalName: web.shop.svc.cluster.local}}
---
{apiVersion: v1, kind: Service, metadata: {name: address, namespace: shop}, spec: {type: ExternalName, externalName: 192.0.2.1}}
---
{apiVersion: v1, kind: Service, metadata: {name: api, namespace: hidden}, spec: {clusterIP: 10.96.9.1, ports: [{name: http, port: 80}]}}
---
{apiVersion: discovery.k8s.io/v1, kind: EndpointSlice, metadata: {name: db-1, namespace: shop, labels: {kubernetes.io/service-name: db}},
 addressType: IPv4, ports: [{name: sql, port: 5432, protocol: TCP}],
 endpoints: [{addresses: [10.1.0.1], hostname: db-0, conditions: {ready: true}},
             {addresses: [10.1.0.2], hostname: db-1, conditions: {ready: false, terminating: true}, targetRef: {kind: Pod, name: db-1}},
             {addresses: [10.1.0.3], conditions: {ready: true}}]}
---
{apiVersion: discovery.k8s.io/v1, kind: EndpointSlice, metadata: {name: waiting-1, namespace: shop, labels: {kubernetes.io/service-name: waiting}},
 addressType: IPv4, ports: [{name: sql, port: 1, protocol: TCP}],
 endpoints: [{addresses: [10.1.0.4], conditions: {ready: false}, targetRef: {kind: Pod, name: waiting-abc}}]}
---
{apiVersion: discovery.k8s.io/v1, kind: EndpointSlice, metadata: {name: named-1, namespace: shop, labels: {kubernetes.io/service-name: named}},
 addressType: FQDN, endpoints: [{addresses: [a.example]}]}
---
{apiVersion: discovery.k8s.io/v1, kind: EndpointSlice, metadata: {name: web-1, namespace: shop, labels: {kubernetes.io/service-name: web}},
 addressType: IPv4, ports: [{name: http, port: 80, protocol: TCP}], endpoints: [{addresses: [10.1.0.9], conditions: {ready: true}}]}
"""
ZONE = """$ORIGIN zone.example.
@ 60 IN SOA ns host 1 2 3 4 5
@ 60 IN NS ns
www 60 IN A 192.0.2.80
"""


def explain(place, *words, conf="Corefile"):
    """The exit code and the JSON."""
    done = subprocess.run([KNAMECTL, "explain", "-conf", conf, "--json", *words], capture_output=True, text=True,
                          check=False, cwd=place)
    return done.returncode, json.loads(done.stdout) if done.stdout else {"stderr": done.stderr}


def steps(explanation, number=0):
    candidates = explanation.get("candidates", [])
    return candidates[number]["steps"] if number < len(candidates) else []


def texts(explanation, number=0):
    return [f"{step['who']}: {step['text']}" for step in steps(explanation, number)]


def reasons(explanation, number=0):
    return [step["reason"] for step in steps(explanation, number) if "reason" in step]


class Place:
    """A directory with a Corefile and all that it names, served, with a resolver of the test's own."""

    def __init__(self, corefile):
        self.directory = tempfile.TemporaryDirectory(prefix="explain-")
        self.path = self.directory.name
        os.mkdir(os.path.join(self.path, "objects"))
        for name, text in (("objects/all.yaml", OBJECTS), ("Corefile", corefile), ("zone", ZONE),
                           ("hosts", "# names\n192.0.2.7 Printer.example printer\n")):
            with open(os.path.join(self.path, name), "w", encoding="ascii") as file:
                file.write(text)
        self.server = Server("Corefile", self.path)

    def explain(self, *words):
        return explain(self.path, "-dns.port", str(self.server.port), *words)

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.server.stop()
        self.directory.cleanup()


CLUSTER = """. {
bind 127.0.0.1
kubernetes cluster.local in-addr.arpa {
manifests objects
namespaces shop default
OPTIONS
}
}
"""
# name, type -> the reason of its denial, and a part of the sentence; None: it is given, by what is told
DENIALS = [
    ("nope.shop.svc", "A", "no-service", "there is no Service nope in namespace shop"),
    ("web.nowhere.svc", "A", "no-namespace", "there is no namespace nowhere"),
    ("api.hidden.svc", "A", "namespace-not-shown", "is not among `namespaces`"),
    ("waiting.shop.svc", "A", "no-ready-endpoints", "none of its 1 endpoints is ready"),
    ("_sql._tcp.waiting.shop.svc", "SRV", "no-ready-endpoints", "no ready endpoint"),
    ("alone.shop.svc", "A", "no-endpoints", "its selector fits no pod"),
    ("named.shop.svc", "A", "no-endpoints", "no IP address"),
    ("web.shop.svc", "AAAA", "other-family", "IPv4 addresses alone"),
    ("web.shop.svc", "TXT", "no-such-type", "no records of type TXT"),
    ("db.shop.svc", "AAAA", "other-family", "IPv4 addresses alone"),
    ("bare.shop.svc", "SRV", "no-ports", "no ports"),
    ("pending.shop.svc", "A", "no-address", "no cluster IP yet"),
    ("_nope._tcp.web.shop.svc", "SRV", "no-port", "no port is called nope; there are: _http._tcp (ports without a name"),
    ("_http._udp.web.shop.svc", "SRV", "no-port", "another protocol than udp"),
    ("_nope._tcp.db.shop.svc", "SRV", "no-port", "there are: _sql._tcp"),
    ("_http._tcp.web.shop.svc", "A", "no-such-type", "SRV records alone"),
    ("nobody.web.shop.svc", "A", "no-endpoint-name", "has a cluster IP, and none of its endpoints is called nobody"),
    ("db-1.db.shop.svc", "A", "endpoint-not-ready", "is there, but not ready"),
    ("db-9.db.shop.svc", "A", "no-endpoint", "no endpoint of the Service is called db-9"),
    ("10-1-0-1.db.shop.svc", "A", "endpoint-named-otherwise", "is called db-0"),
    ("_tcp.web.shop.svc", "A", "no-records", "a protocol's name"),
    ("a.out.shop.svc", "A", "below-external-name", "nothing exists below"),
    ("address.shop.svc", "A", "external-name-is-address", "is an address"),
    ("shop.svc", "A", "no-records", "it is a namespace"),
    ("svc", "A", "no-records", "above others"),
    ("a.b.c.d.shop.svc", "A", "no-such-shape", "no name of a cluster has this shape"),
    ("x", "A", "no-such-shape", "no name of a cluster has this shape"),
    ("10-1-0-1.shop.pod", "A", "pods-disabled", "names of pods do not exist"),
    ("1.0.1.10.in-addr.arpa.", "A", "no-such-type", "PTR records alone"),
    ("4.0.1.10.in-addr.arpa.", "PTR", "no-object-of-address", "no Service and no endpoint that counts"),
    ("1.9.96.10.in-addr.arpa.", "PTR", "no-object-of-address", "no Service and no endpoint that counts"),
    ("1.10.in-addr.arpa.", "PTR", "part-of-address", "a part of an address"),
]
GIVEN = [
    ("web.shop.svc", "A", "Service: shop/web: ClusterIP 10.96.0.1, ports http/80/tcp (unnamed)/81/tcp"),
    ("db.shop.svc", "A", "EndpointSlice: shop/db-1: 2 of 3 endpoints count; left out: 10.1.0.2 (db-1): not ready, "
                         "its pod is terminating"),
    ("db-0.db.shop.svc", "A", "shop/db-1: 2 of 3"),
    ("10-1-0-3.db.shop.svc", "A", "shop/db-1: 2 of 3"),
    ("10-1-0-9.web.shop.svc", "A", "shop/web-1: 1 of 1"),
    ("_sql._tcp.db.shop.svc", "SRV", "shop/db-1: 2 of 3"),
    ("_http._tcp.web.shop.svc", "SRV", "shop/web: ClusterIP"),
    ("near.shop.svc", "A", "alias: it is an alias, which leads to web.shop.svc.cluster.local."),
    ("near.shop.svc", "A", "Service: shop/web: ClusterIP 10.96.0.1"),
    ("1.0.96.10.in-addr.arpa.", "PTR", "Service: shop/web: has this cluster IP"),
    ("1.0.1.10.in-addr.arpa.", "PTR", "EndpointSlice: shop/db-1: has this address"),
    ("dns-version", "TXT", "made by the server"),
    ("", "SOA", "the zone itself"),
]


def absolute(name):
    return name if name.endswith(".") else (name + "." if name else "") + "cluster.local."


def check_all(place):
    """Every denial has its sentence, and no answer is without one."""
    for name, kind, reason, sentence in DENIALS:
        code, told = place.explain(absolute(name), kind)
        tap.ok(code == 0 and reasons(told)[-1:] == [reason] and any(sentence in text for text in texts(told)),
               f"{name} {kind}: {reason}", code, *texts(told), told.get("stderr"))
    for name, kind, sentence in GIVEN:
        code, told = place.explain(absolute(name), kind)
        tap.ok(code == 0 and any(sentence in text for text in texts(told)) and "unexplained" not in reasons(told),
               f"{name} {kind} is given: {sentence}", code, *texts(told), told.get("stderr"))


def test_cluster():
    with Place(CLUSTER.replace("OPTIONS", "")) as place:
        check_all(place)
        code, told = place.explain("web", "--from", "shop/some-pod")
        tap.same((code, told["found"], len(told["candidates"]), told["from"]["namespace"], told["from"]["ndots"]),
                 (0, "web.shop.svc.cluster.local.", 1, "shop", 5), "a pod's search list finds its own namespace's Service")
        code, told = place.explain("web.shop", "--from", "default")
        tap.same(([c["name"] for c in told["candidates"]], told["found"]),
                 (["web.shop.default.svc.cluster.local.", "web.shop.svc.cluster.local."], "web.shop.svc.cluster.local."),
                 "and goes on to the next name only where one is denied")
        tap.ok("shop in namespace default" not in "".join(texts(told)) and reasons(told) == ["no-namespace"],
               "which is told for each name", *texts(told))
        code, told = place.explain("api")
        tap.ok(any("hint: there is a Service api in namespace hidden" in text for text in texts(told)) or
               reasons(told)[0] == "no-namespace", "a Service of that name elsewhere is a hint", *texts(told))
        tap.ok(all(c["verdict"] == "same" for c in told["candidates"]), "what is told is what the server says")
        done = subprocess.run([KNAMECTL, "explain", "-conf", "Corefile", "-dns.port", str(place.server.port), "db.shop.svc"],
                              capture_output=True, text=True, check=False, cwd=place.path)
        tap.ok("left out: 10.1.0.2 (db-1): not ready, its pod is terminating" in done.stdout and
               "[Corefile:3]" in done.stdout and "db.shop.svc.cluster.local.\t5" not in done.stdout and
               "The resolver takes db.shop.svc.cluster.local." in done.stdout, "the text says the same", done.stdout, done.stderr)


def test_options():
    with Place(CLUSTER.replace("OPTIONS", "pods insecure\nignore empty_service")) as place:
        told = place.explain("empty.shop.svc.cluster.local.")[1]
        tap.same(reasons(told), ["empty-service"], "ignore empty_service has its sentence")
        told = place.explain("10-1-0-1.shop.pod.cluster.local.")[1]
        tap.ok("rule: `pods insecure`: the name is its own answer, no pod is looked for" in texts(told), "and pods insecure",
               *texts(told))
        told = place.explain("web.shop.pod.cluster.local.")[1]
        tap.same(reasons(told), ["no-address-label"], "a label that is no address")
        told = place.explain("10-1-0-1.shop.pod.cluster.local.", "AAAA")[1]
        tap.same(reasons(told), ["other-family"], "an address of the other family")
    with Place(CLUSTER.replace("OPTIONS", "pods verified\nnoendpoints")) as place:
        told = place.explain("10-1-0-1.shop.pod.cluster.local.")[1]
        tap.ok(reasons(told) == ["no-pod"], "pods verified without that pod", *texts(told))
        told = place.explain("db.shop.svc.cluster.local.")[1]
        tap.same(reasons(told), ["noendpoints"], "noendpoints has its sentence")


RULES = """. {
bind 127.0.0.1
rewrite name old.example web.shop.svc.cluster.local
acl blocked.example {
  block net 127.0.0.9
  allow net 127.0.0.0/8
}
template IN A made.example {
  answer "{{ .Name }} 60 IN A 192.0.2.9"
}
hosts hosts printer.example {
}
kubernetes cluster.local in-addr.arpa {
manifests objects
fallthrough in-addr.arpa
}
file zone zone.example
forward . UPSTREAM
}
only.example {
bind 127.0.0.1
}
"""


def test_rules():
    upstream = StubUpstream([record("www.example.com", "A", "192.0.2.44"), record("blocked.example", "A", "192.0.2.45")])
    with upstream, Place(RULES.replace("UPSTREAM", upstream.where)) as place:
        for name, who, at, sentence in (
                ("old.example.", "rewrite", "Corefile:3", "old.example. becomes web.shop.svc.cluster.local. (A)"),
                ("old.example.", "Service", None, "shop/web: ClusterIP 10.96.0.1"),
                ("blocked.example.", "acl", "Corefile:6", "lets the client ask"),
                ("x.made.example.", "template", "Corefile:8", "this template makes the answer"),
                ("printer.example.", "hosts", "Corefile:11", "hosts:2 has it"),
                ("fax.printer.example.", "hosts", "Corefile:11", "does not have the name, and nothing falls through"),
                ("www.zone.example.", "file", "Corefile:17", "NOERROR, 1 record"),
                ("nope.zone.example.", "file", "Corefile:17", "the name does not exist"),
                ("www.example.com.", "forward", "Corefile:18", f"is asked of {upstream.where}"),
                ("www.example.com.", "upstream", None, f"{upstream.where} says NOERROR, 1 records"),
                ("out.shop.svc.cluster.local.", "alias", None, "leads to www.example.com."),
                ("out.shop.svc.cluster.local.", "upstream", None, "says NOERROR"),
                ("www.only.example.", "block", "Corefile:20", "dns://only.example.:"),
                ("www.only.example.", "server", None, "REFUSED")):
            code, told = place.explain(name)
            found = [step for step in steps(told) if step["who"] == who and sentence in step["text"]]
            tap.ok(code == 0 and found and found[0].get("at") == at, f"{name} {who}: {sentence}", code, at, *texts(told), found)
        code, told = place.explain("blocked.example.", "--from", "127.0.0.9")
        tap.ok(code == 0 and "acl: this rule blocks the client: REFUSED" in texts(told) and
               told["candidates"][0]["expected"]["ede"]["code"] == 15 and "looks at who asks" in told["candidates"][0]["verdict"],
               "another client is judged as that client", *texts(told), told)
        code, told = place.explain("9.9.9.10.in-addr.arpa.", "PTR")
        tap.ok("kubernetes: denies the name and lets it fall through to who stands behind" in texts(told) and
               "no-object-of-address" in reasons(told) and any(text.startswith("upstream: ") for text in texts(told)),
               "what falls through is followed", *texts(told))
        upstream.mood = "silent"
        code, told = place.explain("silent.example.com.", "--offline")
        tap.ok(code == 0 and told["candidates"][0]["expected"]["rcode"] == "SERVFAIL" and
               told["candidates"][0]["expected"]["ede"]["code"] == 22, "a silent upstream is told of", *texts(told))


def test_difference():
    with Place(CLUSTER.replace("OPTIONS", "")) as place:
        with open(os.path.join(place.path, "other"), "w", encoding="ascii") as file:
            file.write(". {\nbind 127.0.0.1\nhosts {\n192.0.2.99 web.shop.svc.cluster.local\n}\n}\n")
        code, told = explain(place.path, "web.shop.svc.cluster.local.", "-dns.port", str(place.server.port), conf="other")
        tap.ok(code == 2 and told["differences"] == 1 and told["candidates"][0]["verdict"].startswith("DIFFERENT"),
               "a server that says something else is found out: exit 2", code, told)
        code, told = explain(place.path, "web.shop.svc.cluster.local.", "--server", f"127.0.0.1:{free_port()}")
        tap.ok(code == 2 and "no reply" in told["candidates"][0]["live"]["problem"], "and so is one that is not there", code, told)
    with StubUpstream([record("www.example.com", "A", "192.0.2.44")]) as upstream, \
            Place(f".\nbind 127.0.0.1\nforward . {upstream.where}\n") as place:
        code, told = explain(place.path, "www.example.com.", "--server", f"127.0.0.1:{free_port()}")
        tap.ok(code == 2 and told["candidates"][0]["verdict"] == "DIFFERENT: the live server does not answer",
               "also for a name of others", code, told)
        code, told = explain(place.path, "www.example.com.", "-dns.port", str(place.server.port))
        tap.ok(code == 0 and told["differences"] == 0, "which it is not where the server answers", code, told)
    with Place(".\nbind 127.0.0.1\nacl {\ndrop type TXT\n}\nwhoami\n") as place:
        code, told = explain(place.path, "www.example.com.", "TXT", "-dns.port", str(place.server.port))
        tap.ok(code == 0 and told["candidates"][0]["verdict"] == "same", "silence is the same where an acl drops", code, told)


def test_api():
    place = tempfile.TemporaryDirectory(prefix="explain-")
    with KubeApi() as api:
        api.put(namespace("shop"), service("web", "10.0.0.1", "shop", labels={"team": "a"}),
                service("other", "10.0.0.2", "shop"), slice_("web-1", "web", ["10.1.0.1"], "shop"),
                {**pod("client", "10.9.0.1", "shop"), "spec": {"dnsPolicy": "ClusterFirst", "dnsConfig": {
                    "searches": ["corp.example"], "options": [{"name": "ndots", "value": "2"}]}}},
                {**pod("host", "10.9.0.2", "shop"), "spec": {"dnsPolicy": "ClusterFirst", "hostNetwork": True}})
        with open(os.path.join(place.name, "Corefile"), "w", encoding="ascii") as file:
            file.write(f".\nbind 127.0.0.1\nkubernetes cluster.local {{\nendpoint {api.url}\nlabels team=a\n}}\n")
        with Server("Corefile", place.name) as server:
            wait_watching(api)
            code, told = explain(place.name, "web", "--from", "shop/client", "-dns.port", str(server.port))
            found = steps(told)[1].get("object", {}) if len(steps(told)) > 1 else {}
            tap.ok(code == 0 and found.get("kind") == "Service" and found.get("resourceVersion", 0) > 0 and "age_s" in found,
                   "an object has its version and its age", told)
            tap.same((told["from"]["search"][-1], told["from"]["ndots"], told["from"]["address"]),
                     ("corp.example.", 2, "10.9.0.1"), "a pod has its own search list and ndots")
            told = explain(place.name, "web", "--from", "10.9.0.1", "-dns.port", str(server.port))[1]
            tap.same((told["from"]["pod"], told["found"]), ("client", "web.shop.svc.cluster.local."), "and is found by its address")
            told = explain(place.name, "web", "--from", "shop/host", "-dns.port", str(server.port))[1]
            tap.ok("asks the resolvers of its node" in told["from"]["how"] and told["from"]["search"] == [],
                   "a pod that does not ask this server is told so", told["from"])
            told = explain(place.name, "other.shop.svc.cluster.local.", "-dns.port", str(server.port))[1]
            tap.same(reasons(told), ["service-not-shown"], "`labels` hide a Service, which is told")
            told = explain(place.name, "web", "--from", "10.9.9.9", "-dns.port", str(server.port))[1]
            tap.ok("no pod with this address" in told["from"]["how"], "an address of no pod", told["from"])
            api.fault("status", resource="services", code=403, times=100)
            code, told = explain(place.name, "web.shop.svc.cluster.local.", "--wait", "1s", "-dns.port", str(server.port))
            tap.ok(code == 0 and reasons(told) == ["unsynced"] and "403" in told["trouble"] and
                   "not compared" in told["candidates"][0]["verdict"] and told["candidates"][0]["live"]["rcode"] == "NOERROR",
                   "without the API server that is said, and the rest is explained", told)


def test_faults():
    for words, complaint in ((["a", "FOO"], "no type 'FOO'"), (["a", "AXFR"], "not transfers"), ([], "expected a name"), (["a", "--server", "x"], "expected an address"),
                             (["a", "--frob"], "no option '--frob'"), (["a", "--from", "A/B/C"], "expected NAMESPACE/POD"),
                             (["a" * 70], "is no domain name"), (["a", "-conf", "/nonexistent"], "/nonexistent")):
        done = subprocess.run([KNAMECTL, "explain", *(["-conf", "deploy/sample/Corefile"] if "-conf" not in words else []), *words],
                              capture_output=True, text=True, check=False, cwd=ROOT)
        tap.ok(done.returncode == 1 and done.stdout == "" and complaint in done.stderr, f"explain {' '.join(words)}: {complaint}",
               done.returncode, done.stdout, done.stderr)


def main():
    test_cluster()
    test_options()
    test_rules()
    test_difference()
    test_api()
    test_faults()
    tap.done()


if __name__ == "__main__":
    main()
