#!/usr/bin/env python3
"""Reckons everybody's standing from exported events, and checks the ledger's own figures.

    koinon export events --output events.jsonl
    python3 Examples/standing.py events.jsonl [--kind KIND] [--at MILLISECONDS]

prints a line for each reviewed account: its id and its standing in millionths, in KIND or
in all kinds alike. The moment is the last event's unless given. The formula is explained in
docs/reputation.md, the file in docs/formats/events.md. It needs nothing but Python 3.8.
"""
import argparse
import itertools
import json
import math
import sys

ONE = 1_000_000
SPAN_MS = 30 * 86_400_000


def bound(praise, complaint):
    a, b = min(praise, 10**10) + ONE, min(complaint, 10**10) + ONE
    s = a + b
    deviation = math.isqrt(a * b * 10**18 // (s * s * (s + ONE)))
    return max(0, a * ONE // s - -(-1645 * deviation // 1000))


NEWCOMER = bound(0, 0)


class Ledger:
    def __init__(self):
        self.vouches = {}    # account -> members
        self.former = set()  # members that were expelled
        self.evidence = {}   # account -> {(kind, span): [vouched +, vouched -, other +, other -]}
        self.pairs = {}      # (reviewer, account) -> how many reviews

    def standing(self, account, kind, moment):
        total = [0] * 4
        for (one, span), sums in self.evidence.get(account, {}).items():
            halvings, part = divmod(max(0, moment // SPAN_MS - span), 24)
            whole = 48 if kind in (None, one) else 192
            if halvings < 10:
                for i, amount in enumerate(sums):
                    total[i] += amount * (48 - part) // (whole << halvings)
        crowd = total[2] + total[3]
        return bound(*(total[i] + total[i + 2] * ONE // (ONE + crowd) for i in (0, 1)))

    def reckon(self, review):
        """Number of the pair, vouched, standing of the reviewer, weight."""
        reviewer, kind = review["reviewer"], review["kind"]
        number = self.pairs.get((reviewer, review["account"]), 0) + 1
        vouched = bool(self.vouches.get(reviewer, set()) - self.former)
        standing = self.standing(reviewer, kind, int(review["published_at_ms"]))
        word = ONE // 2 if vouched else ONE // 10
        if standing <= NEWCOMER:
            word = word * standing // NEWCOMER
        else:
            word = min(ONE, word + (ONE - word) * (standing - NEWCOMER) // (ONE // 2 - NEWCOMER))
        whole = int(review.get("settled_minor", 0)) // 10 ** review.get("scale", 0)
        value = min(8, 1 + whole.bit_length())
        weight = (10 + abs(review["score"])) * value * word // (160 << number - 1)
        if number > 32:
            weight = 0
        return number, vouched, standing, weight * (3 if review["score"] < 0 else 1)

    def count(self, reviews):
        """Reviews that count together: all are weighed before any counts."""
        weighed = [(r, self.reckon(r)) for r in reviews if r.get("score", 0) != 0]
        for review, (number, vouched, standing, weight) in weighed:
            said = (review["pair_number"], review.get("vouched", False),
                    review.get("reviewer_standing_ppm", 0), int(review.get("weight_ppm", 0)))
            if said != (number, vouched, standing, weight):
                sys.exit(f"{review['agreement']}: the ledger says {said}, "
                         f"reckoned {(number, vouched, standing, weight)}")
            self.pairs[review["reviewer"], review["account"]] = number
            place = review["kind"], int(review["published_at_ms"]) // SPAN_MS
            sums = self.evidence.setdefault(review["account"], {}).setdefault(place, [0] * 4)
            sums[(0 if vouched else 2) + (review["score"] < 0)] += weight

    def apply(self, name, event):
        if name == "account_vouched":
            self.vouches.setdefault(event["account"], set()).add(event["member"])
        elif name == "vouch_withdrawn":
            self.vouches[event["account"]].discard(event["member"])
        elif name == "member_expelled":
            self.former.add(event["member"])
        elif name == "member_admitted":
            self.former.discard(event["member"])


def read(lines):
    """(height, leaf, moment, name, content) of each event."""
    for line in lines:
        row = json.loads(line)
        for content in row["event"].values():
            for name, event in content.items():
                yield row["height"], row["leaf"], row["time_ms"], name, event


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("events")
    parser.add_argument("--kind")
    parser.add_argument("--at", type=int)
    options = parser.parse_args()
    ledger, moment = Ledger(), 0

    def together(row):
        height, leaf, _, name, event = row
        return (height, leaf, event["agreement"]) if name == "review_published" else name

    with open(options.events, encoding="utf-8") as file:
        for key, rows in itertools.groupby(read(file), together):
            rows = list(rows)
            moment = rows[-1][2]
            if isinstance(key, tuple):
                ledger.count([row[4] for row in rows])
            else:
                for row in rows:
                    ledger.apply(row[3], row[4])
    at = moment if options.at is None else options.at
    for account in sorted(ledger.evidence):
        print(account, ledger.standing(account, options.kind, at))


try:
    main()
except (OSError, ValueError, KeyError) as error:
    sys.exit(f"standing.py: {error!r}; give a file that `koinon export events` has written")
