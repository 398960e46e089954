#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`rewrite` in a server: what users of CoreDNS ran into (numbers are its issues), the rules that installers write, and that
rules are no way around an `acl`. Answers are those of CoreDNS 1.15."""
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "support"))
from running_server import Place, wait_for  # noqa: E402
from stub_upstream import StubUpstream, record  # noqa: E402
from tap import Tap  # noqa: E402

tap = Tap()
SERVICES = """
apiVersion: v1
kind: Service
metadata: {name: web, namespace: default}
spec: {clusterIP: 10.96.0.80, ports: [{name: http, port: 80, protocol: TCP}]}
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: secret}
spec: {clusterIP: 10.96.0.81, ports: [{name: http, port: 80}]}
---
apiVersion: v1
kind: Service
metadata: {name: far, namespace: default}
spec: {type: ExternalName, externalName: alias.rules.example}
---
apiVersion: v1
kind: Pod
metadata: {name: tester, namespace: secret}
status: {phase: Running, podIP: 127.0.0.1, podIPs: [{ip: 127.0.0.1}]}
"""
KUBERNETES = "kubernetes cluster.local in-addr.arpa {\n manifests objects\n fallthrough in-addr.arpa\n}\n"
WEB = "web.default.svc.cluster.local."
KNOWN = [
    record("host.example.", "A", "192.0.2.1"),
    record("alias.example.", "CNAME", "host.example."),
    record("123.foo.example.", "CNAME", "newyork.foo.example."),
    record("newyork.foo.example.", "A", "192.0.2.123", ttl=300),
    record("vpce.example.", "A", "192.0.2.18"),
    record("vpce.example.", "AAAA", "2001:db8::18"),
    record("deep.example.", "CNAME", "mid.prod."),
    record("mid.prod.", "CNAME", "final.prod.net."),
    record("final.prod.net.", "A", "192.0.2.2"),
    record("mid.staging.", "CNAME", "final.staging.net."),
    record("final.staging.net.", "A", "192.0.2.3"),
    record("gone.example.", "CNAME", "nowhere.example."),
    record("lost.example.", "CNAME", "also-nowhere.example."),
    record("loop.example.", "CNAME", "turn.example."),
    record("30.30.30.10.in-addr.arpa.", "PTR", "ftp.service.consul."),
    record("auto.arpa.", "PTR", "x.service.consul."),
    record("k8s.elb.example.", "A", "192.0.2.30"),
    *(record("many.example.", "A", f"192.0.2.{i}") for i in range(1, 5)),
    *(record("big.example.", "A", f"198.51.{i >> 8}.{i & 255}") for i in range(200)),
]


def serve(body, more="", kubernetes=KUBERNETES):
    return Place(f". {{\nerrors\n{kubernetes}{body}\n}}\n{more}", SERVICES).serve()


def answer(server, *words):
    """The rcode, and the answer's records without TTL and class. dig complains if question and reply are not the same."""
    text = server.dig("+noall", "+comments", "+answer", *words)
    rcode = "mismatch" if "mismatch" in text else text.partition("status: ")[2].partition(",")[0]
    fields = [line.split() for line in text.splitlines() if line and line[0] != ";"]
    return rcode, [" ".join([field[0], *field[3:]]) for field in fields]


def sections(server, *words):
    """All records of the reply but OPT, without TTL and class."""
    lines = server.dig("+noall", "+answer", "+authority", "+additional", *words).splitlines()
    fields = [line.split() for line in lines if line and line[0] != ";"]
    return [" ".join([field[0], *field[3:]]) for field in fields]


# ---- what users ran into ----

