#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Resolvers that say what nobody asked for, break off, or speak nonsense over TCP; clients that ask for what is no question.
What is not an answer to the question is neither believed, nor kept, nor handed on."""
import os
import random
import socket
import struct
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "support"))
from datagrams import addresses, ask_all, question, wire  # noqa: E402
from running_server import Place, wait_for  # noqa: E402
from stub_upstream import RA, StubUpstream, record  # noqa: E402
from tap import Tap  # noqa: E402

tap = Tap()
TRUE, FORGED = "192.0.2.1", "203.0.113.66"


def serve(body):
    return Place(f". {{\nerrors\n{body}\n}}\n").serve()


def respond(query, answer, authority=(), additional=(), flags=RA, edns=1232):
    return wire.encode_response(query.id, flags, query.qname, query.qtype, (answer, authority, additional),
                                edns if query.opts else None)


# ---- more than was asked for ----

class Talker(StubUpstream):
    """Adds to its answers, for names that it has words about."""
    def __init__(self, said, known=()):
        super().__init__(known)
        self.said = {wire.name_from_text(name): sections for name, sections in said.items()}

    def reply(self, data, proto):
        query = wire.decode(data)
        said = self.said.get(wire.fold(query.qname))
        if said is None or query.qtype != wire.A:
            return super().reply(data, proto)
        self.asked.append((wire.name_to_text(wire.fold(query.qname)), "A", proto))
        return respond(query, *said)


BANK = record("bank.example.", "A", FORGED)
POISON = {
    "beside.example.": ([record("beside.example.", "A", TRUE), BANK],),
    "before.example.": ([BANK, record("before.example.", "A", TRUE)],),
    "only.example.": ([BANK],),
    "behind.example.": ([record("behind.example.", "CNAME", "host.example."), BANK, record("host.example.", "A", TRUE)],),
    "below.example.": ([record("below.example.", "A", TRUE)], [record("example.", "NS", "bank.example.")], [BANK]),
    "turned.example.": ([record("end.example.", "A", TRUE), record("middle.example.", "CNAME", "end.example."),
                         record("turned.example.", "CNAME", "middle.example.")],),
    "odd.example.": ([record("odd.example.", "CNAME", "odder.example."), record("bank.example.", "CNAME", "odd.example."),
                      record("odder.example.", "A", TRUE)],),
}


def check_foreign():
    """What stands among the answers and belongs to another name."""
    known = [record("bank.example.", "A", TRUE), record("only.example.", "A", TRUE)]
    with Talker(POISON, known) as liar, StubUpstream(known) as honest:
        with serve(f"cache 30\nforward . {liar.where} {honest.where} {{\npolicy sequential\n}}") as server:
            for name in POISON:
                for how in "asked", "kept":
                    text = server.dig("+noall", "+answer", name, "A")
                    tap.ok(TRUE in text and FORGED not in text, f"{name} has its address and no other one, {how}", text)
            tap.ok("bank.example" not in server.dig("+noall", "+answer", "odd.example", "A"),
                   "an alias of another name is left out")
            tap.same(sorted(server.short("turned.example", "A")), [TRUE, "end.example.", "middle.example."],
                     "aliases may stand in any order")
            tap.same(liar.count("bank.example."), 0, "the other name was not asked for yet")
            tap.same(server.short("bank.example", "A"), [TRUE], "nothing was kept under it")
            tap.same(liar.count("bank.example."), 1, "it is asked for like any other")
            tap.same(honest.count("only.example."), 1, "who answers for another name alone has not answered")
        with serve(f"cache 30\nforward . {liar.where}") as server:
            tap.same(server.rcode("only.example", "A"), ("SERVFAIL", []), "and where nobody else is there it is a failure")


# ---- over TCP ----

class Broken(StubUpstream):
    """Says over UDP that its answer is too long, and over TCP whatever `break_off` makes of it."""
    breaks = None

    def reply(self, data, proto):
        message = super().reply(data, proto)
        query = wire.decode(data)
        if self.breaks is None or proto == "tcp":
            return message
        return respond(query, (), flags=RA | wire.TC)

    def serve_client(self, tcp):
        if self.breaks is None:
            super().serve_client(tcp)
            return
        with tcp, tcp.makefile("rb") as stream:
            try:
                data = stream.read(int.from_bytes(stream.read(2), "big"))
                if len(data) >= 12:
                    tcp.sendall(self.breaks(data, self.reply(data, "tcp")))
            except OSError:
                pass


def framed(message):
    return len(message).to_bytes(2, "big") + message


def garbage(data, _):
    return framed(data[:2] + random.randbytes(200))


def no_dns_at_all(_, __):
    return b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n"


def another_id(_, reply):
    return framed(bytes([reply[0] ^ 1]) + reply[1:])


def another_question(_, reply):
    return framed(reply[:13] + bytes([reply[13] ^ 2]) + reply[14:])


def cut_short(_, reply):
    return framed(reply)[:-5]


def nothing_inside(_, __):
    return b"\0\0"


def nothing_at_all(_, __):
    return b""


def all_but_its_size(_, reply):
    return framed(reply)[:1]


def check_tcp():
    known = [record("true.example.", "A", TRUE)]
    ways = (garbage, no_dns_at_all, another_id, another_question, cut_short, nothing_inside, nothing_at_all, all_but_its_size)
    for way in ways:
        with Broken(known) as broken, StubUpstream(known) as good:
            broken.breaks = way
            with serve(f"forward . {broken.where} {good.where} {{\npolicy sequential\nprefer_udp\n}}") as server:
                tap.same(server.short("true.example", "A"), [TRUE], f"the next one is asked: {way.__name__}")
                tap.ok(any(proto == "tcp" for *_, proto in broken.asked) and good.count("true.example.") > 0, "the first one was")
            with serve(f"forward . {broken.where} {good.where} {{\npolicy sequential\n}}") as server:
                tap.same(server.short("true.example", "A"), [TRUE], "so it is when the client itself comes back over TCP")
            with serve(f"cache\nforward . {broken.where} {{\nprefer_udp\n}}") as server:
                for transport in "+notcp", "+tcp":
                    tap.same(server.rcode(transport, f"true{transport}.example", "A"), ("SERVFAIL", []),
                             f"where nobody else is there it is a failure, {transport}")
                broken.breaks = None
                tap.ok(wait_for(lambda: server.short("true.example", "A") == [TRUE]), "and over when it is over")


# ---- letters and noise ----

class Careless(StubUpstream):
    """Answers over UDP with other letters than it was asked in, and with another address."""
    def reply(self, data, proto):
        message = super().reply(data, proto)
        if proto == "tcp" or message is None:
            return message
        query = wire.decode(data)
        name = tuple(label.lower() for label in query.qname)
        return wire.encode_response(query.id, RA, name, query.qtype, ([record("letters.example.", "A", FORGED)], [], []))


def check_letters():
    name = "letters.example."
    with Careless([record(name, "A", TRUE)]) as careless:
        with serve(f"forward . {careless.where} {{\nrandom_case\n}}") as server:
            text = server.dig("Letters.Example", "A")
            tap.ok(TRUE in text and FORGED not in text, "a reply with other letters is not believed", text)
            tap.ok("\nLetters.Example.\t" in text, "the client sees its own letters", text)
        with serve(f"forward . {careless.where}") as server:
            tap.ok(FORGED in server.dig(name, "A"), "without random_case letters do not matter")


class Noisy(StubUpstream):
    """Ten thousand replies that nobody waits for, then the true one."""
    noise = 10000

    def serve_udp(self, udp):
        other = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        other.bind((self.address, 0))
        while True:
            try:
                data, client = udp.recvfrom(4096)
            except OSError:
                return
            reply = self.reply(data, "udp")
            forged = reply.replace(socket.inet_aton(TRUE), socket.inet_aton(FORGED))
            for i in range(self.noise):
                wrong = struct.pack(">H", struct.unpack(">H", reply[:2])[0] ^ (1 + i % 65535))
                junk = forged[:2] + bytes(i % 30) if i % 50 == 0 else wrong + forged[2:]
                (udp if i % 2 else other).sendto(junk, client)
            udp.sendto(reply, client)
            self.noise = 0


def check_noise():
    with Noisy([record("noise.example.", "A", TRUE)]) as noisy:
        with serve(f"forward . {noisy.where}") as server:
            tap.same(server.short("noise.example", "A"), [TRUE], "the true reply is heard behind ten thousand others")


# ---- what is no question ----

def check_opcodes():
    """UPDATE, NOTIFY and all others are no questions, over whatever they come."""
    with StubUpstream() as upstream:
        with serve(f"forward . {upstream.where}") as server:
            opcodes = [1, 2, 3, 4, 5, 6, 15]
            packets = [question(opcode, "change.example.", "SOA", flags=opcode << 11) for opcode in opcodes]
            replies = ask_all(server, packets)
            tap.same([reply and reply.rcode for reply in replies], [wire.NOTIMP] * len(opcodes), "they are refused over UDP")
            for packet in packets:
                with socket.create_connection((server.address, server.port), timeout=10) as tcp, tcp.makefile("rb") as stream:
                    tcp.sendall(framed(packet))
                    reply = stream.read(int.from_bytes(stream.read(2), "big"))
                    tap.same(reply[3] & 15, wire.NOTIMP, f"and over TCP: opcode {packet[2] >> 3}")
            tap.same(upstream.asked, [], "nobody hears of them")


# ---- replies that rules change ----

class WithoutOpt(StubUpstream):
    """Knows no EDNS, but does not mind."""
    def reply(self, data, proto):
        query = wire.decode(data)
        found, _ = self.chase(query.qname, query.qtype)
        self.asked.append((wire.name_to_text(query.qname), wire.type_name(query.qtype), proto))
        return wire.encode_response(query.id, RA | (0 if found else wire.NXDOMAIN), query.qname, query.qtype, (found, [], []))


def check_rules():
    """Rules change replies with OPT and without, whatever the client has sent."""
    rules = ("rewrite continue name suffix .rocks .example answer auto\nrewrite continue ttl suffix .example 7\n"
             "rewrite continue rcode exact gone.example NXDOMAIN NOERROR\n"
             "rewrite continue cname exact target.example host.example\n"
             "rewrite continue type HINFO A\n")
    known = [record("host.example.", "A", TRUE), record("alias.example.", "CNAME", "target.example.")]
    for stub in StubUpstream, WithoutOpt:
        with stub(known) as upstream, serve(f"{rules}forward . {upstream.where}") as server:
            for size in None, 512, 1232:
                asked = ("host.rocks.", "host.example.", "alias.example.", "alias.rocks.", "gone.example.", "gone.rocks.")
                replies = ask_all(server, [question(i, name, size=size) for i, name in enumerate(asked)])
                what = f"{stub.__name__}, {'EDNS' if size else 'none'} {size}"
                tap.same([reply and addresses(reply) for reply in replies], [[TRUE]] * 4 + [[]] * 2, f"addresses, {what}")
                tap.same([reply and bool(reply.opts) for reply in replies], [size is not None] * 6,
                         f"OPT for who has sent one, {what}")
                tap.same(ask_all(server, [question(9, "host.rocks.", "HINFO", size=size)])[0].rcode, 0, f"a type by rule, {what}")


check_foreign()
check_tcp()
check_letters()
check_noise()
check_opcodes()
check_rules()
tap.done()
