#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Whose questions they are: `knamectl tail` and `top` name the pod that has the client's address, wherever pods are known from, as
long as it has it."""
import json
import os
import socket
import struct
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "support"))
from datagrams import question  # noqa: E402
from following import Follower, run_together  # noqa: E402
from kube_api import KubeApi, namespace, pod, service, wait_watching  # noqa: E402
from reloading import write  # noqa: E402
from running_server import DEADLINE_S, KNAMECTL, free_port, wait_for  # noqa: E402

WEB, NAME = service("web", "10.0.0.1"), "web.default.svc.cluster.local"
SHOP, BASE, NOBODY = "127.0.0.71", "127.0.0.72", "127.0.0.73"  # addresses of clients
OBJECTS = WEB, namespace("data"), pod("shop-1", SHOP), pod("base-0", BASE, "data")


def serve(place, source, options="pods verified", more="metadata"):
    write(place, "Corefile", f".\nbind 127.0.0.1\n{more}\nkubernetes cluster.local {{\n{source}\n{options}\n}}\n")
    return Follower(place=place, source="", has_corefile=True)


def ask(server, client):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.bind((client, 0))
        udp.settimeout(DEADLINE_S)
        udp.connect((server.address, server.port))
        udp.send(question(1, NAME))
        udp.recv(4096)


def ask_tcp(server, client):
    with socket.create_connection((server.address, server.port), DEADLINE_S, (client, 0)) as tcp:
        message = question(1, NAME)
        tcp.sendall(struct.pack(">H", len(message)) + message)
        tcp.recv(4096)


def tail(server, clients, *words, how=ask):
    """The first line of `knamectl tail` while these clients ask, one after the other."""
    command = [KNAMECTL, "tail", "--pid", str(server.process.pid), "--count", "1", *words]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        def asked():
            for client in clients:
                how(server, client)
            return process.poll() is not None
        wait_for(asked)
        process.terminate()
        return process.stdout.read()


def pod_of(server, client):
    """As a line of JSON has it."""
    return json.loads(tail(server, [client], "--json", "--client", client))["pod"]


def listed(server):
    """{client: pod} of `knamectl top`; where there is none, None."""
    done = subprocess.run([KNAMECTL, "top", "--json", "--pid", str(server.process.pid)], capture_output=True, text=True,
                          check=False)
    return {one["client"]: one.get("pod") for one in json.loads(done.stdout)["top"]["clients"]}


def lines_of_tail(tap):
    with KubeApi() as api, tempfile.TemporaryDirectory(prefix="pods-") as place:
        api.put(*OBJECTS)
        with serve(place, f"endpoint {api.url}") as server:
            server.says("web.default.svc", ["10.0.0.1"])
            wait_watching(api, "pods")
            for how in ask, ask_tcp:
                line = tail(server, [SHOP], "--client", SHOP, how=how)
                tap.ok(f" {SHOP} (default/shop-1) {NAME}. A " in line, f"{how.__name__}: a line names the pod", line)
            tap.ok(f" {NOBODY} {NAME}. A " in tail(server, [NOBODY], "--client", NOBODY), "of an address without a pod it names none")
            line = tail(server, [SHOP, NOBODY, BASE], "--namespace", "data")
            tap.ok(f" {BASE} (data/base-0) " in line, "of a namespace: questions of its pods", line)


def lists_of_top(tap):
    with KubeApi() as api, tempfile.TemporaryDirectory(prefix="pods-") as place:
        api.put(*OBJECTS)
        with serve(place, f"endpoint {api.url}") as server:
            server.says("web.default.svc", ["10.0.0.1"])
            wait_watching(api, "pods")

            def told():
                for client in SHOP, BASE, NOBODY:
                    ask(server, client)
                return len(listed(server)) >= 3
            wait_for(told)
            wanted = {SHOP: "default/shop-1", BASE: "data/base-0", NOBODY: None}
            tap.same({client: name for client, name in listed(server).items() if client in wanted}, wanted,
                     "clients have the names of their pods")
            text = subprocess.run([KNAMECTL, "top", "--once", "--pid", str(server.process.pid)], capture_output=True,
                                  text=True, check=False).stdout
            lines = [line.split() for line in text.splitlines()]
            tap.ok(any(SHOP in line and "default/shop-1" in line for line in lines), "so they are shown", text)


def an_address_that_goes_on(tap):
    """It is another pod's before the first one is gone, and then nobody's."""
    with KubeApi() as api, tempfile.TemporaryDirectory(prefix="pods-") as place:
        api.put(*OBJECTS)
        with serve(place, f"endpoint {api.url}") as server:
            tap.ok(wait_for(lambda: pod_of(server, SHOP) == "default/shop-1"), "the first has it")
            api.put(pod("shop-1", SHOP, phase="Succeeded"), pod("shop-2", SHOP))
            tap.ok(wait_for(lambda: pod_of(server, SHOP) == "default/shop-2"), "then the second one")
            api.delete(pod("shop-1", SHOP))
            api.put(service("late", "10.0.0.2"), pod("other", "127.0.0.74"))
            wait_for(lambda: pod_of(server, "127.0.0.74") == "default/other")
            tap.same(pod_of(server, SHOP), "default/shop-2", "that the first is gone changes nothing")
            api.delete(pod("shop-2", SHOP))
            tap.ok(wait_for(lambda: pod_of(server, SHOP) == ""), "then it is nobody's")


def from_a_snapshot(tap):
    """The API server is away: who is asking is known all the same."""
    with KubeApi() as api, tempfile.TemporaryDirectory(prefix="pods-") as place:
        api.put(*OBJECTS)
        source = f"endpoint {api.url}\nsnapshot {place}/snapshot\nstartup_timeout 200ms"
        with serve(place, source) as server:
            wait_for(lambda: pod_of(server, SHOP) == "default/shop-1")
        api.do("stop")
        with serve(place, source) as server:
            tap.ok(server.logged("serving from snapshot"), "a snapshot is read", server.text())
            tap.same([pod_of(server, client) for client in (SHOP, BASE, NOBODY)], ["default/shop-1", "data/base-0", ""],
                     "it has the names of pods")


def from_files(tap):
    with tempfile.TemporaryDirectory(prefix="pods-") as place:
        os.mkdir(os.path.join(place, "objects"))
        for number, item in enumerate((namespace("default"), *OBJECTS)):
            write(place, f"objects/{number}.json", json.dumps(item))
        for more in "metadata", f"admin 127.0.0.1:{free_port()}":
            with serve(place, "manifests objects", more=more) as server:
                tap.same(pod_of(server, BASE), "data/base-0", f"manifests have the names of pods, for {more.split()[0]}")
        with serve(place, "manifests objects", more="") as server:
            tap.same(pod_of(server, BASE), "", "neither `metadata` nor `admin`: no names are kept")
        with serve(place, "manifests objects", "pods insecure") as server:
            tap.same(pod_of(server, BASE), "", "pods that are not verified: there are no names")


if __name__ == "__main__":
    run_together([lines_of_tail, lists_of_top, an_address_that_goes_on, from_a_snapshot, from_files])
