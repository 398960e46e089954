#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""How a server goes: who still asks is answered, who sends clients is told at once, and another one on the same address takes
over what waits. HANDOVERS says how many times in a row."""
import json
import os
import signal
import sys
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "support"))
from following import run_together  # noqa: E402
from framing import receive_framed, send_framed  # noqa: E402
from kube_api import KubeApi, service  # noqa: E402
from lifecycle import Connecting, Place, ask, connect, query  # noqa: E402
from reloading import Load  # noqa: E402
from running_server import wait_for  # noqa: E402
from stub_upstream import Manner, StubUpstream, record  # noqa: E402

HANDOVERS = int(os.environ.get("HANDOVERS", "10"))
RATE = int(os.environ.get("HANDOVER_RATE", "1000"))
QUESTIONS = "a.example. A NOERROR 1 10.0.0.1\nno.example. A NXDOMAIN 0\n"
CLUSTER = "kubernetes cluster.local {\nendpoint URL\nstartup_timeout 20s\n}"
SOON_S = 20  # what has to be soon, on a machine that has other things to do


def not_ready_at_once(tap):
    with Place(health="lameduck 3s").serve() as server:
        tap.same((server.get("ready"), server.get("readyz")[0]), ((200, "OK"), 200), "before, it is ready")
        begin = server.signal(signal.SIGTERM)
        wait_for(lambda: server.lines("Going into lameduck"))
        tap.same(server.get("ready"), (503, "shutdown"), "told to go, it is not ready, and says why")
        status, body = server.get("readyz")
        tap.same((status, json.loads(body)["shutdown"]), (503, True), "so says readyz")
        tap.same((ask(server), server.get("health"), server.get("metrics")[0]), (0, (200, "OK"), 200),
                 "names, health and metrics are there meanwhile")
        tap.same(server.ends(), 0, "it ends with 0")
        tap.ok(time.monotonic() - begin >= 3, "after the lameduck")
        tap.same(server.lines("[INFO]")[:2], ["[INFO] SIGTERM: Shutting down servers then terminating",
                                              "[INFO] plugin/health: Going into lameduck mode for 3s"], "as it said")


def until_nobody_asks(tap):
    with Place().serve() as server:
        begin = server.signal(signal.SIGTERM)
        wait_for(lambda: server.get("ready")[0] == 503)
        answers = 0
        while time.monotonic() - begin < 4:
            answers += ask(server, timeout_s=1) == 0
            time.sleep(0.3)
        tap.ok(server.process.poll() is None, "it stays as long as somebody asks", server.text())
        answers += sum(ask(server) == 0 for _ in range(5))
        last = time.monotonic()
        tap.same((server.ends(), server.late()), (0, answers), "then it goes, and says how many it has answered")
        tap.ok(time.monotonic() - last >= 1.9, "two seconds after the last one")


def no_longer_than_27_s(tap):
    with Place(health="lameduck 1s").serve() as server:
        begin = server.signal(signal.SIGTERM)
        answers = []
        while server.process.poll() is None and time.monotonic() - begin < 40:
            answers.append(ask(server, timeout_s=4 if time.monotonic() - begin < 22 else 1))
            time.sleep(0.2)
        tap.same(server.ends(), 0, "who never ends asking does not keep it")
        tap.ok(26 < time.monotonic() - begin < 30, "longer than 27 s", time.monotonic() - begin)
        tap.ok(server.lines("[WARNING]") and set(answers[:-2]) == {0}, "and was answered to the end", answers, server.text())


def what_is_under_way(tap):
    """Others take longer than the quiet lasts; both transports."""
    manners = {"slow.test": Manner(delay_s=3.5)}
    with StubUpstream([record("slow.test", "A", "192.0.2.7")], manners=manners) as upstream, \
            Place(forward=upstream.where + " {\nread_timeout 5s\n}").serve() as server, connect(server) as tcp, connect(server) as idle:
        send_framed(tcp, *(query(i, "slow.test") for i in range(3)))
        wait_for(lambda: upstream.asked)
        server.signal(signal.SIGTERM)
        tap.same(ask(server, name="slow.test"), 0, "a question for others that came after the signal is answered")
        tap.same([len(receive_framed(tcp) or b"") > 40 for _ in range(3)], [True] * 3, "so are those of a connection")
        tap.same((receive_framed(tcp), receive_framed(idle)), (None, None), "which then ends")
        tap.same(server.ends(), 0, "and then it goes")
    with StubUpstream([record("four.test", "A", "192.0.2.7")], manners={"four.test": Manner(delay_s=2.4)}) as upstream, \
            Place(forward=upstream.where + " {\nread_timeout 5s\n}", lines="dns64 {\nallow_ipv4\n}").serve() as server, connect(server) as tcp:
        send_framed(tcp, query(1, "four.test", "AAAA"))
        wait_for(lambda: upstream.asked)
        server.signal(signal.SIGTERM)
        tap.same((receive_framed(tcp) or b"")[-4:], bytes([192, 0, 2, 7]), "what takes two questions to others is answered as well")
        tap.same((upstream.count("four.test."), server.ends()), (1, 0), "although the second one is asked when nobody asks us any more")


def pipelines(tap):
    """Everything that was sent before is answered, however much it is, whatever the signal."""
    for number in signal.SIGINT, signal.SIGTERM:
        with Place().serve() as server, connect(server) as tcp, connect(server) as late:
            count = 5000
            server.process.send_signal(signal.SIGSTOP)
            send_framed(tcp, *(query(i) for i in range(count)))
            server.signal(number)
            server.process.send_signal(signal.SIGCONT)
            ids = []
            if number == signal.SIGTERM:
                wait_for(lambda: server.lines("SIGTERM"))
                send_framed(late, query(9))
                ids = [receive_framed(late)[:2]]
            while (reply := receive_framed(tcp)) is not None:
                ids.append(reply[:2])
            tap.same((len(ids), server.ends()), (count + (number == signal.SIGTERM), 0), f"{number.name}: all of a pipeline")


def signals(tap):
    with StubUpstream() as upstream, Place(forward=upstream.where, health="lameduck 1h2m").serve() as server:
        server.signal(signal.SIGHUP)
        server.signal(signal.SIGUSR2)
        tap.ok(server.logged("SIGUSR2"), "SIGUSR2 is refused with a word")
        server.signal(signal.SIGUSR1)
        tap.ok(server.logged("Reloading complete"), "SIGUSR1 has the Corefile read again", server.text())
        server.signal(signal.SIGTERM)
        server.logged("lameduck mode for 1h2m0s")
        server.signal(signal.SIGTERM)
        tap.same((ask(server), len(server.lines("SIGTERM"))), (0, 1), "to say SIGTERM again hurries nothing")
        upstream.mood = "silent"
        begin = server.signal(signal.SIGINT)
        tap.same(server.ends(), 0, "SIGINT waits for nobody, and is in order")
        tap.ok(time.monotonic() - begin < SOON_S and server.logged("SIGINT: Shutting down"), "and says so", server.text())
    with StubUpstream() as upstream, Place(forward=upstream.where).serve() as server, connect(server) as tcp:
        upstream.mood = "silent"
        send_framed(tcp, query(1, "silent.test"))
        wait_for(lambda: upstream.asked)
        server.signal(signal.SIGINT)
        server.logged("SIGINT: Shutting down")
        server.signal(signal.SIGINT)
        tap.same(server.ends(), 2, "a second one is the end, whatever is under way")
    with Place(health="lameduck 1h").serve() as server:
        server.signal(signal.SIGTERM)
        server.logged("lameduck")
        server.signal(signal.SIGQUIT)
        tap.same(server.ends(), 0, "SIGQUIT is the end at once, with 0")


def listening(port):
    """How many TCP sockets listen there."""
    with open("/proc/net/tcp", encoding="ascii") as file:
        rows = [line.split() for line in list(file)[1:]]
    return sum(row[3] == "0A" and int(row[1].rpartition(":")[2], 16) == port for row in rows)


def hand_over(tap):
    """Each process is followed by another one on the same address: UDP and new connections all the while."""
    place = Place(health="lameduck 5s")
    server, codes, told, seconds = place.serve(), set(), 0, []
    load, connections, sockets = Load(server, QUESTIONS, RATE), [Connecting(server) for _ in range(2)], listening(place.port)
    for _ in range(HANDOVERS):
        after = place.serve()
        wait_for(lambda at=after: at.get("ready")[0] == 200)
        begin = server.signal(signal.SIGTERM)
        codes.add(server.ends())
        seconds.append(time.monotonic() - begin)
        told += bool(server.lines("another process goes on with all"))
        server = after
    counts, asked = load.end(), [one.end() for one in connections]
    print(f"# {HANDOVERS} hand-overs, {max(seconds):.2f} s at most: {counts}, connections {[count for count, _ in asked]}", flush=True)
    tap.same((codes, told), ({0}, HANDOVERS), f"{HANDOVERS} times another one takes over")
    tap.ok(max(seconds) < 5, "without the wait for who might still ask", seconds)
    tap.same((counts.get("lost"), counts.get("wrong")), (0, 0), f"no query is lost at {RATE} a second")
    tap.same([lost for _, lost in asked], [[], []], "nor a connection")
    tap.ok(min(count for count, _ in asked) > HANDOVERS, "of which there were some", asked)
    tap.same(listening(place.port), sockets, "and there are as many sockets as in the beginning")
    server.stop()


def waits_beside_another(tap):
    """Who begins where somebody answers takes no question before the cluster is known."""
    with KubeApi() as known, KubeApi() as slow:
        for api in known, slow:
            api.put(service("web", "10.96.0.1"), *(service(f"s{i}", f"10.97.0.{i}") for i in range(8)))
        slow.set(junk=False, bytesPerSecond=1000)
        place = Place(lines=CLUSTER.replace("URL", known.url))
        with place.serve() as first:
            wait_for(lambda: first.get("ready")[0] == 200)
            place.lines = CLUSTER.replace("URL", slow.url)
            said = []
            with place.serve() as second:
                def is_ready():
                    said.extend(ask(first, name="web.default.svc.cluster.local") for _ in range(20))
                    return second.get("ready")[0] == 200
                tap.ok(wait_for(is_ready, 60), "a cluster is read beside a process that answers", second.text())
                tap.ok(len(said) > 20 and set(said) == {0}, "meanwhile all questions are that one's", set(said), len(said))
                first.signal(signal.SIGKILL)
                first.ends()
                tap.same(ask(second, name="web.default.svc.cluster.local"), 0, "then it answers as well")
                slow.set(bytesPerSecond=100)
                with place.serve() as third:
                    wait_for(lambda: third.get("health")[0] == 200)
                    third.signal(signal.SIGTERM)
                    tap.same((third.ends(), third.lines("knamed-")), (0, []), "told to go while it waits, it never begins")
                second.signal(signal.SIGSTOP)
                threading.Timer(1.5, second.process.send_signal, [signal.SIGCONT]).start()
                with place.serve():
                    tap.same({ask(second, name="web.default.svc.cluster.local") for _ in range(40)}, {0}, "one that says nothing for a moment is there all the same")
            with place.serve() as third:  # nobody is there, and nothing is waited for
                tap.same(ask(third, name="web.default.svc.cluster.local"), 2, "who is alone answers from the start")


def kill_one_of_two(tap):
    place = Place()
    with place.serve() as first, place.serve() as second:
        wait_for(lambda: second.get("ready")[0] == 200)
        load, connecting = Load(first, QUESTIONS, RATE), Connecting(first)
        wait_for(lambda: connecting.asked > 50)
        first.signal(signal.SIGKILL)
        first.ends()
        tap.same(([ask(second) for _ in range(100)], second.get("health")), ([0] * 100, (200, "OK")), "the other one answers on")
        tap.same(sum(Connecting.ask(connecting) for _ in range(100)), 100, "also new connections")
        counts, (_, lost) = load.end(), connecting.end()
        print(f"# kill -9 of one of two at {RATE} a second: {counts}, connections lost {lost}", flush=True)
        tap.ok(counts["lost"] <= RATE / 4 and len(lost) <= 1, "only what waited for the dead one is lost", counts, lost)


SCENARIOS = (hand_over, kill_one_of_two, waits_beside_another, no_longer_than_27_s, not_ready_at_once, until_nobody_asks, what_is_under_way, pipelines, signals)
run_together([scenario for scenario in SCENARIOS if not sys.argv[1:] or scenario.__name__ in sys.argv[1:]])
