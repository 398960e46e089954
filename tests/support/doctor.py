# SPDX-License-Identifier: Apache-2.0
"""What `knamectl doctor` finds, for tests of it."""
import functools
import json
import os
import subprocess
import tempfile

from control import state
from running_server import KNAMECTL, Server

PARTS = {"seccomp": "filter of system calls", "landlock": "Landlock", "capability": "capabilities"}


def write(place, name, text):
    with open(os.path.join(place, name), "w", encoding="ascii") as file:
        file.write(text)


@functools.cache
def lacking():
    """Parts of the sandbox that no server has on this machine: the kernel lacks them, or a sanitizer needs more."""
    with tempfile.TemporaryDirectory(prefix="doctor-") as place:
        write(place, "Corefile", ".\nbind 127.0.0.1\n")
        with Server("Corefile", place) as server:
            return [part for part, has_it in state(server)["sandbox"].items() if not has_it]


def run(place, server, *words, conf="Corefile", is_chosen=True):
    """The process that ended. is_chosen: told which server of this network namespace is meant."""
    chosen = ["--pid", str(server.process.pid)] if server and is_chosen else []
    where = ["-dns.port", str(server.port)] if server else []
    return subprocess.run([KNAMECTL, "doctor", "-conf", conf, *where, *chosen, *words], capture_output=True, text=True,
                          check=False, cwd=place)


def doctor(place, server, *words, **manner):
    """The exit code, and the findings as (severity, check, what)."""
    done = run(place, server, "--json", *words, **manner)
    findings = json.loads(done.stdout) if done.stdout else [{"severity": "", "check": "", "what": done.stderr, "do": ""}]
    found = [(f["severity"], f["check"], f["what"]) for f in findings]
    kept = [f for f in found if f[1] != "sandbox" or not any(PARTS[part] in f[2] for part in lacking())]
    if kept == found:
        return done.returncode, found
    return 2 if any(f[0] == "problem" for f in kept) else int(kept != []), kept


def has(findings, severity, check, what):
    return any(f[0] == severity and f[1] == check and what in f[2] for f in findings)


def expect(tap, result, code, severity, check, what, name):
    tap.ok(result[0] == code and has(result[1], severity, check, what), name, *result)


def in_order(tap, result, name):
    tap.ok(result == (0, []), name, *result)
