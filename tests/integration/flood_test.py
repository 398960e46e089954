#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""One client floods, ninety-nine others ask as ever: they lose nothing. How long they waited is printed. The resolver behind
is a knamed, too: it has to bear what passes, and a script would be late with all that the crowd asks.

FLOOD_S: seconds of each flood. With KNAMED_BENCH_COREDNS, the path of a CoreDNS, the same is done to it, and what it loses
is printed."""
import contextlib
import os
import socket
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "support"))
from crowd import Crowd, Flood, plain_question  # noqa: E402
from datagrams import metric  # noqa: E402
from running_server import DEADLINE_S, Place, Server, answers, free_port, is_instrumented, metrics_page, wait_for  # noqa: E402
from tap import Tap  # noqa: E402

tap = Tap()
SECONDS = float(os.environ.get("FLOOD_S", "3"))
COREDNS = os.environ.get("KNAMED_BENCH_COREDNS")
MAX_CONCURRENT = 1000
RATE = 10 * MAX_CONCURRENT // (4 if is_instrumented(sanitizers=("tsan",)) else 1)  # more is not what such a server can take in
STORM_LOST = 1 / 20  # the floods and the crowd compete for the server's CPU
ZONE = "\n".join(["$ORIGIN cluster.local.", "@ 5 IN SOA ns.dns hostmaster 1 7200 1800 86400 5", "@ 5 IN NS ns.dns",
                  "ns.dns 5 IN A 10.96.0.10", *(f"web{i}.default.svc 5 IN A 10.96.1.{i}" for i in range(100)), ""])
LIVE = "\n".join(["$ORIGIN live.example.", "@ 300 IN SOA ns hostmaster 1 7200 1800 86400 5", "@ 300 IN NS ns", "ns 300 IN A 192.0.2.9",
                  *(f"name{i} 300 IN A 192.0.2.1" for i in range(100)), ""])
RESOLVER = """. {
    bind 127.0.0.1
    prometheus 127.0.0.1:PORT
    acl dead.example {
        drop
    }
    file live live.example
}
"""


class CoreDns:
    """As a Server, of the other program."""

    def __init__(self, place):
        self.port = free_port()
        self.process = subprocess.Popen([COREDNS, "-conf", "Corefile", "-dns.port", str(self.port)], cwd=place,
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_for(lambda: answers("127.0.0.1", self.port))

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.process.kill()
        self.process.wait()


@contextlib.contextmanager
def resolving():
    """Knows live.example, and says nothing about dead.example."""
    metrics_port = free_port()
    with Place(RESOLVER.replace("PORT", str(metrics_port)), live=LIVE).serve() as resolver:
        resolver.dead_asked = lambda: metric(metrics_page(metrics_port), "coredns_acl_dropped_requests_total")
        yield resolver


@contextlib.contextmanager
def serving(kind, resolver, files=None):
    with tempfile.TemporaryDirectory(prefix="flood-") as place:
        texts = {"db": ZONE, "Corefile": f". {{\nbind 127.0.0.1\nfile db cluster.local\ncache 30\n"
                                         f"forward . 127.0.0.1:{resolver.port} {{\nmax_concurrent {MAX_CONCURRENT}\n}}\n"
                                         "timeouts {\nread 60s\nidle 60s\n}\n}\n"}
        for name, text in texts.items():
            with open(os.path.join(place, name), "w", encoding="ascii") as file:
                file.write(text)
        with (CoreDns(place) if kind == "CoreDNS" else Server("Corefile", place, files=files)) as server:
            yield server


def cluster_name(number):
    return f"web{number % 100}.default.svc.cluster.local"


def live_name(number):
    return f"name{number % 100}.live.example"


def check_flood(what, suffix, rate, name):
    """A flood of names below suffix, and a crowd that asks for `name`."""
    for kind in ["knamed"] + (["CoreDNS"] if COREDNS else []):
        with resolving() as resolver, serving(kind, resolver) as server:
            where = ("127.0.0.1", server.port)
            flood = Flood(where, suffix, rate)
            crowd = Crowd(where, name)
            if "dead" in suffix:
                wait_for(lambda at=resolver: at.dead_asked() > MAX_CONCURRENT // 4)
            lost = crowd.ask(SECONDS)
            flood.end()
            crowd.end()
            print(f"# {what}: {kind}: asked {crowd.asked}, lost {lost}, p99 {crowd.p99_ms():.2f} ms", flush=True)
            if kind == "knamed":
                tap.ok(lost == 0, f"{what}: all others are answered",
                       f"{lost} of {crowd.asked}, {crowd.wrong} of them with another rcode")


def check_storm():
    """One client asks for names of the cluster as fast as it can. When that is more than can be answered, it is the one whose
    packets are dropped; it takes a moment to see that."""
    what = "names of the cluster without end, others ask for them too"
    for kind in ["knamed"] + (["CoreDNS"] if COREDNS else []):
        with resolving() as resolver, serving(kind, resolver) as server:
            where = ("127.0.0.1", server.port)
            floods = [Flood(where, "default.svc.cluster.local", 0) for _ in range(2)]
            first, crowd = Crowd(where, cluster_name), Crowd(where, cluster_name)
            first.ask(1)
            lost = crowd.ask(SECONDS)
            for flood in floods:
                flood.end()
            print(f"# {what}: {kind}: asked {crowd.asked}, lost {lost}, p99 {crowd.p99_ms():.2f} ms", flush=True)
            if kind == "knamed":
                tap.ok(lost <= crowd.asked * STORM_LOST, f"{what}: they are answered, but for a few on a machine that is busy", lost, crowd.asked)


def is_answered(tcp, number=1):
    message = plain_question(number, "web7.default.svc.cluster.local")
    try:
        tcp.sendall(len(message).to_bytes(2, "big") + message)
        return len(tcp.recv(4096)) > len(message)
    except OSError:
        return False


def connect(server, client):
    return socket.create_connection((server.address, server.port), DEADLINE_S, (client, 0))


def check_connections(files):
    """One client opens all connections that it can, and uses each of them; others keep theirs and get new ones."""
    what = f"{files or 'all'} files, one client takes all connections that it can"
    with resolving() as resolver, serving("knamed", resolver, files) as server, contextlib.ExitStack() as stack:
        kept = [stack.enter_context(connect(server, f"127.0.1.{i}")) for i in range(1, 20)]
        tap.ok(all([is_answered(tcp) for tcp in kept]), f"{what}: others have connections")
        greedy = [stack.enter_context(connect(server, "127.0.2.1")) for _ in range(1500)]
        used = sum([is_answered(tcp) for tcp in greedy])
        tap.ok(used < len(greedy), f"{what}: it is stopped at some point", used)
        tap.same([is_answered(tcp, 2) for tcp in kept], [True] * len(kept), f"{what}: they keep them")
        fresh = [is_answered(stack.enter_context(connect(server, f"127.0.1.{i // 3 + 1}"))) for i in range(99)]
        tap.same(fresh, [True] * 99, f"{what}: they get new ones, up to the last place and beyond")
        tap.same((server.short("web7.default.svc.cluster.local"), server.short("name7.live.example")), (["10.96.1.7"], ["192.0.2.1"]),
                 f"{what}: UDP goes on, and so does what is forwarded")
        tap.ok(len(server.text().splitlines()) < 20, f"{what}: that is no reason for many lines", server.text())
        print(f"# {what}: it has {used}", flush=True)


check_flood("forwarded names that nobody answers, others ask for names of the cluster", "dead.example", RATE, cluster_name)
check_flood("forwarded names that nobody answers, others ask for forwarded names", "dead.example", RATE, live_name)
check_storm()
check_connections(None)
check_connections(400)
tap.done()
