#!/usr/bin/env python3
"""Takes two people through a whole lease on a running node, by HTTP alone.

    lease.py --node http://127.0.0.1:8080 [--keys lease-keys] [--kind boat] [--member harbour]

Anna and Ben get keys, join through a member and get test money. Anna offers a thing, Ben books
it, starts and brings it back, and both review each other. The node's settings must let people
join and give test money: docs/configuration.md.

Exit status 0: all of it was done. 1: the node did not do something, or wrote something else into
a body than was asked for; the message says what helps. 2: the command line is at fault.

Written from docs/openapi.yaml, docs/formats/ and Protos/. It needs nothing but Python 3.8.
"""
import argparse
import base64
import hashlib
import json
import os
import pathlib
import re
import secrets
import sys
import urllib.error
import urllib.parse
import urllib.request

import ed25519

PATIENCE_S = 40
VALID_FOR_MS = 600_000
HALF_HOUR_MS = 1_800_000


class Refused(Exception):
    """It cannot go on; the message says why and what helps."""


def tagged_sha256(tag, *parts):
    return hashlib.sha256(b"".join((tag.encode(), b"\0", *parts))).digest()


# --- Ids: docs/formats/identifiers.md and BIP 350 -----------------------------


def account_id(chain, key):
    return tagged_sha256("koinon/account/v1", chain, key)[:20]


def created_id(kind, chain, sender, key, nonce, index):
    """What an action makes has an id that is known before it is sent."""
    return tagged_sha256(f"koinon/{kind}/v1", chain, sender, key, nonce.to_bytes(8, "big"),
                         index.to_bytes(4, "big"))[:20]


def polymod(values):
    checksum = 1
    for value in values:
        top = checksum >> 25
        checksum = (checksum & 0x1FFFFFF) << 5 ^ value
        for i, generator in enumerate(
                (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)):
            checksum ^= generator if top >> i & 1 else 0
    return checksum


def text_id(prefix, data):
    """20 bytes are 32 groups of five bits: none is left over."""
    number = int.from_bytes(data, "big")
    groups = [number >> 5 * i & 31 for i in reversed(range(32))]
    codes = [ord(c) >> 5 for c in prefix] + [0] + [ord(c) & 31 for c in prefix]
    checksum = polymod(codes + groups + [0] * 6) ^ 0x2BC830A3
    groups += [checksum >> 5 * i & 31 for i in reversed(range(6))]
    return prefix + "1" + "".join("qpzry9x8gf2tvdw0s3jn54khce6mua7l"[i] for i in groups)


# --- Protobuf, as far as it is needed -----------------------------------------

# Of each message: field number -> name and type, as in Protos/koinon/v1. Messages and fields
# that this program never asks for are left out, so a body that has one is refused.
MESSAGES = {
    "TransactionBody": {1: ("chain", "bytes"), 2: ("sender", "bytes"), 3: ("nonce", "uint"),
                        4: ("expires_at_ms", "uint"), 5: ("actions", "Action")},
    "Action": {4: ("resources", "ResourcesAction"), 5: ("market", "MarketAction"),
               6: ("agreements", "AgreementsAction"), 7: ("reputation", "ReputationAction")},
    "ResourcesAction": {2: ("register_resource", "RegisterResource")},
    "RegisterResource": {1: ("kind", "string"), 2: ("title", "string"), 3: ("capacity", "uint")},
    "MarketAction": {1: ("publish_offer", "PublishOffer")},
    "PublishOffer": {1: ("resource", "bytes"), 2: ("title", "string"), 3: ("process", "string"),
                     4: ("unit", "string"), 5: ("tariff", "Tariff"), 6: ("deposit_minor", "uint"),
                     9: ("platform_fee", "Fraction")},
    "Tariff": {1: ("price_minor", "uint"), 2: ("step_ms", "uint"), 3: ("minimum_steps", "uint")},
    "Fraction": {1: ("numerator", "uint"), 2: ("denominator", "uint")},
    "AgreementsAction": {1: ("open_agreement", "OpenAgreement"),
                         2: ("take_transition", "TakeTransition")},
    "OpenAgreement": {1: ("offer", "bytes"), 3: ("duration_ms", "uint")},
    "TakeTransition": {1: ("agreement", "bytes"), 2: ("transition", "string")},
    "ReputationAction": {1: ("seal_review", "SealReview"), 2: ("open_review", "OpenReview")},
    "SealReview": {1: ("agreement", "bytes"), 2: ("review_hash", "bytes")},
    "OpenReview": {1: ("agreement", "bytes"), 2: ("score", "sint"), 3: ("salt", "bytes")},
}


