# SPDX-License-Identifier: Apache-2.0
"""Default Corefiles of platforms with one mistake each, made by a seed, and the line that must be named for it."""
import os
import random
import re
import sys
from dataclasses import dataclass

HERE = os.path.dirname(os.path.abspath(__file__))
GOLDEN = os.path.join(os.path.dirname(HERE), "golden")
sys.path.insert(0, GOLDEN)
from case_file import COREFILE, read_case  # noqa: E402

BAD_VALUES = [
    (r"\bttl \d+", "ttl never"), (r"\blameduck \w+", "lameduck soon"), (r"\bmax_concurrent \d+", "max_concurrent many"),
    (r"\bpods \w+", "pods sometimes"), (r"\bbufsize \d+", "bufsize small"), (r"\bpolicy \w+", "policy none"),
    (r"\bclass \w+", "class fatal"), (r"\bbind \S+", "bind nowhere0"), (r"\bsuccess \d+", "success lots"),
    (r"\bdenial \d+", "denial few"), (r"\bforward \. \S+", "forward . ftp://nowhere"), (r"\bprefetch \d+", "prefetch often"),
    (r"\bservfail \d+", "servfail soon"), (r"\brcode \w+", "rcode NOWHERE"), (r"\bcache 30$", "cache 0"),
    (r"\bimport \S+$", "import"),
]
TAKES_ANY_LINE = "hosts", "rewrite"  # lines are hosts, which are passed over if they are none; the first line is the rule
WITHOUT_WORDS = "loop", "whoami", "autopath", "minimal", "any"


@dataclass
class Mutation:
    title: str
    text: str
    line: int  # None: the mistake is seen elsewhere
    files: dict


@dataclass
class Line:
    number: int
    words: list
    depth: int      # 1: a directive; 2: an option
    directive: str  # that it belongs to
    opens: bool


def lines_of(text):
    depth, directive = 0, ""
    for number, line in enumerate(text.split("\n"), 1):
        words = line.partition("#")[0].split()
        if not words:
            continue
        if words[0] == "}":
            depth -= 1
            continue
        directive = words[0] if depth == 1 else directive
        yield Line(number, words, depth, directive, words[-1] == "{")
        depth += words[-1] == "{"


def replace_line(text, number, line):
    lines = text.split("\n")
    lines[number - 1:number] = [line] if isinstance(line, str) else line
    return "\n".join(lines)


def misspelt(choose, text):
    line = choose([line for line in lines_of(text) if line.depth == 1])
    return "misspelt " + line.words[0], replace_line(text, line.number, " ".join([line.words[0] + "x", *line.words[1:]])), line.number


def unknown_option(choose, text):
    line = choose([line for line in lines_of(text) if line.depth == 1 and line.opens and line.words[0] not in TAKES_ANY_LINE])
    return ("unknown option of " + line.words[0], replace_line(text, line.number, [" ".join(line.words), "nonsense 1"]),
            line.number + 1)


def bad_value(choose, text):
    found = [(line, pattern, bad) for line in lines_of(text) for pattern, bad in BAD_VALUES
             if line.depth and re.search(pattern, " ".join(line.words))]
    line, pattern, bad = choose(found)
    return bad, replace_line(text, line.number, re.sub(pattern, bad, " ".join(line.words), count=1)), line.number


def surplus(choose, text):
    line = choose([line for line in lines_of(text) if line.depth == 1 and line.words[0] in WITHOUT_WORDS])
    return "surplus word of " + line.words[0], replace_line(text, line.number, line.words[0] + " a b c d"), line.number


def missing(choose, text):
    line = choose([line for line in lines_of(text) if line.depth == 1 and line.words[0] in ("forward", "bind", "rewrite")
                   and not line.opens])
    return line.words[0] + " alone", replace_line(text, line.number, line.words[0]), line.number


def open_brace(choose, text):
    line = choose([line for line in lines_of(text) if line.opens and line.depth == 1])
    return "brace too many", replace_line(text, line.number, " ".join(line.words) + " {"), None


def lost_brace(choose, text):
    ends = [number for number, line in enumerate(text.split("\n"), 1) if line.strip() == "}"]
    return "brace lost", replace_line(text, choose(ends), ""), None


def unknown_import(choose, text):
    line = choose([line for line in lines_of(text) if line.depth == 1])
    return "import of nothing", replace_line(text, line.number, "import nowhere/nothing"), line.number


KINDS = misspelt, bad_value, unknown_option, missing, surplus, unknown_import, misspelt, bad_value, open_brace, lost_brace, bad_value


def default_corefiles():
    """(name, Corefile, files beside it)"""
    place = os.path.join(GOLDEN, "defaults")
    for name in sorted(os.listdir(place)):
        case = read_case(os.path.join(place, name))
        text = re.sub(r"^\s*tls \S+\n", "", case.corefile, flags=re.M)  # its file would have to be a certificate
        yield name.removesuffix(".txt"), text, {path: text for path, text in case.files.items() if path != COREFILE}


def mutations(count, seed=1):
    """So many, each another text."""
    drawn, seen, defaults = random.Random(seed), set(), list(default_corefiles())
    for turn in range(100 * count):
        name, text, files = defaults[turn % len(defaults)]
        try:
            title, mutated, line = KINDS[turn // len(defaults) % len(KINDS)](drawn.choice, text)
        except IndexError:  # this one has no such line
            continue
        if mutated in seen:
            continue
        seen.add(mutated)
        yield Mutation(f"{name}: {title}", mutated, line, files)
        if len(seen) == count:
            return
