#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Many who ask at the same time: one of them cannot take the places of all others, names of the cluster never wait behind a
dead resolver, and what several ask is asked once."""
import itertools
import os
import socket
import sys
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "support"))
from datagrams import addresses, ask_all, extended_error, open_socket, question, rcodes  # noqa: E402
from running_server import Place, wait_for  # noqa: E402
from stub_upstream import Manner, StubUpstream, record  # noqa: E402
from tap import Tap  # noqa: E402

tap = Tap()
SERVICES = "".join(f"""
apiVersion: v1
kind: Service
metadata: {{name: web{i}, namespace: default}}
spec: {{clusterIP: 10.96.1.{i}, ports: [{{name: http, port: 80}}]}}
---
""" for i in range(100))
GREEDY, MODEST = "127.0.0.2", "127.0.0.3"
LIVE = [record(f"name{i}.live.example.", "A", "192.0.2.1") for i in range(100)]


class BlackHole:
    """A port that takes all and says nothing."""
    def __init__(self):
        self.sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.sock.bind(("127.0.0.1", 0))
        self.where = "127.0.0.1:%d" % self.sock.getsockname()[1]


class Flood:
    """20,000 questions a second that no resolver will ever answer, all from one client."""
    def __init__(self, server, client):
        self.ways, self.sent, self.ends = [open_socket(server, client) for _ in range(8)], 0, False
        self.thread = threading.Thread(target=self.send)
        self.thread.start()

    def send(self):
        while not self.ends:
            for _ in range(200):
                packet = question(self.sent & 0xffff, f"flood{self.sent}.dead.example.")
                self.ways[self.sent % len(self.ways)].send(packet)
                self.sent += 1
            time.sleep(0.01)

    def end(self):
        self.ends = True
        self.thread.join()
        for udp in self.ways:
            udp.close()


FRESH = itertools.count()


def told(server):
    """What the greedy one hears at once of a name that nobody has asked for yet: rcode and extended error."""
    reply = ask_all(server, [question(1, f"fresh{next(FRESH)}.dead.example.")], GREEDY, deadline_s=0.5)[0]
    return (reply.rcode, extended_error(reply)) if reply else (None, None)


def live_questions(start):
    return [question(i, f"name{i}.live.example.") for i in range(start, start + 50)]


def check_flood(dead, live, option, refused):
    """The flood fills all places that it can have, for each is taken for long; others have theirs."""
    corefile = (f". {{\nkubernetes cluster.local {{\nmanifests objects\n}}\n"
                f"forward . {dead.where} {{\nread_timeout 5s\n{option}\n}}\n}}\nlive.example {{\nforward . {live.where}\n}}\n")
    what = option or "without max_concurrent"
    with Place(corefile, SERVICES).serve() as server:
        flood = Flood(server, GREEDY)
        tap.ok(wait_for(lambda: told(server)[0] == refused),
               f"{what}: a client that asks without end is told at once that it has its share")
        tap.same(rcodes(ask_all(server, live_questions(0), MODEST, sockets=25)), {0: 50}, f"{what}: another one is answered")
        ours = [question(i, f"web{i}.default.svc.cluster.local.") for i in range(100)]
        tap.same(rcodes(ask_all(server, ours, GREEDY, sockets=20)), {0: 100}, f"{what}: names of the cluster are for all")
        waiting = [question(i, f"lost{i}.dead.example.") for i in range(50)]
        tap.same(rcodes(ask_all(server, waiting, MODEST, deadline_s=0.5, sockets=25)), {None: 50},
                 f"{what}: and the dead resolver is asked for others too")
        flood.end()


def known(server):
    return ask_all(server, [question(1, "known.example.")], GREEDY)[0]


def check_words(dead):
    """Who has its share hears why; what is known of the name is better than that."""
    dead.add(record("known.example.", "A", "192.0.2.8", ttl=1))
    with Place(f". {{\ncache {{\nsuccess 9984 1 0\n}}\nforward . {dead.where} {{\nread_timeout 5s\n}}\n}}\n").serve() as server:
        tap.same(addresses(known(server)), ["192.0.2.8"], "a name becomes known")
        dead.mood = "silent"
        flood = Flood(server, GREEDY)
        tap.ok(wait_for(lambda: told(server) == (2, 23)), "who has its share is told so")
        wait_for(lambda: extended_error(known(server)) is not None)  # as long as it is good there is none
        tap.same((addresses(known(server)), extended_error(known(server))), (["192.0.2.8"], 3),
                 "what is known is told though it has run out")
        flood.end()


def check_silence(dead):
    """Many questions for a dead resolver are under way, and each name of the cluster is answered all the same."""
    dead.mood = "silent"
    with Place(f". {{\nkubernetes cluster.local {{\nmanifests objects\n}}\nforward . {dead.where}\n}}\n", SERVICES).serve() as server:
        ways = [open_socket(server) for _ in range(10)]
        for i in range(200):
            ways[i % 10].send(question(i, f"lost{i}.dead.example."))
        tap.ok(wait_for(lambda: dead.count("lost199.dead.example.") > 0), "many questions are under way")
        for transport in "+notcp", "+tcp":
            tap.same(server.short(transport, "web7.default.svc.cluster.local"), ["10.96.1.7"], f"the cluster answers, {transport}")
        ours = [question(i, f"web{i}.default.svc.cluster.local.") for i in range(100)]
        for _ in range(3):
            tap.same(rcodes(ask_all(server, ours, sockets=10, deadline_s=2)), {0: 100}, "all of it, while they wait")
        udp = ways[0]
        udp.setblocking(False)
        try:
            tap.ok(not udp.recv(4096), "nothing can have been said of the others")
        except BlockingIOError:
            tap.ok(True, "they do wait still")
        for udp in ways:
            udp.close()


def check_merging(slow):
    """A name that becomes known late is asked for by many at once."""
    slow.add(record("wanted.example.", "A", "192.0.2.5"))
    slow.add(record("large.example.", "TXT", "x" * 200))
    for i in range(9):
        slow.add(record("large.example.", "TXT", f"{i}" * 150))
    with Place(f". {{\nforward . {slow.where}\n}}\n").serve() as server:
        spelled = ["wanted.example.", "WANTED.example.", "wAnTeD.eXaMpLe."]
        sizes = [512, 1232, 4096, None]
        questions = [question(100 + i, spelled[i % 3], size=sizes[i % 4]) for i in range(1000)]
        replies = ask_all(server, questions, sockets=20)
        tap.same({reply and reply.rcode for reply in replies}, {0}, "a thousand equal questions have a thousand answers")
        tap.same({tuple(addresses(reply)) for reply in replies if reply}, {("192.0.2.5",)}, "the same for all")
        tap.ok(all(reply.question == packet[12:reply.question_end] for reply, packet in zip(replies, questions)),
               "each with its own letters")
        tap.same({bool(reply.opts) for reply, packet in zip(replies, questions) if packet[11] == 0}, {False},
                 "who speaks no EDNS hears none")
        tap.ok(slow.count("wanted.example.") in (1, 2), "for which the resolver was asked once, and again if it is late",
               slow.count("wanted.example."))
        tap.same(len({packet[:2] for packet in questions}), 1000, "though their ids differ")

        replies = ask_all(server, [question(1, "large.example.", "TXT", size=512), question(2, "large.example.", "TXT", size=4096),
                                   question(3, "large.example.", "TXT", size=None)])
        tap.same([bool(reply.flags & 0x200) for reply in replies], [True, True, True], "what does not fit is cut for each")
        tap.same(len(server.short("large.example", "TXT")), 10, "and whole over TCP")
        slow.delay_s = 0
        apart = [question(10, "apart.example."), question(11, "apart.example.", do=True),
                 question(12, "apart.example.", flags=0x110), question(13, "apart.example.", "AAAA"), question(14, "apart.example.", qclass=3)]
        ask_all(server, apart)
        tap.ok(sum(name == "apart.example." for name, *_ in slow.asked) >= 5,
               "questions that differ in type, class, DO or CD are five", slow.asked[-10:])


def check_refused(slow):
    """Who comes to a place that is taken is refused; that says nothing of the name to who asks for it next."""
    with Place(f". {{\ncache\nforward . {slow.where} {{\nmax_concurrent 2\nread_timeout 5s\n}}\n}}\n").serve() as server:
        udp = open_socket(server, GREEDY)
        for name in "name1", "name2":
            udp.send(question(1, f"{name}.live.example."))
        tap.ok(wait_for(lambda: slow.count("name1.live.example.") and slow.count("name2.live.example.")), "both places are taken")
        equal = [question(i, "name1.live.example.") for i in range(20)]
        replies = ask_all(server, [question(99, "name3.live.example."), *equal], MODEST)
        tap.same(rcodes(replies[:1]), {5: 1}, "a third name is refused")
        tap.same(rcodes(replies[1:]), {0: 20}, "who asks what is asked already takes no place")
        tap.same(rcodes(ask_all(server, [question(1, "name3.live.example.")], MODEST)), {0: 1}, "with a free place it is answered")
        udp.close()


with StubUpstream(LIVE) as the_live:
    check_flood(BlackHole(), the_live, "", 2)
    check_flood(BlackHole(), the_live, "max_concurrent 1000", 5)
with StubUpstream() as the_dead:
    check_words(the_dead)
with StubUpstream() as the_dead:
    check_silence(the_dead)
with StubUpstream() as the_slow:
    the_slow.delay_s = 0.5
    check_merging(the_slow)
with StubUpstream(LIVE, manners={"live.example.": Manner(delay_s=3)}) as the_slow:
    check_refused(the_slow)
tap.done()
