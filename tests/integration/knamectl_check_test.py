#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`knamectl check`: one Corefile after the other, what is said about it, and the exit code."""
import glob
import os
import re
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


F = "forward . 192.0.2.1"
# Lines of a block, which of them has no effect here or another one than it seems to have, and what is said of it.
WITHOUT_EFFECT = [
    # the effect is always there
    ("errors stdout", 1, "stdout: lines go to standard output in any case"),
    ("minimal", 1, "minimal: replies hold little else in any case, this leaves glue out as well"),
    ("bufsize 4096", 1, "bufsize 4096: replies over UDP are 1232 bytes at most in any case"),
    (f"kubernetes cluster.local\ncache {{\ndisable success cluster.local\n}}\n{F}", 3,
     "disable success cluster.local.: what kubernetes answers is not cached in any case"),
    (f"kubernetes cluster.local 10.0.0.0/8\ncache {{\ndisable denial a example x.CLUSTER.local\n}}\n{F}", 3,
     "disable denial x.cluster.local.: what kubernetes answers is not cached in any case"),
    *((f"kubernetes {{\n{option} 5\n}}", 2, f"{option}: the few requests of a watch stay below any limit, none is set")
      for option in ("apiserver_qps", "apiserver_burst", "apiserver_max_inflight")),
    # there is nothing that it could do
    ("errors {\nstacktrace\n}", 2, "stacktrace has no effect: there are no panics to trace"),
    ("prometheus {\nruntime_metrics\n}", 2, "runtime_metrics: the series of Go's runtime do not exist here, nothing is added"),
    ("admin :9155", 1, "admin: whoever reaches port 9155 sees who asks for what; keep it to localhost and use kubectl port-forward"),
    ("loop", 1, "loop has no effect: the block forwards nothing"),
    ("cancel 1s", 1, "cancel has no effect: nothing is forwarded, and what is known here is answered at once"),
    ("cache", 1, "cache has no effect: the block forwards nothing, and what it answers itself needs no cache"),
    ("forward . 192.0.2.1 {\ntls_servername a\n}", 2, "tls_servername has no effect: no TO begins with tls://"),
    ("forward . 192.0.2.1 {\nexpire 10s\ntls\n}", 3, "tls has no effect: no TO begins with tls://"),
    ("forward . 192.0.2.1 {\nprefer_udp\nforce_tcp\n}", 2, "prefer_udp has no effect beside force_tcp"),
    ("loadbalance {\nprefer\n}", 2, "prefer names no network and has no effect"),
    ("view a", 1, "view without expr: the block is for all questions"),
    ("hosts {\nfallthrough\n}", 2, "fallthrough has nothing behind it: what is denied stays denied"),
    ("file db {\nfallthrough\n}", 2, "fallthrough has nothing behind it: what is denied stays denied"),
    ("whoami\nautopath @kubernetes", 2, "autopath @kubernetes: the block has no such directive, so no search list is walked"),
    ("autopath empty", 1, "empty has no search list to walk"),
    ("kubernetes {\nmulticluster\n}", 2, "multicluster names no zone and has no effect"),
    ("kubernetes {\nmanifests m\nstartup_timeout 1s\n}", 3,
     "startup_timeout has no effect beside manifests, which are read before the first answer"),
    ("kubernetes {\naudit 1s\nmanifests m\n}", 2, "audit has no effect beside manifests, which are read whenever they change"),
    ("kubernetes {\nkubeconfig k\nendpoint a\n}", 3, "endpoint has no effect beside kubeconfig, which names the server"),
    ("kubernetes {\nkubeconfig k\ntls a b c\n}", 3, "tls has no effect beside kubeconfig, which names certificate, key and CA"),
    # what old Corefiles have
    *((f"kubernetes {{\n{option} 5m\n}}", 2, f"{option} is an option of the past and has no effect")
      for option in ("upstream", "resyncperiod")),
    ("file db {\nupstream\n}", 2, "upstream is an option of the past and has no effect"),
    ("auto {\ndirectory m\nupstream\n}", 3, "upstream is an option of the past and has no effect"),
    ("template IN A {\nupstream\n}", 2, "upstream is an option of the past and has no effect"),
    ("kubernetes {\nendpoint a b\n}", 2, "Multiple endpoints have been deprecated, only the first specified endpoint 'a' is used"),
    ("proxy . 192.0.2.1", 1, "proxy is read as forward"),
    # said twice, or too much of it
    ("any\nany", 2, "any was named before, this line has no effect"),
    ("header {\nquery set rd\n}\nheader {\nquery set rd\n}", 4, "header was named before, this one has no effect"),
    ("reload\nreload 5s", 2, "reload takes one line without options, this has no effect"),
    (f"cache {{\nsuccess 1 2 3 4\n}}\n{F}", 2, "what stands behind the third number has no effect"),
    # words that mean something else than they seem to
    (f"cache 1m\n{F}", 1, '"1m" is the name of a zone here, and nothing else is cached: a TTL is written in seconds, without a unit'),
    ("metadata\nlog . {/kubernetes/client-label/app}", 2,
     "labels of pods are not kept: {/kubernetes/client-label/NAME} reads '-'"),
    ("log . {/view/name}", 1, "{/view/name} reads '-': the block has no metadata"),
    ("metadata\nlog . {/kubernetes/client-namespace}\nkubernetes", 3, "kubernetes/client-... is not known: it needs pods verified"),
    ("log {common}", 1, "log takes '{common}' for a name, no query has it"),
    ("forward 10.0.0.0/9 192.0.2.1", 1, "Unsupported CIDR notation: '10.0.0.0/9' expands to multiple zones. Using only '0.10.in-addr.arpa.'."),
    ("forward . 192.0.2.1 {\nexcept a..b\n}", 2, "except a..b is no name, it is left out"),
    ("forward . fe80::1%eth0", 1, "fe80::1%eth0: which interface leads to it is not told, what stands behind % is left out"),
    ("forward . 192.0.2.1 ./empty", 1, "./empty has no nameservers"),
    ("hosts {\nfoo bar\n}", 2, "the line has no effect: 'foo' is neither an option of hosts nor an address"),
    ("hosts {\n192.0.2.1\n}", 2, "the line has no effect: no name stands behind 192.0.2.1"),
    ("hosts nothing", 1, "File does not exist: nothing"),
    ("rewrite stop {\nname suffix .a .b\nanswer name auto\nanswer value (.*)\\.b\\. {1}.a.\n}", 1, '"answer name auto" is read as "answer auto"'),
    ("rewrite name regex ^(a) {1}.{kubernetes/namespace} metadata", 1,
     "nothing is known of questions without `metadata` in the same block: this rule is passed over"),
    ("rewrite cname suffix a b", 1, 'no target of a CNAME ends with "a": all of them end with a dot'),
    ('template IN A {\nanswer "{{.Name}} 1 IN CNAME a."\nadditional "a. 1 IN A 192.0.2.1"\n}', 4,
     "template: authority and additional are left out of replies whose CNAME is followed (A, AAAA)"),
    ('template IN TXT {\nanswer "{{.Name}} 1 IN TXT {{.Group.a}}"\n}', 3, "template: "),
]


