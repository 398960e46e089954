# SPDX-License-Identifier: Apache-2.0
"""A resolver of the tests' own on a loopback port, UDP and TCP, or TLS too. It knows what it is told and counts what it is
asked; `mood` makes it silent, failing or wrong, and `manners` does so for names alone. Zones it holds can be transferred."""
import os
import socket
import sys
import threading
import time
from dataclasses import dataclass

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(os.path.dirname(HERE), "oracle")]
import wire  # noqa: E402
from running_server import free_port, once_free  # noqa: E402

RA = 0x80


def record(owner, kind, rdata, ttl=60):
    """rdata: text of an address, a name, or a text."""
    number = wire.type_number(kind)
    if kind in ("A", "AAAA"):
        data = socket.inet_pton(socket.AF_INET if kind == "A" else socket.AF_INET6, rdata)
    elif kind in ("NS", "CNAME", "PTR"):
        data = wire.name_from_text(rdata)
    elif kind == "SOA":  # the minimum, or all of it
        words = rdata.split()
        names, numbers = (words[:2], words[2:]) if len(words) > 1 else (("ns." + owner, "host." + owner), (1, 2, 3, 4, words[0]))
        data = (*map(wire.name_from_text, names), *map(int, numbers))
    elif kind == "MX":
        data = (int(rdata.split()[0]), wire.name_from_text(rdata.split()[1]))
    elif kind == "SRV":
        data = (*map(int, rdata.split()[:3]), wire.name_from_text(rdata.split()[3]))
    else:
        data = (rdata.encode(),)
    return wire.Record(wire.name_from_text(owner), number, ttl, data)


@dataclass
class Manner:
    """How a name and those below it are answered."""
    rcode: int = 0
    flags: int = 0        # more of them
    silent: bool = False
    cut: bool = False     # over UDP
    denial: bool = True   # with an SOA
    options: bytes = b""  # of EDNS
    delay_s: float = 0


PLAIN = Manner()


