# SPDX-License-Identifier: Apache-2.0
"""Asks the same questions all the time, about a thousand a second, and notes what was answered when. One question at a
time: an answer that comes later may not know less than one that came before, whatever socket it came through."""
import itertools
import os
import socket
import sys
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(os.path.dirname(HERE), part) for part in ("support", "oracle")]
import wire  # noqa: E402
from running_server import wait_for  # noqa: E402

SOCKETS = 8  # so that every thread of the server is asked
PACE_S = 0.001
PATIENCE_S = 10


class Answer:
    """rcode as a word; the answers and the owners of the additional section as sorted texts, doubles included."""

    def __init__(self, data):
        message = wire.decode(data)
        self.rcode = wire.RCODE_NAMES.get(message.rcode, str(message.rcode))
        self.texts = sorted(wire.rdata_to_text(item.record.type, item.record.rdata) for item in message.answer)
        self.glue = sorted(wire.name_to_text(item.record.owner) for item in message.additional)

    def __repr__(self):
        return f"{self.rcode} {self.texts} with {self.glue}"


class SteadyPoller(threading.Thread):
    """questions: (name, type, look); look(answer) says what is wrong with it, or nothing."""

    def __init__(self, server, questions):
        super().__init__(daemon=True)
        self.over, self.count, self.rounds, self.wrong, self.decoded = threading.Event(), 0, 0, [], {}
        self.questions = [(f"{name} {kind}", look, wire.encode_query(0, wire.name_from_text(name), wire.type_number(kind),
                                                                     edns=1232)[2:]) for name, kind, look in questions]
        self.sockets = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(SOCKETS)]
        for sock in self.sockets:
            sock.settimeout(PATIENCE_S)
            sock.connect((server.address, server.port))

    def ask(self, sock, query):
        """The answer; None if none came. What was decoded once is not decoded again."""
        number = (self.count & 0xffff).to_bytes(2, "big")
        try:
            sock.send(number + query)
            data = sock.recv(65535)
            while data[:2] != number:
                data = sock.recv(65535)
        except OSError:
            return None
        if data[2:] not in self.decoded:
            self.decoded[data[2:]] = Answer(data)
        return self.decoded[data[2:]]

    def run(self):
        sockets, due = itertools.cycle(self.sockets), time.monotonic()
        while not self.over.is_set():
            for what, look, query in self.questions:
                self.count += 1
                answer = self.ask(next(sockets), query)
                complaint = "no answer" if answer is None else look(answer)
                if complaint:
                    self.wrong.append(f"question {self.count}, {what}: {complaint}: {answer}")
                due = max(due + PACE_S, time.monotonic() - 0.1)
                time.sleep(max(0, due - time.monotonic()))
            self.rounds += 1

    def another_round(self):
        """Waits until every question was asked once more."""
        before = self.rounds
        return wait_for(lambda: self.rounds > before + 1 or not self.is_alive()) and self.is_alive()

    def __enter__(self):
        self.begin = time.monotonic()
        self.start()
        self.another_round()
        return self

    def __exit__(self, *unused):
        self.over.set()
        self.join()
        seconds = time.monotonic() - self.begin
        print(f"# {self.count} questions in {seconds:.1f} s, {self.count / seconds:.0f} a second", flush=True)
        for sock in self.sockets:
            sock.close()
