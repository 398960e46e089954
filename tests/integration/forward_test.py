#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Names that are not ours, through `forward` and `cache`, over both transports; resolvers are the test's own."""
import os
import sys
import threading

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "support"))
from running_server import Place, free_port, metrics_page, wait_for  # noqa: E402
from stub_upstream import StubUpstream, record  # noqa: E402
from tap import Tap  # noqa: E402

tap = Tap()
SERVICES = """
apiVersion: v1
kind: Namespace
metadata: {name: default}
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: default}
spec: {clusterIP: 10.96.0.80, ports: [{name: http, port: 80}]}
---
apiVersion: v1
kind: Service
metadata: {name: far, namespace: default}
spec: {type: ExternalName, externalName: Alias.Example}
---
apiVersion: v1
kind: Service
metadata: {name: lost, namespace: default}
spec: {type: ExternalName, externalName: nobody.example}
"""
KUBERNETES = "kubernetes cluster.local in-addr.arpa {\n manifests objects\n fallthrough in-addr.arpa\n}\n"
KNOWN = [
    record("host.example.", "A", "192.0.2.1"),
    record("host.example.", "AAAA", "2001:db8::1"),
    record("alias.example.", "CNAME", "host.example."),
    record("9.2.0.192.in-addr.arpa.", "PTR", "host.example."),
    record("text.example.", "TXT", "hello"),
    *(record("many.example.", "A", f"192.0.2.{i}") for i in range(1, 5)),
    *(record("big.example.", "A", f"198.51.{i >> 8}.{i & 255}") for i in range(200)),
]
FAR = "far.default.svc.cluster.local."


def check_forward(upstream):
    with Place(f". {{\n{KUBERNETES}forward . {upstream.where}\n}}\n", SERVICES).serve() as server:
        for transport in "+notcp", "+tcp":
            tap.same(server.rcode(transport, "host.example", "A"), ("NOERROR", ["host.example.\t\t60\tIN\tA\t192.0.2.1"]),
                     f"an address from upstream, {transport}")
            tap.same(server.rcode(transport, "no.such.example", "A")[0], "NXDOMAIN", f"a denial from upstream, {transport}")
            tap.same(server.rcode(transport, "web.default.svc.cluster.local", "A")[0], "NOERROR", "names of ours are ours")
            tap.same(server.rcode(transport, "no.default.svc.cluster.local", "A")[0], "NXDOMAIN", "and so are denials")
            tap.same(server.short(transport, FAR, "A"), ["Alias.Example.", "host.example.", "192.0.2.1"],
                     f"an external name with its address, {transport}")
            tap.same(server.rcode(transport, "lost.default.svc.cluster.local", "A")[0], "NXDOMAIN",
                     "an external name that upstream denies")
        tap.ok(upstream.count("no.default.svc.cluster.local.") == 0, "no name of the cluster goes upstream")
        tap.same(server.short("-x", "192.0.2.9"), ["host.example."], "a reverse name that falls through")
        tap.same(server.short("-x", "10.96.0.80"), ["web.default.svc.cluster.local."], "one of ours does not")
        tap.ok("HoSt.ExAmPlE." in server.dig("HoSt.ExAmPlE", "A"), "the question comes back as it was spelled")
        tap.ok(" ra" in server.dig("host.example", "A").partition(";; flags:")[2].partition(";")[0], "RA is told")
        tap.same(len(server.short("big.example", "A")), 200, "a large reply comes over TCP")
        first = upstream.count("host.example.")
        server.short("host.example")
        tap.same(upstream.count("host.example."), first + 1, "without a cache each question is asked")
        upstream.mood = "servfail"
        tap.same(server.rcode("other.example", "A")[0], "SERVFAIL", "what upstream fails at fails")
        rcode, lines = server.rcode(FAR, "A")
        tap.same((rcode, [line.split() for line in lines]), ("SERVFAIL", [[FAR, "5", "IN", "CNAME", "Alias.Example."]]),
                 "an alias that leads there keeps its start")
        upstream.mood = "well"
        tap.same(server.short("host.example"), ["192.0.2.1"], "and comes back")


