#!/usr/bin/env python3
"""Decision 062: a vote on the base, and what it is worth in the next ceremony.

4 members of one set, quorum 3; member 3 lies. In epoch 0 the engine showed the honest any
branches of a tree of depth 2 with two blocks at each (numbered as in a heap, 1 is final for
all). A first ceremony is computed by anybody from any quorum of statements: by the rule where it
finds a base, else any top of the conflict is voted on. Each honest member signs any one of these
bases for epoch 1, or none. In the second ceremony the base is computed again, from any
statements, whatever the liar states. Wrong: the base leaves out one with a quorum in epoch 1, or
a block that is final in epoch 0 and that no vote with its quorum gave up.

  off it counts    the rule: where a base that was voted on may be final, blocks of epoch 0 that may
                   be final and are off it count as well
  epoch decides    wrong: the highest epoch with a block that may be final decides alone
  any block        wrong: any block may be voted on, in a conflict or not
"""

from functools import lru_cache
from itertools import combinations, combinations_with_replacement, product

from search import run

DEPTH, MEMBERS, QUORUM, LIARS = 2, 4, 3, 1
HONEST = MEMBERS - LIARS
BLOCKS = range(1, 1 << (DEPTH + 1))


def is_ancestor(one, other):
    while other > one:
        other >>= 1
    return one == other


BEFORE = [[is_ancestor(a, b) for b in range(1 << (DEPTH + 1))] for a in range(1 << (DEPTH + 1))]


def comparable(one, other):
    return BEFORE[one][other] or BEFORE[other][one]


def tops(blocks):
    return tuple(sorted(b for b in blocks if not any(b != c and BEFORE[b][c] for c in blocks)))


def may_be_final(tips, candidates):
    """`tips` are what each statement says was attested last, 0 for nothing."""
    found = set()
    for block in candidates:
        stating = sum(tip != 0 and BEFORE[block][tip] for tip in tips)
        otherwise = len(tips) - stating
        if stating + MEMBERS - len(tips) + min(LIARS, otherwise) >= QUORUM:
            found.add(block)
    return found


@lru_cache(None)
def in_epoch_0(tips, shown):
    stated = {b for b in BLOCKS for tip in tips if tip and BEFORE[b][tip]}
    return {b for b in may_be_final(tips, stated) | {shown} if comparable(b, shown)}


@lru_cache(None)
def second(tips, signed, shown, begun, voted, variant):
    """The tops of the second ceremony; `begun` is a base shown with its quorum, or 0."""
    if begun:
        return (begun,)
    possible = may_be_final(signed, set(signed) - {0})
    if not possible:
        return tops(in_epoch_0(tips, shown))
    doubtful = possible & voted
    if variant != "epoch decides" and doubtful:
        possible = possible | {
            b
            for b in in_epoch_0(tips, shown)
            if not all(comparable(b, base) for base in doubtful)
        }
    found = tops(possible)
    if len(found) == 1 and not BEFORE[shown][found[0]]:
        found = (*found, shown)
    return found


def statements(honest):
    """Quorums of what honest members say, with how many liars speak beside them."""
    for lying in range(LIARS + 1):
        for count in range(QUORUM - lying, HONEST + 1):
            for members in combinations(range(HONEST), count):
                yield [honest[i] for i in members], lying


def first(tips, finals, variant):
    """The bases that somebody can compute, and those that can be voted on."""
    ruled, voted = set(), set(BLOCKS) if variant == "any block" else set()
    for stated, lying in statements(tips):
        for lies in product([0, *BLOCKS], repeat=lying):
            for shown in {f for f in finals if f == 1 or any(BEFORE[f][t] for t in stated)}:
                found = tops(in_epoch_0(tuple(sorted([*stated, *lies])), shown))
                if len(found) == 1:
                    ruled |= set(found)
                else:
                    voted |= set(found)
    return ruled, frozenset(voted)


def has_quorum(block, tips):
    return sum(tip != 0 and BEFORE[block][tip] for tip in tips) + LIARS >= QUORUM


def left_out(tips, signs, bases, voted, base):
    """A block that the second base leaves out, though it may not."""
    begun = [b for b in bases if sum(s == b for s in signs) + LIARS >= QUORUM]
    for block in begun:
        if not BEFORE[block][base]:
            return f"base {base} leaves out base {block}, which has its quorum"
    votes = [v for v in begun if v in voted and BEFORE[v][base]]
    for block in BLOCKS:
        if has_quorum(block, tips) and not BEFORE[block][base]:
            if not any(not BEFORE[block][v] for v in votes):
                return f"base {base} leaves out block {block}, which is final"
    return None


def body(name):
    seen, cases = set(), 0
    for tips in combinations_with_replacement(BLOCKS, HONEST):
        finals = [b for b in BLOCKS if b == 1 or has_quorum(b, tips)]
        ruled, voted = first(tips, finals, name)
        bases = sorted(ruled | voted)
        for signs in product([0, *bases], repeat=HONEST):
            begun = [b for b in bases if sum(s == b for s in signs) + LIARS >= QUORUM]
            for stated, lying in statements(list(zip(tips, signs))):
                key = (tuple(sorted(stated)), lying, tips, tuple(begun))
                if key in seen:
                    continue
                seen.add(key)
                shown = {f for f in finals if f == 1 or any(BEFORE[f][t] for t, _ in stated)}
                known = {0} | {b for b in begun if any(s == b for _, s in stated)}
                for lies in product(product([0, *BLOCKS], [0, *bases]), repeat=lying):
                    all_stated = sorted([*stated, *lies])
                    before = tuple(t for t, _ in all_stated)
                    after = tuple(s for _, s in all_stated)
                    for final, base in product(shown, known):
                        cases += 1
                        found = second(before, after, final, base, voted, name)
                        if len(found) > 1:
                            continue
                        what = left_out(tips, signs, bases, voted, found[0])
                        if what:
                            print(f"{name}: WRONG after {cases:,} cases: {what}")
                            print(f"    attested {tips}, signed {signs}; voted on {sorted(voted)}")
                            print(f"    stated (epoch 0, epoch 1): {all_stated}")
                            return False
    print(f"{name}: nothing wrong in all {cases:,} cases")
    return True


run([("off it counts", True, body), ("epoch decides", False, body), ("any block", False, body)])
