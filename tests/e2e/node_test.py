#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A DNS server of the node's own, as deploy/kustomize/node-local has it, in a network namespace: the init container's commands
put its address there and keep it away from connection tracking; two servers without any capability share it, and what ends
one costs a flow less than a query, or nothing at all if it is told to go. NODE_KILLS and NODE_LEAVES say how often."""
import json
import os
import re
import select
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time
import types
import urllib.request

from network import Network, enter_own_namespace

sys.path.insert(0, __file__.rsplit("/", 2)[0] + "/support")
from lifecycle import Connecting  # noqa: E402
from running_server import KNAMECTL, PROGRAM, ROOT, wait_for  # noqa: E402
from tap import Tap  # noqa: E402

tap = Tap()
LOCAL, CLUSTER_IP, UPSTREAM, ELSEWHERE = "169.254.20.10", "10.96.0.10", "10.96.7.7", "10.96.9.9"
NODE_LOCAL = os.path.join(ROOT, "deploy", "kustomize", "node-local")
NAME = "web.default.svc.cluster.local"
FLOWS, KILLS, IDLE_RSS_KB = 50, int(os.environ.get("NODE_KILLS", "6")), 12 * 1024
LEAVES = int(os.environ.get("NODE_LEAVES", "6"))
NOBODY = "65532"
PORTS = {"first": ("8080", "8181", "9253"), "second": ("8090", "8191", "9254")}


def knamectl(*words):
    return subprocess.run([KNAMECTL, *words], capture_output=True, text=True, check=False, timeout=30)


def commands(path):
    """The words of knamectl in a file of deploy/, by the first of its own: [["node", "address", ...]]."""
    with open(os.path.join(NODE_LOCAL, path), encoding="utf-8") as file:
        return [found.split(", ") for found in re.findall(r"command: \[knamectl, ([^\]]*)\]", file.read())]


def addresses(interface):
    done = subprocess.run(["ip", "-j", "address", "show", "dev", interface], capture_output=True, text=True, check=False)
    return [info["local"] for link in json.loads(done.stdout or "[]") for info in link.get("addr_info", [])]


# -- servers --


class Node:
    """A server as the container runs it: nobody, without a capability to its name."""

    def __init__(self, place, corefile, ports, user=NOBODY):
        self.ready = f"http://{LOCAL}:{ports[1]}/ready" if ports else None
        names = dict(zip(("HEALTH_PORT", "READY_PORT", "METRICS_PORT"), ports or ()))
        drop = ["setpriv", "--reuid", user, "--regid", user, "--clear-groups", "--bounding-set=-all", "--inh-caps=-all",
                "--no-new-privs"]
        self.log = open(os.path.join(place, "log"), "ab")
        self.process = subprocess.Popen([*drop, os.path.join(place, "knamed"), "-conf", os.path.join(place, corefile)],
                                        stdout=self.log, stderr=subprocess.STDOUT, cwd=place,
                                        env={**os.environ, "KUBE_DNS_UPSTREAM_SERVICE_HOST": UPSTREAM, **names})

    def is_ready(self):
        try:
            with urllib.request.urlopen(self.ready, timeout=1) as reply:
                return reply.status == 200
        except OSError:
            return False

    def status(self, field):
        with open(f"/proc/{self.process.pid}/status", encoding="ascii") as file:
            return re.search(rf"^{field}:\s+(\S+)", file.read(), re.M)[1]

    def end(self, number=signal.SIGKILL):
        if self.process.poll() is None:
            self.process.send_signal(number)
        self.process.wait(40)
        self.log.close()
        return self.process.returncode


def make_place():
    """A directory that nobody may read: the program and Corefiles."""
    place = tempfile.mkdtemp(prefix="knamed-node-")
    os.chmod(place, 0o755)
    shutil.copy(PROGRAM, os.path.join(place, "knamed"))
    for name in "base", "cluster-ip":
        shutil.copy(os.path.join(NODE_LOCAL, name, "Corefile"), os.path.join(place, name))
    for name, address, answer in ("upstream", UPSTREAM, "192.0.2.1"), ("elsewhere", ELSEWHERE, "192.0.2.2"):
        with open(os.path.join(place, name), "w", encoding="ascii") as file:
            file.write(f".:53 {{\nbind {address}\nhosts {{\n{answer} {NAME}\n}}\n}}\n")
    return place


def ask(address, *words):
    done = subprocess.run(["dig", "-r", "+short", "+tries=1", "+timeout=10", "@" + address, NAME, *words],
                          capture_output=True, text=True, check=False)
    return done.stdout.split()


# -- load --


class Flow:
    """One client: a socket that asks, and asks again when it has an answer or has waited long enough."""

    def __init__(self, patience_s):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.setblocking(False)
        self.socket.connect((LOCAL, 53))
        self.id, self.asked, self.lost, self.answered, self.patience_s = 0, 0.0, 0, 0, patience_s
        self.tail = b"".join(bytes([len(label)]) + label.encode() for label in NAME.split(".")) + b"\0\0\1\0\1"

    def ask(self, now):
        self.id = self.id + 1 & 0xFFFF
        self.asked = now
        self.socket.send(struct.pack(">HHHHHH", self.id, 0x100, 1, 0, 0, 0) + self.tail)

    def hear(self, now):
        try:
            reply = self.socket.recv(4096)
        except OSError:  # nobody is there
            reply = b""
        if reply[:2] == struct.pack(">H", self.id) and reply[3] & 15 == 0:
            self.answered += 1
            self.ask(now)

    def give_up(self, now):
        if now - self.asked > self.patience_s:
            self.lost += 1
            self.ask(now)

    def waits(self):
        """Whether it asked a while ago and has no answer."""
        return time.monotonic() - self.asked > 1


class Load:
    def __init__(self, patience_s):
        self.flows = [Flow(patience_s) for _ in range(FLOWS)]
        self.by_descriptor = {flow.socket.fileno(): flow for flow in self.flows}
        self.poll = select.poll()
        for flow in self.flows:
            self.poll.register(flow.socket, select.POLLIN)
            flow.ask(time.monotonic())

    def until(self, condition, least_s, deadline_s=20):
        """Goes on until the condition holds and the time has passed; whether it held."""
        start = now = time.monotonic()
        held = False
        while now - start < deadline_s and not (held and now - start > least_s):
            end = now + 0.05
            while now < end:
                for descriptor, _ in self.poll.poll(10):
                    self.by_descriptor[descriptor].hear(time.monotonic())
                now = time.monotonic()
                for flow in self.flows:
                    flow.give_up(now)
            held = held or condition()
        return held

    def lost(self):
        return sum(flow.lost for flow in self.flows)

    def answered(self):
        return sum(flow.answered for flow in self.flows)

    def close(self):
        for flow in self.flows:
            flow.socket.close()


# -- checks --


def check_address():
    """What the init container does; then as it does where the kernel has no dummy."""
    words, = commands("daemonset/daemonset.yaml")
    done = knamectl(*words)
    if done.returncode == 0:
        tap.same(addresses("knamed"), [LOCAL], "the init container's command puts the address on an interface of its own")
        tap.same(knamectl(*words).returncode, 0, "and may run again")
        tap.same((knamectl("node", "address", "--remove").returncode, addresses("knamed")), (0, []), "which can be removed")
    else:
        tap.ok("no interfaces of type dummy" in done.stderr and "--interface lo" in done.stderr,
               "a kernel without dummy interfaces is told of, and the way out", done.stderr)
        tap.same(knamectl("node", "address", "--remove").returncode, 0, "where there is no interface, none is removed")
    for again in "", ", again":
        tap.same((knamectl(*words, "--interface", "lo").returncode, addresses("lo").count(LOCAL)), (0, 1),
                 "the address is put on lo" + again)
    for again in "", ", again":
        tap.same((knamectl(*words, "--interface", "lo", "--remove").returncode, LOCAL in addresses("lo")), (0, False),
                 "and taken off" + again)
    done = knamectl("node", "address", "--interface", "lo", "--remove")
    tap.ok(done.returncode == 1 and "127.0.0.1" in addresses("lo"), "lo itself is never removed", done.stderr)
    subprocess.run(["ip", "link", "add", "knamed", "type", "bridge"], check=True)
    done = knamectl("node", "address", "--remove")
    tap.ok(done.returncode == 1 and "knamed is no interface of type dummy" in done.stderr,
           "nor what has our name and leads somewhere", done.stderr)
    subprocess.run(["ip", "link", "delete", "knamed"], check=True)
    knamectl(*words, "--interface", "lo")


def check_rights():
    done = subprocess.run(["setpriv", "--reuid", NOBODY, "--clear-groups", KNAMECTL, "node", "notrack", LOCAL],
                          capture_output=True, text=True, check=False)
    tap.ok(done.returncode != 0 and ("NET_ADMIN" in done.stderr or "knamectl" not in done.stderr),
           "without the capability it says which one it needs", done.stderr)


def check_one(place):
    node = Node(place, "base", PORTS["first"])
    if not tap.ok(wait_for(node.is_ready), "it serves"):
        return
    tap.same((ask(LOCAL), ask(LOCAL, "+tcp")), (["192.0.2.1"], ["192.0.2.1"]), "names of the cluster, over UDP and TCP")
    tap.same([node.status(field) for field in ("CapEff", "CapPrm", "CapBnd")], ["0" * 16] * 3, "no capability is needed")
    rss = int(node.status("VmRSS"))
    tap.ok(rss < IDLE_RSS_KB, f"idle it has less than {IDLE_RSS_KB >> 10} MB", f"{rss} KB")
    print(f"# idle: VmRSS {rss} KB, RssAnon {node.status('RssAnon')} KB")
    node.end(signal.SIGINT)


def check_kills(place, nodes):
    """Each in turn is killed, under load; the other answers on, also with what was cached by the dead one."""
    load = Load(patience_s=0.5)
    load.until(lambda: True, 1)
    tap.same(load.lost(), 0, "nothing is lost while both serve")
    for kill in range(KILLS):
        name = sorted(nodes)[kill % 2]
        nodes[name].end()
        load.until(lambda: True, 0.7)
        nodes[name] = Node(place, "base", PORTS[name])
        tap.ok(load.until(nodes[name].is_ready, 0.5), f"kill {kill + 1}: the {name} serves again")
    share = load.lost() / (KILLS * FLOWS)
    tap.ok(share < 1, "kill -9: less than a query lost for a kill and a flow", f"{share} of {KILLS} x {FLOWS}")
    worst = max(flow.lost for flow in load.flows)
    tap.ok(worst <= KILLS, "no flow loses more than one for a kill", worst)
    print(f"# {load.answered()} answered, {load.lost()} lost in {KILLS} kills of {FLOWS} flows: {share:.3f} for each")
    load.close()


def handed_over(place):
    """How many have said that another one takes over."""
    with open(os.path.join(place, "log"), encoding="utf-8", errors="replace") as log:
        return log.read().count("another process goes on with all")


def check_leaves(place, nodes):
    """Each in turn is told to go: datagrams and new connections all the while, and none of them is lost. What is late is not."""
    load = Load(patience_s=10)
    connections = Connecting(types.SimpleNamespace(address=LOCAL, port=53), NAME)
    codes, seconds, told = set(), [], handed_over(place)
    for leave in range(LEAVES):
        name = sorted(nodes)[leave % 2]
        load.until(lambda: True, 0.3)
        process, begin = nodes[name].process, time.monotonic()
        process.terminate()
        load.until(lambda at=process: at.poll() is not None, 0, 40)
        seconds.append(time.monotonic() - begin)
        codes.add(nodes[name].end())
        nodes[name] = Node(place, "base", PORTS[name])
        tap.ok(load.until(nodes[name].is_ready, 0.2), f"leave {leave + 1}: another {name} serves")
    load.until(lambda: not any(flow.waits() for flow in load.flows), 1)
    asked, lost = connections.end()
    tap.same((codes, handed_over(place) - told), ({0}, LEAVES), "SIGTERM: each hands over what it has")
    tap.ok(max(seconds) < 15, "and goes before the pod's grace is over", seconds)
    tap.same(load.lost(), 0, "no query is lost")
    tap.same(lost, [], "nor a connection")
    tap.ok(asked > LEAVES, "of which there were some", asked)
    print(f"# {load.answered()} and {asked} over TCP answered in {LEAVES} leaves, {max(seconds):.2f} s each at most")
    load.close()


def check_pair(place):
    nodes = {name: Node(place, "base", ports) for name, ports in PORTS.items()}
    if not tap.ok(wait_for(lambda: all(node.is_ready() for node in nodes.values())), "two serve one address"):
        return
    check_kills(place, nodes)
    check_leaves(place, nodes)
    for node in nodes.values():
        node.end(signal.SIGINT)


def tracked():
    """The connections with the node's own addresses that conntrack knows."""
    with open("/proc/net/nf_conntrack", encoding="ascii") as file:
        ends = [tuple(re.findall(r"(?:src|dst|sport|dport)=(\S+)", line)) for line in file]
    return {end for end in ends if LOCAL in end or CLUSTER_IP in end}


