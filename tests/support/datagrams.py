# SPDX-License-Identifier: Apache-2.0
"""Questions as datagrams, many at once and from several addresses, for tests that count what comes back."""
import os
import re
import socket
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(os.path.dirname(HERE), "oracle")]
import wire  # noqa: E402
from running_server import DEADLINE_S  # noqa: E402


def question(number, name, kind="A", qclass=wire.IN, flags=wire.RD, size=1232, do=False):
    """size None: without EDNS."""
    return wire.encode_query(number, wire.name_from_text(name), wire.type_number(kind), qclass, flags, edns=size, do=do)


def open_socket(server, client="127.0.0.1"):
    udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    udp.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 21)
    udp.bind((client, 0))
    udp.connect((server.address, server.port))
    return udp


def receive(udp, replies, end):
    """Puts what comes until then by its id; False: nothing more came."""
    udp.settimeout(max(end - time.monotonic(), 0.001))
    try:
        reply = udp.recv(65535)
    except socket.timeout:
        return False
    replies[int.from_bytes(reply[:2], "big")] = reply
    return True


def ask_all(server, questions, client="127.0.0.1", deadline_s=DEADLINE_S, sockets=1):
    """All at once, from sockets that take turns; again what is lost. Decoded replies in the order of the questions, whose
    ids must differ; None where none came."""
    ways = [open_socket(server, client) for _ in range(sockets)]
    replies, end = {}, time.monotonic() + deadline_s
    while len(replies) < len(questions) and time.monotonic() < end:
        for i, packet in enumerate(questions):
            if int.from_bytes(packet[:2], "big") not in replies:
                ways[i % sockets].send(packet)
        again = min(time.monotonic() + 7, end)
        while len(replies) < len(questions) and time.monotonic() < again:
            for udp in ways:
                while len(replies) < len(questions) and receive(udp, replies, min(time.monotonic() + 0.02, again)):
                    pass
    for udp in ways:
        udp.close()
    found = [replies.get(int.from_bytes(packet[:2], "big")) for packet in questions]
    return [wire.decode(reply) if reply is not None else None for reply in found]


def rcodes(replies):
    """How many there are of each; None: of those that did not come."""
    codes = [reply.rcode if reply is not None else None for reply in replies]
    return {code: codes.count(code) for code in set(codes)}


def addresses(reply):
    return sorted(socket.inet_ntoa(item.record.rdata) for item in reply.answer if item.record.type == wire.A)


def extended_error(reply):
    """Of RFC 8914; None: there is none."""
    found = re.search(b"\0\x0f\0[\x02-\xff](..)", reply.opts[0].options, re.DOTALL) if reply.opts else None
    return int.from_bytes(found.group(1), "big") if found else None


def metric(page, start):
    """The sum of all series that begin so."""
    return sum(float(line.rpartition(" ")[2]) for line in page.splitlines() if line.startswith(start))
