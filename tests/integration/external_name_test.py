#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Services of type ExternalName: followed through the cluster, blocks of other zones, the cache and resolvers, over both
transports, whatever is at the end. Numbers are CoreDNS' issues."""
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "support"))
from running_server import Place  # noqa: E402
from stub_upstream import Manner, StubUpstream, record  # noqa: E402
from tap import Tap  # noqa: E402

tap = Tap()
ALIASES = {
    "www": "www.example.com", "dot": "www.example.com.", "spelled": "WWW.Example.COM", "four": "v4.example.com",
    "alias": "alias.example.com", "gone": "gone.example.com", "fails": "fail.example.com", "refused": "refused.example.com",
    "dangling": "dangling.example.com", "big": "big.example.com", "near": "web.default.svc.cluster.local",
    "headless": "hl.default.svc.cluster.local", "nowhere": "nope.default.svc.cluster.local", "space": "default.svc.cluster.local",
    "twice": "www.default.svc.cluster.local", "version": "dns-version.cluster.local", "self": "self.default.svc.cluster.local",
    "ping": "pong.default.svc.cluster.local", "pong": "ping.default.svc.cluster.local", "ip4": "192.0.2.99", "ip6": "2001:db8::99",
    "short": "hostname", "outside": "extra.cluster.local", "stub": "db.corp.test", "file": "host.files.test",
    "lost": "host.lost.test", **{f"c{i}": f"c{i + 1}.default.svc.cluster.local" for i in range(30)},
}
SERVICE = "apiVersion: v1\nkind: Service\nmetadata: {{name: {}, namespace: default}}\nspec: {}\n---\n"
OBJECTS = "apiVersion: v1\nkind: Namespace\nmetadata: {name: default}\n---\n" + "".join(
    SERVICE.format(name, f'{{type: ExternalName, externalName: "{target}"}}') for name, target in ALIASES.items()) + \
    SERVICE.format("web", "{clusterIP: 10.96.0.80, ports: [{name: http, port: 80}]}") + \
    SERVICE.format("c30", "{clusterIP: 10.96.0.30, ports: [{name: http, port: 80}]}") + \
    SERVICE.format("hl", "{clusterIP: None, ports: [{name: http, port: 80}]}") + """apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: hl-1, namespace: default, labels: {kubernetes.io/service-name: hl}}
addressType: IPv4
endpoints: [{addresses: [10.244.7.1], conditions: {ready: true}}]
"""
KNOWN = [
    record("www.example.com.", "A", "192.0.2.10"), record("www.example.com.", "A", "192.0.2.11"),
    record("www.example.com.", "AAAA", "2001:db8::10"), record("www.example.com.", "TXT", "hello"),
    record("v4.example.com.", "A", "192.0.2.4"), record("alias.example.com.", "CNAME", "www.example.com."),
    record("dangling.example.com.", "CNAME", "gone.example.com."), record("hostname.", "A", "192.0.2.6"),
    record("extra.cluster.local.", "A", "192.0.2.77"),
    record("db.corp.test.", "A", "203.0.113.66"), *(record("big.example.com.", "A", f"198.51.100.{i}") for i in range(60)),
]
MANNERS = {"gone.example.com.": Manner(rcode=3), "fail.example.com.": Manner(rcode=2), "refused.example.com.": Manner(rcode=5),
           "cluster.local.": Manner(), "lost.test.": Manner(silent=True)}
ZONE = "$ORIGIN files.test.\n@ 60 IN SOA ns host 1 2 3 4 5\nhost 60 IN A 192.0.2.90\n"
OURS = ".default.svc.cluster.local."


def serve(body, more="", objects=OBJECTS):
    return Place(f". {{\nerrors\nkubernetes cluster.local {{\n manifests objects\n}}\n{body}\n}}\n{more}", objects,
                 **{"files.zone": ZONE}).serve()


def ask(server, *words):
    """The rcode, whether AA is set, the answers as `TYPE data`, whether there is an SOA."""
    text = server.dig("+noall", "+comments", "+answer", "+authority", *words)
    rcode = text.partition("status: ")[2].partition(",")[0]
    aa = " aa" in text.partition(";; flags:")[2].partition(";")[0]
    lines = [line.split() for line in text.splitlines() if line and line[0] != ";"]
    return rcode, aa, [" ".join(line[3:]) for line in lines if line[3] != "SOA"], any(line[3] == "SOA" for line in lines)


def follow(*targets):
    return [f"CNAME {target}" for target in targets]


