#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`knamectl check`: one Corefile after the other, what is said about it, and the exit code."""
import os
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "support"))
from running_server import KNAMECTL, ROOT  # noqa: E402
from tap import Tap  # noqa: E402

tap = Tap()
SERVICE = "apiVersion: v1\nkind: Service\nmetadata: {name: a, namespace: b}\nspec: {clusterIP: 10.0.0.1}\n"
ZONE = "@ 300 IN SOA ns h 1 2 3 4 5\n@ 300 IN NS ns\nns 300 IN A 10.0.0.1\n"


def run(*words, cwd=ROOT, stdin=""):
    done = subprocess.run([KNAMECTL, "check", *words], capture_output=True, text=True, check=False, cwd=cwd, input=stdin)
    return done.returncode, done.stdout, done.stderr


def check(files, *words):
    """In a directory with these files."""
    with tempfile.TemporaryDirectory() as directory:
        for name, text in files.items():
            path = os.path.join(directory, name)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "w", encoding="utf-8") as file:
                file.write(text)
        return run(*words, cwd=directory)


def test_good():
    sample = "deploy/sample/Corefile"
    tap.same(run("-conf", sample),
             (0, f"objects: {sample}:4 - cluster.local. in-addr.arpa. ip6.arpa. from the manifests in "
                 "deploy/sample/manifests\nOK\n", ""), "the sample is OK")
    good = {"Corefile": ". {\n kubernetes cluster.local {\n manifests m\n }\n file db.x x\n auto {\n directory z\n }\n}\n",
            "m/a.yaml": SERVICE, "db.x": ZONE, "z/db.a.org": ZONE, "z/other": "no zone"}
    tap.same(check(good), (0, "objects: Corefile:1 - cluster.local. from the manifests in m\nOK\n", ""),
             "manifests, file and auto are read")
    tap.same(check({}), (0, "note: Corefile holds no server block: whoami and log on port 53 take its place\nOK\n", ""),
             "no Corefile: the built-in one")
    tap.same(run("-conf", "stdin", "-dns.port", "1053", stdin="a {\n}\n"), (0, "OK\n", ""), "a Corefile from standard input")


def test_notes():
    code, out, err = check({"Corefile": ". {\n bufsize 4096\n import *.override\n}\n"})
    tap.same((code, err), (0, ""), "notes are no faults")
    tap.same(out.splitlines(), ["note: No files matching import glob pattern: *.override",
                                "note: Corefile:2 - bufsize 4096: replies over UDP are 1232 bytes at most in any case",
                                "OK"], "notes stand before the verdict")


KUBECONFIG = """apiVersion: v1
kind: Config
current-context: a
clusters: [{name: c, cluster: {server: "https://10.0.0.1:6443"}}]
users: [{name: u, user: {token: t}}]
contexts: [{name: a, context: {cluster: c, user: u}}, {name: b, context: {cluster: gone, user: u}}]
"""


def test_api_servers():
    """They are named, what leads to them is read, and nobody is asked."""
    def about(options, files=None):
        return check({"Corefile": "x {\n kubernetes y in-addr.arpa {\n" + options + "\n }\n}\n", **(files or {})})

    def good(server):
        return 0, f"objects: Corefile:1 - y. in-addr.arpa. from {server}\nOK\n", ""

    tap.same(about(""), good("the pod's own API server, startup_timeout 5s, audit 300s"), "a pod's own API server")
    tap.same(about("endpoint 127.0.0.1:1\naudit off\nsnapshot s\nstartup_timeout 1500ms"),
             good("the API server http://127.0.0.1:1, startup_timeout 1.5s, audit off, snapshot s"), "an endpoint")
    tap.same(about("kubeconfig k", {"k": KUBECONFIG}),
             good("the API server of k, its current context, startup_timeout 5s, audit 300s"), "a kubeconfig")
    tap.same(about("kubeconfig k a", {"k": KUBECONFIG}),
             good("the API server of k, context a, startup_timeout 5s, audit 300s"), "a context")

    plugin = KUBECONFIG.replace("{token: t}", "{exec: {apiVersion: client.authentication.k8s.io/v1, "
                                "interactiveMode: Never, command: /nonexistent}}")
    tap.same(about("kubeconfig k", {"k": plugin})[0], 0, "a plugin that prints credentials is not run")

    for options, files, fault in (
            ("kubeconfig k", {}, "open k: no such file or directory"),
            ("kubeconfig k", {"k": "[]"}, "k: "), ("kubeconfig k b", {"k": KUBECONFIG}, "k: "),
            ("kubeconfig k z", {"k": KUBECONFIG}, "k: "),
            ("endpoint a\ntls c k ca", {"c": "x", "k": "x"}, "open ca: no such file or directory"),
            ("endpoint a\ntls c k ca", {"c": "x", "k": "x", "ca": "x"}, "")):
        code, out, err = about(options, files)
        tap.ok(code == 1 and not out.endswith("OK\n") and err.startswith(f"knamectl check: {fault}")
               and err.count("\n") == 1, f"a fault of {options!r} with {sorted(files)}", code, out, err)


def test_faults():
    for text, fault in ((". {\n kubernetes a {\n  fallthrough a..b\n }\n}\n", None),
                        (". {\n bogus\n}\n", "Corefile:2 - Error during parsing: Unknown directive 'bogus'"),
                        (". {\n}\n. {\n}\n", "Corefile:3 - cannot serve dns://.:53 - it is already defined"),
                        (". {\n route53\n}\n", "plugin/route53: Corefile:2 - Error during parsing: route53, "
                                               "which takes zones from AWS, is not built into knamed")):
        if fault is None:
            tap.same(check({"Corefile": text})[0], 1, "a bad zone behind fallthrough")
            continue
        tap.same(check({"Corefile": text}), (1, "", f"knamectl check: {fault}\n"), fault)
    tap.same(run("-conf", "/nonexistent"), (1, "", "knamectl check: loading Caddyfile via flag: open /nonexistent: "
                                                   "no such file or directory\n"), "a missing Corefile")
    code, out, err = run("-port", "53")
    tap.ok(code == 1 and out == "" and "flag provided but not defined: -port\nusage: knamectl check" in err,
           "a bad flag", code, out, err)
    code, out, err = run("--help")
    tap.ok(code == 0 and out.startswith("usage: knamectl check") and err == "", "--help")


def test_all_faults_are_named():
    code, out, err = check({
        "Corefile": "x {\n kubernetes {\n manifests m\n }\n file db.x\n file nothing\n auto {\n directory z\n }\n}\n"
                    "y {\n file db.x\n}\n",
        "m/a.yaml": SERVICE + "---\nkind: Service\nmetadata: [\n",
        "db.x": "$TTL 5\n@ SOA ns h 1 2 3 4 5\n@ FOO x\n",
        "z/db.x": "@ 300 IN A 10.0.0.1\n",
        "z/db.good.x": ZONE})
    lines = err.splitlines()
    tap.same((code, out, len(lines)), (1, "objects: Corefile:1 - x. from the manifests in m\n", 5),
             "each fault is a line on stderr")
    for line, start in zip(lines, ("m/a.yaml:", "db.x:3: ", "open nothing: ", "z/db.x", "db.x:3: ")):
        tap.ok(line.startswith(f"knamectl check: {start}"), f"{start} is named", line)


def main():
    test_good()
    test_notes()
    test_api_servers()
    test_faults()
    test_all_faults_are_named()
    tap.done()


if __name__ == "__main__":
    main()
