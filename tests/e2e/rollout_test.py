#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A Deployment of two replicas is rolled out again and again behind a load balancer that learns late, while names are asked for:
no query is lost. ROLLOUTS, ROLLOUT_RATE say how often and how busily; ROLLOUT_BESIDE how often
CoreDNS does the same, whose losses are printed."""
import os
import signal
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "support"))
from balancer import Balancer, Replica  # noqa: E402
from lifecycle import Place  # noqa: E402
from reloading import Load  # noqa: E402
from running_server import PROGRAM, wait_for  # noqa: E402
from tap import Tap  # noqa: E402

ROLLOUTS = int(os.environ.get("ROLLOUTS", "3"))
BESIDE = int(os.environ.get("ROLLOUT_BESIDE", "0"))
RATE = int(os.environ.get("ROLLOUT_RATE", "2000"))
REPLACED_UNDER_ONE = 20  # a load lasts ten minutes at most
GRACE_S = 30  # what Kubernetes gives
QUESTIONS = "a.example. A NOERROR 1 10.0.0.1\nno.example. A NXDOMAIN 0\n"
tap = Tap()


def add(sums, load):
    """Ends the load, if there is one."""
    told = load.end() if load else {}
    for key in ("sent", "lost", "wrong") if load else ():
        sums[key] = sums.get(key, 0) + told[key]


def roll_out(program, rollouts):
    """What the load counted, the balancer, and the exit codes and durations of all that were replaced."""
    places = [Place(health="lameduck 5s") for _ in range(2)]
    servers = [place.serve(program) for place in places]
    balancer = Balancer([Replica(server.port, server.ports[1]) for server in servers])
    load, sums, ends = None, {}, []
    for number in range(2 * rollouts):
        i = number % 2
        if number % REPLACED_UNDER_ONE == 0:
            add(sums, load)
            load = Load(balancer, QUESTIONS, RATE)
        begin = servers[i].signal(signal.SIGTERM)
        code = servers[i].stop(signal.SIGTERM)
        ends.append((code, time.monotonic() - begin, servers[i].late()))
        servers[i] = places[i].serve(program, servers[i].ports)
        wait_for(lambda: len(balancer.listed()) == 2)
        print(f"# {number + 1}: exit code {code} after {ends[-1][1]:.1f} s, answered after the signal: {ends[-1][2]}", flush=True)
    add(sums, load)
    sums["dropped by the balancer"] = balancer.dropped()
    balancer.end()
    for server in servers:
        server.stop()
    return sums, balancer, ends


def main():
    told, balancer, ends = roll_out(PROGRAM, ROLLOUTS)
    print(f"# {2 * ROLLOUTS} replicas replaced at {RATE} queries per second: {told}", flush=True)
    lost = told["lost"] - told["dropped by the balancer"]
    tap.same((lost, told["wrong"], balancer.refused, balancer.unlisted), (0, 0, 0, 0), "no query is lost by a server")
    tap.same({code for code, _, _ in ends}, {0}, "each ends with 0")
    tap.ok(max(seconds for _, seconds, _ in ends) < GRACE_S, "within its grace", ends)
    tap.ok(all(late for _, _, late in ends), "and says how many came too late for a fixed time", ends)
    if BESIDE:
        told, balancer, ends = roll_out(os.path.join(os.environ["E2E_PROGRAMS"], "coredns"), BESIDE)
        print(f"# CoreDNS: {2 * BESIDE} replicas replaced at {RATE} queries per second: {told}, refused: {balancer.refused}, "
              f"seconds to the end: {sorted({round(seconds) for _, seconds, _ in ends})}", flush=True)
    tap.done()


main()
