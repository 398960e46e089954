# SPDX-License-Identifier: Apache-2.0
"""Lines of the log and of the page of metrics, without what differs from run to run."""
import re

POLL_ID = 65535  # of questions that wait for a server: they are in no log
PROBE = re.compile(r'"HINFO IN \d+\.\d+\.')  # of `loop`
DURATION = re.compile(r"(?<= )\d+(?:\.\d+)?(?:e-\d+)?s(?=\s|$)")
OUTCOME = re.compile(r'" [A-Z]+ [a-z,]+ \d+ ')
LOCAL_PORT = re.compile(r"((?:read|write|dial) (?:udp|tcp) [0-9.]+|\]):\d+->")
SAMPLE = re.compile(r"(coredns_[a-z0-9_]+|process_[a-z0-9_]+|go_goroutines)(\{.*\})? \S+$")
TYPE = re.compile(r"# TYPE (coredns_\w+|process_\w+|go_goroutines) (\w+)$")
BOUND = re.compile(r'(\w+)_bucket\{.*\ble="([^"]*)"')
SIZES = re.compile(r"(_bucket|_sum|_count)$")
PLACES = re.compile(r'(?<=(?:host|..to)=")[0-9a-f.:\[\]]+(?=")')  # which resolver of several was asked is chance
ANSWERER = re.compile(r'(plugin|,value)="[^"]*",?')  # CoreDNS names the last writer; and a digest


def is_query_line(line):
    return re.match(r"\[INFO\] \S+:\d+ - \d+ ", line) is not None


def query_line(line, names, explained):
    ident, _, name = re.match(r'\[INFO\] \S+ - (\d+) "(\S+ \S+ )?(\S+)', line).groups()
    if names.get(int(ident), name) != name:
        return "inner: " + name
    line = DURATION.sub("Ns", line)
    return OUTCOME.sub('" - - - ', line) if int(ident) in explained else line


def log_lines(text, names, explained):
    """The lines of `log` and `errors`, and warnings. names: of the questions by their id, as they are logged; explained: ids
    of questions that are answered in another way, and so logged."""
    for line in text.splitlines():
        if PROBE.search(line) or f" - {POLL_ID} " in line:
            continue
        if is_query_line(line):
            yield query_line(line, names, explained)
        elif re.match(r"\[(ERROR|WARNING)\]", line):
            yield LOCAL_PORT.sub(r"\1:N->", line)


def families(text):
    """Of each name its type, and the bounds of a histogram."""
    types, bounds = {}, {}
    for line in text.splitlines():
        if match := TYPE.match(line):
            types[match[1]] = match[2]
        elif match := BOUND.match(line):
            bounds.setdefault(match[1], set()).add(float(match[2].replace("+Inf", "inf")))
    return {f"{name}: {kind} {sorted(bounds.get(name, ()))}" for name, kind in types.items()}


def metric_lines(text, has_probes):
    """Names with labels, and their types and bounds; a histogram stands there once. has_probes: `loop` asks whenever it likes."""
    found = families(text)
    for line in text.splitlines():
        match = SAMPLE.match(line)
        if match:
            labels = PLACES.sub("PLACE", re.sub(r',?le="[^"]*"', "", match[2] or "")).replace("{}", "")
            labels = ANSWERER.sub("", labels)
            if has_probes and re.search('type="other"|responses_total.*rcode="NXDOMAIN"', match[1] + labels):
                continue
            found.add(SIZES.sub("", match[1]) + labels)
    return sorted(found)
