#!/usr/bin/env python3
"""Decision 054: what becomes of the old log when an epoch ends on servers that stay or go.

2 honest authors put entries with sequences 1 to 3 under keys, each only if the key is free, and
one at a time; an entry that was sent may land at any later moment, also behind the end of its
epoch. The new epoch goes on from a base that holds any number of the entries that landed; from
then on an author's next sequence is its last in the base and one more. Wrong: an entry of the
old epoch holds the key of an author's next one, so that the author can never speak again.

  epoch in the key    the rule
  sequence alone      wrong: keys as before
  deleted first       wrong: as that, and the operator deletes the old log before the epoch begins
  height in a vote    wrong: the epoch rises at height 2 of the old log, once a node has read so
                      far; the old servers may go at any moment, and nobody comes there
"""

from search import run, search

AUTHORS, LAST = (0, 1), 3


def put(values, index, value):
    return tuple(value if i == index else v for i, v in enumerate(values))


# A state: the epoch, keys that are taken with the epoch of their entries, what was sent and has
# not landed, what counts of each author, and how far two nodes have read; whether servers are
# there still.
START = (0, frozenset(), frozenset(), (0, 0), (0, 0), True)


def key(author, sequence, epoch, variant):
    return (author, sequence, epoch if variant == "epoch in the key" else None)


def taken(keys, wanted):
    return next((epoch for k, epoch in keys if k == wanted), None)


def steps(state, variant):
    epoch, keys, sent, counts, read, there = state
    if variant == "height in a vote":
        for node in (0, 1):
            if there and read[node] < 2:
                further = put(read, node, read[node] + 1)
                yield f"node {node} reads", (0, keys, sent, counts, further, there)
        if max(read) == 2 and read != (2, 2):
            yield "a node takes blocks from the other", (0, keys, sent, counts, (2, 2), there)
        if there:
            yield "the servers go", (0, keys, sent, counts, read, False)
        return
    for author in AUTHORS:
        sequence = counts[author] + 1
        mine = (author, sequence, epoch)
        if sequence <= LAST and mine not in sent:
            words = f"author {author} sends {sequence} in epoch {epoch}"
            yield words, (epoch, keys, sent | {mine}, counts, read, there)
    for author, sequence, born in sent:
        place = key(author, sequence, born, variant)
        left = sent - {(author, sequence, born)}
        if taken(keys, place) is None:
            other = counts
            if born == epoch and counts[author] + 1 == sequence:
                other = put(counts, author, sequence)
            words = f"{sequence} of author {author} of epoch {born} lands"
            yield words, (epoch, keys | {(place, born)}, left, other, read, there)
    if epoch == 0:
        for first in range(counts[0] + 1):
            for second in range(counts[1] + 1):
                kept = frozenset() if variant == "deleted first" else keys
                words = f"epoch 1 begins where {first} and {second} entries count"
                yield words, (1, kept, sent, (first, second), read, there)


def wrong(state, variant):
    epoch, keys, _, counts, read, there = state
    if variant == "height in a vote" and not there and max(read) < 2:
        return "the servers are gone, and nobody has come to the height of the new epoch"
    for author in AUTHORS:
        place = key(author, counts[author] + 1, epoch, variant)
        if epoch == 1 and taken(keys, place) == 0:
            return f"an old entry holds the key of {counts[author] + 1} of author {author}"
    return None


def body(name):
    return search(
        name, START, lambda state: steps(state, name), lambda state: wrong(state, name))


run([
    ("epoch in the key", True, body),
    ("sequence alone", False, body),
    ("deleted first", False, body),
    ("height in a vote", False, body),
])
