#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The server as a process on its sockets: where replies leave from, who answers which block, what it prints, and how it
stops while it is asked. [names 12]"""
import os
import signal
import socket
import struct
import subprocess
import sys
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "support"))
from framing import receive_framed, send_framed  # noqa: E402
from running_server import PROGRAM, Place, free_port, wait_for  # noqa: E402
from tap import Tap  # noqa: E402

BIG = 2000  # addresses of big.example.org: 32 kB
ZONE = """\
$ORIGIN example.org.
@ 60 IN SOA ns host 1 2 3 4 5
@ 60 IN NS ns
ns 60 IN A 192.0.2.53
a 60 IN A 192.0.2.1
""" + "".join(f"big 60 IN A 10.0.{i >> 8}.{i & 255}\n" for i in range(BIG))
tap = Tap()


def place_of(corefile):
    return Place(corefile, **{"db.example.org": ZONE})


def question(number, name="a.example.org", kind=1):
    labels = b"".join(bytes([len(label)]) + label.encode() for label in name.split("."))
    return struct.pack(">HHHHHH", number, 0x100, 1, 0, 0, 0) + labels + b"\0" + struct.pack(">HH", kind, 1)


def has_address(address):
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as udp:
            udp.bind((address, 0))
            return True
    except OSError:
        return False


def ask(address, port, number=7):
    """Over a connected socket, which takes packets of its peer alone; the reply, or b""."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as udp:
        udp.settimeout(5)
        udp.connect((address, port))
        udp.send(question(number))
        try:
            return udp.recv(4096)
        except OSError:
            return b""


def check_wildcard():
    place = place_of(".\nfile db.example.org example.org\n")
    with place.serve() as server:
        for address in "127.0.0.1", "127.0.0.2", "127.1.2.3", "::1":
            if has_address(address):
                reply = ask(address, server.port)
                tap.ok(reply[:2] == b"\0\7" and reply[-4:] == bytes([192, 0, 2, 1]),
                       f"a wildcard replies from {address} when that was asked", reply)


def check_blocks():
    place = place_of("""
example.org {
    bind 127.0.0.1
    file db.example.org
    log
}
. {
    bind 127.0.0.2
    whoami
    log . "{local} {name} {proto}"
}
""")
    with place.serve() as server:
        served = [f"example.org.:{server.port} on 127.0.0.1", f".:{server.port} on 127.0.0.2"]
        wait_for(lambda: len(server.text().splitlines()) >= len(served))  # it answers before it has printed them
        tap.same(server.text().splitlines()[:2], served, "start-up says what is served where")
        tap.same(server.rcode("a.example.org", "A")[0], "NOERROR", "a block answers on its address")
        tap.same(server.rcode("a.example.com", "A")[0], "REFUSED", "other blocks' zones are not served there")
        server.address = "127.0.0.2"
        text = server.dig("+noall", "+additional", "a.example.org", "A")
        tap.ok("A\t127.0.0.1" in text or "A 127.0.0.1" in " ".join(text.split()),
               "the other block answers on the other", text)
        server.dig("+tcp", "a.example.org", "A")
        tap.ok(server.logged("127.0.0.2 a.example.org. tcp") and server.logged('"A IN a.example.org. udp '), "both log in their own form", server.text())


def check_truncation():
    place = place_of(".\nbind 127.0.0.1\nfile db.example.org example.org\n")
    with place.serve() as server:
        text = server.dig("+noall", "+comments", "+ignore", "big.example.org", "A")
        tap.ok(" tc" in text, "what does not fit is cut over UDP", text)
        lines = server.short("big.example.org", "A")  # dig asks again over TCP
        tap.same(len(set(lines)), BIG, "and whole over TCP")


def check_start_failure():
    place = place_of(".\nbind 192.0.2.1\nwhoami\n")
    done = subprocess.run([PROGRAM, "-dns.port", "5300"], cwd=place.path, capture_output=True, text=True,
                          timeout=30, check=False)
    tap.same((done.returncode, done.stderr),
             (1, "listen tcp 192.0.2.1:5300: bind: cannot assign requested address\n"),
             "an address that cannot be had ends the start with one line")


class Asker(threading.Thread):
    """Asks over UDP without a pause, 20 questions on their way, until the server's end is announced; then waits for what is
    still due."""

    def __init__(self, port):
        super().__init__()
        self.udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.udp.connect(("127.0.0.1", port))
        self.udp.settimeout(5)
        self.over = threading.Event()
        self.quiet = threading.Event()  # nothing more will be sent
        self.asked = self.answered = 0

    def run(self):
        with self.udp:
            while not self.over.is_set() or self.answered < self.asked:
                while not self.over.is_set() and self.asked - self.answered < 20:
                    self.udp.send(question(self.asked & 0xffff))
                    self.asked += 1
                if self.over.is_set():
                    self.quiet.set()
                try:
                    self.udp.recv(4096)
                except OSError:
                    return
                self.answered += 1


def check_stop():
    place = place_of(".\nbind 127.0.0.1\nfile db.example.org example.org\n")
    server = place.serve()
    askers = [Asker(server.port) for _ in range(4)]
    with socket.create_connection(("127.0.0.1", server.port), 5) as tcp:
        for asker in askers:
            asker.start()
        tap.ok(wait_for(lambda: all(asker.answered > 100 for asker in askers)), "a server under load answers")
        for asker in askers:
            asker.over.set()
        for asker in askers:
            asker.quiet.wait(5)
        send_framed(tcp, question(9))
        server.process.send_signal(signal.SIGTERM)
        begin = time.monotonic()
        code = server.process.wait(30)
        tap.ok(code == 0 and time.monotonic() - begin < 10, "SIGTERM ends it with 0", code)
        for asker in askers:
            asker.join()
        tap.same([asker.asked - asker.answered for asker in askers], [0] * len(askers),
                 "every question sent before is answered")
        tcp.settimeout(5)
        tap.same((receive_framed(tcp)[:2], receive_framed(tcp)), (b"\0\x09", None),
                 "so is one over TCP, and then the connection ends")


def check_restart():
    """A second process takes over on the same port while the first still serves: what a rollout on a host does."""
    place = place_of(".\nbind 127.0.0.1\nfile db.example.org example.org\n")
    port = free_port()
    with place.serve(port=port) as first:
        with place.serve(port=port) as second:
            wait_for(lambda: second.text().startswith(".:"))
            first.stop()
            tap.same([bool(ask("127.0.0.1", port, i)) for i in range(20)], [True] * 20,
                     "the port can be handed over")


check_wildcard()
check_blocks()
check_truncation()
check_start_failure()
check_stop()
check_restart()
tap.done()
