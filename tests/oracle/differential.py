#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Asks knamed and the oracle the same random questions about the same random clusters.

    differential.py --knamed build/knamed --seed 1 --clusters 20 --questions 500
    differential.py --check-cases tests/cases     (the oracle against case files, no server)

A difference is printed with its seed; `--seed N --first K --clusters 1 --keep DIR` shows it again
and leaves the manifests in DIR.
"""
import argparse
import random
import sys
import tempfile
from pathlib import Path

import loopback
from addresses import parse_address
from cases import check_cases
from compare import compare
from malformed import check_malformed
from names import Names
from questions import describe, random_questions
from random_cluster import random_scenario
from scenario import corefile, write_manifests
from server import Asker, Server, free_port
from wire import AD, CD, RCODE_NAMES, RD, WireError, decode, encode_query, record_to_text

LOCAL_IPS = ['10.244.0.53', 'fd00:10:244::53', '192.0.2.53']
MOST_SHOWN = 20


class Tally:
    """Counts, and prints the first differences."""

    def __init__(self):
        self.passed = self.failed = 0

    def fail(self, text):
        self.failed += 1
        if self.failed <= MOST_SHOWN:
            print(text, flush=True)


def encode(question, ident):
    flags = RD * question.rd | CD * question.cd | AD * question.ad
    return encode_query(ident, question.qname, question.qtype, question.qclass, flags,
                        question.edns, question.version, question.do, question.options)


def show_reply(reply):
    """An allowed reply in one line."""
    parts = [RCODE_NAMES[reply.rcode]] + ['aa'] * reply.aa
    authority = [reply.soa] if reply.soa else []
    for title, records in (('answer', reply.answer), ('authority', authority),
                           ('glue', reply.glue)):
        if records:
            parts.append(f'{title} ' + ' | '.join(map(record_to_text, records)))
    return '; '.join(parts)


def show_message(message):
    parts = [RCODE_NAMES.get(message.rcode, str(message.rcode)), f'flags {message.flags:04x}']
    for title in ('answer', 'authority', 'additional'):
        records = [item.record for item in getattr(message, title)]
        if records:
            parts.append(f'{title} ' + ' | '.join(map(record_to_text, records)))
    return '; '.join(parts)


def check_question(names, asker, question):
    """Returns the text of the difference, or None."""
    packet = encode(question, asker.next_id())
    ask = asker.ask_tcp if question.transport == 'tcp' else asker.ask_udp
    replies = names.answer(question)
    expected = '\n       or '.join(map(show_reply, replies[:3]))
    data = ask(packet)
    if data is None:
        return f'  expected {expected}\n  got no answer'
    try:
        message = decode(data)
    except WireError as error:
        return f'  expected {expected}\n  got {error}: {data.hex()}'
    problems = compare(question, replies, packet, message)
    if not problems:
        return None
    return f'  expected {expected}\n  got      {show_message(message)}\n  ' + '\n  '.join(
        f'- {problem}' for problem in problems)


def ask_all(names, server, questions, tally, label):
    asker = Asker(server.address, server.port)
    try:
        for question in questions:
            difference = check_question(names, asker, question)
            if difference is None:
                tally.passed += 1
            else:
                tally.fail(f'{label}: {describe(question)}\n{difference}')
        for what, problem in check_malformed(asker, names.primary):
            tally.fail(f'{label}: packet with {what}: {problem}')
    finally:
        asker.close()


def run_cluster(arguments, number, tally, inside):
    label = f'seed {arguments.seed} cluster {number}'
    rng = random.Random(f'{arguments.seed}/{number}')
    port = free_port('127.0.0.1')
    scenario = random_scenario(rng, port, LOCAL_IPS if inside else [])
    names = Names(scenario.things, scenario.options)
    questions = random_questions(names, rng, arguments.questions)
    added = [parse_address(text) for text in scenario.options.local_ips]
    with tempfile.TemporaryDirectory(prefix='knamed-oracle-') as temporary:
        folder = Path(arguments.keep or temporary)
        (folder / 'manifests').mkdir(parents=True, exist_ok=True)
        write_manifests(scenario.things, folder / 'manifests', rng)
        (folder / 'Corefile').write_text(corefile(scenario, folder / 'manifests'))
        for octets in added:
            loopback.add_address(octets)
        try:
            with Server(arguments.knamed, folder / 'Corefile', scenario.address(), port,
                        names.primary, folder / 'log') as server:
                ask_all(names, server, questions, tally, label)
                if server.process.poll() is not None:
                    tally.fail(f'{label}: the server ended, code {server.process.returncode}: '
                               + server.log())
        except RuntimeError as error:
            tally.fail(f'{label}: {error}\n{(folder / "Corefile").read_text()}')
        finally:
            for octets in added:
                loopback.remove_address(octets)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--knamed', default='build/knamed')
    parser.add_argument('--seed', type=int, default=1)
    parser.add_argument('--clusters', type=int, default=10)
    parser.add_argument('--questions', type=int, default=500)
    parser.add_argument('--first', type=int, default=0, help='number of the first cluster')
    parser.add_argument('--keep', help='leave the files of the last cluster here')
    parser.add_argument('--check-cases', metavar='DIR', help='check the oracle, not a server')
    parser.add_argument(loopback.INSIDE, action='store_true', dest='inside', help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.check_cases:
        passed, failed = check_cases(arguments.check_cases, print)
    else:
        if not arguments.inside:
            loopback.enter_namespace()
            print('no network namespace of our own: the server is bound to loopback')
        else:
            loopback.bring_up()
        tally = Tally()
        for number in range(arguments.first, arguments.first + arguments.clusters):
            run_cluster(arguments, number, tally, arguments.inside)
        passed, failed = tally.passed, tally.failed
        if failed > MOST_SHOWN:
            print(f'{failed - MOST_SHOWN} more differences not shown')
    print(f'{passed} passed, {failed} failed')
    sys.exit(1 if failed else 0)


if __name__ == '__main__':
    main()
