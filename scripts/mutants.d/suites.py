# SPDX-License-Identifier: GPL-2.0
"""
Builds a mutant in a copy of the checkout and runs tests: unit tests, or selftests in a guest.

Which tests, say the lines that each test executes, where scripts/coverage has found them out; else
the unit tests that are linked with the file, and what scripts/parts.list names.
"""
import fnmatch
import os
import pathlib
import re
import shutil
import signal
import subprocess
import time

import sites

# Seconds that a unit test may take, beside four times what it took before; a guest's selftest
UNIT_LIMIT = 10
GUEST_LIMIT = 300
WARNING = re.compile(r'\bwarning: ')


def traces(place):
    """What each test executes: {test: (milliseconds, {file: {line: count}})}"""
    found = {}
    for path in sorted((place / 'tests').glob('*')):
        files, milliseconds, lines = {}, 0, None
        for line in path.read_text().splitlines():
            if line.startswith('# '):
                milliseconds = int(line.split()[1])
            elif line.startswith('SF:'):
                lines = files.setdefault(line.split('/tree/', 1)[1], {})
            elif line.startswith('DA:'):
                number, count = line[3:].split(',')
                lines[int(number)] = int(count)
        found[path.name] = milliseconds, files
    return found


def reaching(tests, mutant):
    """Those of the tests that execute the mutant's line, the quickest first."""
    found = []
    for name, (milliseconds, files) in tests.items():
        lines = files.get(mutant.file, {})
        # a statement's code is at one of its lines, often the first
        at = max((n for n in lines if n <= mutant.line), default=None)
        after = min((n for n in lines if n >= mutant.line), default=None)
        if any(n is not None and lines[n] for n in (at, after)):
            found.append((milliseconds, name))
    return [name for _, name in sorted(found)]


class Suite:
    """The copy, and the mutant in it."""

    def __init__(self, top, tree):
        self.top, self.tree = top, tree
        self.traces = traces(top / 'build/coverage')
        # tests that have passed, and such that have only noticed mutants so far
        self.passed, self.failed = set(), set()

    def copy(self):
        self.tree.mkdir(parents=True, exist_ok=True)
        subprocess.run(['bash', '-c', 'git ls-files -z | xargs -0 cp -a --parents -t "$0"',
                        str(self.tree)], check=True, cwd=self.top)

    def put(self, mutant):
        """The mutant in place of its source; returns the text without it."""
        path = self.tree / mutant.file
        text = path.read_bytes()
        path.write_bytes(sites.apply(text, mutant))
        return text

    def take_back(self, mutant, text):
        """Younger than what was made of the mutant, so that it is made anew."""
        (self.tree / mutant.file).write_bytes(text)

    def judge(self, mutant):
        text = self.put(mutant)
        try:
            return self.try_it(mutant)
        finally:
            self.take_back(mutant, text)

    def make_whole(self):
        """After the last mutant, what was made of it is made anew."""

    def note(self, test, ok):
        (self.passed if ok else self.failed).add(test)

    def suspects(self):
        """Tests that never passed, tried without a mutant."""
        self.make_whole()
        return {test: self.run(test) for test in sorted(self.failed - self.passed)}


class UnitSuite(Suite):
    """selftests/unit, without sanitizers: what scripts/coverage has built, which is quicker"""

    def __init__(self, top):
        super().__init__(top, top / 'build/mutants/unit')
        self.out = self.tree / 'build/unit'
        source = top / 'build/coverage/tree'
        if not (source / 'build/unit').is_dir():
            raise SystemExit('mutants: run scripts/coverage unit first')
        self.tree.mkdir(parents=True, exist_ok=True)
        subprocess.run(['cp', '-a', f'{source}/.', str(self.tree)], check=True)
        self.copy()
        makefile = (top / 'selftests/unit/Makefile').read_text()
        self.tests = set(re.search(r'^TESTS := (.*)$', makefile, re.M).group(1).split())
        self.traces = {name: of for name, of in self.traces.items() if name in self.tests}
        # counters of mutants are nobody's
        self.env = dict(os.environ, GCOV_PREFIX=str(self.tree / 'build/gcda'))

    def has(self, file):
        """Whether it is in a unit test at all."""
        return any(file in files for _, files in self.traces.values())

    def make(self, target):
        return subprocess.run(['make', '-s', '-C', 'selftests/unit', 'SANITIZE=--coverage',
                               f'OUTPUT={self.out}', str(target)], cwd=self.tree,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, check=False)

    def run(self, test):
        built = self.make(self.out / test)
        if built.returncode or WARNING.search(built.stdout.decode(errors='replace')):
            return None
        try:
            done = subprocess.run([self.out / test], cwd=self.tree / 'selftests/unit', env=self.env,
                                  stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                  stderr=subprocess.DEVNULL, timeout=UNIT_LIMIT + 4 * self.traces[test][0] / 1000,
                                  check=False)
        except subprocess.TimeoutExpired:
            return False
        return done.returncode == 0

    def try_it(self, mutant):
        tests = reaching(self.traces, mutant)
        if not tests:
            return 'not reached', ''
        program = self.out / tests[0]
        before = code(program)
        for test in tests:
            ok = self.run(test)
            if ok is None:
                return 'does not build', ''
            if test == tests[0] and before and before == code(program):
                return 'same code', ''
            self.note(test, ok)
            if not ok:
                return 'noticed', test
        return 'SURVIVED', ''


