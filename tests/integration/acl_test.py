#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`acl` and `header` in a server: whom they stop, and that there is no way around them."""
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "support"))
from datagrams import metric  # noqa: E402
from running_server import Place, free_port, metrics_page  # noqa: E402
from stub_upstream import StubUpstream, record  # noqa: E402
from tap import Tap  # noqa: E402

tap = Tap()
SERVICES = """
apiVersion: v1
kind: Service
metadata: {name: web, namespace: default}
spec: {clusterIP: 10.96.0.80, ports: [{name: http, port: 80}]}
---
apiVersion: v1
kind: Service
metadata: {name: near, namespace: default}
spec: {type: ExternalName, externalName: web.secret.svc.cluster.local}
---
apiVersion: v1
kind: Service
metadata: {name: far, namespace: default}
spec: {type: ExternalName, externalName: Host.Secret.example}
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: secret}
spec: {clusterIP: 10.96.0.81, ports: [{name: http, port: 80}]}
"""
KNOWN = [record("host.secret.example.", "A", "192.0.2.1"), record("open.example.", "A", "192.0.2.2")]
FRIEND, STRANGER = ("-b", "127.0.0.1"), ("-b", "127.0.0.2")


def flags(text):
    return text.partition(";; flags: ")[2].partition(";")[0].split()


def check_ways(upstream):
    """Every way to a forbidden name: letters, transports, aliases, the cache."""
    port = free_port()
    corefile = f""". {{
    kubernetes cluster.local {{
        manifests objects
    }}
    acl secret.svc.cluster.local secret.example {{
        allow net 127.0.0.1
        block
    }}
    cache 30
    forward . {upstream.where}
    prometheus 127.0.0.1:{port}
}}
"""
    with Place(corefile, SERVICES).serve() as server:
        for transport in "+notcp", "+tcp":
            for name in "web.secret.svc.cluster.local", "WEB.Secret.SVC.cluster.local":
                tap.same(server.rcode(transport, *FRIEND, name)[0], "NOERROR", f"a friend may ask for {name}, {transport}")
                tap.same(server.rcode(transport, *STRANGER, name), ("REFUSED", []), f"a stranger may not, {transport}")
            tap.same(server.short(transport, *STRANGER, "web.default.svc.cluster.local"), ["10.96.0.80"],
                     f"other names are for all, {transport}")
            tap.same(server.short(transport, *STRANGER, "open.example"), ["192.0.2.2"], "and so are those of others")
        tap.ok("EDE: 15 (Blocked)" in server.dig(*STRANGER, "web.secret.svc.cluster.local"), "the reply says why")

        tap.same(server.rcode(*STRANGER, "host.secret.example")[0], "REFUSED", "a name of others is not asked for")
        tap.same(upstream.count("host.secret.example."), 0, "nobody hears of it")
        tap.same(server.short(*FRIEND, "host.secret.example"), ["192.0.2.1"], "a friend gets it")
        tap.same(server.short(*FRIEND, "host.secret.example"), ["192.0.2.1"], "and again, from the cache")
        tap.same(upstream.count("host.secret.example."), 1, "which was asked once")
        tap.same(server.rcode(*STRANGER, "HOST.secret.example"), ("REFUSED", []), "the cache is no way around")

        for alias, target in ("near", "web.secret.svc.cluster.local."), ("far", "Host.Secret.example."):
            name = f"{alias}.default.svc.cluster.local"
            for transport in "+notcp", "+tcp":
                rcode, lines = server.rcode(transport, *STRANGER, name, "A")
                tap.same((rcode, [line.split()[-1] for line in lines]), ("SERVFAIL", [target]),
                         f"an alias to {target} is no way around, {transport}")
                tap.same(server.short(transport, *FRIEND, name)[0], target, "a friend may follow it")
                tap.same(len(server.short(transport, *FRIEND, name)), 2, "to its end")
        tap.ok(metric(metrics_page(port), "coredns_acl_blocked_requests_total{") >= 8, "what is blocked is counted")
        tap.same(metric(metrics_page(port), f'coredns_acl_blocked_requests_total{{server="dns://:{server.port}",view="",zone="secret.example."}}'),
                 4, "once for each question, at the acl's zone")
        tap.ok(metric(metrics_page(port), 'coredns_dns_responses_total{plugin="acl",rcode="REFUSED"') > 0, "acl is who answered")


