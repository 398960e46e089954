#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`cancel`, `timeouts` and `debug` in a server."""
import os
import socket
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "support"))
from running_server import Place, wait_for  # noqa: E402
from stub_upstream import StubUpstream, record  # noqa: E402
from tap import Tap  # noqa: E402

tap = Tap()
ADDRESS = [record(f"{name}.example.", "A", "192.0.2.1") for name in ("slow", "late", "known", "quick")]


def check_cancel(upstream):
    with Place(f". {{\n errors\n cancel 300ms\n cache\n forward . {upstream.where}\n}}\n").serve() as server:
        tap.same(server.rcode("quick.example")[0], "NOERROR", "who is quick is heard")
        upstream.mood = "silent"
        for transport, name in ("+notcp", "slow.example"), ("+tcp", "slower.example"):
            began = time.monotonic()
            text = server.dig(transport, "+tries=1", name)
            tap.ok("SERVFAIL" in text and "EDE: 22" in text, f"who is silent is given up on, {transport}", text)
            tap.ok(time.monotonic() - began < 4.5, "before upstreams are through with it")
        tap.ok(wait_for(lambda: "plugin/errors: 2 slow.example. A: context deadline exceeded" in server.text()), "the log says so")
        upstream.mood, upstream.delay_s = "well", 0.8
        tap.same(server.rcode("late.example")[0], "SERVFAIL", "who is late is late")
        tap.ok(wait_for(lambda: server.short("+tries=1", "late.example") == ["192.0.2.1"]), "what comes late is kept for the next one")
        tap.same(upstream.count("late.example."), 1, "for which nobody is asked again")
        upstream.delay_s = 0


def check_cancel_below_rules(upstream):
    """dns64 would ask another question: not any more."""
    with Place(f". {{\n cancel 300ms\n dns64 {{\n  allow_ipv4\n }}\n forward . {upstream.where}\n}}\n").serve() as server:
        upstream.mood = "silent"
        began = time.monotonic()
        tap.same(server.rcode("+tries=1", "known.example", "AAAA")[0], "SERVFAIL", "rules are given up on as well")
        tap.ok(time.monotonic() - began < 3, "at once")
        upstream.mood = "well"


def check_timeouts():
    with Place(". {\n timeouts {\n  read 1s\n  maxtcpqueries 1\n }\n whoami\n}\n").serve() as server:
        began = time.monotonic()
        with socket.create_connection(("127.0.0.1", server.port), timeout=8) as silent:
            tap.same(silent.recv(1), b"", "who asks nothing is let go")
        tap.ok(0.9 < time.monotonic() - began < 7, "after a second")
        query = b"\0\x1d" + bytes.fromhex("000101000001000000000000") + b"\1a\7example\0\0\1\0\1"
        query = (len(query) - 2).to_bytes(2, "big") + query[2:]
        with socket.create_connection(("127.0.0.1", server.port), timeout=8) as tcp, tcp.makefile("rb") as stream:
            tcp.sendall(query + query)
            size = int.from_bytes(stream.read(2), "big")
            tap.same((len(stream.read(size)), stream.read(1)), (size, b""), "a connection has the queries that it may have")


def check_debug(upstream):
    for directive, is_debug in ("", False), ("debug", True):
        corefile = f". {{\n {directive}\n errors {{\n  consolidate 1s \".*\" debug\n }}\n forward . {upstream.where}\n}}\n"
        with Place(corefile).serve() as server:
            upstream.mood = "silent"
            server.dig("+tries=1", "+timeout=8", "slow.example")
            upstream.mood = "well"
            if is_debug:
                tap.ok(wait_for(lambda: "[DEBUG] plugin/errors:" in server.text()), "with debug there are DEBUG lines", server.text())
            else:
                time.sleep(1.5)  # longer than lines are gathered
                tap.ok("[DEBUG]" not in server.text(), "without there are none", server.text())


with StubUpstream(ADDRESS) as the_upstream:
    check_cancel(the_upstream)
    check_cancel_below_rules(the_upstream)
    check_timeouts()
    check_debug(the_upstream)
tap.done()
