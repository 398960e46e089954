#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Resolvers that `forward` names and does not number: who looks them up, when, and what becomes of questions meanwhile."""
import contextlib
import os
import signal
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "support"))
from running_server import Place, free_port, wait_for  # noqa: E402
from stub_upstream import StubUpstream, record  # noqa: E402
from tap import Tap  # noqa: E402

tap = Tap()
NAME = "up.example."
SERVICES = """
apiVersion: v1
kind: Service
metadata: {name: web, namespace: default}
spec: {clusterIP: 10.96.0.80, ports: [{name: http, port: 80}]}
---
apiVersion: v1
kind: Service
metadata: {name: up, namespace: default}
spec: {clusterIP: 127.0.0.1, ports: [{name: dns, port: 53}]}
"""
WEB = "web.default.svc.cluster.local"


PLACE = Place(objects=SERVICES)


def point(to, options="", extra=""):
    PLACE.write("Corefile", f". {{\nbind 127.0.0.1\nerrors\nreload 2s\nkubernetes cluster.local {{\n manifests objects\n}}\n{extra}"
                            f"forward . {to} {{\n{options}\n}}\n}}\n")


def serve(to, options="", extra="", port=None):
    point(to, options, extra)
    return PLACE.serve(port=port)


def of(address, kind="A", ttl=1):
    return record(NAME, kind, address, ttl)


@contextlib.contextmanager
def pair(known=(), count=1):
    """Who knows NAME, and who is called so: at 127.0.0.1, 127.0.0.2 and so on, all with one port."""
    while True:
        port = free_port()
        with contextlib.ExitStack() as stack:
            try:
                stubs = [stack.enter_context(StubUpstream([record("host.example.", "A", f"192.0.2.{i}")], f"127.0.0.{i}", port))
                         for i in range(1, count + 1)]
            except OSError:
                continue  # taken at another address
            yield stack.enter_context(StubUpstream(known)), stubs
            return


def check_found():
    with pair([of("127.0.0.1")]) as (resolver, [stub]):
        with serve(f"{NAME}:{stub.port}", f"resolver {resolver.where}") as server:
            tap.same(server.short("host.example", "A"), ["192.0.2.1"], "a resolver that is named is looked up and asked")
            tap.same({(name, kind) for name, kind, _ in resolver.asked}, {(NAME, "A"), (NAME, "AAAA")},
                     "its name alone is looked up, addresses of both kinds")
            tap.same(server.short(WEB, "A"), ["10.96.0.80"], "names of the cluster are ours")
            tap.same(stub.count("host.example."), 1, "and the question goes to it alone")


def check_next_resolver():
    with pair([of("127.0.0.1")]) as (resolver, [stub]), StubUpstream() as ignorant:
        with serve(f"{NAME}:{stub.port}", f"resolver 127.0.0.1:{free_port()} {ignorant.where} {resolver.where}") as server:
            tap.same(server.short("host.example", "A"), ["192.0.2.1"], "one resolver is dead and one does not know it: the third does")
            tap.ok(ignorant.count(NAME) > 0, "they are asked in turn")


def check_not_found():
    with pair() as (resolver, [stub]):
        with serve(f"{NAME}:{stub.port}", f"resolver {resolver.where}") as server:
            tap.same(server.short(WEB, "A"), ["10.96.0.80"], "with a name that is not found the cluster is served")
            tap.same(server.rcode("host.example", "A")[0], "SERVFAIL", "and what goes elsewhere is SERVFAIL")
            tap.ok(wait_for(lambda: 'plugin/forward: failed to resolve "up.example": no addresses found for "up.example": NXDOMAIN'
                            in server.text()), "the log says why", server.text())
            tap.ok(wait_for(lambda: 'host.example. A: failed to resolve "up.example"' in server.text()), "for questions, too")
            resolver.add(of("127.0.0.1"))
            tap.ok(wait_for(lambda: server.short("host.example", "A") == ["192.0.2.1"]), "it is looked up until it is found")
            tap.same(server.text().count("no addresses found"), 1, "the log said it once")


def check_silence():
    with pair([of("127.0.0.1")]) as (resolver, [stub]):
        resolver.mood = "silent"
        with serve(f"{NAME}:{stub.port}", f"resolver {resolver.where}") as server:
            tap.ok(wait_for(lambda: resolver.count(NAME) > 0), "a look-up is under way")
            tap.same(server.short(WEB, "A"), ["10.96.0.80"], "the cluster does not wait for a silent resolver")
            resolver.mood = "well"
            tap.ok(wait_for(lambda: server.short("host.example", "A") == ["192.0.2.1"]), "when it speaks, questions are answered")


