# SPDX-License-Identifier: Apache-2.0
"""The scenarios of tests/cases, asked of a server on port 53 of loopback that has their objects."""
import glob
import os
import re
import subprocess
import tempfile

from cluster import HERE

ROOT = os.path.dirname(os.path.dirname(HERE))
CASES = os.path.join(ROOT, "tests/cases")
RUN_CASES = os.environ.get("RUN_CASES", os.path.join(ROOT, "build/obj/tests/cases/run_cases"))
# What their Corefiles say is what installers' say, as far as names of services go.
OF_THE_FIELD = "basic", "big-answers", "dualstack", "endpoints", "headless-etcd", "negative"
FIELD_COREFILE = """. {{
    errors
    kubernetes cluster.local in-addr.arpa ip6.arpa {{
        manifests {manifests}
        pods insecure
        ttl {ttl}
    }}
}}
"""


def names():
    return sorted(os.path.basename(os.path.dirname(path)) for path in glob.glob(CASES + "/*/questions.case"))


def read(*path):
    with open(os.path.join(CASES, *path), encoding="utf-8") as file:
        return file.read()


def objects_of(scenario):
    """The directory of its objects, or None."""
    found = re.search(r"manifests tests/cases/(\S+)", read(scenario, "Corefile"))
    return found and found[1]


def manifests(scenario):
    return "\n---\n".join(read(path) for path in sorted(glob.glob(os.path.join(CASES, objects_of(scenario), "*.yaml"))))


def local_addresses(scenario):
    return (re.findall(r"^local (.*)$", read(scenario, "questions.case"), re.MULTILINE) or [""])[0].split()


def ask(directory):
    """How many answers there were, and the lines about wrong ones."""
    done = subprocess.run([RUN_CASES, "--at", "127.0.0.1", directory], cwd=ROOT, capture_output=True, text=True, check=False)
    lines = done.stdout.splitlines()
    count = sum(re.match(r"(not )?ok ", line) is not None for line in lines)
    wrong = [line for line in lines if not re.match(r"ok |1\.\.|\[", line)]
    return count, wrong or ([] if count and done.returncode == 0 else [done.stderr or "it did not run"])


def of_services(text):
    """The questions whose names are those of services: others depend on more than the objects."""
    asks, kept, is_head = [], [], True
    for line in text.splitlines():
        if line.startswith("ask "):
            asks = asks if is_head else []
            is_head = True
            if re.match(r"ask \S*\.svc\.cluster\.local\. ", line, re.IGNORECASE):
                asks.append(line)
                kept.append(line)
        elif re.match(r"(must|match|may) |\s", line):
            is_head = False
            kept += [line] if asks else []
        else:
            kept.append(line)
    return "\n".join(kept) + "\n"


def ask_field(scenario, ttl):
    """As ask(), of a server whose Corefile is an installer's with this TTL."""
    with tempfile.TemporaryDirectory(prefix="knamed-e2e-") as directory:
        text = re.sub(r"^(\s+(answer|extra|last) \S+) 5 ", rf"\1 {ttl} ", of_services(read(scenario, "questions.case")), flags=re.M)
        for name, content in (("questions.case", text), ("Corefile", FIELD_COREFILE.format(
                manifests=os.path.join(CASES, objects_of(scenario)), ttl=ttl))):
            with open(os.path.join(directory, name), "w", encoding="utf-8") as file:
                file.write(content)
        return ask(directory)