def read_varint(data, position):
    result = 0
    for index in range(10):
        if position >= len(data):
            break
        byte = data[position]
        position += 1
        result |= (byte & 0x7F) << 7 * index
        if byte < 0x80 and result < 1 << 64:
            return result, position
    raise Refused("the body that the node prepared has a number that does not end")


def read_message(data, message):
    """The message in its JSON form, bytes as hexadecimal."""
    result, position = {}, 0
    while position < len(data):
        key, position = read_varint(data, position)
        name, kind = MESSAGES[message].get(key >> 3, (None, None))
        if name is None:
            raise Refused(f"the body that the node prepared has field {key >> 3} of {message}, "
                          "which nobody asked for")
        if key & 7 != (0 if kind in ("uint", "sint") else 2):
            raise Refused(f"the body that the node prepared has a malformed {message}.{name}")
        number, position = read_varint(data, position)
        if kind == "uint":
            value = number
        elif kind == "sint":
            value = number >> 1 ^ -(number & 1)
        else:
            content = data[position:position + number]
            position += number
            if len(content) != number:
                raise Refused(f"the body that the node prepared ends inside {message}.{name}")
            value = read_content(content, kind, f"{message}.{name}")
        if name == "actions":
            result.setdefault(name, []).append(value)
        elif name in result:
            raise Refused(f"the body that the node prepared has {message}.{name} twice")
        else:
            result[name] = value
    return result


def read_content(content, kind, place):
    if kind == "bytes":
        return content.hex()
    if kind != "string":
        return read_message(content, kind)
    try:
        return content.decode()
    except UnicodeDecodeError:
        raise Refused(f"the body that the node prepared has no UTF-8 in {place}") from None


def write_bytes(number, data):
    """A bytes or string field of fewer than 128 bytes: its length is one byte."""
    assert len(data) < 128
    return bytes([number << 3 | 2, len(data)]) + data


# --- Keys: docs/formats/key-file.md -------------------------------------------


class Key:
    def __init__(self, name, seed):
        self.name, self.seed, self.public = name, seed, ed25519.public_key(seed)

    def sign(self, tag, body):
        return ed25519.sign(self.seed, tag.encode() + b"\0" + body)


