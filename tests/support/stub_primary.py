# SPDX-License-Identifier: Apache-2.0
"""A primary of the tests' own on a loopback port: it hands a zone over, as it should or in some wrong way (`mood`), and
keeps what it was asked."""
import os
import socket
import struct
import sys
import threading

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(os.path.dirname(HERE), "oracle")]
import wire  # noqa: E402
from running_server import free_port, once_free  # noqa: E402
from stub_upstream import record  # noqa: E402

NOTIFY = 4 << 11


def without_question(ident, records):
    """A message as they follow the first one."""
    data = bytearray(wire.encode_response(ident, wire.AA, (), wire.AXFR, (records, [], []), compress=False))
    del data[12:17]
    struct.pack_into(">H", data, 4, 0)
    return bytes(data)


class StubPrimary:
    """mood: well, refused, silent, or what is wrong with its transfers: id, question, first, last, cut, garbage, class,
    empty, tc, lies (of a newer zone). numbers: refresh, retry, expire of its SOA."""

    def __init__(self, zone, records, serial=1, numbers=(3600, 600, 86400), port=None):
        self.zone, self.records, self.serial, self.numbers = zone, records, serial, numbers
        self.port = port or free_port()
        self.mood = "well"
        self.asked = []  # "SOA", "AXFR"
        self.listening = None

    @property
    def where(self):
        return f"127.0.0.1:{self.port}"

    def soa(self, more=0):
        return record(self.zone, "SOA", " ".join(map(str, (f"ns.{self.zone}", f"host.{self.zone}", self.serial + more,
                                                           *self.numbers, 60))))

    def messages(self, query):
        """The zone: some records in a message with the question, then one by one without."""
        ident = query.id ^ (self.mood == "id")
        qname = wire.name_from_text("other.") if self.mood == "question" else query.qname
        first = record(self.zone, "NS", f"ns.{self.zone}") if self.mood == "first" else self.soa()
        last = [] if self.mood == "cut" else [self.soa(self.mood == "last")]
        flags = wire.AA | (wire.TC if self.mood == "tc" else 0)
        yield wire.encode_response(ident, flags, qname, query.qtype, ([first] + self.records[:2], [], []))
        if self.mood == "garbage":
            yield b"\xff" * 40
        if self.mood == "empty":
            yield without_question(ident, [])
        for item in self.records[2:] + last:
            data = without_question(ident, [item])
            if self.mood == "class":
                at = 12 + wire.name_size(item.owner) + 2
                data = data[:at] + b"\0\3" + data[at + 2:]
            yield data

    def replies(self, query):
        self.asked.append(wire.type_name(query.qtype))
        if self.mood == "silent":
            return []
        if self.mood == "refused":
            return [wire.encode_response(query.id, 5, query.qname, query.qtype, ([], [], []))]
        if query.qtype == wire.AXFR:
            return self.messages(query)
        soa = self.soa(self.mood == "lies")
        return [wire.encode_response(query.id, wire.AA, query.qname, query.qtype, ([soa], [], []))]

    def serve_client(self, tcp):
        with tcp, tcp.makefile("rb") as stream:
            try:
                while True:
                    size = int.from_bytes(stream.read(2), "big")
                    if size == 0:
                        return
                    for message in self.replies(wire.decode(stream.read(size))):
                        tcp.sendall(len(message).to_bytes(2, "big") + message)
                    if self.mood == "cut":
                        return
            except OSError:
                return

    def serve(self):
        while True:
            try:
                tcp, _ = self.listening.accept()
            except OSError:
                return
            threading.Thread(target=self.serve_client, args=(tcp,), daemon=True).start()

    def __enter__(self):
        self.listening = once_free(lambda: socket.create_server(("127.0.0.1", self.port)))
        threading.Thread(target=self.serve, daemon=True).start()
        return self

    def __exit__(self, *unused):
        self.listening.shutdown(socket.SHUT_RDWR)
        self.listening.close()

    def notify(self, port, zone=None, source="127.0.0.1", transport="udp", qtype=wire.SOA):
        """Tells a secondary that the zone has changed; its answer, None if there is none in time."""
        name = wire.name_from_text(zone or self.zone)
        query = wire.encode_query(0x4e4f, name, qtype, flags=NOTIFY | wire.AA)
        kind = socket.SOCK_DGRAM if transport == "udp" else socket.SOCK_STREAM
        with socket.socket(socket.AF_INET, kind) as sock:
            sock.settimeout(1)
            sock.bind((source, 0))
            sock.connect(("127.0.0.1", port))
            sock.send(query if transport == "udp" else len(query).to_bytes(2, "big") + query)
            try:
                data = sock.recv(4096)
            except TimeoutError:
                return None
        return data if transport == "udp" else data[2:]
