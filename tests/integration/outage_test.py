#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Resolvers that fail: what was known stays answered, what is not known is answered by those that live, and names of the
cluster never notice. OUTAGE_SECONDS makes the outage longer (make soak)."""
import os
import re
import socket
import struct
import sys
import tempfile
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(os.path.dirname(HERE), "support"), os.path.join(os.path.dirname(HERE), "oracle")]
from running_server import DEADLINE_S, Server, wait_for  # noqa: E402
from stub_upstream import StubUpstream, record  # noqa: E402
from tap import Tap  # noqa: E402

tap = Tap()
OUTAGE_S = float(os.environ.get("OUTAGE_SECONDS", "6"))
KNOWN = [f"known{i}.example." for i in range(300)]
OURS = "web.default.svc.cluster.local."
SERVICE = """
apiVersion: v1
kind: Namespace
metadata: {name: default}
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: default}
spec: {clusterIP: 10.96.0.80, ports: [{name: http, port: 80}]}
"""


def wire_name(name):
    return b"".join(bytes([len(label)]) + label.encode() for label in name.rstrip(".").split(".")) + b"\0"


def question(number, name, size=1232):
    opt = b"\0\0\x29" + struct.pack(">HIH", size, 0, 0)
    return struct.pack(">6H", number, 0x100, 1, 0, 0, 1) + wire_name(name) + struct.pack(">2H", 1, 1) + opt


def ask_all(server, names, deadline_s=DEADLINE_S):
    """All at once over UDP, and again what is lost; the replies by name."""
    replies, end = {}, time.monotonic() + deadline_s
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.connect((server.address, server.port))
        udp.settimeout(0.2)
        udp.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        while len(replies) < len(names) and time.monotonic() < end:
            for number, name in enumerate(names):
                if name not in replies:
                    udp.send(question(number, name))
            again = time.monotonic() + 6
            while len(replies) < len(names) and time.monotonic() < min(again, end):
                try:
                    reply = udp.recv(4096)
                except socket.timeout:
                    continue
                replies[names[int.from_bytes(reply[:2], "big")]] = reply
    return replies


def rcode(reply):
    return reply[3] & 15


def extended_error(reply):
    found = re.search(b"\0\x0f\0[\x02-\xff]\0(.)", reply[12:], re.DOTALL)
    return found.group(1)[0] if found else None


def serve(directory, corefile):
    os.makedirs(os.path.join(directory, "m"), exist_ok=True)
    for name, text in ("m/all.yaml", SERVICE), ("Corefile", corefile):
        with open(os.path.join(directory, name), "w", encoding="ascii") as file:
            file.write(text)
    return Server("Corefile", directory)


def known_names(ttl):
    return [record(name, "A", f"192.0.2.{i % 250}", ttl=ttl) for i, name in enumerate(KNOWN)]


def test_one_of_three(directory):
    with StubUpstream(known_names(60)) as first, StubUpstream(known_names(60)) as dead, StubUpstream(known_names(60)) as third:
        dead.mood = "silent"
        with serve(directory, f". {{\nforward . {first.where} {dead.where} {third.where}\n}}\n") as server:
            replies = ask_all(server, KNOWN)
            tap.same({rcode(reply) for reply in replies.values()}, {0}, "with one of three dead every name is answered")
            tap.same(len(replies), len(KNOWN), "each of them")
            server.logged(dead.where, "is down")

            def is_left_alone():  # on a machine that is busy the others may have been slow, and all of them be down for a moment
                before = len(dead.asked)
                ask_all(server, KNOWN)
                return len(dead.asked) - before < len(KNOWN) // 10
            tap.ok(wait_for(is_left_alone), "one that is known to be dead is left alone", server.text())
            dead.mood = "well"
            before = len(dead.asked)
            tap.ok(wait_for(lambda: ask_all(server, KNOWN[:30]) and len(dead.asked) > before + len(KNOWN) // 10),
                   "and asked again when it is back")


def test_all_dead(directory):
    corefile = (". {\nkubernetes cluster.local {\nmanifests m\n}\ncache {\nsuccess 9984 1 0\n}\n"
                "forward . %s %s {\nmax_fails 1\nhealth_check 100ms\n}\n}\n")
    with StubUpstream(known_names(1)) as one, StubUpstream(known_names(1)) as other, \
            serve(directory, corefile % (one.where, other.where)) as server:
        tap.same(len(ask_all(server, KNOWN)), len(KNOWN), "names become known")
        one.mood = other.mood = "silent"
        end, rounds, bad, stale = time.monotonic() + OUTAGE_S, 0, [], 0
        while time.monotonic() < end:
            replies = ask_all(server, KNOWN + [OURS])
            bad += [name for name in KNOWN + [OURS] if name not in replies or rcode(replies[name]) != 0]
            stale += sum(extended_error(reply) == 3 for reply in replies.values())
            rounds += 1
        tap.same(bad, [], f"in an outage every known name is answered, {rounds} times")
        tap.ok(stale > 0, "and the answers say that they are stale")
        reply = ask_all(server, ["unknown.example."]).get("unknown.example.")
        tap.same((rcode(reply), extended_error(reply)), (2, 22), "one that is not known is SERVFAIL, and says why")
        one.mood = other.mood = "well"
        one.add(record("unknown.example.", "A", "192.0.2.77"))
        other.add(record("unknown.example.", "A", "192.0.2.77"))
        tap.ok(wait_for(lambda: rcode(ask_all(server, ["unknown.example."])["unknown.example."]) == 0),
               "when they are back it is answered")
        tap.ok(wait_for(lambda: all(extended_error(reply) is None for reply in ask_all(server, KNOWN).values())),
               "and nothing is stale any more")


def memory_kb(server):
    with open(f"/proc/{server.process.pid}/status", encoding="ascii") as status:
        return int(status.read().partition("VmRSS:")[2].split()[0])


def test_memory(directory):
    """A flood of names that nobody knows, to resolvers that say nothing. The bound is several times what is expected."""
    with StubUpstream() as hole, serve(
            directory, f". {{\nkubernetes cluster.local {{\nmanifests m\n}}\ncache\nforward . {hole.where}\n}}\n") as server:
        hole.mood = "silent"
        before, sent, end = memory_kb(server), 0, time.monotonic() + 4
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
            udp.connect((server.address, server.port))
            while time.monotonic() < end:
                for _ in range(200):
                    udp.send(question(sent & 0xffff, f"flood{sent}.example."))
                    sent += 1
                time.sleep(0.01)
        replies = ask_all(server, [OURS])
        tap.same(rcode(replies[OURS]), 0, f"names of the cluster are answered behind {sent} that nobody answers")
        tap.ok(memory_kb(server) - before < 64 << 10, "and memory is bounded", before, memory_kb(server))
        reply = ask_all(server, ["onemore.example."])["onemore.example."]
        tap.ok(rcode(reply) == 2 and extended_error(reply) in (22, 23), "one more is told that there is no way", reply)


class Twisted(StubUpstream):
    """Says something else first, or instead."""
    twist = None

    def serve_udp(self, udp):
        other = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        other.bind((self.address, 0))
        while True:
            try:
                data, client = udp.recvfrom(4096)
            except OSError:
                return
            for message, sock in self.twist(data, self.reply(data, "udp"), udp, other):
                sock.sendto(message, client)


def with_bytes(message, at, value):
    return message[:at] + value + message[at + len(value):]


def forged(address):
    """The true reply with another address at its end: what must never be believed."""
    def forge(reply):
        at = reply.rfind(b"\xc0\x00\x02\x01")
        return with_bytes(reply, at, socket.inet_aton(address)) if at >= 0 else reply
    return forge


FORGE = forged("203.0.113.66")


def wrong_id(_, reply, udp, __):
    return [(with_bytes(FORGE(reply), 0, bytes([reply[0] ^ 1])), udp), (reply, udp)]


def wrong_port(_, reply, udp, other):
    return [(FORGE(reply), other), (reply, udp)]


def wrong_name(_, reply, udp, __):
    return [(with_bytes(FORGE(reply), 13, bytes([reply[13] ^ 2])), udp), (reply, udp)]


def wrong_type(query, reply, udp, __):
    at = 12 + query[12:].index(b"\0") + 2
    return [(with_bytes(FORGE(reply), at, b"\x1c"), udp), (reply, udp)]


def not_a_reply(query, reply, udp, __):
    return [(query, udp), (with_bytes(FORGE(reply), 2, b"\x01"), udp), (reply, udp)]


def garbage(_, reply, udp, __):
    return [(b"", udp), (b"\xff" * 7, udp), (reply[:2] + os.urandom(60), udp), (reply, udp)]


def cut_short(_, reply, udp, __):
    return [(reply[:-3], udp)]


def oversize(_, reply, udp, __):
    return [(reply[:-3] + b"\0" * 5000, udp)]


def loop_of_pointers(query, reply, udp, __):
    end = 12 + query[12:].index(b"\0") + 5
    head = with_bytes(reply[:end], 6, struct.pack(">3H", 1, 0, 0))
    return [(head + bytes([0xc0, end]) + struct.pack(">2HIH", 1, 1, 60, 4) + b"\xcb\0\x71\x42", udp)]


def truncated(query, reply, udp, __):
    end = 12 + query[12:].index(b"\0") + 5
    head = with_bytes(reply[:end], 2, bytes([reply[2] | 2]))
    return [(with_bytes(head, 6, struct.pack(">3H", 0, 0, 0)), udp)]


def test_twisted(directory):
    """Whatever comes beside or instead of the true reply, the client hears the true one."""
    for twist in (wrong_id, wrong_port, wrong_name, wrong_type, not_a_reply, garbage, cut_short, oversize, loop_of_pointers, truncated):
        with Twisted([record("true.example.", "A", "192.0.2.1")]) as stub:
            stub.twist = twist
            with serve(directory, f". {{\nforward . {stub.where}\n}}\n") as server:
                tap.same(server.short("true.example", "A"), ["192.0.2.1"], f"the true reply is heard: {twist.__name__}")


def test_half_open(directory):
    """A TCP connection that is taken and never answered on, behind truncated UDP."""
    with Twisted([record("true.example.", "A", "192.0.2.1")]) as stuck, StubUpstream([record("true.example.", "A", "192.0.2.1")]) as good:
        stuck.twist = truncated
        stuck.serve_client = lambda tcp: threading.Event().wait(60)
        with serve(directory, f". {{\nforward . {stuck.where} {good.where} {{\npolicy sequential\n}}\n}}\n") as server:
            tap.same(server.short("true.example", "A"), ["192.0.2.1"], "a half-open connection is passed by")


with tempfile.TemporaryDirectory(prefix="outage-") as place:
    test_one_of_three(place)
    test_all_dead(place)
    test_memory(place)
    test_twisted(place)
    test_half_open(place)
tap.done()
