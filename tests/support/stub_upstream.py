# SPDX-License-Identifier: Apache-2.0
"""A resolver of the tests' own on a loopback port, UDP and TCP. It knows what it is told and counts what it is asked;
`mood` makes it silent, failing or wrong."""
import os
import socket
import sys
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(os.path.dirname(HERE), "oracle")]
import wire  # noqa: E402
from running_server import free_port  # noqa: E402

RA = 0x80


def record(owner, kind, rdata, ttl=60):
    """rdata: text of an address, a name, or a text."""
    number = wire.type_number(kind)
    if kind in ("A", "AAAA"):
        data = socket.inet_pton(socket.AF_INET if kind == "A" else socket.AF_INET6, rdata)
    elif kind in ("NS", "CNAME", "PTR"):
        data = wire.name_from_text(rdata)
    elif kind == "SOA":
        data = (wire.name_from_text("ns." + owner), wire.name_from_text("host." + owner), 1, 2, 3, 4, int(rdata))
    else:
        data = (rdata.encode(),)
    return wire.Record(wire.name_from_text(owner), number, ttl, data)


class StubUpstream:
    def __init__(self, known=(), address="127.0.0.1", port=None):
        self.address, self.port = address, port or free_port()
        self.known = {}
        self.asked = []       # (name, type, "udp" or "tcp"), of real questions
        self.mood = "well"    # well, silent, servfail, refused
        self.delay_s = 0
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

    def reply(self, data, proto):
        query = wire.decode(data)
        name = wire.name_to_text(wire.fold(query.qname))
        flags = wire.RD | RA
        if query.qname:
            self.asked.append((name, wire.type_name(query.qtype), proto))
        if self.mood == "silent":
            return None
        if self.mood in ("servfail", "refused"):
            return wire.encode_response(query.id, flags | {"servfail": 2, "refused": 5}[self.mood], query.qname,
                                        query.qtype, ([], [], []), 1232 if query.opts else None)
        found, exists = self.chase(query.qname, query.qtype)
        ends = any(item.type == query.qtype for item in found)
        sections = (found, [] if ends else [self.denial], [])
        message = wire.encode_response(query.id, flags | (0 if exists else 3), query.qname, query.qtype, sections,
                                       1232 if query.opts else None)
        room = query.opts[0].size if query.opts else 512
        if proto == "udp" and len(message) > room:
            message = wire.encode_response(query.id, flags | wire.TC, query.qname, query.qtype, ([], [], []),
                                           1232 if query.opts else None)
        return message

    # ---- its sockets ----

    def serve_udp(self, udp):
        while True:
            try:
                data, client = udp.recvfrom(4096)
            except OSError:
                return
            message = self.reply(data, "udp")
            time.sleep(self.delay_s)
            if message is not None:
                udp.sendto(message, client)

    def serve_client(self, tcp):
        with tcp, tcp.makefile("rb") as stream:
            while True:
                try:
                    size = int.from_bytes(stream.read(2), "big")
                    data = stream.read(size)
                except OSError:
                    return
                if size == 0 or len(data) < size:
                    return
                message = self.reply(data, "tcp")
                if message is not None:
                    tcp.sendall(len(message).to_bytes(2, "big") + message)

    def serve_tcp(self, listening):
        while True:
            try:
                tcp, _ = listening.accept()
            except OSError:
                return
            threading.Thread(target=self.serve_client, args=(tcp,), daemon=True).start()

    def __enter__(self):
        udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        udp.bind((self.address, self.port))
        tcp = socket.create_server((self.address, self.port))
        self.sockets = [udp, tcp]
        for serve, sock in (self.serve_udp, udp), (self.serve_tcp, tcp):
            threading.Thread(target=serve, args=(sock,), daemon=True).start()
        return self

    def __exit__(self, *unused):
        for sock in self.sockets:
            sock.close()
