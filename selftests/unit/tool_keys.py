#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Each key of natgwctl has one name in help, completion, manual and netlink specification.

    tool_keys.py [NATGWCTL]

Help and completion are asked of the tool, of the manual the lists of keys are read, of the
specification the attributes of requests. Prints KTAP.
"""

import pathlib
import re
import subprocess
import sys

import yaml

TOP = pathlib.Path(__file__).resolve().parents[2]
CTL = sys.argv[1] if len(sys.argv) > 1 else TOP / 'tools/natgwctl'

# What a key is called in requests, where it is not a value of its own attribute: addresses
# that a gateway gets are requests of their own, the prefixes of a file those of the tag.
COMMAND_ONLY = {'gateway': {'address'}, 'tag': {'file'}}
# Attributes of requests without a key: the address family, halves of a value, and those
# that a word of the command stands for ("address add length 28", "gateway add").
PARTS = {'family', 'prefix-length', 'dst-port', 'port'}
WORDS = {'address': {'length', 'move'}, 'session': {'src-port'}, 'route': {'tag'},
         'monitor': {'src-port'}, 'flowlog': {'src-port'}}
# Objects whose keys are the filters of a request that is not named like them
REQUEST_OF = {'monitor': 'session-watch', 'flowlog': 'session-watch'}
# The attribute that stands behind the verb
NAMED_BY = {'gateway': 'name', 'address': 'address', 'vnet': 'name', 'subnet': 'name',
            'route': 'prefix', 'tag': 'name', 'cluster': 'name', 'managed-pool': 'prefix'}


def ctl(*words):
    return subprocess.run([CTL, *words], check=True, capture_output=True, text=True).stdout


def completions(*words):
    """Words that may follow, without what they mean."""
    return [line.split('\t')[0] for line in ctl('__complete', *words, '').splitlines()]


def objects():
    """Objects of the tool that take keys."""
    names = completions()
    return [name for name in names if help_keys(name)]


def help_keys(name):
    """Keys of an object with the words that their values are of."""
    keys, last = {}, None
    title = None
    for line in ctl('help', name).splitlines():
        match = re.match(r'(KEY|FILTER)\b.*:$', line)
        if match or not line:
            title, last = match, None
        elif title and re.match(r'  \S', line):
            last, value = line.split()[:2]
            words = value.split('|')
            keys[last] = [] if any(w == w.upper() and not w[0].isdigit() for w in words) else words
        elif title and last:
            keys[last].append(line.strip())
    return keys


def completed_keys(name):
    """Keys that completion offers, behind the object, a verb, a verb and a name."""
    heads = [[name]]
    for line in ctl('help', name).splitlines():
        match = re.match(r'(?:usage:|      ) natgwctl \[OPTIONS\] \S+ \[?(\w+)\]?(?: (effective))?',
                         line)
        if match:
            head = [name] + [word for word in match.groups() if word]
            heads += [head, head + ['x']]
    found = set()
    for head in heads:
        found |= set(completions(*head))
    own = {'add', 'set', 'del', 'show', 'plan', 'count', 'flush', 'effective', 'explain', 'check',
           'length', 'save', 'restore', 'max-age', 'config', 'exhaustion', 'session', 'find',
           'off'}
    # of a log, not of tags
    own |= {'file', 'ipfix', 'transport', 'by'} if name == 'flowlog' else set()
    return found - own


def cm_words(line):
    """Of a line of mdoc the words of each macro Cm."""
    words, macro = [], None
    for token in line.split():
        if token in {'Cm', 'Ar', 'Op', 'Oo', 'Oc', 'Ns', 'It', '.It', '|', ',', ':', '/', '...'}:
            macro = macro if token == '|' else token
        elif macro == 'Cm':
            words.append(token)
    return words


def manual():
    """Keys of each object, as its section of the manual has them."""
    found, here, commands = {}, [], True
    for line in (TOP / 'tools/natgwctl.8').read_text().splitlines():
        if line.startswith(('.Ss ', '.Sh ')):
            here = []
            commands = True
        elif line.startswith('.Pp') and here:
            commands = False
        elif line.startswith('.It Cm ') and commands:
            name, *words = cm_words(line)
            here.append(name)
            found.setdefault(name, set())
            found[name] |= set(words)
        elif line.startswith('.It Cm ') and here:
            for item in re.split(r' , (?=Cm )', line):
                words = cm_words(item if item.startswith('.It') else '.It ' + item)
                for name in here:
                    found[name] |= {'=' + words[0]} if words else set()
    return found


def requests(spec, name):
    """Attributes that requests of an object may have, and the set that they are of."""
    attributes, family = set(), {}
    for op in spec['operations']['list']:
        if op['name'] != REQUEST_OF.get(name) and not re.fullmatch(fr'{name}(-(new|set|del|count|flush|plan|get|effective-get))?',
                            op['name']):
            continue
        family = op['attribute-set']
        for mode in ('do', 'dump'):
            attributes |= set(op.get(mode, {}).get('request', {}).get('attributes', []))
    sets = {s['name']: s for s in spec['attribute-sets']}
    return attributes, {a['name']: a for a in sets[family]['attributes']}


def plain(word):
    return re.sub('[^a-z0-9]', '', str(word).lower())


def entries(spec, enum):
    for definition in spec['definitions']:
        if definition['name'] == enum and definition['type'] == 'enum':
            return [plain(e['name'] if isinstance(e, dict) else e)
                    for e in definition['entries']]
    return []


def check(name, spec, man):
    """What does not agree about an object."""
    keys = help_keys(name)
    problems = [f'{key}: not completed' for key in keys.keys() - completed_keys(name)]
    problems += [f'{key}: completed, not in help' for key in completed_keys(name) - keys.keys()]

    told = man.get(name, set())
    listed = {word[1:] for word in told if word.startswith('=')}
    problems += [f'{key}: not in the manual' for key in keys
                 if key not in listed and key not in told]
    # A section may be of two objects
    others = set()
    for other, words in man.items():
        if other != name and {w for w in words if w[0] == '='} == {'=' + w for w in listed}:
            others |= help_keys(other).keys()
    problems += [f'{key}: in the manual, not in help' for key in listed - keys.keys() - others]

    asked, attributes = requests(spec, name)
    ours = keys.keys() - COMMAND_ONLY.get(name, set())
    problems += [f'{key}: in no request of the specification' for key in ours - asked]
    unknown = asked - ours - PARTS - WORDS.get(name, set()) - {NAMED_BY.get(name)}
    problems += [f'{key}: in requests of the specification, not in help' for key in unknown]

    for key, words in keys.items():
        enum = attributes.get(key, {}).get('enum')
        if not enum:
            continue
        wanted = entries(spec, enum)
        got = [plain(word) for word in words]
        # Some values stand in answers alone
        if not got or got != wanted[:len(got)] or set(wanted[len(got):]) - {'pass'}:
            problems.append(f'{key}: words {got}, of the specification {wanted}')
    return problems


def words_without_verbs():
    """What does not agree about words of objects without verbs: apply -f FILE keep-guard."""
    text = (TOP / 'tools/natgwctl.8').read_text()
    problems, found = [], set()
    for name in completions():
        usage, more = ctl('help', name).splitlines()[:2]
        match = re.search(rf' {name}( -f FILE\|-)?'
                          r'((?: \[[a-z]+(?:-[a-z]+)*(?: FILE)?\]| [a-z]+ FILE\.\.\.)+)$', usage)
        if more or not match:
            continue
        words = set(re.findall('[a-z-]+', match[2]))
        found |= {f'{name} {word}' for word in words}
        offered = set(completions(name, *(['-f', 'x'] if match[1] else [])))
        problems += [f'{name} {word}: not completed' for word in words - offered]
        problems += [f'{name} {word}: completed, not in help' for word in offered - words]
        lines = [line for line in text.splitlines() if line.startswith(f'.It Cm {name} ')]
        problems += [f'{name} {word}: not in the manual' for word in words
                     if not any(word in line.split() for line in lines)]
    wanted = {'apply keep-guard', 'upgrade module', 'upgrade former', 'import azure'}
    return problems + [f'{word}: which is it, {found}?' for word in found ^ wanted]


def main():
    spec = yaml.safe_load((TOP / 'Documentation/netlink/specs/natgw.yaml').read_text())
    man = manual()
    failed = False

    names = objects()
    print(f'KTAP version 1\n1..{len(names) + 2}')
    for number, name in enumerate(names, 1):
        problems = check(name, spec, man)
        failed |= bool(problems)
        for text in problems:
            print(f'#   {name}: {text}')
        print(f'{"not " if problems else ""}ok {number} {name}')
    # None was overlooked: these are all that have keys, ask help
    wanted = ['gateway', 'address', 'vnet', 'subnet', 'route', 'tag', 'cluster', 'managed-pool',
              'explain', 'session', 'ports', 'monitor', 'flowlog', 'reset']
    failed |= names != wanted
    print(f'{"not " if names != wanted else ""}ok {len(names) + 1} objects with keys')
    problems = words_without_verbs()
    failed |= bool(problems)
    for text in problems:
        print(f'#   {text}')
    print(f'{"not " if problems else ""}ok {len(names) + 2} words of objects without verbs')
    return failed


if __name__ == '__main__':
    sys.exit(main())
