#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""ExternalName: aliases that lead outside, and names that fall through, with a resolver behind. tests/cases has those that need
none."""
import os
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(os.path.dirname(HERE), "support")]
from running_server import ROOT, Server  # noqa: E402
from stub_upstream import Manner, StubUpstream, record  # noqa: E402
from tap import Tap  # noqa: E402

tap = Tap()
COREFILE = """
. {{
    bind 127.0.0.1
    kubernetes cluster.local {{
        manifests {root}/tests/cases/{manifests}/manifests
        {option}
    }}
    forward . {upstream}
}}
"""
MANY = [f"198.51.100.{i}" for i in range(1, 61)]
KNOWN = [
    *(record("www.example.com.", "A", address, 120) for address in ("192.0.2.10", "192.0.2.11")),
    record("www.example.com.", "AAAA", "2001:db8::10", 120),
    record("www.example.com.", "TXT", "hello", 120),
    record("v4.example.com.", "A", "192.0.2.4"),
    record("extra.cluster.local.", "A", "192.0.2.77"),
    record("extra.default.svc.cluster.local.", "A", "192.0.2.78"),
    *(record("big.example.com.", "A", address) for address in MANY),
]
MANNERS = {"fail.example.com.": Manner(rcode=2, denial=False), "refused.example.com.": Manner(rcode=5, denial=False)}
WWW = "www.example.com. 120 A 192.0.2.10 | www.example.com. 120 A 192.0.2.11"
OUTSIDE = "SOA upstream.test."
OURS = "SOA cluster.local."

# question -> rcode and flags: the answer; what stands in authority
ALIASES = f"""
www.default.svc.cluster.local. A -> NOERROR aa: @ 5 CNAME www.example.com. | {WWW}
www.default.svc.cluster.local. A +tcp -> NOERROR aa: @ 5 CNAME www.example.com. | {WWW}
dot.default.svc.cluster.local. A -> NOERROR aa: @ 5 CNAME www.example.com. | {WWW}
Www.Default.Svc.cluster.local. A -> NOERROR aa: @ 5 CNAME www.example.com. | {WWW}
www.default.svc.cluster.local. AAAA -> NOERROR aa: @ 5 CNAME www.example.com. | www.example.com. 120 AAAA 2001:db8::10
www.default.svc.cluster.local. TXT -> NOERROR aa: @ 5 CNAME www.example.com. | www.example.com. 120 TXT "hello"
www.default.svc.cluster.local. CNAME -> NOERROR aa: @ 5 CNAME www.example.com.
www.default.svc.cluster.local. ANY -> NOERROR aa: @ 5 CNAME www.example.com.
www.default.svc.cluster.local. MX -> NOERROR aa: @ 5 CNAME www.example.com.; {OUTSIDE}
www.default.svc.cluster.local. SRV -> NOERROR aa: @ 5 CNAME www.example.com.; {OUTSIDE}
v4.default.svc.cluster.local. AAAA -> NOERROR aa: @ 5 CNAME v4.example.com.; {OUTSIDE}
gone.default.svc.cluster.local. AAAA -> NXDOMAIN aa: @ 5 CNAME gone.example.com.; {OUTSIDE}
in.default.svc.cluster.local. A -> NOERROR aa: @ 5 CNAME web.default.svc.cluster.local. | web.default.svc.cluster.local. 5 A 10.96.40.1
in-gone.default.svc.cluster.local. A -> NXDOMAIN aa: @ 5 CNAME nope.default.svc.cluster.local.; {OURS}
in-ext.default.svc.cluster.local. A -> NOERROR aa: @ 5 CNAME www.default.svc.cluster.local. | \
www.default.svc.cluster.local. 5 CNAME www.example.com. | {WWW}
outzone.default.svc.cluster.local. A -> NXDOMAIN aa: @ 5 CNAME extra.cluster.local.; {OURS}
x.www.default.svc.cluster.local. A -> NXDOMAIN aa: ; {OURS}
www.example.com. AAAA -> NOERROR ra: @ 120 AAAA 2001:db8::10
gone.example.com. A -> NXDOMAIN ra: ; {OUTSIDE}
fail.example.com. A -> SERVFAIL ra:
refused.example.com. A -> REFUSED ra:
"""
FALLTHROUGH = f"""
web.default.svc.cluster.local. A -> NOERROR aa: @ 5 A 10.96.10.1
web.default.svc.cluster.local. AAAA -> NOERROR aa: ; {OURS}
default.svc.cluster.local. A -> NOERROR aa: ; {OURS}
cluster.local. A -> NOERROR aa: ; {OURS}
extra.cluster.local. A -> NOERROR ra: @ 60 A 192.0.2.77
extra.cluster.local. TXT -> NOERROR ra: ; {OUTSIDE}
extra.default.svc.cluster.local. A -> NOERROR ra: @ 60 A 192.0.2.78
nope.default.svc.cluster.local. A -> NXDOMAIN ra: ; {OUTSIDE}
nope.default.svc.cluster.local. TXT -> NXDOMAIN ra: ; {OUTSIDE}
hl-empty.default.svc.cluster.local. A -> NXDOMAIN ra: ; {OUTSIDE}
x.nope.cluster.local. A -> NXDOMAIN ra: ; {OUTSIDE}
www.example.com. A -> NOERROR ra: {WWW}
"""


def records(text, section):
    """Those of a section that dig printed, without their class."""
    part = text.partition(f";; {section} SECTION:")[2].partition("\n\n")[0]
    return [" ".join(words[:2] + words[3:]) for words in map(str.split, part.splitlines()) if words and words[0][0] != ";"]


def ask(server, *words):
    """rcode and flags, the answers, and what SOA stands in authority."""
    text = server.dig("+noedns", "+ignore", *words)
    flags = set(text.partition("flags: ")[2].partition(";")[0].split()) - {"qr", "rd"}
    status = text.partition("status: ")[2].partition(",")[0]
    denial = [f"SOA {line.split()[0]}" for line in records(text, "AUTHORITY")]
    return " ".join([status, *sorted(flags)]), sorted(records(text, "ANSWER")), denial


def check(server, lines):
    for line in lines.replace("\\\n", "").strip().splitlines():
        question, expected = line.split(" -> ")
        head, _, rest = expected.partition(":")
        answer, _, denial = rest.partition(";")
        answers = [text.strip().replace("@", question.split()[0]) for text in answer.split("|") if text.strip()]
        tap.same(ask(server, *question.split()), (head, sorted(answers), [denial.strip()] if denial else []), question)


def check_fails(server):
    """What others refuse or fail at is our failure, and the alias is told all the same."""
    for name in "fail", "refused":
        tap.same(ask(server, f"{name}.default.svc.cluster.local.", "A"),
                 ("SERVFAIL aa", [f"{name}.default.svc.cluster.local. 5 CNAME {name}.example.com."], []),
                 f"{name}: the alias stays in a failure")


def check_many(server, upstream):
    text = server.dig("+bufsize=4096", "+ignore", "big.default.svc.cluster.local.", "A")
    tap.same(sorted(records(text, "ANSWER")),
             sorted(["big.default.svc.cluster.local. 5 CNAME big.example.com.", *(f"big.example.com. 60 A {address}" for address in MANY)]),
             "sixty addresses behind an alias fit into one datagram")
    tap.ok(" tc" not in text.partition("flags:")[2].partition(";")[0], "and nothing is said to be missing")
    status, answers, _ = ask(server, "big.default.svc.cluster.local.", "A")
    tap.same((status, answers[0]), ("NOERROR aa tc", "big.default.svc.cluster.local. 5 CNAME big.example.com."), "without EDNS it is cut")
    tap.ok(len(answers) > 20, "and holds as many as fit", len(answers))
    tap.same(len(records(server.dig("+tcp", "big.default.svc.cluster.local.", "A"), "ANSWER")), 61, "over TCP it is whole")
    tap.ok(upstream.count("big.example.com."), "the resolver was asked")


def serve(place, upstream, manifests, option=""):
    path = os.path.join(place, "Corefile")
    with open(path, "w", encoding="ascii") as file:
        file.write(COREFILE.format(root=ROOT, manifests=manifests, option=option, upstream=upstream.where))
    return Server(path, place)


with tempfile.TemporaryDirectory() as folder, StubUpstream(KNOWN, manners=MANNERS) as resolver:
    resolver.denial = record("upstream.test.", "SOA", "ns.upstream.test. root.upstream.test. 1 3600 600 86400 60")
    with serve(folder, resolver, "externalname-alone") as knamed:
        check(knamed, ALIASES)
        check_fails(knamed)
        check_many(knamed, resolver)
    tap.same([name for name, _, _ in resolver.asked if name.endswith(".local.")], [], "names that are ours are not asked for")
    with serve(folder, resolver, "basic", "fallthrough") as knamed:
        check(knamed, FALLTHROUGH)
tap.done()
