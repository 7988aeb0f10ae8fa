#!/usr/bin/env python3
"""Checks Koinon proof files offline, from the genesis document alone.

    check_proof.py --genesis genesis.json proof.json [more.json ...]

Exit status 0: every file proves what is printed. 1: at least one does not.
2: the command line or the genesis document is at fault.

A second, independent reading of docs/formats/: signing.md, header.md,
merkle-trees.md, state-tree.md and proof.md. Needs ed25519.py, which lies beside it, and the
Python package `cryptography`.
"""
import argparse
import datetime
import hashlib
import json
import re
import sys

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from ed25519 import L, decode_point, is_identity, multiply

LARGEST_PROOF = 8 << 20
LARGEST_GENESIS = 1 << 20
SLUG = re.compile(r"[a-z0-9][a-z0-9._-]{0,31}", re.ASCII)
HEX = re.compile(r"(?:[0-9a-f]{2})*", re.ASCII)


class Refused(Exception):
    """The file proves nothing; the message says where and why."""


def require(condition, place, problem):
    if not condition:
        raise Refused(f"{place} {problem}")


def sha256(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def tagged_sha256(tag, *parts):
    return sha256(tag.encode(), b"\0", *parts)


# --- Strict reading of JSON -------------------------------------------------


def no_name_twice(pairs):
    result = dict(pairs)
    if len(result) != len(pairs):
        raise Refused("the file has a name twice in one object")
    return result


def no_constant(name):
    raise Refused(f"the file has {name}, which is not JSON")


def parse_json(data, largest):
    require(len(data) <= largest, "the file", f"has more than {largest} bytes")
    try:
        return json.loads(
            data.decode("utf-8-sig"), object_pairs_hook=no_name_twice,
            parse_constant=no_constant)
    except (ValueError, RecursionError) as error:
        raise Refused(f"the file is not JSON: {error}") from None


def fields(value, place, names, optional=()):
    require(isinstance(value, dict), place, "is not an object")
    for name in value:
        # As ASCII: the name is a stranger's and goes to a terminal.
        require(name in names or name in optional, f"{place}.{ascii(name)}", "is not known")
    for name in names:
        require(name in value, f"{place}.{name}", "is missing")
    return value


def items(value, place):
    require(isinstance(value, list), place, "is not a list")
    return [(item, f"{place}[{index}]") for index, item in enumerate(value)]


def unhex(value, place, count=None):
    require(isinstance(value, str) and HEX.fullmatch(value), place,
            "is not hexadecimal in lower case")
    data = bytes.fromhex(value)
    require(count is None or len(data) == count, place, f"has {len(data)} bytes, not {count}")
    return data


def slug(value, place):
    require(isinstance(value, str) and SLUG.fullmatch(value), place, "is no member name")
    return value


def hashes(value, place):
    return [unhex(item, where, 32) for item, where in items(value, place)]


# --- Protobuf, as far as it is needed ---------------------------------------


def varint(data, position, place):
    result = 0
    for index in range(10):
        require(position < len(data), place, "ends inside a number")
        byte = data[position]
        position += 1
        result |= (byte & 0x7F) << (7 * index)
        if byte < 0x80:
            require(result < 1 << 64, place, "has a number beyond 64 bits")
            return result, position
    raise Refused(f"{place} has a number of more than ten bytes")


def protobuf(data, place, numbers=(), byte_fields=(), repeated=()):
    """Field number -> value; a field that is not named is refused, the last of
    several values of one field counts, repeated fields become lists."""
    result = {number: 0 for number in numbers}
    result.update({number: b"" for number in byte_fields})
    result.update({number: [] for number in repeated})
    position = 0
    while position < len(data):
        key, position = varint(data, position, place)
        number, wire_type = key >> 3, key & 7
        if wire_type == 0 and number in numbers:
            result[number], position = varint(data, position, place)
        elif wire_type == 2 and (number in byte_fields or number in repeated):
            count, position = varint(data, position, place)
            require(position + count <= len(data), place, "ends inside a field")
            content = data[position:position + count]
            position += count
            if number in repeated:
                result[number].append(content)
            else:
                result[number] = content
        else:
            raise Refused(f"{place} has field {number}, which is not known")
    return result


# --- Ed25519: the judgement of docs/formats/signing.md ----------------------

KNOWN_KEYS = {}


def is_valid_key(data):
    if data not in KNOWN_KEYS:
        point = decode_point(data)
        KNOWN_KEYS[data] = bool(
            point and not is_identity(point) and is_identity(multiply(L, point)))
    return KNOWN_KEYS[data]


def is_authentic(tag, body, public_key, signature):
    r = decode_point(signature[:32])
    if not is_valid_key(public_key) or r is None or is_identity(multiply(8, r)):
        return False
    if int.from_bytes(signature[32:], "little") >= L:
        return False
    try:
        # OpenSSL compares [S]B - [h]A with R by bytes: no cofactor.
        Ed25519PublicKey.from_public_bytes(public_key).verify(
            signature, tag.encode() + b"\0" + body)
        return True
    except InvalidSignature:
        return False


# --- Headers and members ----------------------------------------------------


class Header:
    def __init__(self, data, place):
        require(len(data) == 348, place, f"has {len(data)} bytes, not 348")
        self.hash = tagged_sha256("koinon/header/v1", data)
        position = 0

        def take(count):
            nonlocal position
            position += count
            return data[position - count:position]

        def integer(count):
            return int.from_bytes(take(count), "big")

        require(integer(4) == 1, place, "has a version other than 1")
        self.chain = take(32)
        self.epoch, self.height = integer(8), integer(8)
        self.parent = take(32)
        self.time_ms = integer(8)
        (self.entries_root, self.transactions_root, self.receipts_root, self.state_root,
         self.history_root, self.members_hash, self.next_members_hash) = (
            take(32) for _ in range(7))
        name = take(32).rstrip(b"\0").decode("latin-1")
        require(name == "" or SLUG.fullmatch(name), place, "has a malformed proposer")

    def check(self, chain, place):
        require(self.chain == chain, place, "is of another chain")


def members_hash(members):
    parts = [len(members).to_bytes(4, "big")]
    for name, key in sorted(members.items()):
        parts += [bytes([len(name)]), name.encode(), key]
    return tagged_sha256("koinon/members/v1", *parts)


def check_final(header, attestations, members, place, epoch, named="attestations"):
    """The header is judged by `members`, and a quorum of them signed it in that epoch.

    With named="next_attestations": it names `members`, and they signed it."""
    judges = header.members_hash if named == "attestations" else header.next_members_hash
    require(judges == members_hash(members), f"{place}header",
            "is judged by other members than the file leads to")
    last = ""
    attestations = items(attestations, f"{place}{named}")
    for item, where in attestations:
        fields(item, where, ("member", "body", "public_key", "signature"))
        name = slug(item["member"], f"{where}.member")
        require(name > last, f"{where}.member", "is not above the one before: each once")
        last = name
        require(name in members, f"{where}.member", "is none of those who judge this block")
        public_key = unhex(item["public_key"], f"{where}.public_key", 32)
        require(public_key == members[name], f"{where}.public_key",
                "is not this member's node key")
        body = unhex(item["body"], f"{where}.body")
        decoded = protobuf(body, f"{where}.body", numbers=(2, 3), byte_fields=(1, 4))
        names = (decoded[1], decoded[2], decoded[3], decoded[4])
        require(names == (header.chain, epoch, header.height, header.hash),
                f"{where}.body", "attests something else")
        signature = unhex(item["signature"], f"{where}.signature", 64)
        require(is_authentic("koinon/attestation/v1", body, public_key, signature),
                f"{where}.signature", "is not the member's")
    quorum = 2 * len(members) // 3 + 1
    require(len(attestations) >= quorum, f"{place}{named}",
            f"has {len(attestations)} of {len(members)} members; {quorum} make a block final")


def read_members(value, place):
    members = {}
    last = ""
    for member, where in items(value, place):
        fields(member, where, ("id", "node_key"))
        name = slug(member["id"], f"{where}.id")
        require(name > last, place, "are not ascending by id, each once")
        last = name
        members[name] = unhex(member["node_key"], f"{where}.node_key", 32)
    return members


class Sets:
    """From the members of genesis, in epoch 0, to those who judge the last header."""

    def __init__(self, members, chain):
        self.members, self.chain = members, chain
        self.epoch = self.least = 0
        # The last change or base: its hash, and who judged it.
        self.turn = (None, members)

    def walk(self, changes, records):
        changes = [(self.header(item, where), item, where, self.change)
                   for item, where in items(changes, "member_changes")]
        records = [(self.header(item, where), item, where, self.record)
                   for item, where in items(records, "epoch_records")]
        while changes or records:
            first = records if records and (
                not changes or records[0][0].height < changes[0][0].height) else changes
            header, item, where, take = first.pop(0)
            take(header, item, where)

    def header(self, item, where):
        require(isinstance(item, dict) and "header" in item, f"{where}.header", "is missing")
        header = Header(unhex(item["header"], f"{where}.header"), f"{where}.header")
        header.check(self.chain, f"{where}.header")
        return header

    def check_final(self, header, attestations, place):
        require(header.epoch == self.epoch, f"{place}header",
                "has an epoch whose record is not shown, or that is over")
        require(header.height >= self.least, f"{place}header", "is not above the change before")
        check_final(header, attestations, self.members, place, self.epoch)

    def change(self, header, item, where):
        fields(item, where, ("header", "attestations", "members"))
        self.check_final(header, item["attestations"], f"{where}.")
        following = self.named(header, item, where)
        require(following != self.members, f"{where}.members", "are those before: no change")
        self.turn = (header.hash, self.members)
        self.members, self.least = following, header.height + 1

    def named(self, header, item, where):
        following = read_members(item["members"], f"{where}.members")
        require(members_hash(following) == header.next_members_hash, f"{where}.members",
                "are not those whose hash the header names as next")
        return following

    def record(self, header, item, where):
        fields(item, where, ("epoch", "header", "attestations"),
               ("members", "next_attestations"))
        text = item["epoch"]
        require(isinstance(text, str) and text.isascii() and text.isdigit()
                and str(int(text)) == text and int(text) < 1 << 64,
                f"{where}.epoch", "is no number")
        epoch = int(text)
        require(epoch > self.epoch, f"{where}.epoch", "is not above the epoch before")
        require(header.epoch <= self.epoch, f"{where}.header", "is of a later epoch")
        judges = self.members
        if header.hash == self.turn[0]:
            judges = self.turn[1]
        else:
            require(header.height >= self.least, f"{where}.header",
                    "is not above the change before")
        check_final(header, item["attestations"], judges, f"{where}.", epoch)
        changes = header.members_hash != header.next_members_hash
        require(changes == ("members" in item) == ("next_attestations" in item),
                f"{where}.members", "are missing, or there without a change")
        if changes:
            self.members = self.named(header, item, where)
            check_final(header, item["next_attestations"], self.members, f"{where}.", epoch,
                        named="next_attestations")
        self.turn = (header.hash, judges)
        self.epoch, self.least = epoch, header.height + 1


# --- Merkle trees (RFC 6962) and the state tree -----------------------------


def inclusion_root(leaf_hash, index, size, path, place):
    """RFC 9162 section 2.1.3.2."""
    require(index < size, place, "is not in the tree")
    node, last, value = index, size - 1, leaf_hash
    for sibling in path:
        require(last != 0, place, "is too long")
        if node & 1 or node == last:
            value = sha256(b"\1", sibling, value)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            value = sha256(b"\1", value, sibling)
        node, last = node >> 1, last >> 1
    require(last == 0, place, "is too short")
    return value


def step_root(leaf, steps):
    value = sha256(b"\0", leaf)
    for side, sibling in steps:
        value = sha256(b"\1", sibling, value) if side == "left" else sha256(b"\1", value, sibling)
    return value


def bit(data, index):
    return data[index // 8] >> (7 - index % 8) & 1


def state_root(key_hash, start, siblings):
    require(len(siblings) <= 256, "content.siblings", "has more than 256 hashes")
    value = start
    for depth in reversed(range(len(siblings))):
        if bit(key_hash, depth):
            value = sha256(b"\1", siblings[depth], value)
        else:
            value = sha256(b"\1", value, siblings[depth])
    return value


# --- Contents ---------------------------------------------------------------


def check_transaction(content, header):
    fields(content, "content", ("kind", "id", "transaction", "receipt", "path"))
    packed = unhex(content["transaction"], "content.transaction")
    require(len(packed) >= 96, "content.transaction", "has no complete head")
    public_key, signature, body = packed[:32], packed[32:96], packed[96:]
    identity = unhex(content["id"], "content.id", 32)
    require(identity == sha256(body), "content.id", "is not that of the transaction")
    decoded = protobuf(body, "content.transaction", numbers=(3, 4), byte_fields=(1, 2, 6),
                       repeated=(5,))
    require(decoded[1] == header.chain, "content.transaction", "is meant for another chain")
    require(is_authentic("koinon/transaction/v1", body, public_key, signature),
            "content.transaction", "has a signature that is not its key's")
    receipt = unhex(content["receipt"], "content.receipt")
    code = protobuf(receipt, "content.receipt", numbers=(1, 2), byte_fields=(3, 4),
                    repeated=(5,))[1]
    steps = []
    for item, where in items(content["path"], "content.path"):
        fields(item, where, ("side", "transactions", "receipts"))
        require(item["side"] in ("left", "right"), f"{where}.side", "is neither left nor right")
        steps.append((item["side"],
                      unhex(item["transactions"], f"{where}.transactions", 32),
                      unhex(item["receipts"], f"{where}.receipts", 32)))
    root = step_root(b"\1" + packed, [(side, one) for side, one, _ in steps])
    require(root == header.transactions_root, "content.path",
            "does not lead to the block's transactions")
    root = step_root(receipt, [(side, other) for side, _, other in steps])
    require(root == header.receipts_root, "content.receipt",
            "does not lead to the block's receipts")
    outcome = "done" if code == 0 else f"rejected with code {code}"
    return f"transaction {identity.hex()} was executed: {outcome}"


def check_state(content, header):
    fields(content, "content", ("kind", "key", "value", "siblings"))
    key, value = unhex(content["key"], "content.key"), unhex(content["value"], "content.value")
    key_hash = sha256(key)
    root = state_root(key_hash, sha256(b"\0", key_hash, sha256(value)),
                      hashes(content["siblings"], "content.siblings"))
    require(root == header.state_root, "content", "does not lead to the block's state root")
    return f"state has {value.hex() or 'an empty value'} under {key.hex()}"


def check_absent(content, header):
    fields(content, "content", ("kind", "key", "siblings"), ("other_leaf",))
    key = unhex(content["key"], "content.key")
    siblings = hashes(content["siblings"], "content.siblings")
    key_hash, start = sha256(key), bytes(32)
    if "other_leaf" in content:
        leaf = fields(content["other_leaf"], "content.other_leaf", ("key_hash", "value_hash"))
        other = unhex(leaf["key_hash"], "content.other_leaf.key_hash", 32)
        value = unhex(leaf["value_hash"], "content.other_leaf.value_hash", 32)
        require(other != key_hash, "content.other_leaf", "is the key's own leaf")
        require(all(bit(other, depth) == bit(key_hash, depth)
                    for depth in range(min(len(siblings), 256))),
                "content.other_leaf", "stands elsewhere in the tree")
        start = sha256(b"\0", other, value)
    root = state_root(key_hash, start, siblings)
    require(root == header.state_root, "content", "does not show the key absent from the state")
    return f"state has nothing under {key.hex()}"


def check_block(content, header):
    fields(content, "content", ("kind",))
    return f"block {header.height} stands in the chain"


CONTENTS = {"block": check_block, "transaction": check_transaction, "state": check_state,
            "absent": check_absent}


def check(data, chain, members):
    """Returns what the proof file proves, or raises Refused."""
    file = fields(parse_json(data, LARGEST_PROOF), "the file",
                  ("format", "chain", "member_changes", "header", "attestations", "content"),
                  ("history", "epoch_records"))
    require(file["format"] == "koinon/proof/v1", "format", "is not koinon/proof/v1")
    require(unhex(file["chain"], "chain", 32) == chain, "chain",
            "is not that of the genesis document")
    sets = Sets(members, chain)
    sets.walk(file["member_changes"], file.get("epoch_records", []))
    attested = Header(unhex(file["header"], "header"), "header")
    attested.check(chain, "header")
    sets.check_final(attested, file["attestations"], "")
    header = attested
    if "history" in file:
        history = fields(file["history"], "history", ("header", "path"))
        header = Header(unhex(history["header"], "history.header"), "history.header")
        header.check(chain, "history.header")
        require(header.height < attested.height, "history.header",
                "is not below the attested header")
        root = inclusion_root(sha256(b"\0", header.hash), header.height, attested.height,
                              hashes(history["path"], "history.path"), "history.path")
        require(root == attested.history_root, "history.path",
                "does not lead to the attested history")
    content = file["content"]
    require(isinstance(content, dict) and isinstance(content.get("kind"), str)
            and content["kind"] in CONTENTS, "content.kind",
            "is none of block, transaction, state, absent")
    statement = CONTENTS[content["kind"]](content, header)
    names = ", ".join(item["member"] for item in file["attestations"])
    return (f"{statement}\n  in block {header.height} of {moment(header.time_ms)}, "
            f"chain {chain.hex()}\n  final by block {attested.height}, signed by {names} "
            f"({len(file['attestations'])} of {len(members)} members)")


def moment(milliseconds):
    try:
        start = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)
        return (start + datetime.timedelta(milliseconds=milliseconds)).isoformat()
    except OverflowError:
        return f"{milliseconds} ms"


def read_genesis(path):
    """Chain id and members; the rest of the document is bound by the chain id."""
    with open(path, "rb") as file:
        data = file.read(LARGEST_GENESIS + 1)
    document = parse_json(data, LARGEST_GENESIS)
    require(isinstance(document, dict) and document.get("format") == "koinon/genesis/v1",
            "genesis format", "is not koinon/genesis/v1")
    members = {}
    for item, where in items(document.get("members"), "genesis members"):
        require(isinstance(item, dict), where, "is not an object")
        name = slug(item.get("id"), f"{where}.id")
        require(name not in members, f"{where}.id", "stands there twice")
        # Typed by hand, so in either case; everywhere else hex is in lower case.
        key = item.get("node_key")
        key = unhex(key.lower() if isinstance(key, str) else key, f"{where}.node_key", 32)
        require(is_valid_key(key), f"{where}.node_key", "is no valid Ed25519 public key")
        members[name] = key
    require(members, "genesis members", "has no member")
    return tagged_sha256("koinon/genesis/v1", data), members


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--genesis", required=True, help="the alliance's genesis.json")
    parser.add_argument("proofs", nargs="+", metavar="proof.json")
    arguments = parser.parse_args()
    try:
        chain, members = read_genesis(arguments.genesis)
    except (OSError, Refused) as error:
        print(f"{arguments.genesis}: {error}", file=sys.stderr)
        return 2
    status = 0
    for path in arguments.proofs:
        try:
            with open(path, "rb") as file:
                print(f"{path}: proven: {check(file.read(LARGEST_PROOF + 1), chain, members)}")
        except (OSError, Refused) as error:
            print(f"{path}: refused: {error}")
            status = 1
    return status


if __name__ == "__main__":
    sys.exit(main())
