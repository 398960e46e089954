#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What was known stays good to have: while resolvers fail, when they are back, and where they deny what there is."""
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "support"))
from datagrams import addresses, ask_all, extended_error, question, wire  # noqa: E402
from running_server import Place, wait_for  # noqa: E402
from stub_upstream import Manner, StubUpstream, record  # noqa: E402
from tap import Tap  # noqa: E402

tap = Tap()
NAME = "app.example."
BRIEF = "success 9984 1 0\n denial 9984 1 0\n"


def serve(cache, forward):
    return Place(f". {{\ncache {{\n {cache}\n}}\nforward . {forward}\n}}\n").serve()


def told(server, name=NAME):
    """The rcode, addresses, and whether they are said to be stale."""
    reply = ask_all(server, [question(1, name)])[0]
    return reply.rcode, addresses(reply), extended_error(reply) == 3


def set_address(upstream, address):
    upstream.known[wire.name_from_text(NAME)] = [record(NAME, "A", address, ttl=1)]


def check_failures(mood):
    """Failing resolvers hide nothing, are not asked for each question, and are believed again when they are back."""
    with StubUpstream() as upstream:
        set_address(upstream, "192.0.2.1")
        with serve(BRIEF, upstream.where) as server:
            tap.same(told(server), (0, ["192.0.2.1"], False), f"{mood}: a name becomes known")
            upstream.mood = mood
            first = []
            tap.ok(wait_for(lambda: first.append(told(server)) or first[-1][2]), f"{mood}: it is shown though it has run out")
            tap.same({(rcode, *found) for rcode, found, _ in first}, {(0, "192.0.2.1")}, f"{mood}: also to the first who asks then")
            before = upstream.count(NAME)
            said = [told(server) for _ in range(200)]
            tap.same({(rcode, *found) for rcode, found, _ in said}, {(0, "192.0.2.1")}, f"{mood}: to all who ask, never a failure")
            tap.ok(upstream.count(NAME) - before < 100, f"{mood}: and resolvers are left in peace", upstream.count(NAME) - before)
            set_address(upstream, "192.0.2.2")
            upstream.mood = "well"
            tap.ok(wait_for(lambda: told(server) == (0, ["192.0.2.2"], False)), f"{mood}: what is new is told when they are back")


def check_kept_failure():
    """A failure is kept for some seconds; what is good comes before it."""
    with StubUpstream() as failing, StubUpstream([record(NAME, "A", "192.0.2.3")]) as well:
        failing.mood = "servfail"
        with serve("servfail 60s", failing.where) as server:
            rcodes = {told(server)[0] for _ in range(20)}
            tap.same((rcodes, failing.count(NAME)), ({2}, 1), "a failure that nobody knows better is asked for once")
        with serve("servfail 60s", f"{failing.where} {well.where} {{\n policy sequential\n}}") as server:
            tap.same([told(server)[:2] for _ in range(5)], [(0, ["192.0.2.3"])] * 5, "where another one knows better there is none")
        with serve("servfail 60s\n serve_stale off", failing.where) as server:
            failing.mood = "well"
            set_address(failing, "192.0.2.4")
            tap.same(told(server)[:2], (0, ["192.0.2.4"]), "a name is known")
            failing.mood = "servfail"
            tap.ok(wait_for(lambda: told(server)[0] == 2), "with serve_stale off a failure is told when it has run out")


def check_denials():
    """A resolver that denies what there is: believed, but for who prefers what was known."""
    for rcode, kind in (3, "NXDOMAIN"), (0, "NODATA"):
        for cache, expected in (BRIEF, (rcode, [], False)), \
                (f"{BRIEF} serve_stale 1h verify\n serve_stale_policy prefer_positive", (0, ["192.0.2.1"])):
            with StubUpstream(manners={"other.example.": Manner()}) as upstream:
                set_address(upstream, "192.0.2.1")
                with serve(cache, upstream.where) as server:
                    tap.same(told(server)[:2], (0, ["192.0.2.1"]), f"{kind}: a name is known")
                    upstream.manners[wire.name_from_text(NAME)] = Manner(rcode=rcode)
                    upstream.known[wire.name_from_text(NAME)] = [record(NAME, "TXT", "here")]
                    before = upstream.count(NAME)
                    tap.ok(wait_for(lambda: told(server) and upstream.count(NAME) > before + 1),
                           f"{kind}: it runs out and is denied")
                    tap.same({told(server)[:len(expected)] == expected for _ in range(20)}, {True},
                             f"{kind}: {'what was known stays' if expected[1] else 'a denial is a denial'}")
                    del upstream.manners[wire.name_from_text(NAME)]
                    set_address(upstream, "192.0.2.9")
                    tap.ok(wait_for(lambda: told(server)[:2] == (0, ["192.0.2.9"])), f"{kind}: the truth is told when it is back")


check_failures("servfail")
check_failures("silent")
check_failures("refused")
check_kept_failure()
check_denials()
tap.done()