def check_notrack(place, pod):
    """The cluster IP: kube-proxy sends it elsewhere, until the rules are there."""
    for chain in "OUTPUT", "PREROUTING":
        for protocol in "udp", "tcp":
            subprocess.run(["iptables", "-w", "-t", "nat", "-A", chain, "-d", CLUSTER_IP, "-p", protocol, "--dport", "53",
                            "-j", "DNAT", "--to-destination", ELSEWHERE + ":53"], check=True)
    knamectl("node", "address", LOCAL, CLUSTER_IP, "--interface", "lo")
    node = Node(place, "cluster-ip", PORTS["first"])
    tap.ok(wait_for(node.is_ready), "it serves the cluster IP too")
    words = ["dig", "-r", "+short", "+tries=1", "+timeout=10", "@" + CLUSTER_IP, NAME]
    tap.same((ask(CLUSTER_IP), pod.run(*words).stdout.split()), (["192.0.2.2"], ["192.0.2.2"]),
             "without rules kube-proxy takes the cluster IP elsewhere")
    for again in "", ", again":
        done = knamectl("node", "notrack", LOCAL, CLUSTER_IP)
        tap.ok(done.returncode == 0, "the rules are written" + again, done.stderr)
    before = tracked()
    tap.same([ask(CLUSTER_IP), ask(CLUSTER_IP, "+tcp"), ask(LOCAL)], [["192.0.2.1"]] * 3, "with them the node answers itself")
    tap.same([pod.run(*words, *how).stdout.split() for how in ((), ("+tcp",))], [["192.0.2.1"]] * 2, "and its pods")
    tap.ok(before and not tracked() - before, "nothing of it is tracked", before, tracked() - before)
    for again in "", ", again":
        tap.same(knamectl("node", "notrack", "--remove").returncode, 0, "the rules are removed" + again)
    tap.same((ask(CLUSTER_IP), pod.run(*words).stdout.split()), (["192.0.2.2"], ["192.0.2.2"]), "and all is as before")
    node.end(signal.SIGINT)


