# SPDX-License-Identifier: Apache-2.0
"""Reads a page in Prometheus' text form 0.0.4 and complains about what a scraper or a linter would."""
import math
import re

NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
LABEL = r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"'
SAMPLE = re.compile(rf"({NAME})(?:\{{((?:{LABEL},?)*)\}})? (\S+)$")
SUFFIXES = {"histogram": ("_bucket", "_sum", "_count"), "counter": ("",), "gauge": ("",)}


class Page:
    """samples: {(name, ((label, value), ...)): number}; complaints: sentences, empty if all is well."""

    def __init__(self, text):
        self.types, self.helps, self.samples, self.complaints = {}, {}, {}, []
        self.family = None
        if not text.endswith("\n"):
            self.complaints.append("the last line has no end")
        for line in text.splitlines():
            self.line(line)
        for name, kind in self.types.items():
            self.check_family(name, kind)

    def line(self, line):
        if line.startswith("# "):
            self.head(line)
        elif line and not line.startswith("#"):
            self.sample(line)

    def head(self, line):
        word, name, text = (line[2:].split(" ", 2) + ["", ""])[:3]
        table = {"HELP": self.helps, "TYPE": self.types}.get(word)
        if table is None:
            return
        if name in table:
            self.complaints.append(f"a second {word} of {name}")
        if not text:
            self.complaints.append(f"an empty {word} of {name}")
        table[name] = text
        self.family = name

    def sample(self, line):
        match = SAMPLE.match(line)
        if not match:
            self.complaints.append(f"no sample: {line}")
            return
        name, labels, value = match[1], match[2] or "", match[match.lastindex]
        pairs = re.findall(LABEL, labels)
        if len({label for label, _ in pairs}) != len(pairs):
            self.complaints.append(f"a label twice: {line}")
        if name not in [str(self.family) + suffix for suffix in SUFFIXES.get(self.types.get(self.family), ())]:
            self.complaints.append(f"not in its family {self.family}: {line}")
        key = (name, tuple(sorted(pairs)))
        if key in self.samples:
            self.complaints.append(f"a second time: {line}")
        try:
            self.samples[key] = float(value)
        except ValueError:
            self.complaints.append(f"no number: {line}")

    def check_family(self, name, kind):
        if name not in self.helps:
            self.complaints.append(f"{name} has no HELP")
        if kind == "counter" and not name.endswith("_total"):
            self.complaints.append(f"the counter {name} does not end with _total")
        own = [key for key in self.samples if key[0] in [name + suffix for suffix in SUFFIXES.get(kind, ())]]
        if not own:
            self.complaints.append(f"{name} has no series")
        if kind == "histogram":
            self.check_histogram(name)

    def check_histogram(self, name):
        series = {}
        for (sample, labels), value in self.samples.items():
            if sample == name + "_bucket":
                rest = tuple(pair for pair in labels if pair[0] != "le")
                bound = float(dict(labels)["le"].replace("+Inf", "inf"))
                series.setdefault(rest, []).append((bound, value))
        for labels, buckets in series.items():
            counts = [count for _, count in buckets]
            if buckets != sorted(buckets) or counts != sorted(counts):
                self.complaints.append(f"buckets of {name}{labels} do not ascend")
            if not math.isinf(buckets[-1][0]):
                self.complaints.append(f"{name}{labels} has no +Inf")
            if self.samples.get((name + "_count", labels)) != counts[-1]:
                self.complaints.append(f"_count of {name}{labels} is not its last bucket")
            if (name + "_sum", labels) not in self.samples:
                self.complaints.append(f"{name}{labels} has no _sum")

    def value(self, name, **labels):
        """The number of one series, None if it is not there."""
        return self.samples.get((name, tuple(sorted(labels.items()))))

    def labels(self, name):
        """Of each series of a name, its labels."""
        return [dict(labels) for sample, labels in self.samples if sample == name]