def check_5751(upstream):
    """The documentation's example of `answer value` is a rule, and does what is written beside it."""
    rule = ("rewrite stop {\n name suffix .arpa .arpa\n answer name auto\n"
            " answer value (.*)\\.service\\.consul\\. {1}.coredns.rocks.\n}\n")
    with serve(rule + f"forward . {upstream.where}") as server:
        tap.same(answer(server, "-x", "10.30.30.30"), ("NOERROR", ["30.30.30.10.in-addr.arpa. PTR ftp.coredns.rocks."]),
                 "5751: values are rewritten beside names")
        tap.same(answer(server, "auto.arpa", "PTR"), ("NOERROR", ["auto.arpa. PTR x.coredns.rocks."]),
                 "5751: and a name that has auto in it stays one")


def check_4407(upstream):
    """The question comes back as it was asked, whatever became of it."""
    with serve(f"rewrite name suffix .rocks .example answer auto\nforward . {upstream.where}") as server:
        for mood, rcode in ("servfail", "SERVFAIL"), ("refused", "REFUSED"):
            upstream.mood = mood
            tap.same(answer(server, f"{mood}.rocks"), (rcode, []), f"4407: the question of a reply with {rcode}")
        upstream.mood = "well"
    with serve("rewrite name suffix .rocks .example answer auto") as server:
        tap.same(answer(server, "x.rocks"), ("REFUSED", []), "4407: and where nobody answers")


def check_1711():
    """Rules that continue rewrite the reply as well."""
    rule = ("rewrite continue {\n name regex test\\.local kubernetes.default.svc.cluster.local\n"
            " answer name kubernetes\\.default\\.svc\\.cluster\\.local test.local\n}\n")
    with serve(rule.replace("kubernetes", "web")) as server:
        tap.same(answer(server, "test.local"), ("NOERROR", ["test.local. A 10.96.0.80"]), "1711: continue")
        tap.same(answer(server, WEB), ("NOERROR", [WEB + " A 10.96.0.80"]), "1711: other names stay as they are")


def check_2389(upstream):
    """A pattern without a way back: `answer auto` gives each question its own name."""
    rule = "rewrite name regex k8s-.*-.*\\.growing\\.example k8s.elb.example answer auto\n"
    with serve(rule + f"forward . {upstream.where}") as server:
        for name in "k8s-a-b.growing.example.", "K8S-c-d.growing.example.":
            tap.same(answer(server, name), ("NOERROR", [name + " A 192.0.2.30"]), f"2389: {name} as it was asked for")


def check_3298():
    """A pattern that ends with the dot, and names in braces."""
    rule = ("rewrite stop {\n name regex (.*)\\.my\\.domain\\.$ {1}.default.svc.cluster.local\n"
            " answer name (.*)\\.default\\.svc\\.cluster\\.local\\.$ {1}.my.domain\n}\n")
    with serve(rule) as server:
        tap.same(answer(server, "web.my.domain"), ("NOERROR", ["web.my.domain. A 10.96.0.80"]), "3298: the service")
        tap.same(answer(server, "no.my.domain"), ("NXDOMAIN", []), "3298: one that is not there")


def check_5063(upstream):
    """A name rule is for questions: where a name comes by an alias of others it is the target that needs a rule."""
    name = "rewrite continue name exact newyork.foo.example web.default.svc.cluster.local\n"
    cname = "rewrite cname exact newyork.foo.example web.default.svc.cluster.local\n"
    with serve(name + f"forward . {upstream.where}") as server:
        tap.same(answer(server, "newyork.foo.example"), ("NOERROR", ["newyork.foo.example. A 10.96.0.80"]), "5063: the name")
        tap.same(answer(server, "123.foo.example"),
                 ("NOERROR", ["123.foo.example. CNAME newyork.foo.example.", "newyork.foo.example. A 192.0.2.123"]),
                 "5063: an alias to it is as it is known upstream")
    with serve(name + cname + f"forward . {upstream.where}") as server:
        tap.same(answer(server, "123.foo.example"), ("NOERROR", [f"123.foo.example. CNAME {WEB}", WEB + " A 10.96.0.80"]),
                 "5063: with a rule for targets it leads here")


