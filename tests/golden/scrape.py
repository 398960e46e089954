# SPDX-License-Identifier: Apache-2.0
"""Lines of the log and of the page of metrics, without what differs from run to run."""
import re

POLL_ID = 65535  # of questions that wait for a server: they are in no log
PROBE = re.compile(r'"HINFO IN \d+\.\d+\.')  # of `loop`
DURATION = re.compile(r"(?<= )\d+(?:\.\d+)?(?:e-\d+)?s(?=\s|$)")
OUTCOME = re.compile(r'" [A-Z]+ [a-z,]+ \d+ ')
LOCAL_PORT = re.compile(r"((?:read|write|dial) (?:udp|tcp) [0-9.]+|\]):\d+->")
SAMPLE = re.compile(r"(coredns_[a-z0-9_]+)(\{.*\})? \S+$")
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


def metric_lines(text, has_probes):
    """Names with labels; a histogram stands there once. has_probes: `loop` asks whenever it likes."""
    found = set()
    for line in text.splitlines():
        match = SAMPLE.match(line)
        if match:
            labels = PLACES.sub("PLACE", re.sub(r',?le="[^"]*"', "", match[2] or "")).replace("{}", "")
            labels = ANSWERER.sub("", labels)
            if has_probes and re.search('type="other"|responses_total.*rcode="NXDOMAIN"', match[1] + labels):
                continue
            found.add(SIZES.sub("", match[1]) + labels)
    return sorted(found)
