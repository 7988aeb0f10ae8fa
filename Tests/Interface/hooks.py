"""What schemathesis cannot know of itself: bytes of messages, and ids of things that are there.

Every second id of a path is that of something on the ledger, so that answers are looked at
too, and not only refusals. KOINON_NODE names the node.
"""

import json
import os
import urllib.request

import schemathesis

NODE = os.environ["KOINON_NODE"]


def rows(path):
    with urllib.request.urlopen(NODE + path, timeout=120) as answer:
        return json.load(answer)["rows"]


def ask(path):
    with urllib.request.urlopen(NODE + path, timeout=120) as answer:
        return json.load(answer)


def known_ids():
    """By the beginning of a path: what stands on the ledger."""
    height = ask("/v1/status")["height"]
    ids = {
        "/v1/blocks/": [str(number) for number in range(height + 1)],
        "/v1/proofs/blocks/": [str(number) for number in range(height + 1)],
        "/v1/accounts/": [row["id"] for row in rows("/v1/accounts?limit=20")],
        "/v1/resources/": [row["id"] for row in rows("/v1/resources?limit=20")],
        "/v1/offers/": [row["id"] for row in rows("/v1/offers?limit=20")],
        "/v1/agreements/": [row["id"] for row in rows("/v1/agreements?limit=20")],
        "/v1/requests/": [row["id"] for row in rows("/v1/requests?limit=20")],
        "/v1/members/": [row["id"] for row in rows("/v1/members")],
        "/v1/units/": [row["unit"] for row in rows("/v1/units")],
        "/v1/processes/": [row["id"] for row in rows("/v1/processes")],
    }
    block = ask(f"/v1/blocks/{height}")["block"]
    transactions = [row["id"] for row in block["transactions"]]
    ids["/v1/transactions/"] = ids["/v1/proofs/transactions/"] = transactions
    keys = [row.get("state_key") for row in rows("/v1/accounts?limit=20")]
    ids["/v1/state/"] = ids["/v1/proofs/state/"] = [key for key in keys if key]
    return {path: known for path, known in ids.items() if known}


KNOWN = known_ids()
turn = 0


@schemathesis.hook
def map_path_parameters(context, path_parameters):
    global turn
    if not path_parameters or len(path_parameters) != 1:
        return path_parameters
    path = context.operation.path
    for beginning in sorted(KNOWN, key=len, reverse=True):
        if path.startswith(beginning + "{"):
            turn += 1
            if turn % 2:
                (name,) = path_parameters
                known = KNOWN[beginning]
                return {name: known[turn // 2 % len(known)]}
            break
    return path_parameters


@schemathesis.serializer("application/x-protobuf", "application/protobuf")
def message(context, value):
    """Bytes as they are: hardly ever a message, which is to be told."""
    if isinstance(value, bytes):
        return value
    return json.dumps(value).encode()