class StubUpstream:
    def __init__(self, known=(), address="127.0.0.1", port=None, manners=None, tls=None):
        self.address, self.port = address, port or free_port()
        self.known = {}
        self.asked = []       # (name, type, "udp" or "tcp"), of real questions
        self.mood = "well"    # well, silent, servfail, refused
        self.delay_s = 0
        self.seen = []        # (name, type, transport, flags, EDNS size, EDNS flags) of the same questions
        self.manners = {wire.name_from_text(name): manner for name, manner in (manners or {}).items()}
        self.tls = tls        # an ssl.SSLContext: TCP speaks TLS
        self.denial = record("example", "SOA", "30")
        for item in known:
            self.add(item)
        self.sockets = []

    @property
    def where(self):
        return f"{self.address}:{self.port}"

    def add(self, item):
        self.known.setdefault(item.owner, []).append(item)

    def count(self, name, kind="A"):
        return self.asked.count((name, kind, "udp")) + self.asked.count((name, kind, "tcp"))

    # ---- what it says ----

    def chase(self, qname, qtype):
        found, name = [], wire.fold(qname)
        for _ in range(10):
            items = self.known.get(name, [])
            aliases = [item for item in items if item.type == wire.CNAME]
            found += [item for item in items if item.type == qtype] or aliases
            if not aliases or qtype == wire.CNAME:
                break
            name = wire.fold(aliases[0].rdata)
        return found, name in self.known or bool(found)

    def manner_of(self, qname):
        name = wire.fold(qname)
        return next((self.manners[name[i:]] for i in range(len(name) + 1) if name[i:] in self.manners), PLAIN)

    def zone_messages(self, query):
        """AXFR, in two messages."""
        name = wire.fold(query.qname)
        items = [item for owner in self.known for item in self.known[owner] if wire.is_under(owner, name)]
        start = [item for item in items if item.type == wire.SOA and item.owner == name][:1]
        if not start:
            return [wire.encode_response(query.id, 5 | query.flags & wire.RD, query.qname, query.qtype, ([], [], []))]
        rest = [item for item in items if item is not start[0]]
        return [wire.encode_response(query.id, wire.AA, query.qname, query.qtype, (part, [], []))
                for part in (start + rest[:2], rest[2:] + start)]

    def reply(self, data, proto):
        query = wire.decode(data)
        name = wire.name_to_text(wire.fold(query.qname))
        manner = self.manner_of(query.qname)
        flags = query.flags & (wire.RD | wire.CD) | RA | manner.flags
        if query.qname:
            self.asked.append((name, wire.type_name(query.qtype), proto))
            edns = (query.opts[0].size, query.opts[0].flags) if query.opts else (None, None)
            self.seen.append((name, wire.type_name(query.qtype), proto, query.flags, *edns))
        if self.mood == "silent" or manner.silent:
            return None
        time.sleep(manner.delay_s)
        if self.mood in ("servfail", "refused"):
            return wire.encode_response(query.id, flags | {"servfail": 2, "refused": 5}[self.mood], query.qname,
                                        query.qtype, ([], [], []), 1232 if query.opts else None)
        found, exists = self.chase(query.qname, query.qtype)
        if manner.rcode:
            found = []
        ends = any(item.type == query.qtype for item in found)
        has_denial = not ends and manner.denial and manner.rcode in (0, 3)
        sections = (found, [self.denial] if has_denial else [], [])
        rcode = manner.rcode or (0 if exists or manner is not PLAIN else 3)
        message = wire.encode_response(query.id, flags | rcode, query.qname, query.qtype, sections,
                                       1232 if query.opts else None, qclass=query.qclass, options=manner.options)
        room = query.opts[0].size if query.opts else 512
        if proto == "udp" and (len(message) > room or manner.cut):
            message = wire.encode_response(query.id, flags | wire.TC, query.qname, query.qtype, ([], [], []),
                                           1232 if query.opts else None)
        return message

    # ---- its sockets ----

    def answer_udp(self, udp, data, client):
        message = self.reply(data, "udp")
        time.sleep(self.delay_s)
        if message is not None:
            try:
                udp.sendto(message, client)
            except OSError:  # closed meanwhile, or the client is gone
                pass

    def serve_udp(self, udp):
        waits = any(manner.delay_s for manner in self.manners.values())
        while True:
            try:
                data, client = udp.recvfrom(4096)
            except OSError:
                return
            if waits:
                threading.Thread(target=self.answer_udp, args=(udp, data, client), daemon=True).start()
            else:
                self.answer_udp(udp, data, client)

    def serve_client(self, tcp):
        if self.tls is not None:
            try:
                tcp = self.tls.wrap_socket(tcp, server_side=True)
            except OSError:
                tcp.close()
                return
        with tcp, tcp.makefile("rb") as stream:
            while True:
                try:
                    size = int.from_bytes(stream.read(2), "big")
                    data = stream.read(size)
                except OSError:
                    return
                if size == 0 or len(data) < size:
                    return
                query = wire.decode(data)
                messages = self.zone_messages(query) if query.qtype == wire.AXFR else [self.reply(data, "tcp")]
                for message in messages:
                    if message is None:
                        continue
                    try:
                        tcp.sendall(len(message).to_bytes(2, "big") + message)
                    except OSError:  # the client is gone
                        return

    def serve_tcp(self, listening):
        while True:
            try:
                tcp, _ = listening.accept()
            except OSError:
                return
            threading.Thread(target=self.serve_client, args=(tcp,), daemon=True).start()

    def __enter__(self):
        family = socket.AF_INET6 if ":" in self.address else socket.AF_INET
        udp = socket.socket(family, socket.SOCK_DGRAM)
        once_free(lambda: udp.bind((self.address, self.port)))
        tcp = once_free(lambda: socket.create_server((self.address, self.port), family=family))
        self.sockets = [udp, tcp]
        for serve, sock in (self.serve_udp, udp), (self.serve_tcp, tcp):
            threading.Thread(target=serve, args=(sock,), daemon=True).start()
        return self

    def __exit__(self, *unused):
        for sock in self.sockets:
            sock.close()
