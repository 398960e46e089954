#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A real Prometheus scrapes two replicas under load, and a CoreDNS beside them: each query of deploy/monitoring and of what others
made for CoreDNS returns series, and each alert fires when it should and not before."""
import contextlib
import datetime
import json
import os
import re
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.parse
import urllib.request

import monitoring_alerts
from cluster import Program, programs, wait_for
from monitoring_queries import DASHBOARDS, DEAD_ALERTS, MIXIN_ALERTS, OLD_OR_NEW, asked

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(os.path.dirname(HERE), "support"), os.path.join(os.path.dirname(HERE), "oracle")]
from kube_api import KubeApi, pod, service, slice_, wait_watching  # noqa: E402
from running_server import ROOT, Server, answers, free_port  # noqa: E402
from stub_upstream import Manner, StubUpstream, record  # noqa: E402
from tap import Tap  # noqa: E402
import wire  # noqa: E402

MONITORING = os.path.join(ROOT, "deploy/monitoring")
RULES, OLD_NAMES = os.path.join(MONITORING, "rules.yaml"), os.path.join(MONITORING, "names-before-1.7.yaml")
OURS, THEIRS = 'job="kube-dns",instance=~".*",cluster=~".*"', 'job="coredns",instance=~".*"'
WINDOW = "30s"
TRIGGER = "endpoints.kubernetes.io/last-change-trigger-time"
tap = Tap()

COREFILE = """
. {{
    bind 127.0.0.1
    errors
    health 127.0.0.1:{health}
    kubernetes cluster.local in-addr.arpa {{
        endpoint {api}
        pods insecure
        fallthrough in-addr.arpa
    }}
    prometheus 127.0.0.1:{metrics}
    forward . {upstream}
    cache 30
    loop
    reload
    loadbalance
}}
dead.test {{
    bind 127.0.0.1
    prometheus 127.0.0.1:{metrics}
    forward . 127.0.0.1:{nobody} {{
        max_fails 1
        health_check 200ms
    }}
}}
"""
QUESTIONS = [  # (name, type, over, DO)
    ("web.default.svc.cluster.local", "A", "udp", False), ("web.default.svc.cluster.local", "AAAA", "udp", True),
    ("_http._tcp.web.default.svc.cluster.local", "SRV", "udp", False), ("1.0.96.10.in-addr.arpa", "PTR", "udp", False),
    ("set.default.svc.cluster.local", "A", "tcp", False), ("no.default.svc.cluster.local", "A", "udp", False),
    ("host.example", "A", "udp", False), ("host.example", "A", "tcp", True), ("no.such.example", "A", "udp", False),
    ("NEW.servfail.example", "A", "udp", False), ("refused.example", "A", "udp", False), ("a.dead.test", "A", "udp", False),
]


# ---- what is scraped ----

class Theirs:
    """CoreDNS with the same Corefile."""

    def __init__(self, corefile, log):
        self.address, self.port = "127.0.0.1", free_port()
        self.program = Program("coredns", ["-conf", corefile, "-dns.port", str(self.port)], log)
        if not wait_for(lambda: answers(self.address, self.port)):
            raise RuntimeError("CoreDNS does not answer")

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.program.stop()


class Replica:
    """A server with its ports, as the kubelet and Prometheus know it."""

    def __init__(self, stack, place, name, api, upstream):
        self.metrics, self.health = free_port(), free_port()
        path = os.path.join(place, "Corefile-" + name)
        with open(path, "w", encoding="ascii") as file:
            file.write(COREFILE.format(health=self.health, metrics=self.metrics, api=api.url, upstream=upstream.where,
                                       nobody=free_port()))
        self.server = stack.enter_context(Theirs(path, os.path.join(place, "coredns.log")) if name == "coredns" else
                                          Server(path, place))

    def ask(self, number, question):
        name, kind, over, dnssec = question
        name = name.replace("NEW", f"n{number}")  # not kept yet
        packet = wire.encode_query(number, wire.name_from_text(name), wire.type_number(kind), edns=1232, do=dnssec)
        with contextlib.suppress(OSError):
            with socket.socket(socket.AF_INET, socket.SOCK_STREAM if over == "tcp" else socket.SOCK_DGRAM) as sock:
                sock.settimeout(0.3)
                sock.connect((self.server.address, self.server.port))
                sock.sendall(len(packet).to_bytes(2, "big") + packet if over == "tcp" else packet)
                sock.recv(4096)


def fetch(url):
    """(status, content type, text)"""
    try:
        with urllib.request.urlopen(url, timeout=30) as reply:
            return reply.status, reply.headers["Content-Type"], reply.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.headers["Content-Type"], error.read().decode()


class Load(threading.Thread):
    """Questions to all replicas, the kubelet's probes, and endpoints that change; until `with` ends."""

    def __init__(self, replicas, api):
        super().__init__(daemon=True)
        self.replicas, self.api, self.over, self.rounds = replicas, api, threading.Event(), 0

    def run(self):
        while not self.over.wait(0.1):
            self.rounds += 1
            now = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
            for name in "web", "set":
                changed = slice_(name + "-1", name, [f"10.1.{self.rounds >> 8 & 255}.{self.rounds & 255}"])
                changed["metadata"]["annotations"] = {TRIGGER: now}
                self.api.put(changed)
            for replica in self.replicas:
                for question in QUESTIONS:
                    replica.ask(self.rounds & 65535, question)
                fetch(f"http://127.0.0.1:{replica.health}/health")

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *unused):
        self.over.set()
        self.join()