def key_of(name, folder):
    """Reads the key, or makes it: whole or not at all, and never over another one."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    file = folder / f"{name}.json"
    if not file.exists():
        key = Key(name, secrets.token_bytes(32))
        draft = folder / f".{name}.{secrets.token_hex(8)}"
        with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
            json.dump({"format": "koinon/key/v1", "public_key": key.public.hex(),
                       "seed": key.seed.hex()}, out, indent=2)
            out.flush()
            os.fsync(out.fileno())
        try:
            os.link(draft, file)
        finally:
            os.unlink(draft)
        return key
    if file.stat().st_mode & 0o077:
        raise Refused(f"{file} is open to others: chmod 600 {file}, and make a new key if they "
                      "had access")
    try:
        document = json.loads(file.read_text())
        key = Key(name, bytes.fromhex(document["seed"]))
        matches = len(key.seed) == 32 and key.public.hex() == document["public_key"]
    except (ValueError, KeyError, TypeError):
        matches = False
    if not matches:
        raise Refused(f"{file} holds no key: give another folder with --keys")
    return key


# --- The node ------------------------------------------------------------------

# What the operator of the node can do where the node's own remedy is for people who ask it.
SETTINGS = "in server.yaml of the node's home, then start the node again (docs/configuration.md)"
OPERATORS_REMEDIES = {
    "joiningClosed": f"its operator sets join.member {SETTINGS}",
    "joinLimit": f"its operator raises join.accountsPerAddress or join.accounts {SETTINGS}",
    "noTestMoney": f"its operator sets join.testUnit and join.testAmountMinor {SETTINGS}, and "
                   "the member creates that unit (README.md, create_unit)",
}


class NodeProblem(Refused):
    def __init__(self, path, problem):
        self.code = problem.get("code", "")
        words = [f"{path}: {self.code}: {problem.get('detail') or problem.get('meaning')}"]
        if problem.get("field"):
            words.append(f"  field: {problem['field']}")
        if problem.get("remedy"):
            words.append(f"  remedy: {problem['remedy']}")
        if self.code in OPERATORS_REMEDIES:
            words.append(f"  or: {OPERATORS_REMEDIES[self.code]}")
        super().__init__("\n".join(words))


class Node:
    def __init__(self, url):
        self.url = url.rstrip("/")
        status = self.get("/v1/status")
        self.chain, self.alliance = bytes.fromhex(status["chain"]), status["alliance"]
        self.hosts = status.get("hosts", [])

    def get(self, path):
        return self.ask(path, None)

    def post(self, path, content):
        return self.ask(path, json.dumps(content).encode())

    def ask(self, path, data):
        request = urllib.request.Request(
            self.url + path, data, {"Content-Type": "application/json"} if data else {})
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE_S) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            try:
                problem = json.load(error)
                problem["code"]
            except (ValueError, KeyError, TypeError):
                problem = {"code": str(error.code), "detail": "this is no answer of a node",
                           "remedy": "look whether --node is the address of one"}
            raise NodeProblem(path, problem) from None
        except (OSError, ValueError) as error:
            raise Refused(f"no node answers at {self.url} ({error}): start one with "
                          "koinon node --home HOME, or name another with --node") from None

    # --- Joining

    def join(self, key, member):
        """The account is the key's own; the member only opens it."""
        body = write_bytes(1, self.chain) + write_bytes(2, member.encode())
        signature = key.sign("koinon/account-consent/v1", body)
        self.post("/v1/join", {"consent": {"body": body.hex(), "public_key": key.public.hex(),
                                           "signature": signature.hex()}})
        return Account(self, key)


