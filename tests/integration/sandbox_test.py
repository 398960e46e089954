#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The sandbox of a server that runs: what each of its threads may do, what its metrics say of it, what a reload may ask for,
and that it can be turned off. What cannot be done from inside is tried by sandbox_parts_test."""
import os
import signal
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "support"))
from following import Follower, run_together  # noqa: E402
from kube_api import KubeApi, service  # noqa: E402
from running_server import is_instrumented, write_program  # noqa: E402

WEB = service("web", "10.0.0.1")
PARTS = ("capability", "landlock", "seccomp")
NET_BIND_SERVICE = 1 << 10
SIGNALS = sum(1 << number - 1 for number in (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT, signal.SIGUSR1, signal.SIGUSR2))
HAS_OTHERS = is_instrumented(sanitizers=["tsan"])
# A program that prints a token, for a moment's use.
PLUGIN = '''#!/bin/sh
echo '{"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential", "status": {"token": "t"}}'
echo ran >>'%s'
'''
KUBECONFIG = ("{apiVersion: v1, kind: Config, current-context: c, contexts: [{name: c, context: {cluster: k, user: u}}],\n"
              "clusters: [{name: k, cluster: {server: 'SERVER'}}],\n"
              "users: [{name: u, user: {exec: {apiVersion: client.authentication.k8s.io/v1, command: COMMAND,\n"
              "interactiveMode: Never}}}]}\n")


def tasks(server):
    """Of each thread what /proc says of its rights."""
    found = []
    for task in os.listdir(f"/proc/{server.process.pid}/task"):
        with open(f"/proc/{server.process.pid}/task/{task}/status", encoding="ascii") as file:
            fields = dict(line.rstrip("\n").split(":\t", 1) for line in file if ":\t" in line)
        fields["is_main"] = int(task) == server.process.pid
        found.append(fields)
    # ThreadSanitizer has a thread of its own, which is there before main() and has no name; all of ours have.
    main = next(fields["Name"] for fields in found if fields["is_main"])
    return [fields for fields in found if fields["is_main"] or not (HAS_OTHERS and fields["Name"] == main)]


def parts(server):
    """Those in force, as the metrics page says."""
    return tuple(part for part in PARTS if server.metric("knamed_sandbox", f'part="{part}"') == 1)


def rights(tap):
    with KubeApi() as api:
        api.put(WEB)
        with Follower(api, "ttl 5\n}\nlog {\nclass error") as server:
            server.says("web.default.svc", ["10.0.0.1"])
            force, threads = parts(server), tasks(server)
            if not force:
                tap.ok(True, "rights of threads # SKIP this build is made without a sandbox")
                return
            tap.ok("capability" in force, "capabilities are given up", force)
            tap.same([int(task[name], 16) for task in threads for name in ("CapEff", "CapInh", "CapAmb")],
                     [0] * 3 * len(threads), f"{len(threads)} threads use and pass on none")
            tap.same({int(task["CapPrm"], 16) & ~(NET_BIND_SERVICE if task["is_main"] else 0) for task in threads}, {0},
                     "only the main one may raise one, for ports below 1024")
            tap.same([int(task["SigBlk"], 16) & SIGNALS for task in threads if not task["is_main"]], [SIGNALS] * (len(threads) - 1),
                     "signals are the main one's")
            tap.same({task["NoNewPrivs"] for task in threads}, {"1"}, "no program can give more")
            tap.same({task["Seccomp"] for task in threads} == {"2"}, "seccomp" in force, "all go through the list of calls")
            tap.ok("landlock" in force or server.logged("sandbox: not all of it is in force"), "what the kernel lacks is told",
                   server.text())
            tap.ok("knamed-log" in server.threads() and len(set(server.threads())) > 2, "threads have names, and one writes the log", server.threads())


def off(tap):
    with KubeApi() as api:
        with Follower(api, "ttl 5", environment={**os.environ, "KNAMED_SANDBOX": "off"}) as server:
            tap.same(parts(server), (), "it can be turned off")
            tap.same({task["Seccomp"] for task in tasks(server)}, {"0"}, "then no list is there")
            tap.ok(server.logged("[INFO]", "sandbox: $KNAMED_SANDBOX is off"), "and the log says so", server.text())


def tell_again(server, change):
    """Changes the Corefile and has it read."""
    path = os.path.join(server.place, "Corefile")
    with open(path, encoding="ascii") as file:
        text = file.read()
    with open(path, "w", encoding="ascii") as file:
        file.write(change(text))
    server.process.send_signal(signal.SIGUSR1)


def reloads(tap):
    with KubeApi() as api, tempfile.TemporaryDirectory(prefix="sandbox-") as place:
        api.put(WEB)
        os.mkdir(f"{place}/there")
        os.mkdir(f"{place}/elsewhere")
        with Follower(api, f"snapshot {place}/there/snapshot", place=place) as server:
            server.says("web.default.svc", ["10.0.0.1"])
            if "landlock" not in parts(server):
                tap.ok(True, "places of a reload # SKIP this kernel has no Landlock")
                return
            tell_again(server, lambda text: text.replace("/there/", "/elsewhere/"))
            tap.ok(server.logged("[ERROR] Restart failed: plugin/kubernetes: Corefile:7 - ", f"{place}/elsewhere/snapshot",
                                 "restart knamed"), "a snapshot somewhere else is refused, with its line", server.text())
            tap.same(server.says("web.default.svc", ["10.0.0.1"]), ["10.0.0.1"], "what was in force stays")
            tap.same(server.metric("coredns_reload_failed_total"), 1, "and it is counted")
            tell_again(server, lambda text: text.replace("/elsewhere/snapshot", "/there/other"))
            tap.ok(server.logged("[INFO] Reloading complete"), "another file of the same place is not", server.text())
            server.says("web.default.svc", ["10.0.0.1"])
        tap.ok(os.path.exists(f"{place}/there/other") and not os.listdir(f"{place}/elsewhere"), "it is written")


def write_plugin(api, place):
    """A kubeconfig whose user is known by a program; where that tells that it ran."""
    ran = os.path.join(place, "ran")
    write_program(f"{place}/plugin", PLUGIN % ran)
    with open(f"{place}/kubeconfig", "w", encoding="ascii") as file:
        file.write(KUBECONFIG.replace("SERVER", api.url).replace("COMMAND", f"{place}/plugin"))
    return ran


def plugins(tap):
    with KubeApi() as api, tempfile.TemporaryDirectory(prefix="sandbox-") as place:
        api.put(WEB)
        ran = write_plugin(api, place)
        with Follower(api, "ttl 5", place=place) as server:
            server.says("web.default.svc", ["10.0.0.1"])
            if {"landlock", "seccomp"} & set(parts(server)):
                tell_again(server, lambda text: text.replace("endpoint " + api.url, f"kubeconfig {place}/kubeconfig"))
                tap.ok(server.logged("[ERROR] Restart failed: plugin/kubernetes: Corefile:6 - ", "program of a kubeconfig"),
                       "a program that was not there at the start is refused", server.text())
            tap.ok(not os.path.exists(ran), "it does not run")
        with Follower(api, "ttl 5", place=place, source=f"kubeconfig {place}/kubeconfig",
                      environment={**os.environ, "HOME": place}) as server:
            tap.same(server.says("web.default.svc", ["10.0.0.1"]), ["10.0.0.1"], "one that was runs, and is believed")
            tap.ok(os.path.exists(ran), "it may write below its home")
            tap.same({task["NoNewPrivs"] for task in tasks(server)}, {"1"}, "and gets no rights from its file")


if __name__ == "__main__":
    run_together([rights, off, reloads, plugins])
