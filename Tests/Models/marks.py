#!/usr/bin/env python3
"""Decisions 047 and 053: what may be forgotten in the log, and who is told that blocks are missing.

4 members; members 0, 1, 2 are honest, 3 lies. Entry i of the log closes block i; each of the
AUTHORS wrote one. Honest nodes have closed all blocks; how far each of them is final grows up to
what a quorum can have signed. Each marks a block up to which it is final and deletes its own
entries as the rule says. The liar marks any block, also none or one that does not exist, changes
its mark at any time, and deletes its own entry. A reader stands at any block and looks at one
moment. Wrong: it goes on though the entry of an honest member is gone that it needs, so that it
closes another block than the others did; or it waits for a block that nobody has; or an entry is
gone whose block is final for no honest member.

  quorum        the rule (053): what a quorum has marked is deleted; a reader waits when more
                than f have marked a higher block than its own
  any mark      wrong: what anybody has marked is deleted (the rule before 047)
  one waits     wrong: a reader waits when anybody has marked a higher block
  quorum waits  wrong: a reader waits only when a quorum has
  replaced      member 2 came after the reader's last block, so that the reader does not know it;
                wrong when the liar takes its mark back as well
  replaced, kept  as replaced, with a liar that lowers no mark
"""

from search import run, search

HONEST, LIAR = (0, 1, 2), 3
BLOCKS = 3
# Who wrote the entry that closed each block; block 0 was there from the beginning.
AUTHORS = (None, 0, 3, 1)
QUORUM, LIARS = 3, 1


def marked(marks, count):
    return sorted(marks, reverse=True)[count - 1] if len(marks) >= count else 0


# A state: how far each honest member is final, the marks of all four, which entries are gone.
START = ((0, 0, 0), (0, 0, 0, 0), (False,) * (BLOCKS + 1))


def put(values, index, value):
    return tuple(value if i == index else v for i, v in enumerate(values))


def steps(state, variant):
    final, marks, gone = state
    for member in HONEST:
        if final[member] < BLOCKS:
            other = put(final, member, final[member] + 1)
            yield f"block {other[member]} becomes final for member {member}", (other, marks, gone)
        for block in range(marks[member] + 1, final[member] + 1):
            yield f"member {member} marks {block}", (final, put(marks, member, block), gone)
    lowest = marks[LIAR] if variant == "replaced, kept" else 0
    for block in range(lowest, BLOCKS + 2):
        yield f"the liar marks {block}", (final, put(marks, LIAR, block), gone)
    agreed = max(marks) if variant == "any mark" else marked(marks, QUORUM)
    for block in range(1, BLOCKS + 1):
        if gone[block]:
            continue
        author = AUTHORS[block]
        # Never the entry that closed the last of them.
        own = agreed if variant == "any mark" else min(agreed, marks[author])
        if author == LIAR or block < own:
            words = f"member {author} deletes the entry of block {block}"
            yield words, (final, marks, put(gone, block, True))


def waits(marks, block, variant):
    known = [marks[i] for i in (0, 1, 3)] if variant.startswith("replaced") else marks
    count = {"one waits": 1, "quorum waits": QUORUM}.get(variant, LIARS + 1)
    return marked(known, count) > block


def wrong(state, variant):
    final, marks, gone = state
    for block in range(1, BLOCKS + 1):
        if gone[block] and AUTHORS[block] != LIAR and block > max(final):
            return f"the entry of block {block} is gone, which is final for nobody"
    for block in range(BLOCKS + 1):
        if waits(marks, block, variant):
            if max(final) <= block:
                return f"a reader at block {block} waits for a final block that nobody has"
        else:
            lost = [b for b in range(block + 1, BLOCKS + 1) if gone[b] and AUTHORS[b] != LIAR]
            if lost:
                return f"a reader at block {block} goes on without the entry of block {lost[0]}"
    return None


def body(name):
    return search(
        name, START, lambda state: steps(state, name), lambda state: wrong(state, name))


run([
    ("quorum", True, body),
    ("any mark", False, body),
    ("one waits", False, body),
    ("quorum waits", False, body),
    ("replaced", False, body),
    ("replaced, kept", True, body),
])
