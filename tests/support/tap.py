# SPDX-License-Identifier: Apache-2.0
"""Test lines for prove: each check is one line, and the plan comes last."""
import sys


class Tap:
    def __init__(self):
        self.count = 0
        self.failed = 0

    def ok(self, good, name, *complaint):
        self.count += 1
        self.failed += not good
        print(f"{'ok' if good else 'not ok'} {self.count} - {name}", flush=True)
        for line in [] if good else "\n".join(map(str, complaint)).split("\n"):
            print(f"# {line}", flush=True)
        return good

    def same(self, got, expected, name):
        return self.ok(got == expected, name, f"expected {expected!r}", f"got      {got!r}")

    def done(self):
        print(f"1..{self.count}")
        sys.exit(1 if self.failed else 0)
