#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`template` in a server: the templates that clusters come with, the cluster's own names beside them, aliases into
names of ours and of others, and what is counted and said."""
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
"""
KNOWN = [record("host.far.example.", "A", "192.0.2.1"),
         record("vm.x.internal.cloudapp.net.", "A", "192.0.2.2"),
         record("11-1-2-3.nip.example.", "A", "192.0.2.3"),
         record("plain.example.", "AAAA", "2001:db8::1")]


def counted(port, start):
    return metric(metrics_page(port), start)


def data(server, *words):
    """Name, TTL, type and data of the answer section."""
    return [" ".join(line.split()) for line in server.rcode(*words)[1]]


def check_managed(upstream):
    """What a managed cluster's Corefile has."""
    port = free_port()
    corefile = f""". {{
    errors
    kubernetes cluster.local in-addr.arpa ip6.arpa {{
        manifests objects
    }}
    template ANY ANY internal.cloudapp.net {{
        match "^(?:[^.]+\\.){{4,}}internal\\.cloudapp\\.net\\.$"
        rcode NXDOMAIN
        fallthrough
    }}
    template ANY ANY reddog.microsoft.com {{
        rcode NXDOMAIN
    }}
    forward . {upstream.where}
    prometheus 127.0.0.1:{port}
}}
"""
    with Place(corefile, SERVICES).serve() as server:
        for transport in "+notcp", "+tcp":
            name = "web.default.svc.cluster.local"
            tap.same(server.short(transport, name), ["10.96.0.80"], f"names of the cluster are as ever, {transport}")
            name = "web.default.svc.cluster.internal.cloudapp.net"
            tap.same(server.rcode(transport, name), ("NXDOMAIN", []), f"a search path that leads nowhere, {transport}")
            tap.same(server.rcode(transport, "any.reddog.microsoft.com"), ("NXDOMAIN", []), "and a name that is dead")
            tap.same(server.short(transport, "vm.x.internal.cloudapp.net"), ["192.0.2.2"], "others fall through")
        tap.same(upstream.count("web.default.svc.cluster.internal.cloudapp.net."), 0, "nobody was asked for the first")
        tap.same(counted(port, "coredns_template_matches_total{"), 4, "matches are counted")
        start = f'coredns_template_matches_total{{class="IN",server="dns://:{server.port}",type="A",view="",zone="reddog'
        tap.same(counted(port, start), 2, "by their zone")
        tap.same(counted(port, 'coredns_dns_responses_total{plugin="template",rcode="NXDOMAIN"'), 4, "template is who answered")


def check_no_addresses(upstream):
    """No IPv6, said once for all names."""
    corefile = f""". {{
    kubernetes cluster.local {{
        manifests objects
    }}
    template IN AAAA {{
        rcode NOERROR
    }}
    forward . {upstream.where}
}}
"""
    with Place(corefile, SERVICES).serve() as server:
        for name in "plain.example", "web.default.svc.cluster.local", "no.such.svc.cluster.local":
            tap.same(server.rcode(name, "AAAA"), ("NOERROR", []), f"{name} has no AAAA")
        tap.same(upstream.count("plain.example.", "AAAA"), 0, "nobody was asked")
        tap.same(server.short("web.default.svc.cluster.local"), ["10.96.0.80"], "other types are as ever")
        tap.same(server.rcode("no.such.svc.cluster.local")[0], "NXDOMAIN", "and so are denials")