def check_silence(upstream):
    with Place(f". {{\nerrors\n{KUBERNETES}forward . {upstream.where}\n}}\n", SERVICES).serve() as server:
        upstream.mood = "silent"
        asking = threading.Thread(target=server.rcode, args=("slow.example", "A"))
        asking.start()
        tap.ok(wait_for(lambda: upstream.count("slow.example.") > 0), "a question is under way")
        tap.same(server.rcode("web.default.svc.cluster.local", "A")[0], "NOERROR", "names of ours do not wait")
        asking.join()
        tap.ok(wait_for(lambda: "plugin/errors: 2 slow.example. A:" in server.text()), "the log names it", server.text())
        upstream.mood = "well"


def check_cache(upstream):
    with Place(f". {{\n{KUBERNETES}loadbalance\ncache 30\nforward . {upstream.where}\n}}\n", SERVICES).serve() as server:
        def asked(name, kind="A", transport="+notcp"):
            before = upstream.count(name, kind)
            reply = server.rcode(transport, name, kind)
            return upstream.count(name, kind) - before, reply

        tap.same(asked("host.example.")[0], 1, "the first question goes upstream")
        count, (rcode, lines) = asked("host.example.")
        tap.same((count, rcode, [line.split()[-1] for line in lines]), (0, "NOERROR", ["192.0.2.1"]), "the second does not")
        tap.ok(int(lines[0].split()[1]) <= 30, "the TTL is the cache's at most", lines)
        tap.same(asked("HOST.example.", transport="+tcp")[0], 0, "however it is spelled and whatever it comes by")
        tap.same(asked("host.example.", "AAAA")[0], 1, "another type is another question")
        asked("none.example.")
        tap.same(asked("none.example.")[0], 0, "a denial is kept")
        firsts = {server.short("many.example", "A")[0] for _ in range(12)}
        tap.same(len(firsts), 4, "addresses from the cache take turns")
        server.short(FAR, "A")
        tap.same((asked("alias.example.")[0], server.short(FAR, "A")[-1]), (0, "192.0.2.1"),
                 "what an external name leads to is kept as well")
        tap.same([len(server.short("big.example", "A")) for _ in range(2)], [200, 200], "large replies are kept and cut for UDP")
        before = upstream.count("web.default.svc.cluster.local.")
        tap.same(before, 0, "names of ours are not asked for")


def check_cache_metrics(upstream):
    port = free_port()
    corefile = f". {{\nprometheus 127.0.0.1:{port}\n{KUBERNETES}cache 30\nforward . {upstream.where}\n}}\n"
    kinds = ("hits_total", "misses_total", "requests_total", "entries")
    lines = []

    def counts():
        lines[:] = [line for line in metrics_page(port).splitlines() if line.startswith("coredns_cache_")]
        found = {(line.partition("{")[0][14:], "denial" in line): int(line.split()[-1]) for line in lines}
        return {key: found[key] for key in found if key[0] in kinds}

    with Place(corefile, SERVICES).serve() as server:
        before = counts()
        for name in ("host.example.", "host.example.", "none.example.", "none.example.", "none.example.", FAR):
            server.short(name)
        after = counts()
        tap.same({key: after[key] - before[key] for key in after},
                 {("hits_total", False): 1, ("hits_total", True): 2, ("misses_total", False): 3, ("requests_total", False): 6,
                  ("entries", False): 2, ("entries", True): 1}, "hits, misses and entries are counted, names of ours are not")
        tap.ok(all('view=""' in line and 'zones="."' in line for line in lines), "with the labels of CoreDNS")


ZONE = ("@ 60 SOA ns host 1 2 3 4 30\n@ 60 NS ns\nns 60 A 10.0.0.9\nhere 60 A 10.0.0.1\nbelow.host 60 A 10.0.0.2\n"
        "below.none 60 A 10.0.0.3\nto 60 CNAME text\ngone 60 CNAME nobody\n")


