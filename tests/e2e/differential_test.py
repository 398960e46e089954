#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""CoreDNS, knamed and the oracle are asked the same about the same cluster. Objects are drawn, made through the API
server and read back; a difference to CoreDNS passes by a rule of differences.py alone, one to the oracle never.

E2E_QUESTIONS=20000 for a long run, E2E_SEED=N for the objects and questions of another one, E2E_SHOWN=N differences
are printed; E2E_KEEP=1 leaves the objects of each round in the cluster's directory."""
import collections
import copy
import json
import os
import random
import sys
import time

TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path += [TESTS + "/support", TESTS + "/oracle"]
from addresses import address_of_reverse, reverse_labels, zones_of_cidr  # noqa: E402
from cluster import Cluster, wait_for  # noqa: E402
from compare import compare  # noqa: E402
from differences import RULES, explain, slices_of  # noqa: E402
from differential import encode, show_message, show_reply  # noqa: E402
from names import Names, Question  # noqa: E402
from objects import SERVICE_LABEL, Options, labels_of, parse_addresses  # noqa: E402
from pairs import Pair, differing  # noqa: E402
from questions import describe, forward_names, mix_case, random_questions  # noqa: E402
from random_objects import ApiMaker, path_of, sentinel  # noqa: E402
from server import Asker  # noqa: E402
from tap import Tap  # noqa: E402
from wire import (A, AAAA, AXFR, CNAME, HTTPS, IXFR, MX, NS, PTR, SOA, SRV, TC, TXT, WireError, decode,  # noqa: E402
                  name_fits, name_from_text)

QUESTIONS = int(os.environ.get("E2E_QUESTIONS", "2000"))
SEED = os.environ.get("E2E_SEED", "1")  # the same each time; "random" for another one
if SEED == "random":
    SEED = str(random.randrange(1 << 32))
A_ROUND = 1000  # questions of one server about one state of the cluster
MOST_SHOWN = int(os.environ.get("E2E_SHOWN", "10"))
KINDS = (("/api/v1/namespaces", "Namespace"), ("/api/v1/services", "Service"), ("/api/v1/pods", "Pod"),
         ("/apis/discovery.k8s.io/v1/endpointslices", "EndpointSlice"))
tap = Tap()


# -- the cluster --

def read_back(api):
    """All objects, as the API server has them. Slices of pods are there already, so selectors choose nothing here."""
    things, versions = [], []
    for path, kind in KINDS:
        status, found = api.request("GET", path)
        assert status == 200, found
        for thing in found["items"]:
            versions.append((kind, thing["metadata"]["uid"], thing["metadata"]["resourceVersion"]))
            thing["kind"] = kind
            thing.get("spec", {}).pop("selector", None)
            things.append(thing)
    return things, sorted(versions)


def without_publishing(things):
    """The same objects, but no Service asks for endpoints that are not ready."""
    things = copy.deepcopy(things)
    for thing in things:
        thing["metadata"].pop("annotations", None)
        thing.get("spec", {}).pop("publishNotReadyAddresses", None)
    return things


def make(api, things):
    """Makes them; what is there under the name goes first. How many the API server took, of how many."""
    taken = collections.Counter()
    for thing in things:
        status, said = api.request("POST", path_of(thing), thing)
        if status == 409 and said.get("reason") == "AlreadyExists" and thing["kind"] != "Pod":
            api.request("DELETE", path_of(thing) + "/" + thing["metadata"]["name"])
            status, said = api.request("POST", path_of(thing), thing)
        taken[thing["kind"], status == 201] += 1
        if status != 201 and os.environ.get("E2E_REFUSED"):
            print("# refused:", str(said.get("message"))[:300])
    return taken


def thin_out(api, rng):
    """Deletes a part of what is there."""
    for thing in read_back(api)[0]:
        meta = thing["metadata"]
        ours = thing["kind"] in ("Service", "EndpointSlice") and not meta["name"].startswith("seen-")
        if ours and (meta["namespace"], meta["name"]) != ("default", "kubernetes") and rng.random() < 0.6:
            path = path_of(thing) + "/" + meta["name"]
            if thing["kind"] == "Service" and rng.random() < 0.2:
                api.request("PATCH", path, {"spec": {"publishNotReadyAddresses": rng.random() < 0.5}},
                            "application/merge-patch+json")
            else:
                api.request("DELETE", path)


def settled(api):
    """The state once nothing has changed for 1.5 s: controllers and the kubelet follow what was made."""
    last, since, end = None, time.monotonic(), time.monotonic() + 60
    while time.monotonic() < end:
        things, versions = read_back(api)
        if versions != last:
            last, since = versions, time.monotonic()
        elif time.monotonic() - since > 1.5:
            return things, versions
        time.sleep(0.3)
    raise RuntimeError("the cluster does not settle")


# -- servers --

