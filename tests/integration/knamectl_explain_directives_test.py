#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`knamectl explain` of every directive that answers, denies or changes anything: what it promises is what the server says, and
the directive is named, with its line."""
import json
import os
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "support"))
from running_server import KNAMECTL, Server, wait_for  # noqa: E402
from stub_primary import StubPrimary  # noqa: E402
from stub_upstream import StubUpstream, record  # noqa: E402
from tap import Tap  # noqa: E402

tap = Tap()
OBJECTS = """
{apiVersion: v1, kind: Service, metadata: {name: web, namespace: shop},
 spec: {clusterIP: 10.96.0.1, externalIPs: [192.0.2.1], ports: [{name: http, port: 80}]},
 status: {loadBalancer: {ingress: [{ip: 192.0.2.2}]}}}
---
{apiVersion: v1, kind: Service, metadata: {name: far, namespace: shop}, spec: {clusterIP: 10.96.0.2, ports: [{name: http, port: 80}]},
 status: {loadBalancer: {ingress: [{hostname: lb.example.net}]}}}
---
{apiVersion: v1, kind: Service, metadata: {name: inside, namespace: shop}, spec: {clusterIP: 10.96.0.3}}
---
{apiVersion: v1, kind: Service, metadata: {name: db, namespace: shop}, spec: {clusterIP: None, ports: [{name: sql, port: 5432}]}}
---
{apiVersion: v1, kind: Service, metadata: {name: six, namespace: shop}, spec: {clusterIP: 10.96.0.4, externalIPs: ["2001:db8::1"]}}
---
{apiVersion: v1, kind: Service, metadata: {name: other, namespace: hidden}, spec: {clusterIP: 10.96.0.5, externalIPs: [192.0.2.5]}}
---
{apiVersion: discovery.k8s.io/v1, kind: EndpointSlice, metadata: {name: db-1, namespace: shop, labels: {kubernetes.io/service-name: db}},
 addressType: IPv4, ports: [{name: sql, port: 5432, protocol: TCP}],
 endpoints: [{addresses: [10.1.0.1], hostname: db-0, conditions: {ready: true}},
             {addresses: [10.1.0.2], hostname: db-1, conditions: {ready: false}}]}
---
{apiVersion: multicluster.x-k8s.io/v1alpha1, kind: ServiceImport, metadata: {name: web, namespace: shop},
 spec: {type: ClusterSetIP, ips: [10.97.0.1], ports: [{name: http, port: 80, protocol: TCP}]}}