def check_all(place, pod):
    for name, value in (("ip_unprivileged_port_start", "0"),  # what the file capability does in the image
                        ("tcp_tw_reuse", "1")):  # else a client that makes connections all the time runs out of ports
        with open("/proc/sys/net/ipv4/" + name, "w", encoding="ascii") as file:
            file.write(value)
    for address in UPSTREAM, ELSEWHERE:
        subprocess.run(["ip", "address", "add", address + "/32", "dev", "lo"], check=True)
    others = [Node(place, name, None) for name in ("upstream", "elsewhere")]
    try:
        tap.ok(wait_for(lambda: ask(UPSTREAM) and ask(ELSEWHERE)), "the cluster's servers answer")
        check_address()
        check_rights()
        check_one(place)
        check_pair(place)
        check_notrack(place, pod)
    finally:
        for other in others:
            other.end()
        if tap.failed:
            with open(os.path.join(place, "log"), encoding="utf-8", errors="replace") as log:
                print("# " + log.read().replace("\n", "\n# "))


if os.getuid() != 0:
    tap.ok(True, "a node's own server # SKIP only root may change addresses and be nobody")
    tap.done()
enter_own_namespace(tap)
the_place = make_place()
try:
    with Network("10.244.0.1") as network:
        check_all(the_place, network.host("10.244.9.10", "nameserver 10.96.0.10"))
finally:
    shutil.rmtree(the_place, ignore_errors=True)
tap.done()