class Account:
    def __init__(self, node, key):
        self.node, self.key, self.name = node, key, key.name
        self.id = account_id(node.chain, key.public)
        self.text = text_id("koi", self.id)

    def take_test_money(self):
        try:
            self.node.post("/v1/test-money", {"account": self.text})
        except NodeProblem as problem:
            # Once for an account: another run with the same keys goes on with what is left.
            if problem.code != "hadTestMoney":
                raise

    def balances(self):
        rows = self.node.get(f"/v1/accounts/{self.text}/balances")["rows"]
        return [row["amount"] for row in rows]

    def send(self, action, creates=None):
        """Prepares, checks, signs, and waits until a quorum has signed the block that has it.

        Returns the id of what the action creates, where `creates` names the kind.
        """
        public_key = self.key.public.hex()
        nonce = int(self.node.get(f"/v1/nonces/{public_key}?account={self.text}")["next_nonce"])
        now = self.node.get("/v1/status")["now"]["ms"]
        prepared = self.node.post("/v1/transactions/prepare", {
            "public_key": public_key, "sender": self.text, "nonce": nonce,
            "valid_for_ms": VALID_FOR_MS, "actions": [action]})
        body = base64.b64decode(prepared["body"])
        self.check(body, nonce, now, [action])
        signature = self.key.sign("koinon/transaction/v1", body)
        verdict = self.node.post("/v1/transactions?wait=final&timeout_ms=20000", {
            "body": prepared["body"], "public_key": public_key, "signature": signature.hex()})
        if verdict["status"] == "pending":
            raise Refused(f"transaction {hashlib.sha256(body).hexdigest()} is still on its way: "
                          "look at the node's log, then run this again")
        if verdict["status"] != "done":
            raise NodeProblem(f"{self.name}'s transaction was {verdict['status']}", verdict)
        if creates:
            return created_id(creates, self.node.chain, self.id, self.key.public, nonce, 0)
        return None

    def check(self, body, nonce, now, actions):
        """Refuses a body that says anything else than was asked for.

        Every field is compared: the chain, the sender, the nonce, and the actions down to each
        amount and id; a memo, and fields that were not asked for, are refused when they are
        read. Only the expiry is the node's to choose, up to a minute beyond what was asked for.
        Not compared is what the node says beside the body (its id, its tag, the ids of what is
        created): this program makes those itself. Taken on trust are the chain and the nonce
        that the node names, its clock, and what it tells of the ledger: check_proof.py checks
        that against a genesis document from elsewhere.
        """
        said = read_message(body, "TransactionBody")
        expires_at_ms = said.pop("expires_at_ms", 0)
        asked = {"chain": self.node.chain.hex(), "sender": self.id.hex(), "nonce": nonce,
                 "actions": actions}
        for name in asked:
            if said.get(name) != asked[name]:
                raise Refused(f"the node prepared a body with {name} {said.get(name)} instead of "
                              f"{asked[name]}. Nothing was signed; do not use this node")
        if not now < expires_at_ms <= now + VALID_FOR_MS + 60_000:
            raise Refused(f"the node prepared a body that expires at {expires_at_ms} ms, not "
                          f"{VALID_FOR_MS} ms from {now}. Nothing was signed")


# --- Reviews: docs/formats/review.md ------------------------------------------


class Review:
    """Score and salt, kept from sealing to opening. Whoever waits longer writes them down."""

    def __init__(self, reviewer, agreement, score):
        self.reviewer, self.agreement, self.score = reviewer, agreement, score
        self.salt = secrets.token_bytes(32)

    def seal(self):
        sealed = tagged_sha256("koinon/review/v1", self.agreement, self.reviewer.id, self.salt,
                               bytes([self.score % 256]), bytes(32))
        self.reviewer.send({"reputation": {"seal_review": {
            "agreement": self.agreement.hex(), "review_hash": sealed.hex()}}})

    def open(self):
        self.reviewer.send({"reputation": {"open_review": {
            "agreement": self.agreement.hex(), "score": self.score, "salt": self.salt.hex()}}})


# --- The lease ------------------------------------------------------------------


def tell(what, *more):
    print(f"{what:<12}", *more, flush=True)


def shown(amounts):
    return ", ".join(f"{amount['text']} {amount['unit']}" for amount in amounts) or "nothing"


def choose_member(node, name):
    members = [row["id"] for row in node.get("/v1/members")["rows"]]
    if name is None and len(node.hosts) == 1:
        return node.hosts[0]
    if name not in members:
        raise Refused(f"name the member to join through with --member: {', '.join(members)}")
    return name


def choose_kind(node, name):
    kinds = [row["kind"] for row in node.get("/v1/kinds")["rows"]]
    if not kinds:
        raise Refused("no kind of thing is registered: a member does that (README.md, "
                      "register_kind)")
    if name is not None and name not in kinds:
        raise Refused(f"there is no kind {name}: give one of {', '.join(kinds)} with --kind")
    return name or kinds[0]


def people(node, member, keys):
    result = []
    for name in ("anna", "ben"):
        account = node.join(key_of(name, keys), member)
        account.take_test_money()
        tell("joined", f"{name} through {member}: {account.text}, {shown(account.balances())}")
        result.append(account)
    return result