"""
ZONE = """$ORIGIN zone.example.
@ 60 IN SOA ns host 1 2 3 4 5
@ 60 IN NS ns
ns 60 IN A 192.0.2.53
www 60 IN A 192.0.2.80
alias 60 IN CNAME www
loop 60 IN CNAME loop
*.wild 60 IN TXT "wild"
sub 60 IN NS ns.sub
ns.sub 60 IN A 192.0.2.54
"""
COREFILE = """. {
bind 127.0.0.1
BODY
kubernetes cluster.local clusterset.local in-addr.arpa {
manifests objects
multicluster clusterset.local
fallthrough in-addr.arpa
OPTIONS
}
}
"""
# What the block has, lines with + in `kubernetes`; then for each question: name, type, who tells, the line of the body where that stands (None: nowhere),
# a part of the sentence, the rcode ("": no reply).
EXTERNAL = "k8s_external out.example 192.in-addr.arpa {\n}"
DIRECTIVES = [
    ("file zone zone.example", [
        ("www.zone.example.", "A", "file", 1, "NOERROR, 1 record", "NOERROR"),
        ("alias.zone.example.", "A", "alias", None, "leads to www.zone.example.", "NOERROR"),
        ("x.wild.zone.example.", "TXT", "file", 1, "NOERROR, 1 record", "NOERROR"),
        ("x.sub.zone.example.", "A", "file", 1, "", "NOERROR"),
        ("nope.zone.example.", "A", "file", 1, "the name does not exist", "NXDOMAIN"),
        ("www.zone.example.", "TXT", "file", 1, "NODATA", "NOERROR"),
        ("loop.zone.example.", "A", "file", 1, "loop or too long", "SERVFAIL")]),
    ("file missing zone.example", [
        ("www.zone.example.", "A", "file", 1, "zone is not loaded", "SERVFAIL")]),
    ("file zone zone.example {\nfallthrough\n}\nforward . UPSTREAM", [
        ("up.zone.example.", "A", "file", 1, "lets it fall through", "NOERROR"),
        ("up.zone.example.", "A", "forward", 4, "is asked of UPSTREAM", "NOERROR")]),
    ("auto zone.example {\ndirectory zones (.*)[.]db {1}\n}", [
        ("www.zone.example.", "A", "auto", 1, "NOERROR, 1 record", "NOERROR"),
        ("nope.zone.example.", "A", "auto", 1, "the name does not exist", "NXDOMAIN")]),
    ("secondary taken.example {\ntransfer from PRIMARY\n}", [
        ("www.taken.example.", "A", "secondary", 1, "what it has is not known here", "NOERROR"),
        ("nope.taken.example.", "A", "secondary", 1, "what it has is not known here", "NXDOMAIN")]),
    ("hosts hosts {\n192.0.2.8 inline.example\nfallthrough up.example\n}\nforward . UPSTREAM", [
        ("printer.example.", "A", "hosts", 1, "hosts:1 has it", "NOERROR"),
        ("printer.example.", "AAAA", "hosts", 1, "NODATA", "NOERROR"),
        ("x.any.example.", "A", "hosts", 1, "a wildcard of", "NOERROR"),
        ("inline.example.", "A", "hosts", 1, "a line of the directive itself", "NOERROR"),
        ("7.2.0.192.in-addr.arpa.", "PTR", "hosts", 1, "hosts:1 has it", "NOERROR"),
        ("fax.example.", "A", "hosts", 1, "nothing falls through: SERVFAIL", "SERVFAIL"),
        ("www.up.example.", "A", "forward", 5, "is asked of", "NOERROR")]),
    ("template IN A made.example {\nmatch ^good[.]\nanswer \"{{ .Name }} 60 IN A 192.0.2.9\"\n}\n"
     "template ANY ANY denied.example {\nrcode NXDOMAIN\nederror 17 \"as it was said\"\n}\n"
     "template IN A failing.example {\nrcode SERVFAIL\n}", [
         ("good.made.example.", "A", "template", 1, "makes the answer", "NOERROR"),
         ("bad.made.example.", "A", "template", 1, "does not fit the template of its zone: SERVFAIL", "SERVFAIL"),
         ("x.denied.example.", "MX", "template", 5, "17 as it was said", "NXDOMAIN"),
         ("x.failing.example.", "A", "template", 9, "template says SERVFAIL: SERVFAIL", "SERVFAIL")]),
    ("rewrite name old.example web.shop.svc.cluster.local", [
        ("old.example.", "A", "rewrite", 1, "becomes web.shop.svc.cluster.local.", "NOERROR")]),
    ("rewrite type AAAA A", [
        ("web.shop.svc.cluster.local.", "AAAA", "rewrite", 1, "it is asked for A", "NOERROR")]),
    ("rewrite rcode regex .* NXDOMAIN NOERROR", [
        ("nope.shop.svc.cluster.local.", "A", "rewrite", 1, "", "NOERROR")]),
    ("rewrite ttl regex .* 7", [
        ("web.shop.svc.cluster.local.", "A", "rewrite", 1, "", "NOERROR")]),
    ("rewrite name regex (.*)[.]long[.]example {1}.{1}.{1}.{1}.{1}.{1}.{1}.{1}.example", [
        ("a" * 40 + ".long.example.", "A", "rewrite", 1, "is no name: SERVFAIL", "SERVFAIL")]),
    ("rewrite cname exact www.up.example. web.shop.svc.cluster.local.\nforward . UPSTREAM", [
        ("aliased.up.example.", "A", "rewrite", 1, "", "NOERROR")]),
    ("acl shop.svc.cluster.local {\nfilter type TXT\nallow net 127.0.0.1\nblock\n}", [
        ("web.shop.svc.cluster.local.", "A", "acl", 3, "lets the client ask", "NOERROR"),
        ("web.shop.svc.cluster.local.", "TXT", "acl", 2, "an empty answer", "NOERROR")]),
    ("acl shop.svc.cluster.local {\nblock\n}", [
        ("web.shop.svc.cluster.local.", "A", "acl", 2, "blocks the client", "REFUSED")]),
    ("acl shop.svc.cluster.local {\ndrop\n}", [
        ("web.shop.svc.cluster.local.", "A", "acl", 2, "drops the question: no reply", "")]),
    ("view some {\nexpr type() == 'A'\n}", [
        ("web.shop.svc.cluster.local.", "A", "block", -1, ", view some", "NOERROR"),
        ("web.shop.svc.cluster.local.", "SRV", "block", None, "has this name and a view that holds", "REFUSED")]),
    ("# multicluster", [
        ("web.shop.svc.clusterset.local.", "A", "ServiceImport", None, "shop/web: ClusterSetIP", "NOERROR"),
        ("gone.shop.svc.clusterset.local.", "A", "rule", None, "there is no ServiceImport gone in namespace shop", "NXDOMAIN")]),
    ("forward . UPSTREAM\n+ipv6 auto", [
        ("www.up.example.", "AAAA", "kubernetes", 2, "the cluster has IPv4 alone: AAAA is not forwarded", "NOERROR")]),
    ("forward . UPSTREAM\n+search_junk off", [
        ("web.shop.svc.cluster.local.corp.example.", "A", "forward", 1, "is asked of UPSTREAM", "NXDOMAIN")]),
    ("forward up.example UPSTREAM\nforward . SILENT", [
        ("www.up.example.", "A", "forward", 1, "up.example. is asked of UPSTREAM", "NOERROR"),
        ("nope.up.example.", "A", "forward", 1, "up.example. is asked of UPSTREAM", "NXDOMAIN"),
        ("www.other.example.", "A", "forward", 2, ". is asked of SILENT", "SERVFAIL")]),
    ("forward . UPSTREAM {\nexcept up.example\n}", [
        ("www.up.example.", "A", "server", None, "nobody here answers for this name", "REFUSED")]),
    ("cache 30\nforward . UPSTREAM", [
        ("www.up.example.", "A", "forward", 2, "the live server's cache may know it already", "NOERROR")]),
    ("autopath @kubernetes\nforward . UPSTREAM", [
        ("www.up.example.shop.svc.cluster.local.", "A", "autopath", 1, "www.up.example. is the one that is found", "NOERROR"),
        ("web.shop.shop.svc.cluster.local.", "A", "autopath", 1, "web.shop.svc.cluster.local. is the one", "NOERROR")]),
    ("dns64 64:ff9b::/96 {\nallow_ipv4\n}\nforward . UPSTREAM", [
        ("www.up.example.", "AAAA", "dns64", 1, "made of addresses of IPv4", "NOERROR")]),
    ("any", [
        ("web.shop.svc.cluster.local.", "ANY", "any", 1, "RFC 8482", "NOERROR")]),
    ("whoami", [
        ("x.example.", "A", "whoami", 1, "are in the additional section", "NOERROR")]),
    ("local", [
        ("localhost.", "A", "local", 1, "names of the host itself", "NOERROR"),
        ("1.0.0.127.in-addr.arpa.", "PTR", "local", 1, "names of the host itself", "NOERROR")]),
    ("chaos knamed-test", [
        ("version.bind.", "TXT CH", "chaos", 1, "what the server says of itself", "NOERROR")]),
    ("header {\nresponse set ra\n}\nminimal\nloadbalance\nnsid\nbufsize 1232\nmetadata", [
        ("web.shop.svc.cluster.local.", "A", "kubernetes", 9, "NOERROR, 1 record", "NOERROR")]),
    ("forward . UPSTREAM # junk", [
        ("web.shop.svc.cluster.local.corp.example.", "A", "kubernetes", 2, "only a search list makes such a name", "NXDOMAIN")]),
    (EXTERNAL, [
        ("web.shop.out.example.", "A", "Service", None, "shop/web: from outside it has 192.0.2.1 192.0.2.2", "NOERROR"),
        ("web.shop.out.example.", "A", "k8s_external", 1, "NOERROR, 2 records", "NOERROR"),
        ("web.shop.out.example.", "AAAA", "rule", None, "IPv4 addresses alone", "NOERROR"),
        ("six.shop.out.example.", "A", "rule", None, "IPv6 addresses alone", "NOERROR"),
        ("web.shop.out.example.", "TXT", "rule", None, "no records of type TXT", "NOERROR"),
        ("web.shop.out.example.", "SRV", "Service", None, "shop/web", "NOERROR"),
        ("six.shop.out.example.", "SRV", "rule", None, "the Service has no ports", "NOERROR"),
        ("_http._tcp.web.shop.out.example.", "SRV", "Service", None, "shop/web", "NOERROR"),
        ("_http._tcp.web.shop.out.example.", "A", "rule", None, "SRV records alone", "NOERROR"),
        ("_nope._tcp.web.shop.out.example.", "SRV", "rule", None, "no port is called nope; there are: _http._tcp", "NXDOMAIN"),
        ("_tcp.web.shop.out.example.", "SRV", "rule", None, "a protocol's name", "NOERROR"),
        ("far.shop.out.example.", "A", "Service", None, "shop/far: from outside it has lb.example.net", "REFUSED OR NOERROR"),
        ("far.shop.out.example.", "CNAME", "Service", None, "lb.example.net", "NOERROR"),
        ("inside.shop.out.example.", "A", "rule", None, "neither externalIPs nor an address of a load balancer", "NXDOMAIN"),
        ("db.shop.out.example.", "A", "rule", None, "`headless` of k8s_external would show its endpoints", "NXDOMAIN"),
        ("gone.shop.out.example.", "A", "rule", None, "there is no Service gone in namespace shop", "NXDOMAIN"),
        ("web.nowhere.out.example.", "A", "rule", None, "there is no namespace nowhere", "NXDOMAIN"),
        ("x.web.shop.out.example.", "A", "rule", None, "nothing but ports stands in front", "NXDOMAIN"),
        ("a.b.web.shop.out.example.", "A", "rule", None, "no name of k8s_external has this shape", "NXDOMAIN"),
        ("shop.out.example.", "A", "rule", None, "it is a namespace", "NOERROR"),
        ("out.example.", "SOA", "rule", None, "the zone itself", "NOERROR"),
        ("ns1.dns.out.example.", "A", "rule", None, "made by the server", "NOERROR"),
        ("2.2.0.192.in-addr.arpa.", "PTR", "Service", None, "shop/web: has this address from outside", "NOERROR"),
        ("9.2.0.192.in-addr.arpa.", "PTR", "rule", None, "no Service has the address 192.0.2.9 from outside", "NXDOMAIN"),
        ("2.0.192.in-addr.arpa.", "PTR", "rule", None, "a part of an address", "NOERROR"),
        ("web.shop.svc.cluster.local.", "A", "Service", None, "shop/web: ClusterIP 10.96.0.1", "NOERROR")]),
    (EXTERNAL.replace("{\n", "{\nheadless\n"), [
        ("db.shop.out.example.", "A", "EndpointSlice", None, "shop/db-1: 1 of 2 endpoints count", "NOERROR"),
        ("db-0.db.shop.out.example.", "A", "EndpointSlice", None, "shop/db-1: 1 of 2", "NOERROR"),
        ("db-1.db.shop.out.example.", "A", "rule", None, "is there, but not ready", "NXDOMAIN"),
        ("db.shop.out.example.", "AAAA", "rule", None, "IPv4 addresses alone", "NOERROR"),
        ("_sql._tcp.db.shop.out.example.", "SRV", "EndpointSlice", None, "shop/db-1", "NOERROR")]),
    (EXTERNAL.replace("{\n", "{\nfallthrough\n") + "\nforward . UPSTREAM", [
        ("inside.shop.out.example.", "A", "k8s_external", 1, "lets it fall through", "NXDOMAIN"),
        ("inside.shop.out.example.", "A", "rule", None, "neither externalIPs nor", "NXDOMAIN"),
        ("up.shop.out.example.", "A", "upstream", None, "says NOERROR", "NOERROR"),
        ("far.shop.out.example.", "A", "alias", None, "leads to lb.example.net.", "NOERROR"),
        ("far.shop.out.example.", "A", "upstream", None, "says NOERROR", "NOERROR")]),
]
KNOWN = [record("up.zone.example", "A", "192.0.2.90"), record("www.up.example", "A", "192.0.2.91"),
         record("aliased.up.example", "CNAME", "www.up.example."), record("lb.example.net", "A", "192.0.2.92"),
         record("up.shop.out.example", "A", "192.0.2.93")]


class Place:
    def __init__(self):
        self.directory = tempfile.TemporaryDirectory(prefix="explain-")
        self.path = self.directory.name
        os.mkdir(os.path.join(self.path, "objects"))
        os.mkdir(os.path.join(self.path, "zones"))
        for name, text in (("objects/all.yaml", OBJECTS), ("zone", ZONE), ("zones/zone.example.db", ZONE),
                           ("hosts", "192.0.2.7 printer.example\n192.0.2.6 *.any.example\n")):
            self.write(name, text)

    def write(self, name, text):
        with open(os.path.join(self.path, name), "w", encoding="ascii") as file:
            file.write(text)

    def explain(self, server, name, kind):
        done = subprocess.run([KNAMECTL, "explain", "-conf", "Corefile", "-dns.port", str(server.port), "--json", name, *kind.split()],
                              capture_output=True, text=True, check=False, cwd=self.path)
        return done.returncode, json.loads(done.stdout) if done.stdout else {"candidates": [], "stderr": done.stderr}


def without_ttl(line):
    """Nor the serial of an SOA: who explains has read the cluster later."""
    words = line.split()
    return " ".join(words[:1] + words[2:6 if "SOA" in words else None]).lower()


def check(place, server, body, question, where):
    name, kind, who, line, sentence, rcode = question
    for word, address in where.items():
        sentence = sentence.replace(word, address)
    code, told = place.explain(server, name, kind)
    what = f"{body.splitlines()[0]}: {name} {kind}"
    candidate = next(iter(told["candidates"]), {"steps": [], "expected": {}})
    at = line and f"Corefile:{line + 2}"
    found = [step for step in candidate["steps"] if step["who"] == who and sentence in step["text"] and step.get("at") == at]
    texts = [f"{step['who']}: {step['text']} {step.get('at', '')}" for step in candidate["steps"]]
    tap.ok(code == 0 and found and "unexplained" not in str(texts), f"{what}: {who} {sentence}", code, *texts, told.get("stderr"))
    if rcode == "":
        tap.ok(candidate["expected"] is None and "no reply" in candidate["live"]["problem"], f"{what}: no reply", candidate)
        return
    status, lines = server.rcode("+edns", name, *kind.split())
    is_compared = not candidate.get("verdict", "").startswith("not compared")
    promised = (candidate["expected"] if is_compared else candidate["live"]) or {}
    tap.same((promised.get("rcode"), sorted(without_ttl(text) for text in promised.get("answer", []))),
             (status, sorted(without_ttl(text) for text in lines)), f"{what}: what is promised is said")
    tap.ok(status in rcode.split(" OR "), f"{what}: {rcode}", status)


def main():
    taken = [record("www.taken.example", "A", "192.0.2.94")]
    with StubUpstream(KNOWN) as upstream, StubUpstream() as silent, StubPrimary("taken.example", taken) as primary:
        silent.mood = "silent"
        where = {"UPSTREAM": upstream.where, "SILENT": silent.where, "PRIMARY": primary.where}
        for body, questions in DIRECTIVES:
            place = Place()
            text = body
            for word, address in where.items():
                text = text.replace(word, address)
            lines = text.splitlines()
            place.write("Corefile", COREFILE.replace("BODY", "\n".join(line for line in lines if line[0] != "+"))
                        .replace("OPTIONS", "\n".join(line[1:] for line in lines if line[0] == "+")))
            with Server("Corefile", place.path) as server:
                if "secondary" in body:
                    wait_for(lambda: server.rcode("www.taken.example", "A")[0] == "NOERROR")  # pylint: disable=cell-var-from-loop
                for question in questions:
                    check(place, server, body, question, where)
    tap.done()


if __name__ == "__main__":
    main()