def check_6922(upstream):
    """Targets are names: with or without the final dot, in either case, and asked for by all rules."""
    for target in "newyork.foo.example", "NewYork.foo.example.":
        rules = ("rewrite stop name exact newyork.foo.example vpce.example\n"
                 f"rewrite stop cname exact {target} vpce.example\n")
        with serve(rules + f"cache\nforward . {upstream.where}") as server:
            tap.same(answer(server, "newyork.foo.example"), ("NOERROR", ["newyork.foo.example. A 192.0.2.18"]), "6922: the name")
            for kind, address in ("A", "192.0.2.18"), ("AAAA", "2001:db8::18"), ("A", "192.0.2.18"):
                tap.same(answer(server, "123.foo.example", kind),
                         ("NOERROR", ["123.foo.example. CNAME vpce.example.", f"vpce.example. {kind} {address}"]),
                         f"6922: its alias, {kind}, for {target}")


# ---- what installers write ----

def check_kubespray():
    with serve("rewrite name suffix .cluster.example .cluster.local answer auto\nloadbalance round_robin") as server:
        tap.same(answer(server, "web.default.svc.cluster.example"),
                 ("NOERROR", ["web.default.svc.cluster.example. A 10.96.0.80"]), "kubespray: a service")
        tap.same(sections(server, "_http._tcp.web.default.svc.cluster.example", "SRV"),
                 ["_http._tcp.web.default.svc.cluster.example. SRV 0 100 80 web.default.svc.cluster.example.",
                  "web.default.svc.cluster.example. A 10.96.0.80"], "kubespray: names in data and beside them")
        tap.ok("SOA\tns.dns.cluster.example." in server.dig("no.default.svc.cluster.example"), "kubespray: a denial")
        tap.same(answer(server, "web.default.svc.cluster.local"), ("NOERROR", [WEB + " A 10.96.0.80"]), "kubespray: the own zone")


def check_gardener():
    """Its search-path rules: a service's name with a search domain behind it is asked for once."""
    rules = ("rewrite stop {\n"
             " name regex (^(?:[^\\.]+\\.)+)svc\\.cluster\\.local\\.svc\\.cluster\\.local {1}svc.cluster.local\n"
             " answer name (^(?:[^\\.]+\\.)+)svc\\.cluster\\.local {1}svc.cluster.local.svc.cluster.local\n"
             " answer value (^(?:[^\\.]+\\.)+)svc\\.cluster\\.local {1}svc.cluster.local.svc.cluster.local\n}\n"
             "rewrite stop {\n"
             " name regex (^(?:[^\\.]+\\.)+)svc\\.cluster\\.local\\.default\\.svc\\.cluster\\.local {1}svc.cluster.local\n"
             " answer name (^(?:[^\\.]+\\.)+)svc\\.cluster\\.local {1}svc.cluster.local.default.svc.cluster.local\n"
             " answer value (^(?:[^\\.]+\\.)+)svc\\.cluster\\.local {1}svc.cluster.local.default.svc.cluster.local\n}\n")
    with serve(rules + "loadbalance round_robin\ncache 30 {\n disable denial\n}") as server:
        for search in "svc.cluster.local.", "default.svc.cluster.local.":
            tap.same(answer(server, WEB + search), ("NOERROR", [f"{WEB}{search} A 10.96.0.80"]), f"gardener: search {search}")
        tap.same(answer(server, "_http._tcp." + WEB + "svc.cluster.local.", "SRV"),
                 ("NOERROR", [f"_http._tcp.{WEB}svc.cluster.local. SRV 0 100 80 {WEB}svc.cluster.local."]), "gardener: SRV")
        tap.same(answer(server, WEB), ("NOERROR", [WEB + " A 10.96.0.80"]), "gardener: the name itself")
        tap.same(answer(server, "no." + WEB + "svc.cluster.local.")[0], "NXDOMAIN", "gardener: a name that is not there")


