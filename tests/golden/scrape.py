# SPDX-License-Identifier: Apache-2.0
"""Lines of the log and of the page of metrics, without what differs from run to run."""
import re

PORT_OF_CLIENT = re.compile(r"^(\[INFO\] \S+?):\d+ - ")
DURATION = re.compile(r"(?<= )\d+(?:\.\d+)?(?:e-\d+)?s$")
LOCAL_PORT = re.compile(r"((?:read|write|dial) (?:udp|tcp) [0-9.]+|\]):\d+->")
SAMPLE = re.compile(r"(coredns_[a-z0-9_]+)(\{.*\})? \S+$")
SIZES = re.compile(r"(_bucket|_sum|_count)$")


def is_query_line(line):
    return re.match(r"\[INFO\] \S+:\d+ - \d+ ", line) is not None


def log_lines(text):
    """The lines of `log` and `errors`, and warnings."""
    for line in text.splitlines():
        if is_query_line(line):
            yield DURATION.sub("Ns", PORT_OF_CLIENT.sub(r"\1:N - ", line))
        elif re.match(r"\[(ERROR|WARNING)\]", line):
            yield LOCAL_PORT.sub(r"\1:N->", line)


def metric_lines(text):
    """Names with labels; a histogram stands there once."""
    found = set()
    for line in text.splitlines():
        match = SAMPLE.match(line)
        if match:
            labels = re.sub(r',?le="[^"]*"', "", match[2] or "").replace("{}", "")
            found.add(SIZES.sub("", match[1]) + labels)
    return sorted(found)