# ---- Prometheus ----

class Prometheus:
    def __init__(self, place, jobs):
        self.port, path = free_port(), os.path.join(place, "prometheus.yml")
        with open(path, "w", encoding="ascii") as file:
            json.dump({"global": {"scrape_interval": "1s", "scrape_timeout": "1s", "evaluation_interval": "1s"},
                       "rule_files": [RULES, OLD_NAMES],
                       "scrape_configs": [{"job_name": job, "static_configs": [{"targets": targets}]} for job, targets in jobs.items()]},
                      file)
        self.program = Program("prometheus", [
            "--config.file", path, "--storage.tsdb.path", os.path.join(place, "tsdb"), "--log.level=warn",
            "--web.listen-address", f"127.0.0.1:{self.port}"], os.path.join(place, "prometheus.log"))

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.program.stop()

    def get(self, path, **parameters):
        """Its data, or an error's text."""
        try:
            reply = json.loads(fetch(f"http://127.0.0.1:{self.port}/api/v1/{path}?{urllib.parse.urlencode(parameters)}")[2])
        except (OSError, ValueError) as error:
            return str(error)
        return reply.get("data", reply.get("error"))

    def series(self, query):
        """{labels: number} without those that are none; a text: what is wrong with the query."""
        data = self.get("query", query=query)
        if isinstance(data, str):
            return data
        numbers = {tuple(sorted(item["metric"].items())): float(item["value"][1]) for item in data["result"]}
        return {labels: number for labels, number in numbers.items() if number == number}

    def targets(self):
        data = self.get("targets")
        return {} if isinstance(data, str) else {target["scrapeUrl"]: target for target in data["activeTargets"]}


def check_queries(prometheus, title, queries, seconds=20):
    """Rates need two pages, and rules a moment."""
    missing = list(queries)
    end = time.monotonic() + seconds
    while missing and time.monotonic() < end:
        missing = [query for query in missing if not isinstance(prometheus.series(query), dict) or not prometheus.series(query)]
        time.sleep(0.3 if missing else 0)
    tap.ok(not missing, f"{title}: each of {len(queries)} queries returns series",
           *(f"{query}: {prometheus.series(query)}" for query in missing))


# ---- ours ----

def expressions(node):
    """Of all panels, wherever they are."""
    if isinstance(node, dict):
        yield from ([node["expr"]] if "expr" in node else [])
        node = list(node.values())
    for part in node if isinstance(node, list) else []:
        yield from expressions(part)


