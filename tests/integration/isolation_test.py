#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What is kept for one question is not told to another: class, type, DO and CD are part of it, and so is the view that it was
asked in. And no way leads around an `acl`: rules, search paths, translation, what is kept."""
import os
import signal
import socket
import sys
import threading

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "support"))
from datagrams import addresses, ask_all, extended_error, question, wire  # noqa: E402
from running_server import Place, wait_for  # noqa: E402
from stub_upstream import RA, StubUpstream, record  # noqa: E402
from tap import Tap  # noqa: E402

tap = Tap()
FRIEND, STRANGER = "127.0.0.1", "127.0.0.2"
SERVICES = """
apiVersion: v1
kind: Namespace
metadata: {name: shop}
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec: {clusterIP: 10.96.0.80, ports: [{name: http, port: 80}]}
"""


# ---- questions ----

class Telling(StubUpstream):
    """Puts what it was asked into its answer: class, DO and CD."""
    def reply(self, data, proto):
        query = wire.decode(data)
        if query.qtype not in (wire.A, wire.TXT):
            return super().reply(data, proto)
        do, cd = bool(query.opts and query.opts[0].flags & 0x8000), bool(query.flags & wire.CD)
        name, kind = wire.name_to_text(wire.fold(query.qname)), wire.type_name(query.qtype)
        self.asked.append((name, kind, query.qclass, do, cd))
        said = f"192.{query.qclass}.{2 * do + cd}.1" if kind == "A" else f"{query.qclass} {do} {cd}"
        return wire.encode_response(query.id, RA | query.flags & (wire.CD | wire.RD), query.qname, query.qtype,
                                    ([record(name, kind, said)], [], []), 1232 if query.opts else None, qclass=query.qclass)


def check_keys():
    """All of them, asked for in every order, three times."""
    kinds = [(kind, qclass, do, cd) for kind in ("A", "TXT") for qclass in (1, 3) for do in (False, True) for cd in (False, True)]

    def ask(server, kind, qclass, do, cd):
        flags = wire.RD | (wire.CD if cd else 0)
        return ask_all(server, [question(7, "keys.example.", kind, qclass, flags, do=do)])[0]

    with Telling() as upstream, Place(f". {{\ncache 30\nforward . {upstream.where}\n}}\n").serve() as server:
        for order in kinds, kinds[::-1], kinds[5:] + kinds[:5]:
            for kind, qclass, do, cd in order:
                reply = ask(server, kind, qclass, do, cd)
                said = reply.answer[0].record.rdata
                expected = bytes([192, qclass, 2 * do + cd, 1]) if kind == "A" else (f"{qclass} {do} {cd}".encode(),)
                tap.same(said, expected, f"its own answer: {kind}, class {qclass}, DO {do}, CD {cd}")
        in_internet = [asked for asked in upstream.asked if asked[2] == 1]
        tap.same((len(in_internet), len(set(in_internet))), (8, 8), "each was asked for once, then it was known")


# ---- views ----

VIEWS = """. {{
    view inside {{
        expr client_ip() == '127.0.0.1'
    }}
    cache {{
        success 9984 {ttl} 0
    }}
    forward . {inside}
}}
. {{
    cache {{
        success 9984 {ttl} 0
    }}
    forward . {outside}
}}
"""


def told(server, name, client, **options):
    reply = ask_all(server, [question(1, name)], client, **options)[0]
    return None if reply is None else addresses(reply)


def check_views():
    """Two views with a cache and a resolver each: in turn, at the same time, in an outage, behind a reload."""
    names = ["both.example.", *(f"name{i}.example." for i in range(20))]
    with StubUpstream([record(name, "A", "10.0.0.1", ttl=60) for name in names]) as inside, \
            StubUpstream([record(name, "A", "192.0.2.1", ttl=60) for name in names]) as outside:
        def corefile(one, other, ttl):
            return VIEWS.format(inside=one.where, outside=other.where, ttl=ttl)

        place = Place(corefile(inside, outside, 30), SERVICES)
        with place.serve() as server:
            for _ in range(3):
                tap.same(told(server, "both.example.", FRIEND), ["10.0.0.1"], "inside, the view's own answer")
                tap.same(told(server, "both.example.", STRANGER), ["192.0.2.1"], "outside, that of the other")
            tap.same((inside.count("both.example."), outside.count("both.example.")), (1, 1), "both are kept")
            inside.delay_s = outside.delay_s = 0.02
            found = {}
            asking = [threading.Thread(target=lambda who=who: found.update(
                {who: ask_all(server, [question(i, name) for i, name in enumerate(names)], who, sockets=4)}))
                for who in (FRIEND, STRANGER)]
            for thread in asking:
                thread.start()
            for thread in asking:
                thread.join()
            inside.delay_s = outside.delay_s = 0
            tap.same([{tuple(addresses(reply)) for reply in found[who]} for who in (FRIEND, STRANGER)],
                     [{("10.0.0.1",)}, {("192.0.2.1",)}], "so it is when both ask the same at the same time")
            place.write("Corefile", corefile(outside, inside, 30))
            server.process.send_signal(signal.SIGUSR1)
            tap.ok(wait_for(lambda: "Reloading complete" in server.text()), "the resolvers change places")
            tap.same((told(server, "both.example.", FRIEND), told(server, "both.example.", STRANGER)),
                     (["192.0.2.1"], ["10.0.0.1"]), "and what was kept is told to nobody of the other view")
        with Place(corefile(inside, outside, 1), SERVICES).serve() as server:
            for who in FRIEND, STRANGER:
                told(server, "both.example.", who)
            inside.mood = "silent"

            def is_stale():
                reply = ask_all(server, [question(2, "both.example.")], FRIEND)[0]
                return extended_error(reply) == 3 and addresses(reply)
            tap.same(wait_for(is_stale), ["10.0.0.1"], "in an outage a view shows what it knew itself")
            tap.same(told(server, "both.example.", STRANGER), ["192.0.2.1"], "and so does the other")
            reply = ask_all(server, [question(3, "name1.example.")], FRIEND)[0]
            told(server, "name1.example.", STRANGER)
            tap.same((reply.rcode, addresses(reply)), (2, []), "what only the other knows is not known")


def check_blocks():
    """One question for which two blocks are asked for the same name."""
    here = [record("both.corp.", "CNAME", "turn.example."), record("turn.example.", "A", "203.0.113.1")]
    with StubUpstream(here) as one, StubUpstream([record("both.corp.", "A", "192.0.2.2")]) as other:
        corefile = (f". {{\nrewrite continue name exact ask.example both.corp answer auto\n"
                    f"rewrite cname exact turn.example both.corp\n"
                    f"forward . {one.where}\n}}\ncorp {{\nforward . {other.where}\n}}\n")
        with Place(corefile, SERVICES).serve() as server:
            reply = ask_all(server, [question(1, "ask.example.")])[0]
            tap.same((reply.rcode, addresses(reply)), (0, ["192.0.2.2"]), "each block has its own answer")


# ---- acl ----

def check_acl():
    """Whom an acl stops hears nothing by way of a search path, a rule, a translation or the cache."""
    known = [record("host.secret.example.", "A", "192.0.2.1"), record("four.example.", "A", "192.0.2.4")]
    with StubUpstream(known) as upstream:
        corefile = f""". {{
    dns64 {{
        allow_ipv4
    }}
    rewrite name exact way.example host.secret.example answer auto
    rewrite name suffix .ways.example .secret.example answer auto
    rewrite continue cname exact nowhere.example host.secret.example
    autopath @kubernetes
    acl secret.example {{
        allow net {FRIEND}
        block
    }}
    acl four.example {{
        filter type A net {STRANGER}
    }}
    cache 30
    kubernetes cluster.local {{
        manifests objects
    }}
    forward . {upstream.where}
}}
"""
        upstream.add(record("alias.example.", "CNAME", "nowhere.example."))
        ways = ("host.secret.example.", "way.example.", "host.ways.example.", "host.secret.example.shop.svc.cluster.local.",
                "alias.example.")
        with Place(corefile, SERVICES).serve() as server:
            for how in "before anybody asked", "when it is known":
                for name in ways:
                    for kind in "A", "AAAA", "TXT":
                        reply = ask_all(server, [question(1, name, kind)], STRANGER)[0]
                        records = [item.record.type for item in reply.answer if item.record.type in (wire.A, wire.AAAA)]
                        tap.same(records, [], f"a stranger hears nothing of {name} {kind}, {how}")
                tap.same((upstream.count("host.secret.example."), upstream.count("host.secret.example.", "AAAA")),
                         (0, 0) if how == "before anybody asked" else (1, 1), f"nobody was asked for a stranger, {how}")
                for name in ways:
                    tap.ok(told(server, name, FRIEND) == ["192.0.2.1"], f"a friend gets the address of {name}")
                told_six = ask_all(server, [question(1, "way.example.", "AAAA")], FRIEND)[0]
                tap.same([socket.inet_ntop(socket.AF_INET6, item.record.rdata) for item in told_six.answer], ["64:ff9b::c000:201"],
                         "and its translation")
            reply = ask_all(server, [question(1, "four.example.", "AAAA")], STRANGER)[0]
            tap.same(len(reply.answer), 0, "what is filtered is not translated")
            reply = ask_all(server, [question(1, "four.example.", "AAAA")], FRIEND)[0]
            tap.same(len(reply.answer), 1, "but for who may know")


check_keys()
check_views()
check_blocks()
check_acl()
tap.done()