def publish(anna, kind, money):
    """A thing and its offer; price and deposit are parts of what Ben has."""
    resource = anna.send({"resources": {"register_resource": {
        "kind": kind, "title": f"Anna's {kind}"[:64], "capacity": 1}}}, creates="resource")
    tell("registered", text_id("koires", resource))
    price, deposit = max(1, int(money["minor"]) // 20), max(1, int(money["minor"]) // 5)
    offer = anna.send({"market": {"publish_offer": {
        "resource": resource.hex(), "title": f"Anna's {kind}"[:64], "process": "lease",
        "unit": money["unit"],
        "tariff": {"price_minor": price, "step_ms": HALF_HOUR_MS, "minimum_steps": 1},
        "deposit_minor": deposit,
        "platform_fee": {"numerator": 1, "denominator": 10}}}}, creates="offer")
    tell("offered", f"{text_id('koioff', offer)}, each half hour begun for {price}, deposit "
                    f"{deposit}, in the smallest part of {money['unit']}")
    return offer


def lease(ben, offer):
    agreement = ben.send({"agreements": {"open_agreement": {
        "offer": offer.hex(), "duration_ms": 2 * HALF_HOUR_MS}}}, creates="agreement")
    name = text_id("koiagr", agreement)
    view = ben.node.get(f"/v1/agreements/{name}")["value"]
    tell("booked", f"{name}, set aside {shown([view['held']])}")
    for verb in ("start", "finish"):
        ben.send({"agreements": {"take_transition": {
            "agreement": agreement.hex(), "transition": verb}}})
        view = ben.node.get(f"/v1/agreements/{name}")["value"]
        tell(verb + "ed", f"now {view['state']['name']}")
    tell("settled", f"{shown([view['settled']])} paid")
    return agreement


def review(anna, ben, agreement):
    reviews = [Review(anna, agreement, 9), Review(ben, agreement, 8)]
    for one in reviews:
        one.seal()
    tell("sealed", "a review by each, which nobody can read yet")
    for one in reviews:
        one.open()
    tell("opened", ", ".join(f"{one.score} of 10 by {one.reviewer.name}" for one in reviews))


def run(options):
    node = Node(options.node)
    tell("node", f"{node.url}: {node.alliance}, chain {node.chain.hex()}")
    member, kind = choose_member(node, options.member), choose_kind(node, options.kind)
    anna, ben = people(node, member, options.keys)
    if not ben.balances():
        raise Refused("ben has no money left: give another folder with --keys")
    agreement = lease(ben, publish(anna, kind, ben.balances()[0]))
    review(anna, ben, agreement)
    for account in (anna, ben):
        standing = node.get(f"/v1/accounts/{account.text}/standing?kind={kind}")["value"]
        tell(account.name, f"has {shown(account.balances())}, standing "
                           f"{standing['standing_ppm']} millionths (a newcomer "
                           f"{standing['newcomer_ppm']})")
    tell("look at it", f"{node.url}/agreement/{text_id('koiagr', agreement)}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--node", default="http://127.0.0.1:8080", help="the node's address")
    parser.add_argument("--keys", default="lease-keys", type=pathlib.Path,
                        help="folder of the two keys, made where there are none")
    parser.add_argument("--kind", help="kind of thing; the first that the ledger has")
    parser.add_argument("--member", help="whom to join through; the one that the node hosts")
    options = parser.parse_args()
    if not re.match(r"https?://[^/]", options.node):
        parser.error("--node is no address: write it as http://127.0.0.1:8080")
    try:
        run(options)
    except (Refused, OSError) as error:
        print(f"lease.py: {error}", file=sys.stderr)
        return 1
    except (KeyError, TypeError, ValueError) as error:
        print(f"lease.py: {options.node} answered otherwise than docs/openapi.yaml says "
              f"({error!r}): look whether --node is the address of a node, and of this version",
              file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
