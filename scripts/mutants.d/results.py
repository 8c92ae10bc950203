# SPDX-License-Identifier: GPL-2.0
"""What became of mutants: a line each in build/mutants/results, and the tables made of it."""
import collections
import time

FIELDS = ('suite', 'file', 'line', 'kind', 'old', 'new', 'seed', 'verdict', 'by', 'seconds', 'when')
# Verdicts of mutants that nothing can notice, or that are none
NO_MUTANT = ('does not build', 'same code')


class Result:
    """One mutant."""

    def __init__(self, *fields):
        values = dict(zip(FIELDS, fields))
        for name in FIELDS:
            setattr(self, name, values.get(name, ''))
        self.when = self.when or str(int(time.time()))

    def key(self):
        return self.suite, self.file, self.old, self.new

    def counts(self):
        return self.verdict not in NO_MUTANT

    def room(self):
        parts = self.file.split('/')
        return '/'.join(parts[:2]) if parts[0] == 'kmod' else parts[0]

    def text(self):
        who = f' by {self.by}' if self.verdict == 'noticed' else f' {self.by}'.rstrip()
        return f'{self.file}:{self.line}: {self.kind}: {self.old} -> {self.new}: ' \
            f'{self.verdict}{who} ({self.seconds} s)'


class Book:
    """All results of this checkout."""

    def __init__(self, path):
        self.path = path
        self.results = {}
        if path.exists():
            for line in path.read_text().splitlines():
                result = Result(*line.split('\t'))
                self.results[result.key()] = result

    def write(self, result):
        with self.path.open('a') as file:
            file.write('\t'.join(str(getattr(result, name)) for name in FIELDS) + '\n')

    def add(self, result):
        self.results[result.key()] = result
        self.write(result)

    def keys(self, suite):
        return {key for key in self.results if key[0] == suite}

    def survivors(self):
        return {key for key, r in self.results.items() if r.verdict in ('SURVIVED', 'not reached')}

    def doubt(self, test, suite, since):
        """A test that fails without a mutant has noticed nothing."""
        for result in self.results.values():
            if result.by == test and result.suite == suite and int(result.when) >= int(since):
                result.verdict, result.by = 'test at fault', test
                self.write(result)

    def report(self, equivalent):
        """Shares by room and by kind, and the survivors."""
        for suite in sorted({r.suite for r in self.results.values()}):
            these = [r for r in self.results.values() if r.suite == suite]
            counted = [r for r in these if r.counts() and r.verdict != 'test at fault']
            print(f'{suite}: {len(counted)} mutants; besides '
                  f'{sum(r.verdict == "does not build" for r in these)} that do not build, '
                  f'{sum(r.verdict == "same code" for r in these)} of which the compiler makes '
                  f'the same code; {sum(float(r.seconds) for r in these) / 60:.0f} minutes')
            for of in ('room', 'kind'):
                table(counted, of, equivalent)
            for r in sorted(counted, key=lambda r: (r.file, int(r.line))):
                if r.verdict in ('SURVIVED', 'not reached'):
                    reason = equivalent.get(r.key()[1:])
                    print(f'{r.text()}{"  equivalent: " + reason if reason else ""}')
            print()


def table(counted, of, equivalent):
    """noticed, survived, not reached: by room or kind"""
    rows = collections.defaultdict(collections.Counter)
    for r in counted:
        name = r.room() if of == 'room' else r.kind
        verdict = 'equivalent' if r.key()[1:] in equivalent else r.verdict
        rows[name][verdict] += 1
        rows['all'][verdict] += 1
    print(f'{of:20} noticed  survived  not reached  equivalent  share')
    for name in sorted(rows, key=lambda name: (name == 'all', name)):
        row = rows[name]
        sum_of = row['noticed'] + row['SURVIVED'] + row['not reached']
        share = f'{100 * row["noticed"] / sum_of:.0f} %' if sum_of else ''
        print(f'{name:20} {row["noticed"]:7}  {row["SURVIVED"]:8}  {row["not reached"]:11}  '
              f'{row["equivalent"]:10}  {share:>5}')
    print()


def equivalents(path):
    """Mutants that change nothing that can be seen, by file and text: reasons by hand."""
    known, file, old, new = {}, None, None, None
    for line in path.read_text().splitlines() if path.exists() else ():
        if line.startswith('- '):
            old = line[2:]
        elif line.startswith('+ '):
            new = line[2:]
        elif line.startswith('\t') and old is not None:
            known[file, old, new] = line.strip()
        elif line and not line.startswith('#'):
            file = line
    return known
