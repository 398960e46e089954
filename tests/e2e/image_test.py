#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The image: what is in it and what is not, what it says of itself, and that it comes out the same when built again."""
import hashlib
import json
import os
import re
import stat
import subprocess
import sys
import time

import image

sys.path.insert(0, os.path.join(image.ROOT, "tests/support"))
from tap import Tap  # noqa: E402

tap = Tap()
MOST_OCTETS = 25_000_000
PORTS = {"53/udp", "53/tcp", "8080/tcp", "8181/tcp", "9153/tcp"}
# cap_net_bind_service permitted, and nothing effective: version 2 of the attribute, without its flag.
CAPABILITY = bytes.fromhex("0000000200040000") + bytes(12)


def files_below(place):
    """Path in the image -> path here, of what is no directory."""
    for directory, _, names in os.walk(place):
        for name in names:
            path = os.path.join(directory, name)
            yield path[len(place):], path


def check_labels():
    config = image.inspect("image", "inspect", image.NAME)
    labels = {name.removeprefix("org.opencontainers.image."): value for name, value in config["Labels"].items()}
    commit = subprocess.run(["git", "rev-parse", "--short=12", "HEAD"], cwd=image.ROOT, capture_output=True, text=True, check=True)
    tap.ok(config["Size"] <= MOST_OCTETS, f"it has at most {MOST_OCTETS} octets", config["Size"])
    print(f"# {config['Size']} octets")
    tap.same(config["User"], "65532:65532", "its user is a number, and not root's")
    tap.same(set(config["Config"]["ExposedPorts"]), PORTS, "it names its ports")
    tap.same((config["Config"]["Entrypoint"], config["Config"]["WorkingDir"]), (["/usr/bin/knamed"], "/"), "it starts knamed in /")
    tap.same(labels["revision"], commit.stdout.strip(), "a label has the commit")
    tap.same((labels["title"], labels["licenses"]), ("knamed", "Apache-2.0"), "labels have the title and the licence")
    tap.ok(labels["source"] and re.fullmatch(r"\d+\.\d+\.\d+", labels["version"]), "labels have the source and the version", labels)
    tap.same(image.inspect("image", "inspect", image.ALIAS)["Id"], config["Id"], "it has the name of a CoreDNS as well")
    return labels["version"]


def check_files(place):
    found = dict(files_below(place))
    tap.same(os.getxattr(place + "/usr/bin/knamed", "security.capability"), CAPABILITY, "the program may use port 53, and starts without")
    modes = {path: stat.S_IMODE(os.lstat(here).st_mode) for path, here in found.items() if not os.path.islink(here)}
    tap.same([path for path, mode in modes.items() if mode & 0o7022], [], "no file can be written to by others, or changes who one is")
    tap.same([path for path, here in found.items() if os.lstat(here).st_uid], [], "all are root's")
    programs = {path for path, mode in modes.items() if mode & 0o111 and "/lib" not in path}
    tap.same(programs, {"/usr/bin/knamed", "/usr/bin/knamectl"}, "there is no program but the two: no shell")
    with open(place + "/etc/passwd", encoding="ascii") as file:
        tap.ok(":65532:65532:" in file.read(), "the user has a name")
    with open(place + "/etc/ssl/certs/ca-certificates.crt", encoding="ascii") as file:
        tap.ok(file.read().count("BEGIN CERTIFICATE") > 100, "there are the certificates of the world")
    tap.same(os.readlink(place + "/usr/lib/ssl/cert.pem"), "/etc/ssl/certs/ca-certificates.crt", "where OpenSSL looks for them")


def check_libraries(place):
    """Every library that is loaded is there, and no other one."""
    loader = next(path for path in files_below(place) if "/ld-linux" in path[0])[0]
    loaded = {os.path.basename(loader)}
    for program in "/usr/bin/knamed", "/usr/bin/knamectl":
        done = image.run("--list", program, program=loader)
        tap.ok(done.returncode == 0 and "not found" not in done.stdout, f"{program} finds its libraries", done.stdout, done.stderr)
        loaded |= {os.path.basename(path) for path in re.findall(r"=> (/\S+)", done.stdout)}
    there = {os.path.basename(path) for path, _ in files_below(place) if re.search(r"\.so[^/]*$", path)}
    tap.same(there, loaded, "there are no others")


def check_bill(place, version):
    with open(place + "/usr/share/sbom/knamed.cdx.json", encoding="utf-8") as file:
        bill = json.load(file)
    components = {component["name"]: component for component in bill["components"]}
    tap.same((bill["bomFormat"], bill["specVersion"]), ("CycloneDX", "1.5"), "there is a bill of materials")
    tap.same(components["knamed"]["version"], version, "it speaks of this knamed")
    stated = {part["name"]: part["hashes"][0]["content"] for component in components.values() for part in component["components"]}
    binary = {path for path, here in files_below(place) if re.search(r"\.so|/bin/", path) and not os.path.islink(here)}
    tap.same(binary - set(stated), set(), "it has every library and program")
    wrong = []
    for path, digest in stated.items():
        with open(place + path, "rb") as file:
            if hashlib.sha256(file.read()).hexdigest() != digest:
                wrong.append(path)
    tap.same(wrong, [], "what it says of them is so")
    references = {component["bom-ref"] for component in components.values()} - {"knamed"}
    tap.same(set(bill["dependencies"][1]["dependsOn"]), references, "it says who stands on whom")
    bare = [name for name in components if not os.path.getsize(f"{place}/usr/share/doc/{name}/copyright")]
    tap.same(bare, [], "each has its licence")
    tap.same([name for name in components if name != "knamed" and not os.path.exists(f"{place}/var/lib/dpkg/status.d/{name}")], [],
             "scanners find each")


def check_programs(version):
    done = image.run("-version")
    tap.ok(done.returncode == 0 and done.stdout.startswith(f"knamed-{version}\n"), "-version tells it", done.stdout, done.stderr)
    plugins = image.run("-plugins").stdout.split()
    tap.ok({"kubernetes", "forward", "cache", "health", "ready", "prometheus"} <= set(plugins), "-plugins lists directives", plugins)
    done = image.run("word")
    tap.ok(done.returncode == 1 and "word" in done.stderr, "a word too many is a fault", done.returncode, done.stderr)
    done = image.run("-version", program="/coredns")
    tap.ok(done.stdout.startswith("knamed-"), "/coredns is it as well", done.stderr)
    done = image.run("check", "-conf", "/nowhere", program="knamectl")
    tap.ok(done.returncode == 1 and "/nowhere" in done.stderr + done.stdout, "knamectl runs, found by its name", done.stderr)


began = time.monotonic()
first = image.build()
print(f"# built in {time.monotonic() - began:.0f} s: {first}")
the_version = check_labels()
with image.mounted() as the_place:
    check_files(the_place)
    check_libraries(the_place)
    check_bill(the_place, the_version)
check_programs(the_version)
tap.same(image.build(AGAIN=str(time.time())), first, "built anew it is the same to the bit")
tap.done()
