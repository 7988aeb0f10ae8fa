#!/usr/bin/env python3
"""Decision 062: a vote where one of the blocks changes the members.

Block 'x' is judged by 4 members and names 4, of whom none to two are the same; 'rival' stands
beside it, 'behind' follows it and is judged by those whom it names. One member of each set lies.
The honest attest any branch, behind 'x' only when it has its quorum. Anybody computes a base from
any statements; in a conflict its tops are voted on. Each honest member signs one base, and a
record needs quorums of those who judge its base and of those whom that names. Wrong: two bases
that contradict each other both get theirs.

  one set     the rule: a vote only where one set judges all tops and is named by all
  own sets    wrong: a vote in every conflict
"""

from itertools import combinations, product

from search import run

PARENT = {"root": None, "x": "root", "rival": "root", "behind": "x"}
QUORUM, LIARS = 3, 1


def chain(block):
    found = []
    while block:
        found.append(block)
        block = PARENT[block]
    return found


def before(one, other):
    return one in chain(other)


def decide(stated, shown, judges, names):
    """The tops, or None where statements are missing. `shown` has a quorum."""

    def possible(block):
        told = [m for m in stated if m in judges[block]]
        stating = sum(stated[m] is not None and before(block, stated[m]) for m in told)
        silent = len(judges[block]) - len(told)
        return stating + silent + min(LIARS, len(told) - stating) >= QUORUM

    named = {b for tip in stated.values() if tip for b in chain(tip)} - {"root"}
    blocks = {b for b in named if possible(b) and (before(b, shown) or before(shown, b))}
    blocks.add(shown)
    for members in {judges[b] for b in blocks} | {names[b] for b in blocks}:
        if len([m for m in stated if m in members]) < QUORUM:
            return None
    return tuple(sorted(b for b in blocks if not any(b != c and before(b, c) for c in blocks)))


def bases(tips, liars, has_quorum, judges, names, variant):
    """All that can be computed or voted on."""
    old = judges["x"]
    found = set()
    honest = sorted(tips)
    for count in range(QUORUM, len(honest) + 1):
        for members in combinations(honest, count):
            for speaking in [(), *combinations(liars, 1), tuple(liars)]:
                lies = [
                    (["root", "x", "rival"] if m in old else [None])
                    + (["behind"] if has_quorum and m in names["x"] else [])
                    for m in speaking
                ]
                for lie in product(*lies):
                    stated = {m: tips[m] for m in members} | dict(zip(speaking, lie))
                    # Whoever stands behind it shows its quorum; one that attested it may.
                    is_shown = {"behind" in stated.values()}
                    if has_quorum and "x" in stated.values():
                        is_shown.add(True)
                    for shown in is_shown:
                        top = decide(stated, "x" if shown else "root", judges, names)
                        if top is None:
                            continue
                        sets = {judges[b] for b in top} | {names[b] for b in top}
                        if len(top) == 1 or variant == "own sets" or len(sets) == 1:
                            found |= set(top)
    return found


def both_begin(one, other, honest, liars, judges, names):
    for chosen in product([one, other], repeat=len(honest)):
        signed = dict(zip(honest, chosen))
        if all(
            len([m for m in members if m in liars or signed[m] == base]) >= QUORUM
            for base in (one, other)
            for members in (judges[base], names[base])
        ):
            return True
    return False


def body(name):
    worlds = 0
    for same in (0, 1, 2):
        old, new = frozenset(range(4)), frozenset(range(4 - same, 8 - same))
        liars = sorted({0, max(new)})
        judges = {"root": old, "x": old, "rival": old, "behind": new}
        names = {"root": old, "x": new, "rival": old, "behind": new}
        honest = sorted((old | new) - set(liars))
        choices = [
            (["root", "x", "rival"] if m in old else [None]) + (["behind"] if m in new else [])
            for m in honest
        ]
        for attested in product(*choices):
            tips = dict(zip(honest, attested))
            stating = sum(tips[m] in ("x", "behind") for m in honest if m in old)
            has_quorum = stating + LIARS >= QUORUM
            if "behind" in attested and not has_quorum:
                continue
            worlds += 1
            found = bases(tips, liars, has_quorum, judges, names, name)
            for one, other in combinations(sorted(found), 2):
                if before(one, other) or before(other, one):
                    continue
                if both_begin(one, other, honest, liars, judges, names):
                    what = f"an epoch begins on {one} and {other}"
                    print(f"{name}: WRONG in world {worlds:,}: {what}")
                    print(f"    attested {tips}, liars {liars}")
                    return False
    print(f"{name}: nothing wrong in all {worlds:,} worlds")
    return True


run([("one set", True, body), ("own sets", False, body)])
