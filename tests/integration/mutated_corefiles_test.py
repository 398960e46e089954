#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Default Corefiles with one mistake each: at a start the line is named and nothing runs, while serving it is named and nothing
is lost, and in a cluster names are answered all the same."""
import os
import re
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(os.path.dirname(HERE), "support")]
from mutations import default_corefiles, mutations  # noqa: E402
from reloading import Load, Reloader, Watch  # noqa: E402
from running_server import KNAMECTL, PROGRAM  # noqa: E402
from tap import Tap  # noqa: E402

tap = Tap()
INSTRUMENTED = any(word in PROGRAM for word in ("/thread/", "/address"))
COUNT = int(os.environ.get("MUTATIONS", "40" if INSTRUMENTED else "200"))
OUTSIDE = {name: value for name, value in os.environ.items() if not name.startswith("KUBERNETES_")}


def place_files(place, text, files):
    """The Corefile, and beside it what it reads: absolute names begin in `place`."""
    shutil.rmtree(os.path.join(place, "etc"), ignore_errors=True)
    for path, content in {"/etc/resolv.conf": "nameserver 127.0.0.9\n", **files}.items():
        os.makedirs(os.path.dirname(place + path), exist_ok=True)
        with open(place + path, "w", encoding="utf-8") as file:
            file.write(content)
    return re.sub(r"(?<=\s)/(etc|rootfs|var)/", rf"{place}/\1/", text)


def write_corefile(place, text, files):
    with open(os.path.join(place, "Corefile"), "w", encoding="utf-8") as file:
        file.write(place_files(place, text, files))


def run(place, *command):
    """(exit code, what it said)"""
    ended = subprocess.run(command, cwd=place, env=OUTSIDE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                           timeout=60, check=False)
    return ended.returncode, ended.stdout


def loads(name, text, files):
    with tempfile.TemporaryDirectory(prefix="mutated-") as place:
        write_corefile(place, text, files)
        code, said = run(place, KNAMECTL, "check", "-conf", "Corefile")
    return tap.ok(code == 0 or "is not built into knamed" in said, f"{name} loads", said) and code == 0


def is_named(line, said):
    return bool(re.search(rf"Corefile:{line} " if line else r":\d+ - ", said))


def at_start(mutation):
    with tempfile.TemporaryDirectory(prefix="mutated-") as place:
        write_corefile(place, mutation.text, mutation.files)
        code, said = run(place, PROGRAM, "-conf", "Corefile")
    return None if code == 1 and is_named(mutation.line, said) else (mutation.title, mutation.line, code, said)


def at_reload(server, mutation):
    end = server.reload(place_files(server.place, mutation.text, mutation.files))
    return None if "Restart failed" in end and is_named(mutation.line, end) else (mutation.title, mutation.line, end)


good = [name for name, text, files in default_corefiles() if loads(name, text, files)]
mutated = [mutation for mutation in mutations(COUNT) if mutation.title.split(":")[0] in good]
tap.ok(len(mutated) >= COUNT * 3 // 4, f"{COUNT} Corefiles have a mistake", len(mutated))
with ThreadPoolExecutor(2) as pool:
    tap.same([wrong for wrong in pool.map(at_start, mutated) if wrong], [], "a start ends with 1 and names the line")
with Reloader(environment=OUTSIDE) as running:
    load = Load(running, "a.example. A NOERROR 1 10.0.0.1\n", 300 if INSTRUMENTED else 3000)
    watch = Watch((running.ready_port, "ready"), (running.health, "health"))
    tap.same([wrong for mutation in mutated if (wrong := at_reload(running, mutation))], [],
             "a server that runs names the line, too")
    told, seen = load.end(), watch.end()
    tap.same((told.get("sent", 0) > 0, told.get("lost"), told.get("wrong"), seen), (True, 0, 0, []), "and loses nothing meanwhile")
    tap.same(running.metric("coredns_reload_failed_total"), len(mutated), "each is counted")
    tap.same(running.reload(running.corefile()).split()[-1], "complete", "a good one takes effect then")
tap.done()