def check_dashboard(prometheus):
    with open(os.path.join(MONITORING, "dashboard.json"), encoding="utf-8") as file:
        dashboard = json.load(file)
    queries = list(expressions(dashboard))
    ready = [query.replace("$job", "kube-dns").replace("$instance", ".*").replace("$__rate_interval", WINDOW) for query in queries]
    tap.ok(dashboard["uid"] and not [query for query in ready if "$" in query], "the dashboard's variables are known")
    check_queries(prometheus, "our dashboard", ready)
    ids = [panel["id"] for panel in dashboard["panels"]]
    cells = [(panel["gridPos"]["x"] + x, panel["gridPos"]["y"] + y) for panel in dashboard["panels"]
             for x in range(panel["gridPos"]["w"]) for y in range(panel["gridPos"]["h"])]
    tap.ok(len(set(ids)) == len(ids) and len(set(cells)) == len(cells) and max(x for x, _ in cells) == 23, "no panel is on another")
    for variable in dashboard["templating"]["list"]:
        match = re.match(r"label_values\((\w+)(?:\{.*\})?, (\w+)\)", str(variable.get("definition", "")))
        if match:
            tap.ok(len(prometheus.series(f"count by ({match[2]}) ({match[1]})")) > 0, f"the variable {variable['name']} has values")


def without_threshold(query):
    """What an alert looks at, whether it fires or not."""
    query = re.sub(r"\s*(==|>|<)\s*[\d.]+(?![\w.(])", "", query)
    return re.sub(r"^absent\((.*)\)$", r"\1", query).replace(" unless ", " and ")


def check_rules(prometheus):
    rules = [rule for group in prometheus.get("rules")["groups"] for rule in group["rules"]]
    tap.same([rule["lastError"] for rule in rules if rule["health"] != "ok"], [], "all rules are evaluated")
    alerts = [rule for rule in rules if rule["type"] == "alerting"]
    tap.same({rule["name"] for rule in alerts}, {case[0] for case in monitoring_alerts.CASES}, "each alert has a test")
    check_queries(prometheus, "what is recorded", [rule["name"] for rule in rules if rule["type"] == "recording"])
    check_queries(prometheus, "our alerts", [without_threshold(rule["query"]) for rule in alerts])
    with open(os.path.join(MONITORING, "runbook.md"), encoding="utf-8") as file:
        headings = re.findall(r"^## (\w+)$", file.read(), re.M)
    tap.same(sorted(headings), sorted(rule["name"] for rule in alerts), "the runbook has a section for each alert")
    tap.same([rule["name"] for rule in alerts
              if rule["annotations"]["runbook_url"] != f"deploy/monitoring/runbook.md#{rule['name'].lower()}"], [],
             "and each alert leads to its own")


