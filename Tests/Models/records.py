#!/usr/bin/env python3
"""Decision 055: whether a member that lost its guard takes part in a ceremony.

Epoch 0 has a tree of depth 2 with two blocks at each; blocks are numbered as in a heap, 1 is
final for all. 4 members, quorum 3; member 3 lies and signs and states anything, the others
attested any branch. Bases of epoch 1 are computed from any quorum of statements, as
docs/formats/recovery.md has it, by anybody and more than once; each honest member signs one of
them, and member 0 may lose its home, with guard and record, at any moment. Wrong: two bases that
contradict each other have quorums, or a base leaves out a block that is final in epoch 0.

  without       the rule: whoever lost its guard neither states nor signs
  signs         wrong: it signs a record, as if its signature were the first of the epoch
  states        wrong: it states what its restored ledger shows, which lacks what it attested last
"""

from itertools import combinations, product

from search import run, search

DEPTH, MEMBERS, QUORUM, LIARS = 2, 4, 3, 1
BLOCKS = range(1, 1 << (DEPTH + 1))


def is_ancestor(one, other):
    while other > one:
        other >>= 1
    return one == other


ANCESTOR = [[is_ancestor(a, b) for b in range(1 << (DEPTH + 1))] for a in range(1 << (DEPTH + 1))]


def base(stated, final):
    """The top of the blocks that may be final; None where they contradict each other."""
    silent = MEMBERS - len(stated)
    possible = {final}
    for block in BLOCKS:
        stating = sum(ANCESTOR[block][tip] for tip in stated)
        otherwise = len(stated) - stating
        comparable = ANCESTOR[block][final] or ANCESTOR[final][block]
        if stating and comparable and stating + silent + min(LIARS, otherwise) >= QUORUM:
            possible.add(block)
    tops = [b for b in possible if not any(b != c and ANCESTOR[b][c] for c in possible)]
    return tops[0] if len(tops) == 1 else None


def finals(tips):
    return [b for b in BLOCKS if b == 1 or sum(ANCESTOR[b][t] for t in tips) + 1 >= QUORUM]


def bases(tips, stating, forgotten):
    """All that somebody can compute; `forgotten` is the tip of a member 0 that lost its guard."""
    found = set()
    final = finals(tips)
    own = {i: tips[i] for i in stating}
    if forgotten is not None:
        own[0] = forgotten
    for count in range(QUORUM - 1, len(own) + 1):
        for members in combinations(sorted(own), count):
            stated = [own[i] for i in members]
            shown = {1} | {f for f in final if any(ANCESTOR[f][t] for t in stated)}
            if count >= QUORUM:
                found |= {base(stated, f) for f in shown}
            for lie in BLOCKS:
                found |= {base([*stated, lie], f) for f in shown}
    return found - {None}


def start():
    """Every way to have attested, as one state each."""
    return [t for t in product(BLOCKS, repeat=3) if t[1] <= t[2]]


def steps(state, variant):
    if state is None:
        for tips in start():
            yield f"members attested {tips}", (tips, None, (0, 0, 0), 0)
        return
    # What member 0 states after a loss, what each signed, what member 0 signed before the loss.
    tips, lost, signed, before = state
    stating = [0, 1, 2] if lost is None else [1, 2]
    computed = bases(tips, stating, lost if variant == "states" and lost else None)
    for member in range(3):
        if signed[member] or (member == 0 and lost is not None and variant != "signs"):
            continue
        for chosen in computed:
            other = tuple(chosen if i == member else signed[i] for i in range(3))
            yield f"member {member} signs base {chosen}", (tips, lost, other, before)
    if lost is None:
        for shown in BLOCKS:
            if ANCESTOR[shown][tips[0]]:
                words = f"member 0 loses its home; a copy shows block {shown}"
                yield words, (tips, shown, (0, *signed[1:]), signed[0])


def wrong(state):
    if state is None:
        return None
    tips, _, signed, before = state
    begun = [b for b in BLOCKS if sum(s == b for s in signed) + (before == b) + 1 >= QUORUM]
    for a, b in combinations(begun, 2):
        if not ANCESTOR[a][b]:
            return f"epoch 1 begins on {a} and on {b}"
    for chosen in {*signed, before} - {0}:
        for final in finals(tips):
            if not ANCESTOR[final][chosen]:
                return f"base {chosen} leaves out {final}, which is final"
    return None


def body(name):
    return search(name, None, lambda state: steps(state, name), wrong)


run([("without", True, body), ("signs", False, body), ("states", False, body)])