def check_changes():
    with pair([of("127.0.0.1")], 2) as (resolver, [first, second]):
        with serve(f"{NAME}:{first.port}", f"resolver {resolver.where}") as server:
            tap.same(server.short("host.example", "A"), ["192.0.2.1"], "the first address is asked")
            resolver.known.clear()
            resolver.add(of("127.0.0.2"))
            tap.ok(wait_for(lambda: server.short("host.example", "A") == ["192.0.2.2"]), "when the TTL has ended, the new one is")
            before = first.count("host.example.")
            resolver.mood = "servfail"
            asked = resolver.count(NAME)
            tap.ok(wait_for(lambda: resolver.count(NAME) > asked + 2), "a look-up fails, and fails again")
            tap.same(server.short("host.example", "A"), ["192.0.2.2"], "the last address stays")
            resolver.mood = "well"
            resolver.known.clear()
            asked = resolver.count(NAME)
            tap.ok(wait_for(lambda: resolver.count(NAME) > asked + 2), "and when the name is gone")
            tap.same(server.short("host.example", "A"), ["192.0.2.2"], "it stays, too")
            tap.same((first.count("host.example."), second.count("host.example.") > 0), (before, True), "the old one is asked no more")


def check_loop():
    with pair([of("127.0.0.1")]) as (resolver, _):
        port = free_port()
        with serve(f"{NAME}:{port}", f"resolver {resolver.where}", "loop\n", port) as server:
            tap.same(server.rcode("host.example", "A")[0], "SERVFAIL", "a name that leads back here is not asked")
            tap.ok("forwarding loop" in server.dig("host.example", "A"), "which the reply says")
            tap.ok(server.logged("up.example names 127.0.0.1, where this server itself listens"), "and logged", server.text())


def check_ourselves():
    """A name of the cluster: the answer to its look-up is our own."""
    with pair() as (_, [stub]):
        port = free_port()
        with serve(f"up.default.svc.cluster.local:{stub.port}", f"resolver 127.0.0.1:{port}", "", port) as server:
            tap.ok(wait_for(lambda: server.short("host.example", "A") == ["192.0.2.1"]), "a service may be named")


def check_reload():
    with pair([of("127.0.0.1")]) as (resolver, [stub]):
        with serve(f"{NAME}:{stub.port}", f"resolver {resolver.where}") as server:
            tap.same(server.short("host.example", "A"), ["192.0.2.1"], "before a reload")
            point(f"nobody.example:{stub.port} {NAME}:{stub.port}", f"resolver {resolver.where}")
            server.process.send_signal(signal.SIGUSR1)
            tap.ok(wait_for(lambda: 'failed to resolve "nobody.example"' in server.text()), "a reload brings a name that is not found")
            tap.same(server.short("host.example", "A"), ["192.0.2.1"], "the other one is asked")


def check_cache():
    """What others said is kept as long as the same ones are asked."""
    with pair([of("127.0.0.1"), record("other.example.", "A", "127.0.0.2", 60)], 2) as (resolver, [stub, _]):
        resolvers = f"resolver {resolver.where}"
        with serve(f"{NAME}:{stub.port}", resolvers, "cache\n") as server:
            def after_reload(to, options):
                point(f"{to}:{stub.port}", options, "cache\n")
                before = server.text().count("Reloading complete")
                server.process.send_signal(signal.SIGUSR1)
                wait_for(lambda: server.text().count("Reloading complete") > before)
                return server.short("host.example", "A")

            tap.same(server.short("host.example", "A"), ["192.0.2.1"], "a reply is kept")
            after_reload(NAME, resolvers + "\nmax_fails 5")
            tap.same(stub.count("host.example."), 1, "also when an option changes")
            tap.same(after_reload("other.example", resolvers), ["192.0.2.2"], "it is not kept for another resolver")
            with StubUpstream([record("other.example.", "A", "127.0.0.1", 60)]) as second:
                tap.same(after_reload("other.example", f"resolver {second.where}"), ["192.0.2.1"], "or one that others name so")


def check_hosts_file():
    has_localhost = False
    with contextlib.suppress(FileNotFoundError), open("/etc/hosts", encoding="utf-8") as file:
        has_localhost = any(line.split()[:1] == ["127.0.0.1"] and "localhost" in line.split()[1:] for line in file)
    with pair() as (_, [stub]):
        if not has_localhost:
            tap.ok(True, "this machine does not know localhost # SKIP")
            return
        with serve(f"localhost:{stub.port}") as server:
            tap.same(server.short("host.example", "A"), ["192.0.2.1"], "without resolvers the machine's hosts file is looked into")


check_found()
check_next_resolver()
check_not_found()
check_silence()
check_changes()
check_loop()
check_ourselves()
check_reload()
check_cache()
check_hosts_file()
tap.done()
