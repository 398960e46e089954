#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Asks every `dig` line of README.md of a server that serves the sample cluster, and compares what comes back with
what the README shows. Lines may come in any order, for `loadbalance` turns them."""
import os
import re
import shlex
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "support"))
from running_server import ROOT, Server  # noqa: E402
from tap import Tap  # noqa: E402

# Names that the README has to show.
NAMES = """
example-etcd-cluster-client.default example-etcd-cluster.default example-etcd-cluster-0000.example-etcd-cluster.default
_peer._tcp.example-etcd-cluster.default example-etcd-cluster-client-lb.default example-etcd-client-service-lb.default
_etcd-client._tcp.etcd _etcd-client._tcp.etcd.etcd _etcd-server._tcp.etcd _etcd-server._tcp.etcd.etcd
etcd-0.etcd.etcd etcd-1.etcd.etcd etcd-2.etcd.etcd
elastic.default elastic-nodeport.default elastic-lb.default db.default search.default
""".split()
OUTSIDE = "_etcd-client._tcp.example.com infra0.example.com infra1.example.com infra2.example.com db.example.com".split()


def examples(text):
    """(command, the lines below it) of every dig in a code block."""
    found = []
    for block in re.findall(r"^```\w*\n(.*?)^```$", text, re.M | re.S):
        expected = None
        for line in block.splitlines():
            if line.startswith("$ dig "):
                expected = []
                found.append((line[2:], expected))
            elif line.startswith("$ "):
                expected = None
            elif expected is not None and line.strip():
                expected.append(" ".join(line.split()))
    return found


def main():
    tap = Tap()
    with open(os.path.join(ROOT, "README.md"), encoding="utf-8") as file:
        found = examples(file.read())
    shown = {word.rstrip(".") for command, _ in found for word in command.split()}
    for name in [f"{name}.svc.cluster.local" for name in NAMES] + OUTSIDE:
        tap.ok(name in shown, f"README.md shows {name}")
    with Server("deploy/sample/Corefile") as server:
        for command, expected in found:
            words = shlex.split(command)[1:]
            good = words[:3] == ["@127.0.0.1", "-p", "5353"]
            got = [" ".join(line.split()) for line in server.dig(*words[3:]).splitlines() if line.strip()]
            tap.ok(good and sorted(got) == sorted(expected), command, "expected:", *expected, "got:", *got)
    tap.done()


main()