def check_file(upstream, cache):
    """What a zone file does not have goes on."""
    place = Place(f". {{\nfile db example {{\n fallthrough\n}}\n{cache}\nforward . {upstream.where}\n}}\n", db=ZONE)
    with place.serve() as server:
        asked = len(upstream.asked)
        tap.same([server.rcode("here.example", kind)[0] for kind in ("A", "TXT")], ["NOERROR"] * 2, "what the file has is its own")
        tap.same(len(upstream.asked), asked, "and not asked for")
        for turn in range(2):
            for transport in "+notcp", "+tcp":
                turns = f", {turn}{transport}{cache}"
                tap.same(server.short(transport, "alias.example", "A"), ["host.example.", "192.0.2.1"], "what it has not goes on" + turns)
                tap.same(server.short(transport, "host.example", "A"), ["192.0.2.1"], "so does a name above others" + turns)
                tap.same(server.rcode(transport, "none.example", "A"), ("NOERROR", []), "which exists, whoever denies it" + turns)
                tap.same(server.rcode(transport, "no.example", "A"), ("NXDOMAIN", []), "as other names do not" + turns)
                tap.same(server.short(transport, "to.example", "TXT"), ["text.example.", '"hello"'], "ends of aliases go on" + turns)
                rcode, lines = server.rcode(transport, "gone.example", "TXT")
                tap.same((rcode, len(lines)), ("NXDOMAIN", 1), "and may be denied" + turns)


def check_unshown_blocks(upstream):
    """Blocks without `prometheus` beside one that has it."""
    port = free_port()
    corefile = f"""example {{
    cache 30
    forward . {upstream.where}
}}
cluster.local {{
    prometheus 127.0.0.1:{port}
{KUBERNETES}    cache 30
}}
"""
    with Place(corefile, SERVICES).serve() as server:
        for name in "host.example", "host.example", "none.example", "web.default.svc.cluster.local":
            server.short(name)
        lines = metrics_page(port).splitlines()

        def value(series):
            return next((int(line.split()[-1]) for line in lines if line.startswith(series + " ")), None)
        where = f'server="dns://:{server.port}"'
        labels = 'view="",zones="example."}'
        tap.same([value(f"coredns_cache_hits_total{{{where},type=\"success\",{labels}"),
                  value(f"coredns_cache_misses_total{{{where},{labels}"),
                  value(f"coredns_cache_requests_total{{{where},{labels}"),
                  value(f"coredns_cache_entries{{{where},type=\"success\",{labels}"),
                  value(f"coredns_cache_entries{{{where},type=\"denial\",{labels}")], [1, 2, 3, 1, 1],
                 "what the cache of a block without prometheus counts is shown")
        tap.ok(any(line.startswith("coredns_proxy_request_duration_seconds_count{") and upstream.where in line
                   for line in lines), "and whom it asks")
        tap.same([line for line in lines if line.startswith(("coredns_dns_", "coredns_plugin_")) and 'zone="example."' in line],
                 [], "but no question to it")
        tap.same(value(f'coredns_cache_entries{{{where},type="success",view="",zones="cluster.local."}}'), 0,
                 "a cache with nobody behind it is shown")


def check_stale(upstream):
    known = record("brief.example.", "A", "192.0.2.7", ttl=1)
    upstream.add(known)
    with Place(f". {{\ncache {{\n success 1000 1 0\n}}\nforward . {upstream.where}\n}}\n").serve() as server:
        tap.same(server.short("brief.example"), ["192.0.2.7"], "a name with a short life")
        upstream.mood = "servfail"
        before = upstream.count("brief.example.")
        tap.ok(wait_for(lambda: server.short("brief.example") == ["192.0.2.7"] and upstream.count("brief.example.") > before),
               "is answered though it has run out and upstream fails")
        upstream.mood = "well"


with StubUpstream(KNOWN) as the_upstream:
    check_forward(the_upstream)
    check_silence(the_upstream)
    check_cache(the_upstream)
    check_cache_metrics(the_upstream)
    check_unshown_blocks(the_upstream)
    check_stale(the_upstream)
    check_file(the_upstream, "")
    check_file(the_upstream, "cache")
tap.done()
