# SPDX-License-Identifier: Apache-2.0
"""One block of load, what else the machine did meanwhile, and what a row of blocks says.

CPU time is compared, not wall time, and always as a ratio within one pass over the servers: neighbours on
the machine and its own moods then meet all of them alike.
"""

import json
import os
import random
import resource
import subprocess
import time

STEAL_MAX = 0.01
FOREIGN_MAX = 0.05


def read_number(path, key=None):
    try:
        with open(path, encoding="ascii") as lines:
            for line in lines:
                fields = line.split()
                if key is None or fields[0] == key:
                    return int(fields[-1])
    except (OSError, ValueError, IndexError):
        pass
    return None


def busy_seconds():
    """CPU time of all tasks of the machine: exact where a root cgroup counts it, else by ticks."""
    microseconds = read_number("/sys/fs/cgroup/cpu.stat", "usage_usec")
    if microseconds is not None:
        return microseconds / 1e6
    nanoseconds = read_number("/sys/fs/cgroup/cpuacct/cpuacct.usage")
    if nanoseconds is not None:
        return nanoseconds / 1e9
    with open("/proc/stat", encoding="ascii") as stat:
        fields = list(map(int, stat.readline().split()[1:]))
    return (sum(fields[:3]) + sum(fields[5:7])) / os.sysconf("SC_CLK_TCK")


def steal_seconds():
    with open("/proc/stat", encoding="ascii") as stat:
        return int(stat.readline().split()[8]) / os.sysconf("SC_CLK_TCK")


def children_seconds():
    """CPU time of the children that have ended (the runs of the load generator)."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


class Noise:
    """What was not ours since the beginning: steal by the host, and CPU time of other processes."""

    def __init__(self, servers):
        self.servers = servers
        self.began = self.now()

    def now(self):
        ours = sum(server.cpu_seconds() for server in self.servers) + time.process_time() + children_seconds()
        return time.monotonic(), busy_seconds(), steal_seconds(), ours

    def end(self):
        """(steal, foreign) as shares of the whole machine."""
        wall, busy, steal, ours = (after - before for before, after in zip(self.began, self.now()))
        room = wall * os.cpu_count()
        return round(steal / room, 4), round(max(0.0, busy - ours) / room, 4)


def wait_quiet(servers, patience_s):
    """Waits until others leave the machine alone for a moment, at most so long."""
    end = time.monotonic() + patience_s
    while time.monotonic() < end:
        noise = Noise(servers)
        time.sleep(0.1)
        steal, foreign = noise.end()
        if steal <= STEAL_MAX and foreign <= FOREIGN_MAX:
            return


class Blast:
    """The load generator on its CPU. `servers` are all that run, for telling their work from that of others."""

    def __init__(self, program, cpu, servers):
        self.program, self.cpu, self.servers = program, cpu, servers

    def run(self, server, questions, arguments):
        """One block; what blast prints, with the shares of steal and of foreign work."""
        pids = ",".join(map(str, server.pids()))
        command = [self.program, "--cpu", str(self.cpu), "--watch", pids, *arguments]
        command += ["--expect-echo"] if server.is_echo else []
        command += [f"127.0.0.1:{server.port}", questions]
        noise = Noise(self.servers)
        done = subprocess.run(command, capture_output=True, text=True, timeout=700, check=False)
        if done.returncode not in (0, 1):
            raise RuntimeError(f"{' '.join(command)}: {done.stderr.strip()}")
        block = json.loads(done.stdout)
        block["steal"], block["foreign"] = noise.end()
        block["server"], block["command"] = server.title, " ".join(command)
        return block


def is_quiet(block):
    return block["steal"] <= STEAL_MAX and block["foreign"] <= FOREIGN_MAX


def median(values):
    ordered = sorted(values)
    middle = len(ordered) // 2
    if not ordered:
        return None
    return ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2


def interval(values, rounds=2000):
    """A bootstrap 95 % interval of the median."""
    if len(values) < 2:
        return None
    chance = random.Random(1)
    medians = sorted(median(chance.choices(values, k=len(values))) for _ in range(rounds))
    return medians[int(rounds * 0.025)], medians[int(rounds * 0.975)]


def ratios(blocks, server, other, key):
    """server / other for each pass in which both were measured quietly."""
    found = []
    for number in sorted({block["pass"] for block in blocks}):
        values = {block["server"]: block[key] for block in blocks if block["pass"] == number}
        if values.get(server) and values.get(other):
            found.append(values[server] / values[other])
    return found


def orders(servers, passes):
    """Who comes when: the floor first and last in turn, the others rotated, every second pass reversed
    (A B B A), so that a drift of the machine falls on all alike."""
    floor, others = servers[:1], servers[1:]
    for number in range(passes):
        turn = number // 2 % max(1, len(others))
        row = floor + others[turn:] + others[:turn]
        yield row[::-1] if number % 2 else row
