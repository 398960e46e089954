#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A real etcd finds its members through knamed: one member first, then a second one added and removed, then three at
once by each form of the name. Members are hosts in network namespaces, at the addresses of the StatefulSet's pods."""
import os
import random
import signal

from cluster import Cluster, programs, wait_for
from etcd_objects import ADDRESSES, ETCD, OBJECTS
from network import Network, enter_own_namespace
from tap import Tap

tap = Tap()
DNS = "10.244.0.1"
SEARCH = ["etcd.svc.cluster.local", "svc.cluster.local", "cluster.local"]
BOOT_S = 60


def mixed(text, number):
    """Each letter in either case, by this number."""
    chance = random.Random(number)
    return "".join(chance.choice((letter.lower(), letter.upper())) for letter in text)


class Member:
    """A pod of the StatefulSet: a host, and the etcd that runs on it."""

    def __init__(self, network, cluster, number, search):
        self.cluster, self.number, self.address, self.process = cluster, number, ADDRESSES[number], None
        self.host = network.host(self.address, f"nameserver {DNS}\nsearch {' '.join(search)}\noptions ndots:5\n")
        self.name = f"etcd-{number}.{ETCD}"
        self.log = cluster.file(f"etcd-{number}.log")

    def etcdctl(self, *words, **environment):
        return self.host.run(os.path.join(programs(), "etcdctl"), *words, **environment)

    def own(self, *words):
        """etcdctl with this member alone."""
        return self.etcdctl(f"--endpoints=http://{self.address}:2379", *words)

    def start(self, cluster_name, discovery="etcd", suffix="etcd", state="new"):
        """As the example's StatefulSet does: the advertised names are short, unless `suffix` is a full one."""
        self.process = self.host.start(
            os.path.join(programs(), "etcd"), f"--name=etcd-{self.number}", f"--discovery-srv={discovery}",
            f"--data-dir={self.cluster.file(f'{cluster_name}-{self.number}')}", f"--initial-cluster-state={state}",
            f"--initial-advertise-peer-urls=http://etcd-{self.number}.{suffix}:2380",
            f"--advertise-client-urls=http://etcd-{self.number}.{suffix}:2379",
            "--listen-peer-urls=http://0.0.0.0:2380", "--listen-client-urls=http://0.0.0.0:2379",
            f"--initial-cluster-token={cluster_name}", "--unsafe-no-fsync", log=self.log)

    def stop(self):
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(20)

    def is_healthy(self):
        return self.process.poll() is None and self.own("endpoint", "health").returncode == 0

    def nslookup(self):
        """What the example's init container waits for."""
        return self.host.run("busybox", "nslookup", self.name)


def healthy(members, name):
    """All are, and what they say if not."""
    good = wait_for(lambda: all(member.is_healthy() for member in members), BOOT_S)
    logs = [] if good else [member.cluster.log(f"etcd-{member.number}.log", 10) for member in members]
    return tap.ok(good, name, *logs)


def carries(writer, reader, value):
    """One member writes, another one reads: (the value, complaints)."""
    put = writer.own("put", "key", value)
    got = reader.own("get", "--print-value-only", "key")
    return got.stdout.strip(), put.stderr + got.stderr


def scale(cluster, server, replicas):
    """Every record of every pod follows."""
    cluster.kubectl("scale", "statefulset", "etcd", "-n", "etcd", f"--replicas={replicas}")
    return wait_for(lambda: has_records(server, replicas))


def has_records(server, replicas):
    """Exactly these pods have records, of every kind."""
    names = [f"etcd-{number}.{ETCD}." for number in range(replicas)]
    forms = [f"_{port}._tcp.{domain}" for port in ("etcd-client", "etcd-server") for domain in (ETCD, "etcd.svc.cluster.local")]
    return (sorted(server.short(ETCD, "A")) == ADDRESSES[:replicas]
            and all(sorted(line.split()[-1] for line in server.short(form, "SRV")) == names for form in forms)
            and all(server.short(f"etcd-{number}.{ETCD}", "A") == [address] * (number < replicas)
                    and len(server.short("-x", address)) == (number < replicas) for number, address in enumerate(ADDRESSES)))


