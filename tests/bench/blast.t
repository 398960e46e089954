#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The load generator against the echo: every kind of load runs, ends by itself and counts what happened."""

import json
import os
import shutil
import subprocess
import sys
import tempfile

import servers

BUILD = os.path.dirname(os.path.abspath(os.environ.get("KNAMED", "build/knamed")))
QUESTIONS = "".join(f"svc-{i:04}.default.svc.cluster.local A NOERROR 1\n" for i in range(100))
SHORT = ["--seconds", "0.2", "--warmup", "0.05"]


class Tap:
    number, failed = 0, False

    def ok(self, passed, text, seen=None):
        self.number += 1
        if not passed:
            self.failed = True
            print(f"# {seen}")
        print(f"{'ok' if passed else 'not ok'} {self.number} - {text}", flush=True)


def blast(*arguments):
    """(exit status, what it printed as JSON, what it said on stderr)"""
    done = subprocess.run([f"{BUILD}/blast", *arguments], capture_output=True, text=True, timeout=60, check=False)
    return done.returncode, json.loads(done.stdout) if done.stdout else None, done.stderr


def check_loads(tap, echo, questions):
    target = [f"{servers.HOST}:{echo.port}", questions]
    loads = [
        ("at maximum over UDP every query is answered", ["--max"]),
        ("without EDNS too", ["--max", "--no-edns"]),
        ("with a Zipf order too", ["--max", "--order", "zipf"]),
        ("at a rate every query is answered", ["--rate", "5000"]),
        ("over one pipelined TCP connection every query is answered", ["--tcp", "1x100"]),
        ("over several TCP connections too", ["--tcp", "5x7"]),
        ("over a TCP connection for every query too", ["--connect", "4", "--sources", "5"]),
        ("a burst that fits the socket is answered", ["--burst", "100"]),
    ]
    for text, arguments in loads:
        status, seen, errors = blast(
            "--expect-echo", "--watch", str(echo.process.pid), *SHORT, *arguments, *target
        )
        sound = status == 0 and seen["sent"] > 0 and seen["received"] == seen["sent"] and seen["wrong"] == 0
        tap.ok(
            sound and seen["server_cpu_s"] > 0 and seen["p50_us"] <= seen["p99_us"] <= seen["max_us"],
            text,
            (seen, errors),
        )
    status, seen, errors = blast(
        "--expect-echo", "--count", "250", "--order", "sequential", "--warmup", "0", *target
    )
    tap.ok(
        status == 0 and seen["sent"] == seen["received"] == 250,
        "a given number of queries is exact",
        (seen, errors),
    )
    status, seen, errors = blast("--expect-echo", "--idle", "200", "--sources", "3", *SHORT, *target)
    tap.ok(
        status == 0 and seen["idle_opened"] == seen["idle_alive"] == 200,
        "idle connections stay alive",
        (seen, errors),
    )


def check_findings(tap, echo, questions, folder):
    target = f"{servers.HOST}:{echo.port}"
    status, seen, errors = blast(*SHORT, target, questions)
    told = "unexpected number of answers" in seen["fault"]
    tap.ok(
        status == 1 and seen["wrong"] >= seen["received"] > 0 and told,
        "answers without records are wrong",
        (seen, errors),
    )
    status, seen, errors = blast(
        "--rate", "100", "--timeout", "0.05", *SHORT, f"{servers.HOST}:{servers.free_port()}", questions
    )
    tap.ok(
        status == 0 and seen["lost"] == seen["sent"] > 0 == seen["received"],
        "where nobody listens all is lost",
        (seen, errors),
    )
    for text, address in (
        ("outside", "192.0.2.1:53"),
        ("everywhere", "0.0.0.0:53"),
        ("of documentation", "[2001:db8::1]:53"),
    ):
        status, seen, errors = blast(*SHORT, address, questions)
        tap.ok(status == 2 and "refused" in errors, f"a target {text} is refused", (seen, errors))
    status, seen, errors = blast("--namespace", *SHORT, "192.0.2.1:53", questions)
    tap.ok(status == 2 and "refused" in errors, "a namespace does not open the way outside", (seen, errors))
    broken = os.path.join(folder, "broken")
    with open(broken, "w", encoding="ascii") as out:
        out.write("a A NOERROR 1\nb BOGUS NOERROR 1\n")
    status, _, errors = blast(*SHORT, target, broken)
    tap.ok(
        status == 2 and "broken:2: no type 'BOGUS'" in errors, "a broken question is named with its line", errors
    )


def main():
    tap, folder = Tap(), tempfile.mkdtemp(prefix="knamed-blast-")
    questions = os.path.join(folder, "questions")
    with open(questions, "w", encoding="ascii") as out:
        out.write(QUESTIONS)
    echo = servers.Echo("", folder, {"echo": f"{BUILD}/bench/echo"})
    echo.grow = 16
    print("1..17", flush=True)
    try:
        echo.start(min(os.sched_getaffinity(0)), "x")
        check_loads(tap, echo, questions)
        check_findings(tap, echo, questions, folder)
    finally:
        echo.stop()
        shutil.rmtree(folder, ignore_errors=True)
    return 1 if tap.failed else 0


if __name__ == "__main__":
    sys.exit(main())
