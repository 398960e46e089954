# SPDX-License-Identifier: Apache-2.0
"""Holds the oracle against case files: both are written from the rules, apart from each other.

A scenario is a folder with cluster.json, scenario.json and cases.tsv (columns: qname, qtype,
transport, opts, rcode, flags, answer, authority, additional, weight, ref, note).
"""
import csv
import json
import re
from pathlib import Path

from compare import size_of
from names import Names, Question, Reply
from objects import Options
from wire import (CNAME, NOTIMP, RCODE_NAMES, fold, name_from_text, record_to_text, type_number)

SKIPPED = {'options-fallthrough': 'needs an upstream',
           'startup': 'is about a store that is not synced'}
CLASSES = {'IN': 1, 'CH': 3, 'HS': 4, 'NONE': 254, 'ANY': 255}


def zone(text):
    return fold(name_from_text(text))


def read_options(path):
    model = json.loads(path.read_text()).get('model', {})
    options = Options(zones=[zone(text) for text in model.pop('zones', ['cluster.local.'])])
    options.multicluster = [zone(text) for text in model.pop('multicluster', [])]
    for name, value in model.items():
        if not hasattr(options, name):
            raise ValueError(f'{path}: unknown option {name}')
        setattr(options, name, value)
    return options


def read_question(case):
    question = Question(name_from_text(case['qname']), type_number(case['qtype']),
                        transport=case['transport'])
    for word in case['opts'].split():
        name, _, value = word.partition('=')
        if name == 'edns':
            question.edns = int(value)
        elif name == 'ednsver':
            question.version = int(value)
        elif name == 'class':
            question.qclass = CLASSES[value]
        elif name == 'norec':
            question.rd = False
        elif name in ('do', 'cd', 'ad'):
            setattr(question, name, True)
    return question


def is_cut(question, reply):
    return size_of(question, reply, [], True) > question.limit()


def reply_flags(question, reply):
    flags = {'aa'} if reply.aa else set()
    flags |= {'cd'} if question.cd else set()
    flags |= {'opt'} if question.edns is not None else set()
    return flags | ({'tc'} if is_cut(question, reply) else set())


def plain(text, full):
    """A record of either side in one spelling; without TTL and SRV weight unless `full`."""
    text = re.sub(r'SOA (\S+) (\S+) \S+', r'SOA \1 \2 SERIAL', text)
    words = text.split(' ')
    words[0] = words[0].lower()
    if words[2] == 'SOA':
        words[3:5] = [word.lower() for word in words[3:5]]
    if not full:
        words[1] = ''
        if words[2] == 'SRV':
            words[4] = ''
    return ' '.join(words)


def records_differ(cell, records, full):
    if cell in ('*', '@cut'):
        return False
    wanted = [] if cell == '-' else cell.split('|')
    return sorted(plain(text, full) for text in wanted) != \
        sorted(plain(record_to_text(record), full) for record in records)


def leaves_our_zones(names, question, reply):
    """An upstream would have the last word."""
    if names.zone_of(question.qname) is None:
        return True
    last = reply.answer[-1] if reply.answer else None
    return last is not None and last.type == CNAME != question.qtype and \
        names.zone_of(last.rdata) is None


def check_case(case, question, reply, full):
    """The parts in which the oracle's reply and the case differ."""
    parts = []
    if RCODE_NAMES[reply.rcode] != case['rcode']:
        parts.append(f'rcode {RCODE_NAMES[reply.rcode]}')
    flags = reply_flags(question, reply)
    if case['flags'] != '*' and set(case['flags'].split()) - {'-'} != flags:
        parts.append('flags ' + ' '.join(sorted(flags)))
    cut = is_cut(question, reply)
    if (case['answer'] == '@cut') != cut or records_differ(case['answer'], reply.answer, full):
        parts.append('answer ' + (' | '.join(map(record_to_text, reply.answer)) or '-'))
    # the TTL of a denial's SOA follows section 10, not the table
    soa = [reply.soa] if reply.soa else []
    if not cut and records_differ(case['authority'], soa, False):
        parts.append('authority ' + (' | '.join(map(record_to_text, soa)) or '-'))
    if full and not cut and case['additional'] != '-' and \
            records_differ(case['additional'], reply.glue, True):
        parts.append('additional ' + ' | '.join(map(record_to_text, reply.glue)))
    return parts


def check_one(names, case, has_upstream):
    """Returns (differences of what must be, differences of all), None if an upstream decides."""
    question = read_question(case)
    replies = names.answer(question)
    if has_upstream and leaves_our_zones(names, question, replies[0]):
        return None
    if 'opcode=' in case['opts']:  # [12] in one place, whatever the question
        replies = [Reply(NOTIMP, aa=False)]
    loose = min((check_case(case, question, reply, False) for reply in replies), key=len)
    full = min((check_case(case, question, reply, True) for reply in replies), key=len)
    return loose, full


def check_scenario(folder, report):
    """Returns (passed, failed, skipped); `may` cases and details of `match` are only told."""
    names = Names(json.loads((folder / 'cluster.json').read_text()),
                  read_options(folder / 'scenario.json'))
    has_upstream = (folder / 'upstream.json').exists()
    passed = failed = skipped = 0
    with open(folder / 'cases.tsv', newline='') as file:
        for case in csv.DictReader(file, delimiter='\t', quoting=csv.QUOTE_NONE):
            outcome = check_one(names, case, has_upstream)
            if outcome is None:
                skipped += 1
                continue
            loose, full = outcome
            what = f'{folder.name}: {case["qname"]} {case["qtype"]} {case["transport"]} ' \
                   f'{case["opts"]} [{case["weight"]}]'
            if loose and case['weight'] != 'may':
                failed += 1
                report(f'FAIL {what}: oracle says ' + '; '.join(loose))
                continue
            passed += 1
            if loose or full:
                report(f'note {what}: oracle says ' + '; '.join(loose or full))
    return passed, failed, skipped


def check_cases(folder, report):
    totals = [0, 0]
    for path in sorted(Path(folder).iterdir()):
        if not path.is_dir():
            continue
        if path.name in SKIPPED:
            report(f'skip {path.name}: {SKIPPED[path.name]}')
            continue
        passed, failed, skipped = check_scenario(path, report)
        totals[0] += passed
        totals[1] += failed
        report(f'{path.name}: {passed} passed, {failed} failed, {skipped} need an upstream')
    return totals