class Served:
    """Both servers with the same options."""

    def __init__(self, cluster, rng, plain):
        words, self.zones, self.options = draw_options(rng, plain)
        self.label = "; ".join(words) or "no options"
        options = "\n".join(words)
        self.knamed = cluster.knamed(options, zones=" ".join(self.zones))
        self.coredns = cluster.coredns(options, zones=" ".join(self.zones))
        self.askers = [Asker(server.address, server.port) for server in (self.coredns, self.knamed)]

    def wait_until_seen(self, name):
        for server in self.coredns, self.knamed:
            if not wait_for(lambda server=server: server.rcode(f"{name}.{self.zones[0]}", "A")[1]):
                raise RuntimeError("never seen: " + name + "\n" + server.text()[-2000:])

    def stop(self):
        for asker in self.askers:
            asker.close()
        self.coredns.stop()
        return self.knamed.stop()


def draw_options(rng, plain):
    """Corefile lines, zones, and what the oracle calls that."""
    zones, options, words = ["cluster.local", "in-addr.arpa", "ip6.arpa"], Options(zones=[]), []
    if not plain:
        zones = rng.choice([zones, ["cluster.local", "k8s.test", "10.in-addr.arpa", "ip6.arpa"],
                            ["k8s.example.org", "10.96.0.0/16", "10.244.0.0/16", "fd00:10::/32"]])
        options.ttl = rng.choice([0, 1, 30, 3600])
        words.append(f"ttl {options.ttl}")
        one = rng.choice(["endpoint_pod_names", "ignore empty_service", "namespaces", "namespace_labels", "labels",
                          "noendpoints"])
        value = {"namespaces": "default web etcd seen", "namespace_labels": "team notin (c)", "labels": "team notin (c)"}.get(one)
        if value is None:
            words.append(one)
            setattr(options, one.replace(" ", "_"), True)
        else:
            words.append(f"{one} {value}")
            setattr(options, one, value.split() if one == "namespaces" else value)
    options.pods = "insecure"
    options.zones = [labels for zone in zones
                     for labels in (zones_of_cidr(zone) if "/" in zone else [name_from_text(zone)])]
    return words, zones, options


# -- questions --

def fixed_questions(names):
    """The apex and the names beside it, for each type."""
    for zone in names.zones:
        for left in (), (b"dns-version",), (b"ns", b"dns"), (b"dns",), (b"svc",), (b"pod",), (b"default", b"svc"):
            for qtype in A, AAAA, SRV, TXT, NS, SOA, CNAME, PTR, MX, HTTPS:
                yield Question(left + zone, qtype)


def slice_addresses(names, rng, count):
    """PTR of what slices hold, whether they belong to a service or not."""
    nobody, found = set(), set()
    for piece in names.cluster.slices:
        for endpoint in piece.get("endpoints") or []:
            (found if labels_of(piece).get(SERVICE_LABEL) else nobody).update(parse_addresses(endpoint["addresses"]))
    for octets in sorted(nobody) + rng.sample(sorted(found), min(count, len(found))):
        yield Question(reverse_labels(octets), PTR)


def search_list_junk(names, rng, count):
    """What resolvers ask on their way through a search list."""
    zone = names.primary
    pool = list(forward_names(names, zone)) + [(b"www", b"example", b"com"), (b"kubernetes", b"default")]
    for _ in range(count):
        name = rng.choice(pool)
        if rng.random() < 0.5:  # begun in full, or with the zone left out
            name = name[:len(name) - rng.randrange(len(zone) + 2)]
        suffix = rng.choice([(b"default", b"svc"), (b"web", b"svc"), (b"svc",), ()]) + zone
        if name_fits(name + suffix):
            yield Question(mix_case(name + suffix, rng), rng.choice([A, A, AAAA, SRV]))


