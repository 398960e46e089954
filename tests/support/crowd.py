# SPDX-License-Identifier: Apache-2.0
"""Many clients that ask at a steady pace, each from its own address, and one that floods: who of them is not answered."""
import os
import selectors
import signal
import socket
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(os.path.dirname(HERE), "oracle")]
import wire  # noqa: E402

PATIENCE_S = 5  # of a resolver library


def plain_question(number, name):
    return wire.encode_query(number, wire.name_from_text(name), wire.A, wire.IN, wire.RD, edns=None)


def client_socket(where, client):
    udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    udp.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
    udp.bind((client, 0))
    udp.connect(where)
    return udp


class Crowd:
    """Clients 127.0.1.1 and on. Each question is asked once and waited for: no second try hides a loss."""

    def __init__(self, where, name, count=99):
        self.name = name  # of the number of a question
        self.ways = [client_socket(where, f"127.0.1.{i + 1}") for i in range(count)]
        self.sent = [{} for _ in self.ways]  # id -> when
        self.asked, self.wrong, self.took = 0, 0, []

    def receive(self, at):
        try:
            reply = self.ways[at].recv(4096)
        except OSError:
            return
        began = self.sent[at].pop(int.from_bytes(reply[:2], "big"), None)
        if began is None:
            return
        self.took.append(time.monotonic() - began)
        self.wrong += reply[3] & 15 != 0

    def send(self):
        at, number = self.asked % len(self.ways), self.asked // len(self.ways) & 0xffff
        self.sent[at][number] = time.monotonic()
        self.ways[at].send(plain_question(number, self.name(self.asked)))
        self.asked += 1

    def ask(self, seconds, rate=1000):
        """All together `rate` questions a second; how many were not answered, or not with NOERROR."""
        begin = time.monotonic()
        with selectors.DefaultSelector() as selector:
            for i, udp in enumerate(self.ways):
                udp.setblocking(False)
                selector.register(udp, selectors.EVENT_READ, i)
            while (now := time.monotonic()) < begin + seconds + PATIENCE_S:
                while now < begin + seconds and self.asked < (now - begin) * rate:
                    self.send()
                if now > begin + seconds and not any(self.sent):
                    break
                for key, _ in selector.select(0.002):
                    self.receive(key.data)
        return self.asked - len(self.took) + self.wrong

    def p99_ms(self):
        took = sorted(self.took)
        return 1000 * took[len(took) * 99 // 100] if took else float("inf")

    def end(self):
        for udp in self.ways:
            udp.close()


class Flood:
    """A process of its own that asks without end for names below `suffix`, each another one, from one address and 16
    ports, and listens to nothing. rate 0: as fast as it can."""

    def __init__(self, where, suffix, rate, client="127.0.2.1"):
        self.process = subprocess.Popen([sys.executable, __file__, where[0], str(where[1]), suffix, str(rate), client])

    def end(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()


def flood(where, suffix, rate, client):
    ways = [client_socket(where, client) for _ in range(16)]
    tail = plain_question(1, "n12345678." + suffix)[22:]
    head, begin, sent = plain_question(1, "a")[2:12] + b"\x09n", time.monotonic(), 0
    parent = os.getppid()
    while os.getppid() == parent:
        while rate and sent > (time.monotonic() - begin) * rate:
            time.sleep(0.001)
        for _ in range(100):
            try:
                ways[sent & 15].send((sent & 0xffff).to_bytes(2, "big") + head + b"%08d" % (sent % 100000000) + tail)
            except OSError:  # nobody takes it
                pass
            sent += 1


if __name__ == "__main__":
    flood((sys.argv[1], int(sys.argv[2])), sys.argv[3], int(sys.argv[4]), sys.argv[5])