# -- one member, a second one, and back --


def check_growth(network, cluster, server):
    first, second = (Member(network, cluster, number, SEARCH) for number in (0, 1))
    try:
        check_first(first)
        check_second(cluster, server, first, second)
        check_removal(cluster, server, first, second)
    finally:
        first.stop()
        second.stop()


def check_first(first):
    asked = wait_for(lambda: first.nslookup().returncode == 0)
    tap.ok(asked, "busybox nslookup of the first member exits with 0", first.nslookup().stdout)
    first.start("growth")
    healthy([first], "a member alone finds itself")
    first.stop()
    first.start("growth", state="existing")
    healthy([first], "it comes back as a member of an existing cluster")


def check_second(cluster, server, first, second):
    added = first.etcdctl("member", "add", "etcd-1", f"--peer-urls=http://{second.name}:2380",
                          ETCDCTL_DISCOVERY_SRV="etcd")
    tap.same((added.returncode, added.stderr), (0, ""), "member add, the cluster found by ETCDCTL_DISCOVERY_SRV=etcd")
    tap.ok(scale(cluster, server, 2), "scaled to 2: every record of the second member is there")
    tap.same(second.nslookup().returncode, 0, "busybox nslookup of the second member exits with 0")
    second.start("growth", state="existing")
    healthy([first, second], "the second member joins")
    value, complaint = carries(first, second, "through two")
    tap.ok(value == "through two", "what is put on etcd-0 is got on etcd-1", value, complaint)


def check_removal(cluster, server, first, second):
    listed = first.own("member", "list").stdout.splitlines()
    number = next((line.split(",")[0] for line in listed if "etcd-1" in line), "none")
    removed = wait_for(lambda: first.own("member", "remove", number).returncode == 0)  # refused while it is new
    tap.ok(removed, "member remove", listed)
    tap.ok(scale(cluster, server, 1), "scaled to 1: no record of the second member is left")
    tap.same([server.rcode(name, kind)[0] for name, kind in ((second.name, "A"), (second.name, "AAAA"))], ["NXDOMAIN"] * 2,
             "the second member's name is gone")
    value, complaint = carries(first, first, "alone")
    tap.ok(value == "alone", "the first member goes on alone", value, complaint)


# -- three at once --


def check_three(network, cluster, title, form):
    """form(number): discovery, suffix of the advertised names, search list."""
    forms = [form(number) for number in range(3)]
    members = [Member(network, cluster, number, search) for number, (_, _, search) in enumerate(forms)]
    try:
        for member, (discovery, suffix, _) in zip(members, forms):
            member.start(title.replace(" ", "-"), discovery, suffix)
        healthy(members, f"three members at once find each other: {title}")
        tap.same(len(members[0].own("member", "list").stdout.splitlines()), 3, f"they are one cluster: {title}")
        value, complaint = carries(members[0], members[2], title)
        tap.ok(value == title, f"what one is told another one knows: {title}", value, complaint)
    finally:
        for member in members:
            member.stop()
        network.remove_hosts()


def main():
    enter_own_namespace(tap)
    with Network(DNS) as network, Cluster() as cluster:
        cluster.addresses.update((f"etcd-{number}", address) for number, address in enumerate(ADDRESSES))
        cluster.apply(OBJECTS)
        with cluster.knamed(address=DNS, port=53) as server:
            check_growth(network, cluster, server)
            network.remove_hosts()
            tap.ok(scale(cluster, server, 3), "scaled to 3")
            check_three(network, cluster, "the full name", lambda number: (ETCD, ETCD, SEARCH))
            check_three(network, cluster, "one word and the search list", lambda number: ("etcd", "etcd", SEARCH))
            check_three(network, cluster, "the short form", lambda number: ("etcd.svc.cluster.local", "etcd", SEARCH))
            check_three(network, cluster, "mixed case", lambda number: (
                mixed(ETCD, number), mixed("etcd", number), [mixed(domain, number) for domain in SEARCH]))
    tap.done()


main()