def notes_of_the_sources():
    """A pattern for each sentence that a reader may note."""
    for path in glob.glob(os.path.join(ROOT, "src/config/*.c")):
        with open(path, encoding="utf-8") as file:
            text = file.read()
        for call in re.findall(r"\b(?:directive_note|note_at|note_option)\((?:directive|reading)[^;]*?\);", text, re.S):
            literals = re.findall(r'"((?:[^"\\]|\\.)*)"', call)
            sentence = "".join(literals[1:] if call.startswith("note_option") else literals).replace('\\"', '"')
            if sentence not in ("", "%s"):
                yield re.sub(r"%(\\%|[sud])", lambda found: "%" if found[1] == "\\%" else ".+",
                             re.escape(sentence).replace("%%", "%\\%"))


def test_without_effect():
    """Whatever is read and has no effect is told with its line, and is no fault."""
    said = []
    files = {"db": ZONE, "empty": "options ndots:5\n", "m/a.yaml": SERVICE, "k": KUBECONFIG}
    for body, line, note in WITHOUT_EFFECT:
        code, out, err = check({"Corefile": "example {\n" + body + "\n}\n", **files})
        notes = [found[6:] for found in out.splitlines() if found.startswith("note: ")]
        tap.ok((code, err) == (0, "") and any(found.startswith(f"Corefile:{line + 1} - {note}") for found in notes),
               f"{note} ({body.split()[0]})", code, out, err)
        said += [found.partition(" - ")[2] for found in notes]
    silent = [pattern for pattern in notes_of_the_sources() if "the\\ search\\ list\\ ends" not in pattern and not any(re.fullmatch(pattern, note) for note in said)]
    tap.same(silent, [], "and this is all that is ever told")


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
    test_without_effect()
    test_api_servers()
    test_faults()
    test_all_faults_are_named()
    tap.done()


if __name__ == "__main__":
    main()
