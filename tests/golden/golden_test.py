#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""CoreDNS 1.15 and knamed with the same Corefile, the same resolvers and the same cluster are asked the same. Corefiles of the
field run unedited, each server on a machine of its own. A difference passes by a rule of differences.py alone.

    golden_test.py [-v] [WORD...]     cases whose name holds one of the words; -v shows all replies"""
import collections
import contextlib
import itertools
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor

HERE = os.path.dirname(os.path.abspath(__file__))
TESTS = os.path.dirname(HERE)
sys.path[:0] = [HERE, TESTS + "/support", TESTS + "/oracle"]
import wire  # noqa: E402
import world  # noqa: E402
from case_file import all_cases  # noqa: E402
from differences import LINE_RULES, PAGE_RULES, RULES, explain, explain_line, explain_page  # noqa: E402
from machine import can_be_made  # noqa: E402
from place import Place, encode  # noqa: E402
from replies import Pair, differing, show  # noqa: E402
from running_server import PROGRAM, wait_for  # noqa: E402
from scrape import log_lines, metric_lines  # noqa: E402
from tap import Tap  # noqa: E402

VERBOSE = "-v" in sys.argv
UNTIL_S = 15  # a condition is waited for
MOST_LINES = 6  # of a kind are shown
tap = Tap()
used_rules = collections.Counter()
client_ports = itertools.cycle(range(20000, 32000))  # the same for both servers, for some print them


# ---- one case ----

class Talk:
    """One case: both servers, and what they differ in."""

    def __init__(self, case, places, pool):
        self.case, self.places, self.pool = case, places, pool
        self.at, self.ident, self.complaints = ("127.0.0.1", 53), 0, []
        self.last_shown = None
        self.names, self.explained = {}, set()  # by the ids of questions
        first = next((step for step in case.steps if step.deed == "at"), None)
        if first:
            self.at = self.where(first.words[0])

    def where(self, text):
        host, colon, port = text.rpartition(":")
        return (host.strip("[]"), int(port)) if colon and port.isdigit() and (":" not in host or "[" in host) else (text, 53)

    def both(self, call):
        """The results of CoreDNS and of knamed, called at once."""
        return list(self.pool.map(call, self.places))

    def complain(self, title, *lines):
        self.complaints += [title, *("  " + line for line in lines)]

    # ---- questions ----

    def ask(self, step, transport):
        self.ident += 1
        packet, options = encode(step, self.ident), step.options
        self.names[self.ident] = step.words[0].lower() + "."
        where = self.where(options["at"]) if "at" in options else self.at
        source = options.get("from"), next(client_ports)

        def call(place):
            if transport == "tcp" and step.words[1] in ("AXFR", "IXFR"):
                return merged(place.transfer(packet, where, source))
            exchange = place.exchange_tcp if transport == "tcp" else place.exchange_udp
            data = exchange(packet, where, source)
            try:
                return wire.decode(data) if data is not None else None
            except wire.WireError as error:
                return f"no message: {error}"

        theirs, ours = self.both(call)
        time.sleep(0.15 if "late" in options else 0)
        went = tuple(place.went() for place in self.places)
        self.judge(Pair(self.case, step, transport, theirs, ours, went))

    def judge(self, pair):
        found = differing(pair)
        rules = explain(pair, found) if found else []
        if found:
            self.explained.add(self.ident)
        used_rules.update(rule.reference for rule in rules or [])
        if VERBOSE or rules is None:
            title = "differ in " + ", ".join(sorted(found)) if rules is None else \
                "rules " + ", ".join(rule.reference for rule in rules) if rules else "alike"
            lines = [f"line {pair.step.line}: {pair.step.text} ({pair.transport}): {title}",
                     "CoreDNS: " + show(pair.theirs, pair.ours), "knamed:  " + show(pair.ours, pair.theirs)]
            if "upstreams" in found:
                lines += [f"{name} asked {way}" for name, ways in zip(("CoreDNS", "knamed "), pair.went) for way in ways]
            if rules is None:
                again = (pair.step, found) == self.last_shown  # over the other transport
                self.last_shown = pair.step, found
                self.complain(*(lines[:1] if again else "\n".join(lines).split("\n")))
            else:
                print("# " + "\n".join(lines).replace("\n", "\n# "))

    def question(self, step):
        transports = [word for word in ("udp", "tcp") if word in step.options] or ["udp", "tcp"]
        for _ in range(int(step.options.get("times", 1))):
            for transport in transports:
                self.ask(step, transport)

    # ---- deeds ----

    def deed(self, step):
        words = step.words
        if step.deed == "at":
            self.at = self.where(words[0])
        elif step.deed == "sleep":
            time.sleep(float(words[0]))
        elif step.deed == "mood":
            for place in self.places:
                for resolver in place.resolvers:
                    if words[0] in (resolver.address, "all"):
                        resolver.mood = words[1]
        elif step.deed == "copy":
            for place in self.places:
                with open(place.machine.path(words[0]), encoding="utf-8") as file:
                    place.machine.write(words[1], file.read())
        elif step.deed == "remove":
            for place in self.places:
                os.unlink(place.machine.path(words[0]))
        elif step.deed == "get":
            self.page(step, *self.both(lambda place: place.get(words[0])))
        elif step.deed == "signal":
            for place in self.places:
                place.process.send_signal(getattr(signal, "SIG" + words[0]))
        elif step.deed == "until":
            self.until(step)
        elif step.deed == "ends":
            self.await_both(step, lambda place: place.process.poll() is not None)
        else:
            raise ValueError(step.text)

    def until(self, step):
        """A page by its URL, or what is answered to a name and type, holds what the rest of the words match."""
        if "://" in step.words[0]:
            wanted = re.compile(" ".join(step.words[1:]))
            self.await_both(step, lambda place: wanted.search(place.get(step.words[0])[1]))
            return
        name, qtype = wire.name_from_text(step.words[0]), wire.type_number(step.words[1])
        wanted = re.compile(" ".join(step.words[2:]))
        self.await_both(step, lambda place: wanted.search(show(place.poll(name, qtype, self.at))))
        for place in self.places:
            place.went()

    def await_both(self, step, is_so):
        for place, found in zip(self.places, self.both(lambda place: wait_for(lambda: is_so(place), UNTIL_S))):
            if not found:
                self.complain(f"line {step.line}: {step.text}: not with {place.name} in {UNTIL_S} s")

    def page(self, step, theirs, ours):
        if theirs[0] == ours[0] and (theirs[1] == ours[1] or theirs[0] not in (200, 503)):
            return
        rule = explain_page(step.words[0], *(f"{status} {text}".strip() for status, text in (theirs, ours)))
        if rule is None:
            self.complain(f"line {step.line}: {step.text}", f"CoreDNS: {theirs}", f"knamed:  {ours}")
        else:
            used_rules[rule.reference] += 1

    # ---- lines ----

    def compare_lines(self, kind, theirs, ours):
        """Multisets of lines, but for those that a rule explains."""
        for more, is_ours in (theirs - ours, False), (ours - theirs, True):
            rules = {line: explain_line(kind, line, is_ours) for line in sorted(more)}
            used_rules.update(rule.reference for rule in rules.values() if rule)
            left = [line for line, rule in rules.items() if not rule]
            for line in left[:MOST_LINES]:
                self.complain(f"{kind}, {'knamed ' if is_ours else 'CoreDNS'} alone, {more[line]}x: {line}")
            if len(left) > MOST_LINES:
                self.complain(f"{kind}: {len(left) - MOST_LINES} more")

    def metrics_url(self):
        match = re.search(r"^\s*prometheus(?:\s+([^\s{]+))?", self.case.corefile, re.M)
        if not match:
            return None
        host, _, port = (match[1] or "localhost:9153").rpartition(":")
        return f"http://{'127.0.0.1' if host in ('', 'localhost', '0.0.0.0') else host}:{port}/metrics"

    def compare_metrics(self):
        url = self.metrics_url()
        if url:
            pages = self.both(lambda place: place.get(url))
            if [status for status, _ in pages] != [200, 200]:
                self.complain(f"{url}: {[status for status, _ in pages]}")
            has_probes = re.search(r"^\s*loop$", self.case.corefile, re.M) is not None
            pages = [place.without_polls(text) for place, (_, text) in zip(self.places, pages)]
            self.compare_lines("metric", *(collections.Counter(metric_lines(text, has_probes)) for text in pages))

    def compare_logs(self):
        """A reply may be there before its line."""
        def lines(place):
            return collections.Counter(log_lines(place.text(), self.names, self.explained))

        wait_for(lambda: lines(self.places[0]).total() == lines(self.places[1]).total(), 2)
        self.compare_lines("log", *map(lines, self.places))

    # ---- all of it ----

    def run(self):
        serving = self.both(lambda place: place.start(self.case, *self.at))
        try:
            if serving == [True, True]:
                for step in self.case.steps:
                    if step.deed:
                        self.deed(step)
                    else:
                        self.question(step)
                self.compare_metrics()
                self.compare_logs()
            else:
                for place, serves in zip(self.places, serving):
                    self.complain(f"{place.name} {'serves' if serves else 'does not serve'}:", *why_not(place.text()))
        finally:
            codes = self.both(lambda place: place.stop())
        if serving == [True, True] and codes[0] != codes[1]:
            self.complain(f"exit codes {codes}")


def why_not(text):
    lines = text.splitlines()
    return [line for line in lines if line.startswith("[ERROR]") or "Error" in line][:3] or lines[-3:]


def merged(messages):
    """A transfer as one message."""
    if not messages:
        return None
    for message in messages[1:]:
        messages[0].answer += message.answer
    return messages[0]


# ---- all cases ----

def run_all(words, coredns):
    with contextlib.ExitStack() as stack:
        directory = stack.enter_context(tempfile.TemporaryDirectory(prefix="golden-"))
        tls = world.tls_context(directory)
        places = [stack.enter_context(Place(name, program, tls, directory))
                  for name, program in (("CoreDNS", coredns), ("knamed", PROGRAM))]
        pool = stack.enter_context(ThreadPoolExecutor(2))
        for case in all_cases(words):
            talk = Talk(case, places, pool)
            began = time.monotonic()
            talk.run()
            shown = f"{case.name}: {case.title}" + (f" ({time.monotonic() - began:.1f} s)" if VERBOSE else "")
            if not tap.ok(not talk.complaints, shown, *talk.complaints):
                print("\n".join([f"{case.name}:", *talk.complaints]), file=sys.stderr)


def report():
    for reference, count in sorted(used_rules.items()):
        print(f"# {reference:30} {count}")
    idle = [rule.reference for rule in [*RULES, *LINE_RULES, *PAGE_RULES] if not used_rules[rule.reference]]
    tap.same(idle, [], "every rule explains something")


def main():
    words = [word for word in sys.argv[1:] if not word.startswith("-")]
    reason = can_be_made()
    if reason:
        print("1..0 # SKIP no namespaces of our own:", reason)
        return
    built = subprocess.run([TESTS + "/e2e/build", "coredns"], stdout=subprocess.PIPE, text=True, check=True)
    run_all(words, os.path.join(built.stdout.strip(), "coredns"))
    if not words:
        report()
    tap.done()


main()
