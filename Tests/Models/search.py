"""Visits every state that can be reached, breadth first, and names the first wrong one."""

import sys
from collections import deque

LIMIT = 5_000_000


def search(name, start, steps, wrong):
    """Prints what came of a search; returns whether nothing wrong was found.

    `steps(state)` yields pairs of words and a state; `wrong(state)` is a text or None.
    """
    before = {start: None}
    waiting = deque([start])
    while waiting:
        state = waiting.popleft()
        what = wrong(state)
        if what:
            print(f"{name}: WRONG after {len(before):,} states: {what}")
            trace = []
            while before[state]:
                state, words = before[state]
                trace.append(words)
            for words in reversed(trace):
                print(f"    {words}")
            return False
        for words, other in steps(state):
            if other not in before:
                before[other] = (state, words)
                waiting.append(other)
        if len(before) > LIMIT:
            sys.exit(f"{name}: more than {LIMIT:,} states; nothing is shown")
    print(f"{name}: nothing wrong in all {len(before):,} states")
    return True


def run(variants):
    """Each is a name, whether it is a rule, and a search. Exit status 1 if a rule fails or a
    wrong variant passes: then the search cannot tell them apart."""
    chosen = set(sys.argv[1:])
    bad = [
        name
        for name, is_rule, body in variants
        if (not chosen or name in chosen) and body(name) != is_rule
    ]
    if bad:
        sys.exit(f"not as expected: {', '.join(bad)}")
