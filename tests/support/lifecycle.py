# SPDX-License-Identifier: Apache-2.0
"""A knamed that is started, told to go and followed by another one: what its tests share."""
import os
import socket
import sys
import tempfile
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(os.path.dirname(HERE), "oracle")]
import wire  # noqa: E402
from framing import receive_framed, send_framed  # noqa: E402
from reloading import ZONE, get  # noqa: E402
from running_server import DEADLINE_S, PROGRAM, Server, free_port, write  # noqa: E402


class Place:
    """A directory with a zone `example.`, and Corefiles for servers on one address."""

    def __init__(self, address="127.0.0.1", port=None, forward="", health="", lines=""):
        self.directory = tempfile.TemporaryDirectory(prefix="lifecycle-")
        self.address, self.port, self.count = address, port or free_port(), 0
        self.forward, self.health_options, self.lines = forward, health, lines
        write(self.directory.name, "db.example", ZONE)

    def serve(self, program=PROGRAM, ports=None):
        """One more: its probes are on these ports, or on ports of its own."""
        return Lively(self, program, ports)

    def corefile(self, ports):
        """The name of a new one."""
        self.count += 1
        name = f"Corefile{self.count}"
        forward = f"forward . {self.forward}" if self.forward else ""
        write(self.directory.name, name,
              f".\nbind {self.address}\nfile db.example example.\nhealth {self.address}:{ports[0]} {{\n{self.health_options}\n}}\n"
              f"ready {self.address}:{ports[1]}\nprometheus {self.address}:{ports[2]}\n{forward}\n{self.lines}\n")
        return name


class Lively(Server):
    def __init__(self, place, program, ports):
        self.home = place  # it is there as long as we are
        self.ports = ports or [free_port() for _ in range(3)]
        super().__init__(place.corefile(self.ports), place.directory.name, place.address, place.port, program=program)

    def get(self, path):
        """(status, body) of health, ready or metrics; (0, "") if nobody listens."""
        port = self.ports[{"health": 0, "ready": 1, "readyz": 1, "metrics": 2}[path]]
        return get(port, path, self.address)

    def signal(self, number):
        self.process.send_signal(number)
        return time.monotonic()

    def ends(self, deadline_s=DEADLINE_S):
        """Its exit code."""
        return self.process.wait(deadline_s)

    def lines(self, text):
        return [line for line in self.text().splitlines() if text in line]

    def late(self):
        """How many queries it says that it answered after SIGTERM; None: it does not say."""
        lines = self.lines("queries were answered after it")
        return int(lines[0].split()[2]) if lines else None


def query(number, name="a.example", kind="A"):
    return wire.encode_query(number, wire.name_from_text(name), wire.type_number(kind), wire.IN, wire.RD)


def ask(server, number=1, name="a.example", timeout_s=10):
    """The rcode of one question over UDP; None: no answer."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.settimeout(timeout_s)
        udp.connect((server.address, server.port))
        try:
            udp.send(query(number, name))
            return wire.decode(udp.recv(4096)).rcode
        except OSError:
            return None


def connect(server):
    return socket.create_connection((server.address, server.port), DEADLINE_S)


class Connecting(threading.Thread):
    """Asks all the time over TCP, each question over a connection of its own, and counts."""

    def __init__(self, server, name="a.example"):
        super().__init__(daemon=True)
        self.address, self.port, self.name = server.address, server.port, name
        self.asked, self.lost, self.over = 0, [], threading.Event()
        self.start()

    def ask(self):
        with socket.create_connection((self.address, self.port), 10) as tcp:
            send_framed(tcp, query(self.asked & 0xffff, self.name))
            reply = receive_framed(tcp)
            return reply is not None and wire.decode(reply).rcode == 0

    def run(self):
        while not self.over.is_set():
            self.asked += 1
            try:
                problem = None if self.ask() else "no answer"
            except OSError as error:
                problem = str(error)
            if problem:
                self.lost.append((self.asked, problem))

    def end(self):
        """(how many, those lost)"""
        self.over.set()
        self.join(DEADLINE_S)
        return self.asked, self.lost
