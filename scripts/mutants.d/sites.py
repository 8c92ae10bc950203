# SPDX-License-Identifier: GPL-2.0
"""
The places of a C source where a mutant can be made, and what it changes there.

libclang reads the source as tokens, without its headers and with macros as they are written:
what stands in READ_ONCE() or in the head of list_for_each_entry() is then as easily changed as
other code, which a syntax tree of what the preprocessor left would not show. The tree's kernel
style tells the rest: a function's braces are in the first column. Whether a mutant is C says the
compiler.
"""
import collections
import re

import clang.cindex
from clang.cindex import TokenKind

# file, offset of the first byte that differs, bytes that go, what comes, kind; pairs have two
Mutant = collections.namedtuple('Mutant', 'file line kind edits')

COMPARE = {'<': '<=', '<=': '<', '>': '>=', '>=': '>', '==': '!=', '!=': '=='}
LOGIC = {'&&': '||', '||': '&&'}
ARITHMETIC = {'+': '-', '-': '+', '*': '+', '/': '*', '%': '*', '<<': '>>', '>>': '<<',
              '&': '|', '|': '&', '^': '&', '+=': '-=', '-=': '+=', '|=': '&=', '&=': '|=',
              '<<=': '>>=', '>>=': '<<=', '++': '--', '--': '++'}
# These have one operand as well: then they are no arithmetic
UNARY = {'+', '-', '*', '&'}

# What begins a pair, and what ends it; the arguments have to be alike
PAIRS = {
    'spin_lock': 'spin_unlock', 'spin_lock_bh': 'spin_unlock_bh',
    'mutex_lock': 'mutex_unlock', 'rcu_read_lock': 'rcu_read_unlock',
    'rcu_read_lock_bh': 'rcu_read_unlock_bh', 'local_bh_disable': 'local_bh_enable',
    'write_seqcount_begin': 'write_seqcount_end', 'write_seqlock': 'write_sequnlock',
    'u64_stats_update_begin': 'u64_stats_update_end', 'preempt_disable': 'preempt_enable',
    'read_lock': 'read_unlock', 'write_lock': 'write_unlock', 'down_read': 'up_read',
    'down_write': 'up_write', 'rtnl_lock': 'rtnl_unlock',
}
# Barriers, and the plain code in their place
BARRIERS = {
    'READ_ONCE': '({0})', 'WRITE_ONCE': '({0}) = ({1})',
    'smp_load_acquire': '*({0})', 'smp_store_release': '*({0}) = ({1})',
    'smp_mb': '', 'smp_rmb': '', 'smp_wmb': '', 'smp_mb__before_atomic': '',
    'smp_mb__after_atomic': '', 'smp_acquire__after_ctrl_dep': '',
    'rcu_assign_pointer': 'RCU_INIT_POINTER({0}, {1})',
}
# They check, and do nothing that a test could notice
CHECKS = re.compile(r'lockdep_\w+|WARN\w*|BUILD_BUG_ON\w*|static_assert|might_sleep|cond_resched'
                    r'|pr_\w+|net_dbg_ratelimited|kmemleak_\w+|prefetch\w*|MODULE_\w+|EXPORT_\w+'
                    r'|likely|unlikely|_Static_assert|assert')
JUMPS = {'return', 'goto', 'break', 'continue'}
NUMBER = re.compile(r'(0[xX][0-9a-fA-F]+|0|[1-9]\d*)([uUlL]*)$')


class Source:
    """A file as tokens, without comments and preprocessor lines."""

    def __init__(self, path, name):
        self.name = name
        self.text = path.read_bytes()
        unit = clang.cindex.Index.create().parse(str(path), ['-x', 'c', '-std=gnu11'])
        skip = self.preprocessor_lines()
        self.tokens = [t for t in unit.get_tokens(extent=unit.cursor.extent)
                       if t.kind != TokenKind.COMMENT and t.location.line not in skip]
        self.words = [t.spelling for t in self.tokens]
        self.match = self.brackets()
        self.mutants = []

    def preprocessor_lines(self):
        skip = set()
        more = False
        for n, line in enumerate(self.text.decode().split('\n'), 1):
            if more or line.lstrip().startswith('#'):
                skip.add(n)
                more = line.endswith('\\')
        return skip

    def brackets(self):
        """For each opening bracket the token that closes it, and the other way round."""
        match, stack = {}, []
        for i, word in enumerate(self.words):
            if word in ('(', '[', '{'):
                stack.append(i)
            elif word in (')', ']', '}') and stack:
                match[i] = stack.pop()
                match[match[i]] = i
        return match

    def start(self, i):
        return self.tokens[i].extent.start.offset

    def end(self, i):
        return self.tokens[i].extent.end.offset

    def between(self, first, last):
        """The text of the tokens first to last."""
        return self.text[self.start(first):self.end(last)].decode()

    def add(self, kind, *edits):
        """edits: first token, last token, text"""
        self.mutants.append(Mutant(
            self.name, self.tokens[edits[0][0]].location.line, kind,
            tuple((self.start(a), self.end(b) - self.start(a), text) for a, b, text in edits)))

    def functions(self):
        """Ranges of tokens of the bodies of functions."""
        for i, word in enumerate(self.words):
            if word == '{' and self.tokens[i].location.column == 1 and i in self.match:
                yield i, self.match[i]

    def checks(self):
        """Tokens in calls that only check."""
        inside = set()
        for i, word in enumerate(self.words[:-1]):
            if self.words[i + 1] == '(' and CHECKS.fullmatch(word) and i + 1 in self.match:
                if word not in ('likely', 'unlikely'):
                    inside.update(range(i, self.match[i + 1] + 1))
        return inside