def code(path):
    """What is executed of a program or module, without the lines that it was made of."""
    if not path.exists():
        return None
    copy = path.with_name(path.name + '.code')
    subprocess.run(['objcopy', '-O', 'binary', '-j', '.text*', '-j', '.rodata*', '-j', '.data*',
                    '-j', '.init*', '-j', '.exit*', str(path), str(copy)], check=False,
                   stderr=subprocess.DEVNULL)
    text = copy.read_bytes() if copy.exists() else None
    copy.unlink(missing_ok=True)
    return text


class GuestSuite(Suite):
    """Selftests in a guest, which is killed as soon as one result is not ok"""

    def __init__(self, top, kernel, most):
        super().__init__(top, top / f'build/mutants/{kernel}')
        self.kernel, self.most = kernel, most
        self.copy()
        for what in ('tools', 'selftests'):
            subprocess.run(['make', '-s', '-C', what, f'-j{os.cpu_count()}'], cwd=self.tree,
                           check=True)
        self.parts = []
        for line in (top / 'scripts/parts.list').read_text().splitlines():
            words = line.split()
            if words and not line.startswith('#'):
                self.parts.append((words[0], words[1:]))
        self.traces = {name: of for name, of in self.traces.items() if name.endswith('.sh')}
        self.object = None
        self.built = self.build()[1]

    def has(self, file):
        """All are in the module, or in the tool."""
        return bool(file)

    def build(self):
        """Errors and warnings, and the module."""
        done = subprocess.run(['scripts/build-kmod', self.kernel, '-s'], cwd=self.tree,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, check=False)
        bad = done.returncode or WARNING.search(done.stderr.decode(errors='replace'))
        return bad, pathlib.Path(done.stdout.decode().strip() or '/nonexistent')

    def build_tool(self):
        """Errors and warnings."""
        made = subprocess.run(['make', '-s', '-C', 'tools'], cwd=self.tree, check=False,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        return made.returncode or WARNING.search(made.stdout.decode(errors='replace'))

    def make_whole(self):
        self.build_tool()

    def choose(self, mutant):
        """
        Tests that the list names for the file, the most particular first, without those of which
        it is known that they do not execute the line; then others that execute it. To execute a
        line is not to look at what it does.
        """
        tests = []
        for pattern, names in sorted(self.parts, key=lambda part: -len(part[0])):
            if fnmatch.fnmatch(mutant.file, pattern):
                tests += [name for name in names if name not in tests]
        if mutant.file.startswith('kmod/'):
            reach = reaching(self.traces, mutant)
            tests = [t for t in tests if t in reach or t not in self.traces] + \
                [t for t in reach if t not in tests]
        return tests[:self.most]

    def run(self, test):
        """Whether the test passes; a hang, an oops, a warning of the kernel are failures."""
        log = self.tree / 'build/log'
        shutil.rmtree(log, ignore_errors=True)
        log.mkdir(parents=True)
        guest = subprocess.Popen(['scripts/vm', '--kernel', self.kernel, '--timeout',
                                  str(GUEST_LIMIT), '--', 'scripts/run-selftests', 'build/log',
                                  f'selftests/{test}'], cwd=self.tree, stdin=subprocess.DEVNULL,
                                 stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            while guest.poll() is None:
                time.sleep(0.3)
                out = log / f'{test}.log'
                if out.exists() and re.search(rb'^not ok', out.read_bytes(), re.M):
                    return False
            return guest.returncode == 0
        finally:
            if guest.poll() is None:
                guest.send_signal(signal.SIGTERM)
            guest.wait()

    def try_it(self, mutant):
        before = code(self.built) if mutant.file.startswith('kmod/') else None
        tests = self.choose(mutant)
        if not tests:
            return 'not reached', ''
        if self.build()[0] if mutant.file.startswith('kmod/') else self.build_tool():
            return 'does not build', ''
        if before and before == code(self.built):
            return 'same code', ''
        for test in tests:
            ok = self.run(test)
            self.note(test, ok)
            if not ok:
                return 'noticed', test
        return 'SURVIVED', ' '.join(tests)