WWW = ["A 192.0.2.10", "A 192.0.2.11"]
TABLE = [  # name, type, rcode, answers, SOA
    ("www", "A", "NOERROR", follow("www.example.com.") + WWW, False),
    ("www", "AAAA", "NOERROR", follow("www.example.com.") + ["AAAA 2001:db8::10"], False),
    ("www", "CNAME", "NOERROR", follow("www.example.com."), False),
    ("www", "TXT", "NOERROR", follow("www.example.com.") + ['TXT "hello"'], False),
    ("www", "MX", "NOERROR", follow("www.example.com."), None),
    ("dot", "A", "NOERROR", follow("www.example.com.") + WWW, False),
    ("spelled", "A", "NOERROR", follow("WWW.Example.COM.") + WWW, False),
    ("four", "AAAA", "NOERROR", follow("v4.example.com."), None),
    ("alias", "A", "NOERROR", follow("alias.example.com.", "www.example.com.") + WWW, False),
    ("gone", "A", "NXDOMAIN", follow("gone.example.com."), None),
    ("gone", "AAAA", "NXDOMAIN", follow("gone.example.com."), None),
    ("fails", "A", "SERVFAIL", follow("fail.example.com."), False),
    ("refused", "A", "SERVFAIL", follow("refused.example.com."), False),
    ("near", "A", "NOERROR", follow("web.default.svc.cluster.local.") + ["A 10.96.0.80"], False),
    ("near", "AAAA", "NOERROR", follow("web.default.svc.cluster.local."), True),
    ("headless", "A", "NOERROR", follow("hl.default.svc.cluster.local.") + ["A 10.244.7.1"], False),
    ("nowhere", "A", "NXDOMAIN", follow("nope.default.svc.cluster.local."), True),
    ("space", "A", "NOERROR", follow("default.svc.cluster.local."), True),
    ("twice", "AAAA", "NOERROR", follow("www.default.svc.cluster.local.", "www.example.com.") + ["AAAA 2001:db8::10"], False),
    ("version", "TXT", "NOERROR", follow("dns-version.cluster.local.") + ['TXT "1.1.0"'], False),
    ("self", "A", "SERVFAIL", follow("self.default.svc.cluster.local."), False),
    ("ping", "A", "SERVFAIL", follow("pong.default.svc.cluster.local.", "ping.default.svc.cluster.local."), False),
    ("c20", "A", "NOERROR", follow(*(f"c{i}.default.svc.cluster.local." for i in range(21, 31))) + ["A 10.96.0.30"], False),
    ("ip4", "A", "NXDOMAIN", [], True), ("ip6", "AAAA", "NXDOMAIN", [], True), ("ip4", "CNAME", "NXDOMAIN", [], True),
    ("short", "A", "NOERROR", follow("hostname.") + ["A 192.0.2.6"], False),
    ("outside", "A", "NXDOMAIN", follow("extra.cluster.local."), True),
    ("x.www", "A", "NXDOMAIN", [], True), ("_http._tcp.www", "SRV", "NXDOMAIN", [], True),
]


def check_table(upstream):
    """Each over both transports; and again where a cache is, which must change nothing (6088, 2038, 5733)."""
    for body in "", "cache 30\n":
        with serve(f"{body}forward . {upstream.where}") as server:
            for transport in "+notcp", "+tcp":
                for name, kind, rcode, answers, has_soa in TABLE:
                    got = ask(server, transport, name + OURS, kind)
                    expected = (rcode, True, sorted(answers), got[3] if has_soa is None else has_soa)
                    aliases = [line for line in got[2] if line.startswith("CNAME")]
                    tap.same((got[0], got[1], sorted(got[2]), got[3]), expected,
                             f"{name} {kind}, {transport}, {body.strip() or 'no cache'}")
                    tap.ok(got[2][:len(aliases)] == aliases == [line for line in answers if line[0] == "C"],
                           "aliases in their order")
            tap.same(ask(server, "c5" + OURS, "A")[0], "SERVFAIL", "a chain without end in sight is given up")
            tap.same(upstream.count("extra.cluster.local."), 0, "no name of the cluster goes upstream")


def check_size(upstream):
    """4684: what does not fit over UDP says so, and comes whole over TCP."""
    with serve(f"cache 30\nforward . {upstream.where}") as server:
        for how in "asked", "kept":
            flags = server.dig("+ignore", "+notcp", "+bufsize=512", "big" + OURS, "A").partition(";; flags:")[2].partition(";")[0]
            tap.ok(" tc" in flags and " aa" in flags, f"TC where it is cut, {how}", flags)
            tap.same(len(server.short("big" + OURS, "A")), 61, f"all of it over TCP, {how}")


def check_blocks(upstream):
    """A target goes to the block of its zone: stub domains, zone files, and to nobody where there is none."""
    with StubUpstream([record("db.corp.test.", "A", "192.0.2.50")]) as corp:
        more = f"corp.test {{\ncache 30\nforward . {corp.where}\n}}\nfiles.test {{\nfile files.zone\n}}\n"
        with serve(f"cache 30\nforward . {upstream.where}", more) as server:
            for transport in "+notcp", "+tcp":
                tap.same(server.short(transport, "stub" + OURS, "A"), ["db.corp.test.", "192.0.2.50"],
                         f"a stub domain, {transport}")
                tap.same(server.short(transport, "file" + OURS, "A"), ["host.files.test.", "192.0.2.90"],
                         f"a zone file, {transport}")
            tap.same((corp.count("db.corp.test."), upstream.count("db.corp.test.")), (1, 0), "its resolver is asked, once")
        with serve("", more) as server:
            tap.same(ask(server, "www" + OURS, "A")[:3], ("NOERROR", True, follow("www.example.com.")),
                     "where nobody can be asked the alias stands")
            tap.same(server.short("stub" + OURS, "A"), ["db.corp.test.", "192.0.2.50"], "others have theirs")
        with serve(f"forward . {upstream.where}", more) as server:
            tap.same(ask(server, "+timeout=9", "lost" + OURS, "A")[:3], ("SERVFAIL", True, follow("host.lost.test.")),
                     "a resolver that says nothing is a failure, with the alias")


with StubUpstream(KNOWN, manners=MANNERS) as the_upstream:
    check_table(the_upstream)
    check_size(the_upstream)
    check_blocks(the_upstream)
tap.done()
