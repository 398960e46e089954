#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The documents tell what is there: each command that they show works (those for a cluster are run by tests/e2e/docs_test.py, the
digs of README.md by readme_test.py), and the man pages know every flag, command, option and directive."""
import os
import re
import shlex
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "support"))
import documents  # noqa: E402
from running_server import KNAMECTL, PROGRAM, ROOT, Server  # noqa: E402
from tap import Tap  # noqa: E402

tap = Tap()


def run(words, **options):
    return subprocess.run(words, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False, **options)


def page(name):
    with open(os.path.join(ROOT, "tools/man", name), encoding="utf-8") as file:
        text = re.sub(r"^\.\\\".*$", "", file.read(), flags=re.M)
    return set(re.findall(r"[\w.@-]+", text.replace("\\-", "-").replace("\\&", "")))


# ---- commands ----

def works_as_target(command):
    """make would know what to do; that it does it is for whoever runs it, CI for one."""
    environment = dict(word.split("=", 1) for word in shlex.split(command) if re.match(r"[A-Z_]+=", word))
    words = [word for word in shlex.split(command)[0 if command.startswith("make") else 1:] if not word.startswith("-j")]
    done = run(["make", "-n", *words[1:]], env={**os.environ, **environment, "MAKEFLAGS": ""})
    return tap.ok(done.returncode == 0, command, done.stderr[-500:])


def works_here(command, server):
    """knamectl, on the sample cluster."""
    words = shlex.split(command.replace(":5353", f":{server.port}"))
    words = [KNAMECTL, *words[1:]]
    if len(words) == 2 or documents.is_usage(command):  # it is only mentioned
        words = [*words[:2], "--help"]
    done = run(words)
    return tap.ok(done.returncode == 0, command, *words, done.stdout[-500:], done.stderr[-500:])


def is_there(command):
    path = os.path.join(ROOT, command.split()[0])
    return tap.ok(os.access(path, os.X_OK), command, f"{path} cannot be run")


def commands():
    with Server("deploy/sample/Corefile") as server:
        for document, command in documents.commands():
            if re.search(r"\b(kubectl|helm|dig)\b", command) or documents.needs_cluster(command):
                continue
            if re.match(r"([A-Z_]+=\S+ )?make\b", command):
                works_as_target(command)
            elif re.match(r"(build/)?knamectl\b", command):
                works_here(command, server)
            elif command.startswith("tests/"):
                is_there(command)
            else:
                tap.ok(command.startswith("knamed "), f"{document}: {command}", "no test knows how to run this")


# ---- man pages ----

def man_knamed():
    known = page("knamed.8")
    for flag in re.findall(r"^  -([\w.-]+)", run([PROGRAM, "-help"]).stderr, re.M):
        tap.ok(flag in known, f"knamed.8 knows -{flag}")


def man_corefile():
    known = page("knamed-corefile.5")
    with open(os.path.join(ROOT, "README.md"), encoding="utf-8") as file:
        table = set(re.findall(r"(?:^\| |, )`(\w+)", file.read(), re.M))
    for directive in run([PROGRAM, "-plugins"]).stdout.split():
        tap.ok(directive in known, f"knamed-corefile.5 knows {directive}")
        tap.ok(directive in table or directive == "on", f"README.md's table knows {directive}")


def man_knamectl():
    known = page("knamectl.1")
    for command in re.findall(r"^  (\w+) ", run([KNAMECTL, "help"]).stdout, re.M):
        tap.ok(command in known, f"knamectl.1 knows {command}")
        usage = run([KNAMECTL, command, "--help"])
        tap.ok(usage.returncode == 0 and usage.stdout.startswith(f"usage: knamectl {command}"),
               f"knamectl {command} --help tells its usage", usage.stdout, usage.stderr)
        for option in sorted(set(re.findall(r"(?<![\w-])--?([a-z][\w.-]*\w|[a-z])\b", usage.stdout))):
            tap.ok(option in known or "-" + option in known or "--" + option in known, f"knamectl.1 knows {command}'s {option}")


man_knamed()
man_corefile()
man_knamectl()
commands()
tap.done()