def check_rewritten(upstream):
    """It is the answered name that is judged (CVE-2026-26017), whichever rule leads to it and however it is asked for."""
    corefile = f""". {{
    rewrite name exact door.example web.secret.svc.cluster.local
    rewrite name suffix .side.example .secret.svc.cluster.local answer auto
    rewrite name regex (.*)\\.pattern\\.example {{1}}.secret.example answer auto
    rewrite name exact out.secret.example open.example
    rewrite type HINFO A
    dns64 {{
        allow_ipv4
    }}
    kubernetes cluster.local {{
        manifests objects
    }}
    hosts {{
        192.0.2.9 kept.secret.example
        fallthrough
    }}
    acl secret.svc.cluster.local secret.example {{
        allow net 127.0.0.1
        block
    }}
    cache 30
    forward . {upstream.where}
}}
"""
    with Place(corefile, SERVICES).serve() as server:
        for transport in "+notcp", "+tcp":
            for name, expected in ("door.example", "10.96.0.81"), ("Web.SIDE.example", "10.96.0.81"), \
                    ("host.pattern.example", "192.0.2.1"), ("kept.pattern.example", "192.0.2.9"), ("kept.secret.example", "192.0.2.9"):
                tap.same(server.short(transport, *FRIEND, name, "A"), [expected], f"{name} leads there, {transport}")
                tap.same(server.rcode(transport, *STRANGER, name, "A"), ("REFUSED", []), f"but not for strangers, {transport}")
                tap.same(server.rcode(transport, *STRANGER, name, "AAAA"), ("REFUSED", []), "nor by way of dns64")
            tap.same(server.rcode(transport, *STRANGER, "host.secret.example", "HINFO"), ("REFUSED", []), "nor by another type")
            tap.same(server.short(transport, *STRANGER, "out.secret.example", "A"), ["192.0.2.2"], "what leads out is judged there")


def check_views(upstream):
    """A view is no way around the acl of its block, nor the acl of one block a way into the other."""
    corefile = f"""secret.example {{
    view friends {{
        expr incidr(client_ip(), '127.0.0.1/32')
    }}
    cache 30
    forward . {upstream.where}
}}
. {{
    acl secret.example {{
        block
    }}
    rewrite name exact door.example host.secret.example
    cache 30
    forward . {upstream.where}
}}
"""
    with Place(corefile, SERVICES).serve() as server:
        for transport in "+notcp", "+tcp":
            tap.same(server.short(transport, *FRIEND, "host.secret.example"), ["192.0.2.1"], f"a friend has a view, {transport}")
            tap.same(server.rcode(transport, *STRANGER, "HOST.secret.example"), ("REFUSED", []), f"a stranger has the acl, {transport}")
            tap.same(server.rcode(transport, *FRIEND, "door.example"), ("REFUSED", []), "rules stay in their block")


def check_kinds():
    corefile = """. {
    acl {
        filter type TXT
        drop type MX
        block net 127.0.0.2/32
    }
    whoami
}
"""
    with Place(corefile, SERVICES).serve() as server:
        text = server.dig("some.example", "TXT")
        tap.ok("NOERROR" in text and "EDE: 17 (Filtered)" in text and "ANSWER: 0" in text, "a filtered question has no answer")
        tap.ok("EDE" not in server.dig("+noedns", "some.example", "TXT"), "who speaks no EDNS hears no more")
        for transport in "+notcp", "+tcp":
            silence = server.dig(transport, "+tries=1", "+timeout=1", "some.example", "MX")
            tap.ok("status:" not in silence, f"a dropped question has no reply at all, {transport}")
        tap.same(server.rcode("some.example", "A")[0], "NOERROR", "and the next one has")
        tap.same(server.rcode(*STRANGER, "some.example", "A")[0], "REFUSED", "a stranger is refused")


def check_header(upstream):
    corefile = f""". {{
    header {{
        response set aa
        response clear ra
        query set rd
    }}
    forward . {upstream.where}
}}
"""
    with Place(corefile, SERVICES).serve() as server:
        for transport in "+notcp", "+tcp":
            got = flags(server.dig(transport, "+norecurse", "open.example"))
            tap.same(got, ["qr", "aa", "rd"], f"flags are as header says, {transport}")


with StubUpstream(KNOWN) as the_upstream:
    check_ways(the_upstream)
    check_rewritten(the_upstream)
    check_views(the_upstream)
    check_kinds()
    check_header(the_upstream)
tap.done()
