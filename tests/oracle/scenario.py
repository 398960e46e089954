# SPDX-License-Identifier: Apache-2.0
"""A cluster to serve: objects, the kubernetes block, where to listen; and its files on disk.

Manifests are written in every form a directory may hold: YAML of several documents, block or flow,
plain or quoted, and JSON objects or Lists.
"""
import json
import re
from dataclasses import dataclass

PLAIN = re.compile(r'[A-Za-z][-A-Za-z0-9_./]*|[0-9]{1,3}(\.[0-9]{1,3}){3}')
# words a YAML 1.1 reader may take for something else than text
RESERVED = {'null', 'true', 'false', 'yes', 'no', 'on', 'off', 'y', 'n', 'inf', 'nan'}


@dataclass
class Scenario:
    things: list
    options: object
    zone_texts: list  # as the Corefile spells them
    multicluster_texts: list
    bind: str = ''  # '' listens everywhere

    def address(self):
        """Where to ask."""
        return self.bind or '127.0.0.1'


# ---- Corefile ----

def corefile(scenario, directory):
    options = scenario.options
    lines = [f'manifests {directory}']
    if options.ttl != 5:
        lines.append(f'ttl {options.ttl}')
    if options.pods != 'disabled':
        lines.append(f'pods {options.pods}')
    if options.namespaces:
        lines.append('namespaces ' + ' '.join(options.namespaces))
    for name in ('namespace_labels', 'labels'):
        if getattr(options, name):
            lines.append(f'{name} {getattr(options, name)}')
    for name in ('endpoint_pod_names', 'noendpoints', 'zonal'):
        if getattr(options, name):
            lines.append(name)
    if options.ignore_empty_service:
        lines.append('ignore empty_service')
    if scenario.multicluster_texts:
        lines.append('multicluster ' + ' '.join(scenario.multicluster_texts))
    if options.denial_ttl is not None:
        lines.append(f'denial_ttl {options.denial_ttl}')
    if not options.shorthand:
        lines.append('shorthand off')
    block = ''.join(f'        {line}\n' for line in lines)
    bind = f'    bind {scenario.bind}\n' if scenario.bind else ''
    return f'.:{options.port} {{\n    errors\n{bind}    kubernetes ' \
           f'{" ".join(scenario.zone_texts)} {{\n{block}    }}\n}}\n'


# ---- manifests ----

def yaml_scalar(value, rng):
    if isinstance(value, str):
        if PLAIN.fullmatch(value) and value.lower() not in RESERVED and rng.random() < 0.8:
            return value
        if "'" not in value and value.isprintable() and rng.random() < 0.3:
            return f"'{value}'"
        return json.dumps(value, ensure_ascii=False)
    if value is None:
        return rng.choice(['null', '~'])
    return json.dumps(value)


def yaml_lines(value, rng):
    """Block style; a nested collection is flow style now and then."""
    if not isinstance(value, (dict, list)):
        return [yaml_scalar(value, rng)]
    if not value or rng.random() < 0.08:
        return [json.dumps(value, ensure_ascii=False)]
    lines = []
    for item in value.items() if isinstance(value, dict) else value:
        head, inner = (yaml_scalar(item[0], rng) + ':', item[1]) if isinstance(value, dict) \
            else ('-', item)
        nested = yaml_lines(inner, rng)
        if head == '-':
            lines += ['- ' + nested[0]] + ['  ' + line for line in nested[1:]]
        elif len(nested) == 1 and not (isinstance(inner, (dict, list)) and inner
                                       and not nested[0].startswith(('{', '['))):
            lines.append(f'{head} {nested[0]}')
        else:
            lines += [head] + ['  ' + line for line in nested]
    return lines


def yaml_document(thing, rng):
    comment = rng.choice(['', '', '# a comment: {not: data}\n'])
    return comment + '\n'.join(yaml_lines(thing, rng)) + '\n'


def as_list(things):
    return {'apiVersion': 'v1', 'kind': 'List', 'items': things}


def write_manifests(things, directory, rng):
    """Spreads the objects over files of random form."""
    things = list(things)
    rng.shuffle(things)
    number = 0
    while things:
        size = rng.choice([1, 2, 5, 12])
        group, things = things[:size], things[size:]
        form = rng.choice(['yaml', 'yml', 'yaml-list', 'json', 'json-list'])
        if form in ('yaml', 'yml'):
            text = '---\n'.join(yaml_document(thing, rng) for thing in group)
            text = rng.choice(['', '---\n']) + text + rng.choice(['', '---\n', '...\n'])
        elif form == 'yaml-list':
            text = yaml_document(as_list(group), rng)
        elif form == 'json-list' or len(group) > 1:
            text = json.dumps(as_list(group), indent=rng.choice([None, 1]), ensure_ascii=False)
        else:
            text = json.dumps(group[0], ensure_ascii=rng.random() < 0.5)
        suffix = {'yaml-list': 'yaml', 'json-list': 'json'}.get(form, form)
        (directory / f'{number:03d}.{suffix}').write_text(text, encoding='utf-8')
        number += 1