def promtool(*words):
    done = subprocess.run([os.path.join(programs(), "promtool"), *words], capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def check_files(place):
    code, text = promtool("check", "rules", RULES, OLD_NAMES)
    tap.ok(code == 0, "promtool finds nothing wrong with the rules", text)
    path = os.path.join(place, "alerts.json")
    count = monitoring_alerts.write(path, RULES)
    code, text = promtool("test", "rules", path)
    tap.ok(code == 0, f"alerts fire when they should and not before, in {count} cases", text)
    with open(os.path.join(MONITORING, "prometheusrule.yaml"), encoding="utf-8") as file:
        made = subprocess.run([os.path.join(MONITORING, "prometheusrule")], capture_output=True, text=True, check=True).stdout
        tap.ok(file.read() == made, "the operator's object has these rules", "run deploy/monitoring/prometheusrule")


# ---- the page ----

def check_page(replica):
    status, kind, text = fetch(f"http://127.0.0.1:{replica.metrics}/metrics")
    tap.same((status, kind), (200, "text/plain; version=0.0.4; charset=utf-8"), "the page has its type")
    done = subprocess.run([os.path.join(programs(), "promtool"), "check", "metrics"], input=text, capture_output=True, text=True,
                          check=False)
    tap.ok(done.returncode == 0, "promtool finds nothing wrong with it", done.stdout + done.stderr)


def check_scraped(prometheus, replicas):
    urls = [f"http://127.0.0.1:{replica.metrics}/metrics" for replica in replicas]
    tap.ok(wait_for(lambda: all(prometheus.targets().get(url, {}).get("health") == "up" for url in urls)), "all replicas are scraped",
           prometheus.targets())
    tap.same({target["lastError"] for target in prometheus.targets().values()}, {""}, "without an error")


# ---- those of others ----

def check_others(prometheus):
    for name, queries in DASHBOARDS.items():
        check_queries(prometheus, name, [asked(query, OURS, WINDOW) for query in queries])
    check_queries(prometheus, "the mixin's alerts", [asked(query, OURS, WINDOW) for query, _ in MIXIN_ALERTS.values()])
    for old, new in OLD_OR_NEW:
        both, one = (prometheus.series(asked(query, OURS, WINDOW)) for query in (f"{old} or {new}", new))
        tap.ok(both.keys() == one.keys() and sum(both.values()) < 1.5 * sum(one.values()), f"nothing is shown twice by {old} or ...",
               both, one)


def check_dead_alerts(prometheus):
    """Those of which CoreDNS has no series any more; and what we are in for fires."""
    for name in DEAD_ALERTS:
        query, _ = MIXIN_ALERTS[name]
        ours, theirs = (prometheus.series(asked(query, selector, WINDOW)) for selector in (OURS, THEIRS))
        tap.ok(ours and theirs == {}, f"{name} is dead with CoreDNS and lives with us", ours, theirs)
    for name in "CoreDNSErrorsHigh", "CoreDNSForwardErrorsHigh", "CoreDNSForwardHealthcheckFailureCount", \
            "CoreDNSForwardHealthcheckBrokenCount":
        query, threshold = MIXIN_ALERTS[name]
        tap.ok(wait_for(lambda over=f"{asked(query, OURS, WINDOW)} > {threshold}": prometheus.series(over)), f"{name} sees what is wrong here")


# ---- all of it ----

def check_live(place):
    known = [record("host.example", "A", "192.0.2.1", 5)]
    manners = {"servfail.example": Manner(rcode=2), "refused.example": Manner(rcode=5)}
    with contextlib.ExitStack() as stack:
        api, upstream = stack.enter_context(KubeApi()), stack.enter_context(StubUpstream(known, manners=manners))
        api.put(service("web", "10.96.0.1", selector={"app": "web"}), service("set", selector={"app": "set"}),
                slice_("web-1", "web", ["10.1.0.1"]), slice_("set-1", "set", ["10.1.0.2"]), pod("p", "10.1.0.1"))
        ours = [Replica(stack, place, name, api, upstream) for name in ("one", "two")]
        theirs = Replica(stack, place, "coredns", api, upstream)
        wait_watching(api)
        prometheus = stack.enter_context(Prometheus(place, {
            "kube-dns": [f"127.0.0.1:{replica.metrics}" for replica in ours], "coredns": [f"127.0.0.1:{theirs.metrics}"]}))
        load = stack.enter_context(Load([*ours, theirs], api))
        check_scraped(prometheus, [*ours, theirs])
        wait_for(lambda: load.rounds > 5)
        check_dashboard(prometheus)
        check_rules(prometheus)
        check_others(prometheus)
        check_dead_alerts(prometheus)
        check_page(ours[0])


def main():
    if not os.access(os.path.join(programs(), "prometheus"), os.X_OK):
        tap.ok(True, "Prometheus scrapes us # SKIP Debian's prometheus is not to be had")
        tap.done()
    with tempfile.TemporaryDirectory(prefix="monitoring-") as place:
        check_files(place)
        check_live(place)
    tap.done()


main()
