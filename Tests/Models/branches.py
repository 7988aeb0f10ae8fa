#!/usr/bin/env python3
"""Decision 056: which two attestations of one key show that its holder lies.

Blocks of epochs 0, 1 and 2 stand in a tree: two at each block of epoch 0 down to height 2, and
two of a new epoch at whatever block it began on. An honest member attests one branch an
epoch, from any block on its branch; it signs any one base for the next epoch, on its own branch
or not, and goes on behind that. A liar signs any two blocks of one epoch. Wrong: something
is shown of the honest member, or nothing of a liar whose blocks are on two branches of an epoch.

  pair            the rule: two attestations of one epoch, the higher of a block whose history
                  does not hold the lower
  one height      wrong: only two blocks of one height (the rule of decision 038)
  block's epoch   wrong: the epoch is that of the blocks' headers, not that of the attestations
  any epoch       wrong: whichever epochs they were attested in
"""

from search import run, search


def height(block):
    return len(block)


def block_epoch(block):
    return block[-1][0] if block else 0


def children(block, epoch):
    if epoch == 0 and height(block) >= 2:
        return []
    if height(block) >= 4:
        return []
    return [(*block, (epoch, side)) for side in (0, 1)]


def below(block, epoch):
    """The block and those behind it that may follow in the epoch."""
    found = [block]
    for child in children(block, epoch):
        found += below(child, epoch)
    return found


OLD = below((), 0)


def shows(one, other, variant):
    """Whether two attestations (epoch and block) show a lie."""
    (first, low), (second, high) = sorted((one, other), key=lambda a: height(a[1]))
    if variant == "block's epoch":
        first, second = block_epoch(low), block_epoch(high)
    if variant != "any epoch" and first != second:
        return False
    if variant == "one height" and height(low) != height(high):
        return False
    return high[: height(low)] != low


# A state: whether it lies, its epoch, what it attested last there, and all that it attested.
START = ("", 0, (), frozenset())


def liars():
    for epoch in (0, 1):
        bases = [()] if epoch == 0 else OLD
        for base in bases:
            blocks = [b for b in below(base, epoch) if b]
            for one in blocks:
                for other in blocks:
                    if one < other:
                        yield frozenset({(epoch, one), (epoch, other)})


def steps(state, variant):
    kind, epoch, tip, attested = state
    if kind == "":
        yield "an honest member", ("honest", 0, (), frozenset())
        for pair in liars():
            yield "a liar", ("liar", 0, (), pair)
    if kind != "honest":
        return
    for block in below(tip, epoch):
        if block != tip:
            yield f"attests {block}", (kind, epoch, block, attested | {(epoch, block)})
    if epoch < 2:
        # Any base: of the old epoch, or of the one that ends, on whichever branch.
        bases = set(OLD) | {b for _, b in attested}
        for base in bases - {()}:
            if height(base) < 4:
                words = f"signs base {base} of epoch {epoch + 1}"
                yield words, (kind, epoch + 1, base, attested | {(epoch + 1, base)})


def wrong(state, variant):
    kind, _, _, attested = state
    shown = any(shows(a, b, variant) for a in attested for b in attested if a < b)
    if kind == "honest" and shown:
        return "an honest member is shown to lie"
    if kind == "liar" and not shown:
        (_, one), (_, other) = attested
        if one[: len(other)] != other and other[: len(one)] != one:
            return f"{sorted(attested)} are on two branches, and show nothing"
    return None


def body(name):
    return search(
        name, START, lambda state: steps(state, name), lambda state: wrong(state, name))


run([
    ("pair", True, body),
    ("one height", False, body),
    ("block's epoch", False, body),
    ("any epoch", False, body),
])
