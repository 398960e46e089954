# SPDX-License-Identifier: Apache-2.0
"""The commands that the documents show. What is shown is run: here are the documents read, tests of the integration and the
end-to-end kind run what they find.

A command is a line of a block of `sh`, a line `$ COMMAND` in any block or in a man page's .Dl, a line of an indented block
that begins with make, git, kubectl, knamed or knamectl (two blanks end it), or words in backquotes that begin so."""
import glob
import os
import re

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
DOCUMENTS = ["README.md", ".github/CONTRIBUTING.md", "deploy/**/*.md", "tools/man/*"]
PROGRAMS = r"(?:make|git|kubectl|helm|knamed|knamectl|build/\w+|tests/[^\s`]+|KNAMED_\w+=\S+ make)"


def documents():
    """(path below the root, text) of each."""
    for pattern in DOCUMENTS:
        for path in sorted(glob.glob(os.path.join(ROOT, pattern), recursive=True)):
            with open(path, encoding="utf-8") as file:
                yield os.path.relpath(path, ROOT), file.read()


def without_comment(line):
    return re.split(r"\s\s+#|\s#\s", line)[0].strip()


def commands_of(text):
    found = []
    rest = []
    for part, info, block in re.findall(r"(.*?)(?:^```(\w*)\n(.*?)^```$|\Z)", text, re.M | re.S):
        rest.append(part)
        for line in re.sub(r"\\\n\s*", "", block).splitlines():
            if info == "sh" and line.strip() and not line.startswith("#"):
                found.append(without_comment(line))
            elif line.startswith("$ "):
                found.append(line[2:].strip())
    rest = "\n".join(rest)
    found += [without_comment(line) for line in re.findall(r"^\.Dl \$ (.*)$", rest, re.M)]
    found += [re.split(r"\s\s+", line)[0] for line in re.findall(rf"^    ({PROGRAMS} \S.*)$", rest, re.M)]
    found += [" ".join(words.split()) for words in re.findall(rf"`({PROGRAMS} [^`\n]+(?:\n[^`\n]+)?)`", rest)]
    return list(dict.fromkeys(found))


def commands():
    """(document, command), each once."""
    seen = set()
    for path, text in documents():
        for command in commands_of(text):
            if command not in seen:
                seen.add(command)
                yield path, command


def is_usage(command):
    """It has a place for something: FILE, NAME, [..], <...>, ..."""
    if re.fullmatch(r"(kubectl|helm)( [a-z]+)?( -\S+)*|knamectl node \w+|knamectl tail(?!.*--count).*", command):
        return True  # it is only mentioned, or has no end
    return bool(re.search(r"(^|[ /=@:])[A-Z][A-Z_]+\b(?!=)|\[[A-Z@-]|\.\.\.|<", re.sub(r"--rcode [A-Z]+|[A-Z_]+=\S+|\s(TXT|SRV|A|PTR)\b", "", command)))


def needs_cluster(command):
    """It says something of the cluster whose DNS is asked, or of a file that comes from there."""
    return bool(re.match(r"knamectl (doctor|explain|top|tail|shadow|node) \S|.* (Corefile|-)$", command)) and not is_usage(command)
