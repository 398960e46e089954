#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What CoreDNS 1.15, knamed and `knamectl check` say of the bad Corefiles of errors.txt, with file and line, and the exit
code. A difference passes by an ErrorRule of differences.py alone."""
import collections
import contextlib
import os
import re
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
TESTS = os.path.dirname(HERE)
sys.path[:0] = [HERE, TESTS + "/support", TESTS + "/oracle"]
from case_file import COREFILE  # noqa: E402
from differences import ERROR_RULES  # noqa: E402
from machine import Machine, can_be_made  # noqa: E402
from running_server import KNAMECTL, PROGRAM, wait_for  # noqa: E402
from tap import Tap  # noqa: E402

SERVES = "serves"
NOISE = "maxprocs:", "[WARNING]", "[INFO]", "note: ", "objects: "
LINE = r"/etc/coredns/Corefile:\d+ - (Error during parsing: )?"
PATIENCE_S = 8  # for a server that takes a Corefile
tap = Tap()
used = collections.Counter()


def corpus(path):
    """(title, Corefile)"""
    with open(path, encoding="utf-8") as file:
        pieces = re.split(r"^== (.*)\n", file.read(), flags=re.M)[1:]
    return list(zip(pieces[::2], pieces[1::2]))


class Judge:
    def __init__(self, machine):
        self.machine = machine
        self.environment = {"PATH": "/usr/bin:/bin:/usr/sbin:/sbin"}

    def say(self, *words):
        """(exit code, text); a server that serves is ended."""
        with tempfile.TemporaryFile(mode="w+") as output:
            process = self.machine.start(*words, environment=self.environment, output=output)
            wait_for(lambda: process.poll() is not None or self.machine.listens(53), PATIENCE_S)
            code = process.poll()
            if code is None:
                process.kill()
                process.wait()
                return 0, SERVES
            output.seek(0)
            lines = [line.strip() for line in output.read().splitlines() if line.strip() and not line.startswith(NOISE)]
            return code, " ".join(lines).removeprefix("knamectl check: ")


def names_the_line(theirs, ours):
    """The same words, and CoreDNS does not say where."""
    return theirs[0] == ours[0] and not re.search(LINE, theirs[1]) and re.sub(LINE, "", ours[1], count=1) == theirs[1]


def explained(title, theirs, ours):
    for rule in ERROR_RULES:
        if re.search(rule.title, title) and re.search(rule.theirs, theirs[1]) and re.search(rule.ours, ours[1]):
            used[rule.reference] += 1
            return rule
    return None


def check(judge, title, text):
    judge.machine.write(COREFILE, text)
    theirs = judge.say("coredns", "-conf", COREFILE)
    ours = judge.say(os.path.basename(PROGRAM), "-conf", COREFILE)
    checked = judge.say(os.path.basename(KNAMECTL), "check", "-conf", COREFILE)
    complaint = [f"CoreDNS: {theirs}", f"knamed:  {ours}", f"check:   {checked}"]
    same = theirs == ours or names_the_line(theirs, ours) or explained(title, theirs, ours)
    alike = checked == ours or ours[1] == SERVES
    if not tap.ok(same and alike, title, *complaint):
        print("\n  ".join([f"errors: {title}", *complaint]), file=sys.stderr)


def main():
    words = [word for word in sys.argv[1:] if not word.startswith("-")]
    reason = can_be_made()
    if reason:
        print("1..0 # SKIP no namespaces of our own:", reason)
        return
    built = subprocess.run([TESTS + "/e2e/build", "coredns"], stdout=subprocess.PIPE, text=True, check=True)
    coredns = os.path.join(built.stdout.strip(), "coredns")
    with contextlib.ExitStack() as stack:
        judge = Judge(stack.enter_context(Machine([], [], [coredns, PROGRAM, KNAMECTL])))
        judge.machine.write("/etc/resolv.conf", "nameserver 10.0.0.2\n")
        judge.machine.write("/etc/hosts", "127.0.0.1 localhost\n")
        for title, text in corpus(os.path.join(HERE, "errors.txt")):
            if not words or any(word in title for word in words):
                check(judge, title, text)
    if not words:
        tap.same([rule.reference for rule in ERROR_RULES if not used[rule.reference]], [], "every rule explains something")
    tap.done()


main()
