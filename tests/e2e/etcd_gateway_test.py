#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`etcd gateway` finds three real members by the zone file of example.com, by SRV and by address records, and carries
what is put and got through it. Members and gateway are hosts in network namespaces, at the addresses of the zone."""
import os
import tempfile

from cluster import Server, programs, wait_for
from running_server import ROOT
from network import Network, enter_own_namespace
from tap import Tap

tap = Tap()
DNS = "10.0.1.1"
CLIENT = "10.0.1.30"
MEMBERS = {f"infra{i}": f"10.0.1.{10 + i}" for i in range(3)}
GATEWAY = "127.0.0.1:23790"  # on the client's host
WAYS = {
    "discovery-srv": ["--insecure-discovery", "--discovery-srv=example.com"],
    "endpoints": ["--endpoints=" + ",".join(f"{name}.example.com:2379" for name in MEMBERS)],
}
BOOT_S = 60
COREFILE = f""".
bind {DNS}
errors
file {ROOT}/zones/example.com.zone example.com
"""


def program(name):
    return os.path.join(programs(), name)


def tail(path):
    with open(path, encoding="utf-8", errors="replace") as file:
        return "".join(file.readlines()[-20:])


def end(processes):
    for process in processes:
        process.terminate()
    for process in processes:
        process.wait()


class Members:
    """The three etcds. They know each other by address: what is looked up, the gateway looks up."""

    def __init__(self, network, directory):
        self.processes, self.logs = [], []
        resolv_conf = f"nameserver {DNS}\n"
        peers = ",".join(f"{name}=http://{address}:2380" for name, address in MEMBERS.items())
        for name, address in MEMBERS.items():
            peer, client = f"http://{address}:2380", f"http://{address}:2379"
            self.logs.append(os.path.join(directory, name + ".log"))
            self.processes.append(network.host(address, resolv_conf).start(
                program("etcd"), "--name", name, "--data-dir", os.path.join(directory, name), "--unsafe-no-fsync",
                "--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer, "--initial-cluster", peers,
                "--listen-client-urls", client, "--advertise-client-urls", client, log=self.logs[-1]))

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        end(self.processes)


def etcdctl(host, endpoint, *words):
    done = host.run(program("etcdctl"), "--endpoints", endpoint, "--command-timeout=10s", *words)
    return done.stdout.split() if done.returncode == 0 else done.stderr.split("\n")


def check_gateway(client, directory, way, words):
    log = os.path.join(directory, f"gateway-{way}.log")
    gateway = client.start(program("etcd"), "gateway", "start", "--listen-addr", GATEWAY, *words, log=log)
    try:
        put = wait_for(lambda: gateway.poll() is not None or etcdctl(client, GATEWAY, "put", "way", way) == ["OK"], BOOT_S)
        tap.ok(put and gateway.poll() is None, f"a gateway with --{way} carries a put", tail(log))
        tap.same(etcdctl(client, GATEWAY, "get", "way"), ["way", way], f"a gateway with --{way} carries a get")
        for name, address in MEMBERS.items():
            tap.same(etcdctl(client, address + ":2379", "get", "way"), ["way", way], f"{name} has what came by --{way}")
    finally:
        end([gateway])
    named = [name for name in MEMBERS if f"{name}.example.com" in tail(log)]
    tap.same(named, list(MEMBERS), f"a gateway with --{way} knows each member by the name of the zone")


def main():
    programs()  # built where there is a network
    enter_own_namespace(tap)
    with tempfile.TemporaryDirectory(prefix="knamed-e2e-") as directory, Network(DNS) as network:
        corefile = os.path.join(directory, "Corefile")
        with open(corefile, "w", encoding="ascii") as file:
            file.write(COREFILE)
        with Server(corefile, directory, DNS, 53), Members(network, directory) as members:
            client = network.host(CLIENT, f"nameserver {DNS}\n")
            everyone = ",".join(address + ":2379" for address in MEMBERS.values())
            up = wait_for(lambda: etcdctl(client, everyone, "put", "first", "1") == ["OK"], BOOT_S)
            tap.ok(up, "three members serve", *map(tail, members.logs))
            for way, words in WAYS.items():
                check_gateway(client, directory, way, words)
    tap.done()


main()
