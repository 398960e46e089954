#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Audits while the cluster changes all the time: what is only on its way is not taken for missed, what was missed is
found all the same."""
import os
import random
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "support"))
from following import Follower, run_together  # noqa: E402
from kube_api import KubeApi, service, slice_, wait_watching  # noqa: E402
from running_server import Patience, wait_for  # noqa: E402

WEB = service("web", "10.0.0.1")


def audits(api):
    return sum("PartialObjectMetadata" in entry["accept"] for entry in api.stats()["log"])


def change(api, chance, known):
    """A few objects made, changed and deleted."""
    for _ in range(20):
        number = chance.randrange(1200)
        objects = (service(f"s{number}", f"10.7.{chance.randrange(250)}.{chance.randrange(1, 250)}"),
                   slice_(f"e{number}", f"s{number}", [f"10.8.{chance.randrange(250)}.{chance.randrange(1, 250)}"]))
        if number in known and chance.random() < 0.5:
            api.delete(*objects)
            known.discard(number)
        else:
            api.put(*objects)
            known.add(number)


def churn(tap, tls=False):
    chance, known = random.Random(7), set()
    with KubeApi(tls=tls) as api:
        api.put(WEB)
        for _ in range(30):
            change(api, chance, known)
        with Follower(api, "audit 1s") as server:
            server.says("web.default.svc", ["10.0.0.1"])
            wait_watching(api)
            patience = Patience(60)
            while audits(api) < 12 and not patience.is_over():
                change(api, chance, known)
            tap.ok(audits(api) >= 12, "audits go on while everything changes, and ask for metadata alone", api.urls(),
                   server.text())
            tap.same(server.metric("knamed_kubernetes_audit_repairs_total"), 0, "and find nothing missed")
            tap.same(server.metric("knamed_kubernetes_relists_total"), 3, "nothing is read anew")
            tap.ok(wait_for(lambda: server.metric("knamed_kubernetes_objects", "Service") == len(known) + 1),
                   "every object is known", server.metrics())


def churn_over_http2(tap):
    churn(tap, tls=True)


def missed_in_churn(tap):
    chance, known = random.Random(8), set()
    with KubeApi() as api:
        api.put(WEB, service("lost", "10.0.0.3"))
        with Follower(api, "audit 1s") as server:
            server.says("lost.default.svc", ["10.0.0.3"])
            wait_watching(api)
            api.fault("swallow", resource="services", names=["lost", "new"], times=2)
            api.delete(service("lost"))
            api.put(service("new", "10.0.0.4"))
            patience = Patience(60)
            while server.ask("new.default.svc").rcode != "NOERROR" and not patience.is_over():
                change(api, chance, known)
            tap.same(server.says("new.default.svc", ["10.0.0.4"]), ["10.0.0.4"], "what never came is found")
            tap.same(server.says("lost.default.svc", []), [], "what never went, too")
            tap.ok(server.metric("knamed_kubernetes_audit_repairs_total") > 0, "it is counted", server.metrics())


def switched_off(tap):
    with KubeApi() as api:
        api.put(WEB)
        with Follower(api, "audit off") as server:
            server.says("web.default.svc", ["10.0.0.1"])
            wait_watching(api)
            time.sleep(2)
            tap.same(audits(api), 0, "no audit is made")


if __name__ == "__main__":
    run_together([churn, churn_over_http2, missed_in_churn, switched_off])