# ---- targets of aliases ----

def check_targets(upstream):
    rules = ("rewrite continue cname suffix prod. staging.\n"
             "rewrite continue cname exact nowhere.example host.example\n"
             "rewrite continue cname exact also-nowhere.example still-nowhere.example\n"
             "rewrite continue cname exact turn.example loop.example\n")
    with serve(rules + f"forward . {upstream.where}") as server:
        tap.same(answer(server, "deep.example"),
                 ("NOERROR", ["deep.example. CNAME mid.staging.", "mid.staging. CNAME final.staging.net.",
                              "final.staging.net. A 192.0.2.3"]), "an alias in the middle of a chain")
        tap.same(answer(server, "gone.example"), ("NOERROR", ["gone.example. CNAME host.example.", "host.example. A 192.0.2.1"]),
                 "a target that is there in place of one that is not")
        tap.same(answer(server, "lost.example"), ("NXDOMAIN", ["lost.example. CNAME still-nowhere.example."]),
                 "one that is not there is denied")
        tap.same(answer(server, "lost.example", "CNAME"), ("NOERROR", ["lost.example. CNAME still-nowhere.example."]),
                 "who asks for the alias gets it")
        tap.same(answer(server, "loop.example")[0], "SERVFAIL", "a target that leads back has an end")
        tap.ok(wait_for(lambda: "rules lead to too many questions" in server.text()), "and the log says so", server.text())
        tap.same(answer(server, "host.example"), ("NOERROR", ["host.example. A 192.0.2.1"]), "the server lives on")


def check_external_name(upstream):
    with serve(f"rewrite name suffix .rules.example .example answer auto\nforward . {upstream.where}") as server:
        tap.same(answer(server, "far.default.svc.cluster.local"),
                 ("NOERROR", ["far.default.svc.cluster.local. CNAME alias.rules.example.",
                              "alias.rules.example. CNAME host.rules.example.", "host.rules.example. A 192.0.2.1"]),
                 "what an ExternalName leads to goes by the rules")


def check_metadata():
    """A name that means something else in each namespace."""
    rule = ("metadata\nrewrite name regex ^([^.]+)\\.mine\\.$ {1}.{kubernetes/client-namespace}.svc.cluster.local. metadata "
            "answer auto\nrewrite name suffix .mine .default.svc.cluster.local answer auto")
    with serve(rule, kubernetes="kubernetes cluster.local {\n manifests objects\n pods verified\n}\n") as server:
        tap.same(answer(server, "web.mine"), ("NOERROR", ["web.mine. A 10.96.0.81"]), "the service of a client's own namespace")
        tap.same(answer(server, "-b", "127.0.0.2", "web.mine"), ("NOERROR", ["web.mine. A 10.96.0.80"]),
                 "where nothing is known of a client, the next rule")


# ---- the rest of a reply ----

def check_replies(upstream):
    rules = ("rewrite continue ttl suffix .rocks 5\nrewrite continue rcode regex ^(dead|odd)\\. SERVFAIL NOERROR\n"
             "rewrite continue rcode exact odd.rocks NOERROR 22\nrewrite continue name exact bad.rocks a..b\n"
             "rewrite continue name suffix .rocks .example answer auto\nrewrite class CH IN\n")
    with serve(rules + f"loadbalance\nforward . {upstream.where}") as server:
        _, lines = server.rcode("host.rocks")
        tap.same(lines[0].split()[:2], ["host.rocks.", "5"], "a TTL by rule")
        tap.ok("\nHoSt.rOcKs.\t" in server.dig("HoSt.rOcKs"), "names are spelled as the client spells them")
        tap.same(answer(server, "+tcp", "host.rocks")[1], ["host.rocks. A 192.0.2.1"], "over TCP")
        tap.same(answer(server, "-c", "CH", "-t", "A", "host.example")[0], "NOERROR", "a class by rule")
        tap.same(len({answer(server, "many.rocks")[1][0] for _ in range(60)}), 4, "addresses take turns")
        tap.same(len(answer(server, "big.rocks")[1]), 200, "a large reply comes over TCP")
        tap.ok(" tc" in server.dig("+ignore", "+bufsize=512", "big.rocks"), "what does not fit over UDP is cut")
        tap.same(answer(server, "bad.rocks"), ("SERVFAIL", []), "a new name that is none")
        tap.ok(wait_for(lambda: "bad.rocks. A: invalid name after rewrite" in server.text()), "is told in the log", server.text())
        upstream.mood = "servfail"
        for edns in "+edns", "+noedns":
            tap.same(answer(server, edns, "dead.rocks"), ("NOERROR", []), f"an rcode by rule, {edns}")
        upstream.mood = "well"


