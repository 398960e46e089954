# SPDX-License-Identifier: Apache-2.0
"""Where knamed may differ from CoreDNS 1.15. A rule says for which question and which two replies, what part of the reply it
explains, and why: D1 is a row of section 18 of src/names.md, a number a section of it. A rule that never fires is one too many."""
import re
from dataclasses import dataclass

import wire
from replies import ede_of

FEW_PARTS = "rcode answer authority additional"

# Directives that knamed refuses today and must not refuse at the end: cases with them are not run.
NOT_BUILT = set("metadata cancel timeouts reload debug rewrite autopath template transfer hosts "
                "k8s_external secondary loop view".split())


@dataclass
class Rule:
    reference: str
    parts: str  # what of a reply it explains
    holds: object
    why: str


@dataclass
class LineRule:
    """For lines of the log, of the metrics' names and labels, or of what is said of a bad Corefile, that one of both has."""
    reference: str
    kind: str     # log, metric, error
    ours: str     # a pattern of what knamed alone has
    theirs: str   # of what CoreDNS alone has
    why: str


def is_message(*messages):
    return all(hasattr(message, "flags") for message in messages)


RULES = [
]

LINE_RULES = [
]


def explain(pair, found):
    """The rules that explain all of it together, or None."""
    used = [rule for rule in RULES if found & set(rule.parts.split()) and
            ("silence" in rule.parts or is_message(*pair.both)) and rule.holds(pair)]
    explained = {part for rule in used for part in rule.parts.split()}
    return used if found <= explained else None


def explain_line(kind, line, is_ours):
    """The rule for a line that one has alone, or None."""
    for rule in LINE_RULES:
        pattern = rule.ours if is_ours else rule.theirs
        if rule.kind == kind and pattern and re.search(pattern, line):
            return rule
    return None