def conditions(s, i):
    """if (X): X holds when it does not; while (X) likewise, where X is no macro's list."""
    if s.words[i] in ('if', 'while') and s.words[i + 1] == '(':
        close = s.match[i + 1]
        s.add('condition', (i + 2, close - 1, f'!({s.between(i + 2, close - 1)})'))


def is_binary(s, i):
    before = s.tokens[i - 1]
    if s.words[i] not in UNARY:
        return True
    if before.kind in (TokenKind.IDENTIFIER, TokenKind.LITERAL):
        # u32 *a; is a declaration, a * b is not: kernel style has the space
        return s.text[s.end(i):s.end(i) + 1] == b' '
    return s.words[i - 1] in (')', ']') and s.text[s.end(i):s.end(i) + 1] in (b' ', b'\n')


def operators(s, i):
    word = s.words[i]
    for kind, table in (('comparison', COMPARE), ('logic', LOGIC), ('arithmetic', ARITHMETIC)):
        if word in table and is_binary(s, i):
            s.add(kind, (i, i, table[word]))
    if word == '!':
        s.add('negation', (i, i, ''))


def constants(s, i):
    word = s.words[i]
    number = NUMBER.match(word) if s.tokens[i].kind == TokenKind.LITERAL else None
    if word in ('true', 'false'):
        s.add('constant', (i, i, 'false' if word == 'true' else 'true'))
    elif number and s.words[i - 1] not in ('[', ':'):
        s.add('constant', (i, i, f'{int(number.group(1), 0) + 1}{number.group(2)}'))


def barriers(s, i):
    if s.words[i] not in BARRIERS or s.words[i + 1] != '(':
        return
    close = s.match[i + 1]
    arguments, first = [], i + 2
    j = first
    while j <= close:
        if j == close or s.words[j] == ',':
            arguments.append(s.between(first, j - 1) if j > first else '')
            first = j + 1
        elif s.words[j] in ('(', '[', '{'):
            j = s.match[j]
        j += 1
    pattern = BARRIERS[s.words[i]]
    if pattern.count('{') <= len(arguments):
        s.add('barrier', (i, close, pattern.format(*arguments)))


def statements(s, first, last):
    """Jumps and expressions that stand as statements go; what declares stays."""
    i = first + 1
    while i < last:
        previous = s.words[i - 1]
        head = previous == ')' and s.words[s.match[i - 1] - 1] in ('if', 'while', 'for', 'switch') \
            or previous == ')' and 'for_each' in s.words[s.match[i - 1] - 1]
        if not (previous in ('{', '}', ';', ':', 'else', 'do') or head) or \
                s.words[i] in ('{', '}', ';'):
            i += 1
            continue
        end = i
        while end < last and s.words[end] != ';':
            end = s.match[end] if s.words[end] in ('(', '[', '{') else end
            end += 1
        word, after = s.words[i], s.words[i + 1]
        if word in JUMPS:
            if word != 'return' or end > i + 1 or end + 1 != last:
                s.add('return' if word == 'return' else 'jump', (i, end - 1, ''))
        elif (s.tokens[i].kind == TokenKind.IDENTIFIER and not CHECKS.fullmatch(word) and
              after in ('(', '=', '->', '.', '[', '++', '--', '+=', '-=', '|=', '&=') and
              '{' not in s.words[i:end]) or \
                (word == '*' and after != '*'):
            if s.words[end] == ';' and end < last:
                s.add('statement', (i, end - 1, ''))
        i += 1


def pairs(s, first, last):
    """A lock and its unlocks in a function."""
    calls = collections.defaultdict(list)
    for i in range(first, last):
        if s.words[i + 1] == '(' and s.tokens[i].kind == TokenKind.IDENTIFIER:
            calls[s.words[i]].append(i)
    for lock, unlock in PAIRS.items():
        for i in calls[lock]:
            text = s.between(i + 1, s.match[i + 1])
            edits = [(j, s.match[j + 1], '') for j in sorted(calls[lock] + calls[unlock])
                     if s.between(j + 1, s.match[j + 1]) == text]
            if len(edits) > 1 and edits[0][0] == i:
                s.add('lock', *edits)


def find(path, name):
    """All mutants of a file."""
    s = Source(path, name)
    checks = s.checks()
    inside = set()
    for first, last in s.functions():
        # a struct or a table begins likewise: no statements there
        if s.words[first - 1] == ')':
            inside.update(range(first, last))
            statements(s, first, last)
            pairs(s, first, last)
    for i in range(1, len(s.tokens) - 1):
        if i in checks:
            continue
        if i in inside:
            conditions(s, i)
            operators(s, i)
            barriers(s, i)
        constants(s, i)
    return sorted(set(s.mutants))


def apply(text, mutant):
    """The source with the mutant in it."""
    for offset, length, new in sorted(mutant.edits, reverse=True):
        text = text[:offset] + new.encode() + text[offset + length:]
    return text


def show(text, mutant):
    """What the mutant changes, in a line: the old code and the new."""
    # line by line: of the first edit
    offset, length, new = mutant.edits[0]
    start = text.rfind(b'\n', 0, offset) + 1
    end = text.find(b'\n', offset + length)
    old = text[start:end].decode()
    changed = (text[start:offset] + new.encode() + text[offset + length:end]).decode()
    squeeze = ' '.join
    return squeeze(old.split()), squeeze(changed.split())
