#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Forwarding that leads back here: names of the cluster keep their answers, others fail fast, nothing exits, no CPU is
burnt, and it ends when the loop does."""
import os
import socket
import sys
import threading

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "support"))
from running_server import Place, free_port, wait_for  # noqa: E402
from stub_upstream import StubUpstream, record  # noqa: E402
from tap import Tap  # noqa: E402

tap = Tap()
SERVICE = """
apiVersion: v1
kind: Service
metadata: {name: web, namespace: default}
spec: {clusterIP: 10.96.0.80, ports: [{name: http, port: 80}]}
"""
WEB = "web.default.svc.cluster.local."


def serve(place, to, port, extra="loop\n", log="log\n"):
    place.write(f"Corefile-{port}", f". {{\n{log}errors\nkubernetes cluster.local {{\n manifests objects\n}}\n{extra}"
                                    f"forward . {to}\n}}\n")
    return place.serve(f"Corefile-{port}", port=port)


class Relay:
    """Sends what it is asked on to another resolver, and the replies back."""
    def __init__(self, address, port):
        self.to, self.address, self.port = None, address, port
        self.relayed = 0
        self.sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.sock.bind((address, port))
        self.room = threading.Semaphore(100)
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                data, client = self.sock.recvfrom(4096)
            except OSError:
                return
            if self.room.acquire(blocking=False):
                threading.Thread(target=self.relay, args=(data, client), daemon=True).start()

    def relay(self, data, client):
        self.relayed += 1
        try:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as onward:
                onward.settimeout(4)
                onward.sendto(data, self.to)
                self.sock.sendto(onward.recv(4096), client)
        except OSError:
            pass
        self.room.release()


def cpu_seconds(server):
    with open(f"/proc/{server.process.pid}/stat", encoding="ascii") as file:
        fields = file.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def ede(server, name):
    return server.dig("+edns", name).partition("EDE: ")[2].partition("\n")[0]


def check_fails_fast(server, what):
    found = wait_for(lambda: "plugin/loop: Loop (" in server.text())
    tap.ok(found, f"{what}: the log says so", server.text())
    line = next((line for line in server.text().splitlines() if "plugin/loop: Loop (" in line), "")
    tap.ok(line.startswith("[ERROR] plugin/loop: Loop (127.0.0.1:") and ') detected for zone "."' in line
           and 'Query: "HINFO ' in line, f"{what}: in CoreDNS' words", line)
    tap.same(server.rcode("lost.example", "A")[0], "SERVFAIL", f"{what}: others fail")
    tap.same(ede(server, "lost2.example"), "22 (No Reachable Authority): (forwarding loop)", f"{what}: and say why")
    tap.same(server.short(WEB), ["10.96.0.80"], f"{what}: names of the cluster have their answers")
    before = cpu_seconds(server)
    for i in range(20):
        server.rcode(f"n{i}.example", "A")
    tap.ok(cpu_seconds(server) - before < 0.5, f"{what}: no CPU is burnt", cpu_seconds(server) - before)
    tap.ok(server.process.poll() is None, f"{what}: it lives")


def check_itself(place):
    """Who asks is looked at for each question if there is `log`, else for that of the loop alone."""
    for log in "log\n", "":
        port = free_port()
        with serve(place, f"127.0.0.1:{port}", port, log=log) as server:
            check_fails_fast(server, f"itself, {'with' if log else 'without'} log")


def check_chain(place):
    first, second = free_port(), free_port()
    with serve(place, f"127.0.0.1:{second}", first) as server, serve(place, f"127.0.0.1:{first}", second, ""):
        check_fails_fast(server, "a chain")


def check_other_target(place, upstream):
    port = free_port()
    with serve(place, f"127.0.0.1:{port} {upstream.where}", port) as server:
        tap.ok(wait_for(lambda: "plugin/loop: Loop (" in server.text()), "one of two leads back")
        rcodes = {server.rcode(f"host{i}.example", "A")[0] for i in range(10)}
        tap.same(rcodes, {"NXDOMAIN"}, "the other one answers all")


def check_later(place, upstream):
    relay = Relay("127.0.0.1", free_port())
    relay.to = (upstream.address, upstream.port)
    with serve(place, f"127.0.0.1:{relay.port}", free_port()) as server:
        tap.same(server.short("host.example"), ["192.0.2.1"], "a way that is no loop")
        relay.to = ("127.0.0.1", server.port)
        before = relay.relayed
        threading.Thread(target=server.rcode, args=("late.example", "A"), daemon=True).start()
        check_fails_fast(server, "later")
        tap.ok(relay.relayed - before < 200, "later: few questions went round", relay.relayed - before)
        relay.to = (upstream.address, upstream.port)
        tap.ok(wait_for(lambda: "does not lead back here any more" in server.text()), "its end is told", server.text())
        tap.ok(wait_for(lambda: server.short("host.example") == ["192.0.2.1"]), "and it is asked again")
    relay.sock.close()


THE_PLACE = Place(objects=SERVICE)
with StubUpstream([record("host.example.", "A", "192.0.2.1")]) as the_upstream:
    check_itself(THE_PLACE)
    check_chain(THE_PLACE)
    check_other_target(THE_PLACE, the_upstream)
    check_later(THE_PLACE, the_upstream)
tap.done()
