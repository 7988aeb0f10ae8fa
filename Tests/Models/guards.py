#!/usr/bin/env python3
"""Decision 039: when a member that lost its guard may sign again.

One epoch, 4 members, quorum 3. The engine lies and shows each member any branch of a tree of
depth 3 with two blocks at each; blocks are numbered as in a heap, 1 is where the epoch began.
Member 3 lies and signs everything. Honest members attest down one branch; member 0 may lose
its guard once. Blocks 4 and 6 each register another node key of member 0: behind them that key
judges in the place of the old one, and nobody attests behind them before they have their own
quorum. Wrong: two final blocks that are not on one chain.

  new key       the rule: member 0 signs again with the new key only, behind its block
  later epoch   wrong: its home, restored from a copy of the epoch before, sees that this epoch
                is a later one than that of the loss, and signs with the old key
  unfinal key   wrong: it signs with the new key, and the others go on and count, once the
                block stands on their chain, whether it is final or not
"""

from search import run, search

DEPTH = 3
BLOCKS = range(1, 1 << (DEPTH + 1))
RENEWING = (4, 6)


def is_ancestor(one, other):
    while other > one:
        other >>= 1
    return one == other


ANCESTOR = [[is_ancestor(a, b) for b in range(1 << (DEPTH + 1))] for a in range(1 << (DEPTH + 1))]


def renewed(block):
    """The block that registered the key that judges this one; None before."""
    return next((r for r in RENEWING if block != r and ANCESTOR[r][block]), None)


# A state: the blocks that member 0 attested last with the old key (before and after a loss; 0 is
# none), whether it lost the guard, what the new key attested last, and members 1 and 2 likewise.
START = (1, 0, False, 0, 1, 1)


def has_quorum(state, block):
    first, again, _, new, one, two = state
    count = 1 + ANCESTOR[block][one] + ANCESTOR[block][two]
    if renewed(block):
        count += new != 0 and ANCESTOR[block][new]
    else:
        count += ANCESTOR[block][first] or (again != 0 and ANCESTOR[block][again])
    return count >= 3


def finals(state, variant):
    quorums = [block for block in BLOCKS if block > 1 and has_quorum(state, block)]
    if variant == "unfinal key":
        return quorums
    return [b for b in quorums if renewed(b) is None or renewed(b) in quorums]


def wrong(state, variant):
    final = finals(state, variant)
    for a in final:
        for b in final:
            if a < b and not ANCESTOR[a][b]:
                return f"blocks {a} and {b} are both final"
    return None


def children(block):
    return [b for b in (2 * block, 2 * block + 1) if b in BLOCKS]


def steps(state, variant):
    first, again, lost, new, one, two = state

    def may_follow(block):
        return variant == "unfinal key" or block not in RENEWING or has_quorum(state, block)

    for member, tip in ((1, one), (2, two)):
        for block in children(tip) if may_follow(tip) else []:
            other = (block, two) if member == 1 else (one, block)
            yield f"member {member} attests {block}", (first, again, lost, new, *other)
    if not lost:
        yield "member 0 loses its guard", (first, 0, True, new, one, two)
        for block in children(first):
            # The old key judges no block behind one that registers another.
            if renewed(block) is None:
                yield f"member 0 attests {block}", (block, again, lost, new, one, two)
    elif variant == "later epoch":
        for block in children(again or 1):
            if renewed(block) is None:
                yield f"member 0 attests {block} again", (first, block, lost, new, one, two)
    if new == 0:
        own = [] if lost else [first]
        for key in RENEWING:
            # With its guard it stays on its branch; without, it has none but that block's.
            if (lost or key in own) and may_follow(key):
                for block in children(key):
                    yield f"its new key attests {block}", (first, again, lost, block, one, two)
    else:
        for block in children(new):
            yield f"its new key attests {block}", (first, again, lost, block, one, two)


def body(name):
    return search(name, START, lambda state: steps(state, name), lambda state: wrong(state, name))


run([("new key", True, body), ("later epoch", False, body), ("unfinal key", False, body)])