def questions_about(names, rng, count):
    fixed = list(fixed_questions(names))
    chosen = rng.sample(fixed, min(len(fixed), count // 10)) + list(search_list_junk(names, rng, count // 10))
    chosen += slice_addresses(names, rng, count // 20)
    chosen += random_questions(names, rng, count - len(chosen))
    for question in chosen:
        question.qclass, question.edns, question.version, question.options = 1, 1232, 0, b""
        if question.transport == "udp" and rng.random() < 0.1:
            question.transport = "tcp"
    rng.shuffle(chosen)
    return chosen


def ask(asker, question):
    """(what was sent, the reply or None)."""
    packet = encode(question, asker.next_id())
    data = asker.ask_tcp(packet) if question.transport == "tcp" else asker.ask_udp(packet)
    try:
        return packet, decode(data) if data is not None else None
    except WireError as error:
        return packet, str(error)


class Tally:
    def __init__(self):
        self.asked = self.same = self.unexplained = self.wrong = self.round = 0
        self.by_rule = collections.Counter()
        self.shown = []

    def show(self, title, question, *lines):
        if len(self.shown) < MOST_SHOWN:
            self.shown.append("\n  ".join([f"round {self.round}: {title}: {describe(question)}", *lines]))


def text_of(message):
    return "no reply" if message is None else message if isinstance(message, str) else show_message(message)


def slices_about(pair):
    """A line for each slice of the service, or with the address, that was asked about."""
    service, octets = pair.service(), pair.reverse and address_of_reverse(pair.qname)
    found = slices_of(pair, service) if service is not None else []
    for piece in pair.names.cluster.slices if octets else found:
        holders = [endpoint for endpoint in piece.get("endpoints") or [] if
                   not octets or octets in parse_addresses(endpoint["addresses"])]
        if holders:
            yield "slice    " + json.dumps({"name": piece["metadata"]["name"], "labels": labels_of(piece), "ports":
                                            piece.get("ports"), "type": piece["addressType"], "endpoints": holders})


def check(served, names, ready_names, question, tally):
    """One question to both, over TCP too if UDP had no room."""
    tally.asked += 1
    theirs, (packet, ours) = ask(served.askers[0], question)[1], ask(served.askers[1], question)
    replies = names.answer(question)
    problems = compare(question, replies, packet, ours) if hasattr(ours, "flags") else ["no message"]
    if problems:
        tally.wrong += 1
        tally.show("knamed and the oracle differ, " + served.label, question, "knamed   " + text_of(ours),
                   *("oracle   " + show_reply(reply) for reply in replies[:3]), *problems)
        return
    pair = Pair(question, theirs, ours, names, ready_names)
    found = differing(pair)
    used = explain(pair, found)
    if not found:
        tally.same += 1
    elif used is None:
        tally.unexplained += 1
        tally.show("CoreDNS and knamed differ in " + ", ".join(sorted(found)) + "; " + served.label, question,
                   "CoreDNS  " + text_of(theirs), "knamed   " + text_of(ours), *slices_about(pair))
    else:
        tally.by_rule.update(rule.reference for rule in used)
    cut = [bool(message.flags & TC) for message in (theirs, ours) if hasattr(message, "flags")]
    if any(cut) and question.transport == "udp" and question.qtype not in (AXFR, IXFR):
        again = copy.copy(question)
        again.transport = "tcp"
        check(served, names, ready_names, again, tally)


# -- rounds --

def ask_round(served, things, rng, tally):
    names, ready_names = Names(things, served.options), Names(without_publishing(things), served.options)
    for question in questions_about(names, rng, A_ROUND):
        check(served, names, ready_names, question, tally)


def run(cluster, tally):
    api, number, refused = cluster.api(), 0, collections.Counter()
    make(api, ApiMaker(random.Random(SEED)).namespaces_to_make())
    while tally.asked < QUESTIONS:
        rng, tally.round = random.Random(f"{SEED}/{number}"), number
        # Half of the servers see the objects come and go, the others read them all at their start.
        early = [Served(cluster, rng, plain=True)] if number % 2 == 0 else []
        thin_out(api, rng)
        refused += make(api, ApiMaker(rng).draw("cluster.local"))
        settled(api)
        extra, name = sentinel(number)
        make(api, extra)
        things, versions = settled(api)
        if "E2E_KEEP" in os.environ:
            with open(cluster.file(f"objects-{number}.json"), "w", encoding="utf-8") as file:
                json.dump(things, file)
        for served in early or [Served(cluster, rng, plain=False)]:
            if "namespaces" not in served.label and "noendpoints" not in served.label:
                served.wait_until_seen(name)
            ask_round(served, things, random.Random(f"{SEED}/{number}/questions"), tally)
            if served.coredns.process.poll() is not None:
                raise RuntimeError("CoreDNS ended: " + served.coredns.text()[-3000:])
            tap.same(served.stop(), 0, f"round {number} ({served.label}): knamed ends with 0")
        if read_back(api)[1] != versions:
            raise RuntimeError("the cluster changed while it was asked about")
        number += 1
    return refused


def report(tally, refused):
    for text in tally.shown:  # where run-tests shows it
        print(f"# E2E_SEED={SEED}, " + text.replace("\n", "\n# "), file=sys.stderr)
    for kind in sorted({kind for kind, _ in refused}):
        print(f"# {kind}: {refused[kind, True]} made, {refused[kind, False]} refused")
    print(f"# {tally.asked} questions, {tally.same} answered alike, {sum(tally.by_rule.values())} differences by rule:")
    for reference, count in sorted(tally.by_rule.items()):
        print(f"#   {reference:12} {count}")
    print("# unused:", ", ".join(rule.reference for rule in RULES if not tally.by_rule[rule.reference]) or "none")
    tap.same(tally.wrong, 0, "knamed answers as the oracle does")
    tap.same(tally.unexplained, 0, "knamed answers as CoreDNS does, or differs by a rule")


print("# E2E_SEED=" + SEED, flush=True)
the_tally = Tally()
with Cluster() as the_cluster:
    the_refused = run(the_cluster, the_tally)
report(the_tally, the_refused)
tap.done()
