# SPDX-License-Identifier: Apache-2.0
"""Reads a case: what it is about, files by the place where they lie, and behind `-- questions --` what is done. A line
there is a question, NAME TYPE WORD..., or with `!` in front a deed. The words of a question:

    udp tcp          over that alone; else over both, UDP first
    edns=N noedns    1232 is told else
    do cd ad nord nsid cookie ch notify
    from=ADDRESS at=ADDRESS[:PORT] times=N
    upstreams        which resolvers it went to counts as well
    late             resolvers are asked behind the reply

Deeds: `at ADDRESS[:PORT]` for the questions that follow, `until NAME TYPE REGEX` is in the reply of both, `until URL REGEX` is on
the page of both, `sleep SECONDS` where time itself counts, `mood ADDRESS well|silent|...` of a resolver, `copy FROM TO`, `remove
PATH`, `get URL`, `signal NAME`, both programs have come to their `ends`, `read FILE` (questions that cases share)."""
import os
from dataclasses import dataclass, field

HERE = os.path.dirname(os.path.abspath(__file__))
COREFILE = "/etc/coredns/Corefile"
SWITCHES = "udp tcp noedns do cd ad nord nsid cookie ch notify upstreams late".split()


@dataclass
class Step:
    """A deed with its words, or a question (deed is None) by its name, type and options."""
    line: int
    text: str
    deed: str = None
    words: list = None
    options: dict = None


@dataclass
class Case:
    name: str
    title: str
    files: dict = field(default_factory=dict)
    steps: list = field(default_factory=list)
    words: list = field(default_factory=lambda: ["-conf", COREFILE])
    environment: dict = field(default_factory=dict)

    @property
    def corefile(self):
        return self.files.get(COREFILE, "")


def read_step(number, text):
    words = text.split()
    if words[0] == "!":
        return Step(number, text, deed=words[1], words=words[2:])
    options = {}
    for word in words[2:]:
        key, equals, value = word.partition("=")
        if not equals and key not in SWITCHES:
            raise ValueError(f"line {number}: {word}")
        options[key] = value if equals else True
    return Step(number, text, words=words[:2], options=options)


def read_steps(lines):
    found = []
    for number, line in lines:
        text = line.partition(" #")[0].strip()
        if not text or text.startswith("#"):
            continue
        step = read_step(number, text)
        if step.deed == "read":
            with open(os.path.join(HERE, step.words[0]), encoding="utf-8") as file:
                found += read_steps(enumerate(file, 1))
        else:
            found.append(step)
    return found


def parts_of(lines):
    """(name of the part, its numbered lines); the head has no name."""
    name, part = None, []
    for number, line in enumerate(lines, 1):
        if line.startswith("-- ") and line.rstrip().endswith(" --"):
            yield name, part
            name, part = line.strip()[3:-3], []
        else:
            part.append((number, line))
    yield name, part


def read_case(path):
    with open(path, encoding="utf-8") as file:
        parts = list(parts_of(file))
    title = " ".join(line.strip("# \n") for _, line in parts[0][1])
    case = Case(os.path.relpath(path, HERE).removesuffix(".txt"), title)
    for name, lines in parts[1:]:
        text = "".join(line for _, line in lines)
        if name == "questions":
            case.steps = read_steps(lines)
        elif name == "arguments":
            case.words = text.split()
        elif name == "environment":
            case.environment = dict(line.split("=", 1) for line in text.split("\n") if line)
        else:
            case.files[COREFILE if name == "Corefile" else name] = text
    return case


def all_cases(words):
    """Those whose names hold one of the words; all without words."""
    paths = sorted(os.path.join(place, name) for place, _, names in os.walk(HERE) for name in names
                   if name.endswith(".txt") and place != HERE)
    cases = [read_case(path) for path in paths]
    return [case for case in cases if not words or any(word in case.name for word in words)]