def check_records(upstream):
    port = free_port()
    corefile = f""". {{
    errors
    kubernetes cluster.local {{
        manifests objects
    }}
    template IN A dyn.example {{
        match ^ip-(?P<a>[0-9]*)-(?P<b>[0-9]*)-(?P<c>[0-9]*)-(?P<d>[0-9]*)[.]
        match ^ip0a(?P<b>[a-f0-9]{{2}})(?P<c>[a-f0-9]{{2}})(?P<d>[a-f0-9]{{2}})[.]
        answer "{{{{ .Name }}}} 60 IN A {{{{ if eq .Group.a `` }}}}10.{{{{ parseInt .Group.b 16 8 }}}}{{{{ else }}}}{{{{ .Group.a }}}}.{{{{ .Group.b }}}}{{{{ end }}}}.{{{{ .Group.c }}}}.{{{{ .Group.d }}}}"
    }}
    template IN A dyn.example {{
        rcode NXDOMAIN
    }}
    template ANY ANY invalid {{
        rcode NXDOMAIN
        authority "{{{{ .Zone }}}} 60 {{{{ .Class }}}} SOA ns.invalid. hostmaster.invalid. (1 60 60 60 60)"
        ederror 21 "not of this world"
    }}
    template IN ANY to.example {{
        match "^(?P<name>.*)[.]to[.]example[.]$"
        answer "{{{{ .Name }}}} 5 IN CNAME {{{{ .Group.name }}}}."
    }}
    template IN TXT who.example {{
        answer "{{{{ .Name }}}} 0 IN TXT {{{{ .Remote }}}}"
    }}
    template IN A twice.example {{
        answer "{{{{ .Name }}}} 1 IN A 10.0.0.1" "{{{{ .Name }}}} 1 IN A 10.0.0.2"
    }}
    loadbalance
    forward . {upstream.where}
    prometheus 127.0.0.1:{port}
}}
"""
    with Place(corefile, SERVICES).serve() as server:
        tap.same(data(server, "IP-1-2-3-4.dyn.example"), ["IP-1-2-3-4.dyn.example. 60 IN A 1.2.3.4"], "groups make an address")
        tap.same(server.rcode("ip-1-2-3-400.dyn.example"), ("SERVFAIL", []), "what makes no address fails")
        tap.ok(server.logged('[ERROR] plugin/errors: 2 ip-1-2-3-400.dyn.example. A: "1.2.3.400" is no IPv4 address'),
               "and says why")
        tap.same(counted(port, 'coredns_template_rr_failures_total{class="IN",section="answer"'), 1, "and is counted")
        tap.same(server.rcode("other.dyn.example"), ("SERVFAIL", []), "without fallthrough the next template is not asked")
        text = server.dig("x.invalid")
        tap.ok("NXDOMAIN" in text and "EDE: 21" in text and "(not of this world)" in text, "an extended error has its words")
        tap.ok("hostmaster.invalid. 1 60 60 60 60" in text, "the authority section is written")
        tap.ok("EDE" not in server.dig("+noedns", "x.invalid"), "who speaks no EDNS hears no more")
        for transport in "+notcp", "+tcp":
            tap.same(data(server, transport, "web.default.svc.cluster.local.to.example"),
                     ["web.default.svc.cluster.local.to.example. 5 IN CNAME web.default.svc.cluster.local.",
                      "web.default.svc.cluster.local. 5 IN A 10.96.0.80"], f"an alias leads to names of ours, {transport}")
            tap.same(data(server, transport, "host.far.example.to.example")[-1:], ["host.far.example. 60 IN A 192.0.2.1"],
                     f"and to those of others, {transport}")
            tap.same(data(server, transport, "ip-9-8-7-6.dyn.example.to.example")[-1:],
                     ["ip-9-8-7-6.dyn.example. 60 IN A 9.8.7.6"], f"and to those of templates, {transport}")
        matches = 'coredns_template_matches_total{class="IN",server="dns://:%d",type="A",view="",zone="to.example."}'
        tap.same(counted(port, matches % server.port), 6, "a question that had to wait is counted once")
        tap.same(server.rcode("gone.svc.cluster.local.to.example")[0], "NXDOMAIN", "the end of an alias says whether it is")
        tap.same(data(server, "host.far.example.to.example", "TXT"),
                 ["host.far.example.to.example. 5 IN CNAME host.far.example."], "for other types it is not followed")
        tap.same(server.short("who.example", "TXT"), ['"127.0.0.1"'], "who asks can be told")
        firsts = {server.short("twice.example")[0] for _ in range(8)}
        tap.same(firsts, {"10.0.0.1", "10.0.0.2"}, "addresses take turns")
        tap.same(server.rcode("loop.to.example.to.example.to.example")[0], "NXDOMAIN", "aliases of aliases end")


def check_conditions(upstream):
    """Values with names, and what has to hold beside a pattern."""
    corefile = f""". {{
    metadata
    template IN A nip.example {{
        match "^(?P<ip>[0-9-]+)[.]nip[.]example[.]$"
        var ip replace(group('ip'), '-', '.')
        expr incidr(ip, '10.0.0.0/8') or incidr(ip, '192.168.0.0/16')
        answer "{{{{ .Name }}}} 60 IN A {{{{ .Var.ip }}}}"
        fallthrough
    }}
    template IN TXT me.example {{
        expr client_ip() == '127.0.0.1' and server_port() != '1' and metadata('template/none') == ''
        var said name() + proto() + string(len(group(0)))
        answer "{{{{ .Name }}}} 60 IN TXT {{{{ .Var.said }}}}"
    }}
    forward . {upstream.where}
}}
"""
    with Place(corefile, SERVICES).serve() as server:
        tap.same(data(server, "10-1-2-3.nip.example"), ["10-1-2-3.nip.example. 60 IN A 10.1.2.3"], "a variable is put out")
        tap.same(server.short("192-168-1-1.nip.example"), ["192.168.1.1"], "and judged")
        tap.same((server.short("11-1-2-3.nip.example"), upstream.count("11-1-2-3.nip.example.")), (["192.0.2.3"], 1),
                 "what does not hold falls through")
        tap.same(server.rcode("10-1.nip.example")[0], "SERVFAIL", "what has no value fails")
        tap.same(server.short("+notcp", "me.example", "TXT"), ['"me.example.udp11"'], "facts of the question are known, UDP")
        tap.same(server.short("+tcp", "me.example", "TXT"), ['"me.example.tcp11"'], "and TCP")


with StubUpstream(KNOWN) as the_upstream:
    check_managed(the_upstream)
    check_no_addresses(the_upstream)
    check_records(the_upstream)
    check_conditions(the_upstream)
tap.done()