def check_opt(upstream):
    """CVE-2026-62299: replies are rewritten whether there is an OPT in them or not."""
    rules = ("rewrite continue ttl regex .* 7\nrewrite continue rcode regex .* NXDOMAIN NOERROR\n"
             "rewrite continue cname exact host.example vpce.example\n"
             "rewrite continue name regex ^(.*)\\.rocks\\.$ {1}.example answer auto answer value (.*)\\.net\\. {1}.org.\n")
    with serve(rules + f"cache\nforward . {upstream.where}") as server:
        for words in ("+edns",), ("+noedns",), ("+edns", "+dnssec"), ("+edns", "+nsid"), ("+edns", "+tcp"), ("+noedns", "+tcp"):
            tap.same(answer(server, *words, "alias.rocks"),
                     ("NOERROR", ["alias.rocks. CNAME vpce.example.", "vpce.example. A 192.0.2.18"]), f"a reply, {words}")
            tap.same(answer(server, *words, "none.rocks"), ("NOERROR", []), f"a denial, {words}")
            tap.same("OPT PSEUDOSECTION" in server.dig(*words, "none.rocks"), "+edns" in words, f"OPT is for who has one, {words}")


def check_acl(upstream):
    """CVE-2026-26017: what is judged is the name that is answered."""
    rules = ("rewrite name suffix .pub.example .secret.svc.cluster.local answer auto\n"
             "rewrite continue cname exact newyork.foo.example web.secret.svc.cluster.local\n"
             "rewrite name exact web.open.example host.example\n")
    judges = f"secret.svc.cluster.local {{\nacl {{\n block\n}}\n{KUBERNETES}}}\n"
    with serve(rules + f"acl secret.svc.cluster.local {{\n block\n}}\ncache\nforward . {upstream.where}", judges) as server:
        for words in ("web.pub.example",), ("WEB.pub.example", "+tcp"), ("web.pub.example",):
            tap.same(answer(server, *words), ("REFUSED", []), f"a rule is no way around an acl, {words}")
        rcode, lines = answer(server, "123.foo.example")
        tap.same((rcode, lines), ("SERVFAIL", ["123.foo.example. CNAME web.secret.svc.cluster.local."]), "nor is a target")
        tap.same(answer(server, "web.open.example")[0], "NOERROR", "other names are answered")
    with serve(f"rewrite name web.secret.example host.example\nacl secret.example {{\n block\n}}\nforward . {upstream.where}") as server:
        tap.same(answer(server, "web.secret.example")[0], "NOERROR", "a blocked name that becomes another is that one")


with StubUpstream(KNOWN) as the_upstream:
    check_5751(the_upstream)
    check_4407(the_upstream)
    check_1711()
    check_2389(the_upstream)
    check_3298()
    check_5063(the_upstream)
    check_6922(the_upstream)
    check_kubespray()
    check_gardener()
    check_targets(the_upstream)
    check_external_name(the_upstream)
    check_metadata()
    check_replies(the_upstream)
    check_opt(the_upstream)
    check_acl(the_upstream)
tap.done()
