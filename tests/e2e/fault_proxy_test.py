#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A proxy between knamed and a real API server loses, spoils, slows and cuts what passes. Names that exist throughout are
asked all the time and never get another answer; after each fault all is right again within an audit and five seconds."""
import time

from cluster import Cluster, wait_for
from steady_poller import SteadyPoller
from fault_proxy import HttpProxy, TcpProxy
from tap import Tap

tap = Tap()
Z = "default.svc.cluster.local"
SERVICES = "/api/v1/namespaces/default/services"
RIGHT_S = 15  # the audit's period and five seconds
HALF_OPEN_S = 30 + RIGHT_S  # a silent connection may take half a minute to be noticed
SLOW_S = 60  # a handshake and what has changed, at 1 kB/s
PEAK_KB = 64 * 1024
made = iter(range(1, 200))


def is_one(wanted):
    return lambda answer: None if (answer.rcode, answer.texts) == ("NOERROR", [wanted]) else f"{wanted} was expected"


QUESTIONS = [(f"kubernetes.{Z}", "A", is_one("10.96.0.1")), (f"steady.{Z}", "A", is_one("10.96.3.1"))]


class Trial:
    """A knamed that reads the cluster through a proxy."""

    def __init__(self, cluster, proxy, name):
        self.cluster, self.proxy, self.api = cluster, proxy, cluster.api()
        self.kubeconfig = cluster.kubeconfig(cluster.tokens[0], name, server=f"https://127.0.0.1:{proxy.port}")

    def make(self, name, address, note=""):
        status, answer = self.api.request("POST", SERVICES, {
            "metadata": {"name": name, "annotations": {"note": note}}, "spec": {"clusterIP": address, "ports": [{"port": 80}]}})
        assert status == 201, answer

    def change(self):
        """A service made now: its name and address."""
        number = next(made)
        self.make(f"made-{number}", f"10.96.4.{number}")
        return f"made-{number}.{Z}", f"10.96.4.{number}"

    def is_right(self, name, address, what, deadline_s=RIGHT_S):
        begin = time.monotonic()
        right = wait_for(lambda: self.server.short(name) == [address], deadline_s)
        seconds = time.monotonic() - begin
        tap.ok(right and seconds < deadline_s, what, f"{seconds:.2f} s", self.server.text())
        print(f"# {seconds:.2f} s until it was", flush=True)

    def heals(self, fault):
        self.is_right(*self.change(), f"{fault}: right again")

    def run(self, faults):
        with self.cluster.knamed("audit 10s", kubeconfig=self.kubeconfig) as self.server:
            with SteadyPoller(self.server, QUESTIONS) as poller:
                for fault in faults:
                    fault(self)
            tap.same(poller.wrong[:10], [], "what stays was answered rightly all the time")
            with open(f"/proc/{self.server.process.pid}/status", encoding="ascii") as file:
                peak_kb = next(int(line.split()[1]) for line in file if line.startswith("VmHWM"))
            tap.ok(peak_kb < PEAK_KB, "memory stays within bounds", f"{peak_kb} kB")
            print(f"# at most {peak_kb} kB", flush=True)
            tap.same(self.server.stop(), 0, "it lives until it is ended")


# -- TCP; TLS and HTTP/2 pass through --


def half_open(trial):
    trial.proxy.silence()
    trial.is_right(*trial.change(), "half-open: right again", HALF_OPEN_S)


def reset(trial):
    trial.proxy.cut()
    trial.heals("reset")


def refused(trial):
    trial.proxy.refuses = True
    trial.proxy.cut()
    name, address = trial.change()
    trial.proxy.refuses = False
    trial.is_right(name, address, "refused: right again")


def slow(trial):
    trial.proxy.rate = 1000
    trial.proxy.cut()
    trial.is_right(*trial.change(), "slow: answered all the same", SLOW_S)
    trial.proxy.rate = None
    trial.heals("slow")


# -- what HTTP carries; the proxy ends TLS with a certificate of the same CA --


def swallowed(trial):
    trial.proxy.fault("swallow", path="services", times=1)
    trial.is_right(*trial.change(), "swallowed: found by the audit", RIGHT_S)
    trial.proxy.clear()


def spoilt(what, **parameters):
    def fault(trial):
        trial.proxy.fault(what, path="services", times=2, **parameters)
        name, address = trial.change()
        trial.is_right(name, address, f"{what}: right again")
        trial.proxy.clear()
    return fault


def wrong_type(trial):
    trial.proxy.fault("type", path="services", times=2, value="text/html")
    trial.proxy.fault("cut", path="services", times=1)
    trial.heals("wrong type")
    trial.proxy.clear()


def huge(trial):
    trial.make("huge", "10.96.5.1", "x" * 250000)
    trial.is_right(f"huge.{Z}", "10.96.5.1", "a huge object is answered")
    trial.heals("huge")


with Cluster(controllers=False) as the_cluster:
    with TcpProxy(the_cluster.port) as tcp:
        trial_tcp = Trial(the_cluster, tcp, "tcp.kubeconfig")
        trial_tcp.make("steady", "10.96.3.1")
        trial_tcp.run([reset, refused, slow, half_open])
    with HttpProxy(the_cluster.port, the_cluster.file("trusted.crt"), the_cluster.file("server.crt"),
                   the_cluster.file("server.key")) as http:
        Trial(the_cluster, http, "http.kubeconfig").run([swallowed, spoilt("cut"), spoilt("garbage"), wrong_type, huge])
tap.done()
