#!/usr/bin/env python3
"""Writes what `make fuzz` begins with: Fuzz/Corpus/TARGET/seed-… and Fuzz/Dictionaries.

The seeds come from the format vectors, from the documents' examples, from the examples'
mappings and files, and, so that every field of every message is in some seed, from the table
of the JSON form. Files that do not begin with "seed-" are what the fuzzer found: they stay.

    Fuzz/make-seeds.py
    Fuzz/make-seeds.py --check    writes nothing; exits with 1 when the files are not current
"""
import gzip
import json
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
CORPUS = ROOT / "Fuzz/Corpus"
VECTORS = ROOT / "Tests/KoinonLedgerTests/Vectors"
UNSIGNED = bytes(64)


MADE = {}  # path -> bytes


def write(target, name, content):
    MADE[CORPUS / target / f"seed-{name}"] = (
        content.encode() if isinstance(content, str) else content)


# ---- The table of the JSON form, and messages made from it


def read_table():
    text = (ROOT / "Sources/KoinonProtocol/Generated/JSONFormTable.swift").read_text()
    messages, enums, current = {}, {}, None
    for line in text.split('"""')[1].splitlines():
        words = line.split()
        if not words:
            continue
        if words[0] in ("message", "enum"):
            current = (messages if words[0] == "message" else enums).setdefault(words[1], [])
        else:
            current.append(words)
    return messages, enums


MESSAGES, ENUMS = read_table()


def varint(value):
    value &= (1 << 64) - 1
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def delimited(number, content):
    return varint(number << 3 | 2) + varint(len(content)) + content


BECH32 = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"


def from_text(text):
    """The bytes of an id in bech32m, its checksum unread, or of hex."""
    if re.fullmatch("[0-9a-f]*", text):
        return bytes.fromhex(text)
    bits, value, out = 0, 0, bytearray()
    for letter in text[text.rindex("1") + 1:-6]:
        value, bits = value << 5 | BECH32.index(letter), bits + 5
        if bits >= 8:
            bits -= 8
            out.append(value >> bits & 0xFF)
    return bytes(out)


UNITS = {"min": 60000, "ms": 1, "s": 1000, "h": 3600000, "d": 86400000, "w": 604800000}


def integer(value):
    if isinstance(value, bool) or isinstance(value, int):
        return int(value)
    found = re.fullmatch(r"(\d+)(min|ms|s|h|d|w)", value)
    if found:
        return int(found[1]) * UNITS[found[2]]
    return int(value) if re.fullmatch(r"-?\d+", value) else 1_772_409_600_000


def encode(message, value):
    out = b""
    for words in MESSAGES[message]:
        number, name, kind = int(words[0]), words[1], words[2]
        if name not in value:
            continue
        for element in value[name] if "repeated" in words else [value[name]]:
            if kind == "string":
                out += delimited(number, element.encode())
            elif kind == "bytes":
                out += delimited(number, from_text(element))
            elif kind in MESSAGES:
                out += delimited(number, encode(kind, element))
            elif kind in ENUMS:
                names = {entry[1]: int(entry[0]) for entry in ENUMS[kind]}
                out += varint(number << 3) + varint(names[element])
            elif kind.startswith("sint"):
                signed = integer(element)
                out += varint(number << 3) + varint(signed << 1 ^ signed >> 63)
            else:
                out += varint(number << 3) + varint(integer(element))
    return out


def samples(message, depth=0):
    """Enough values that every field has one, each choice in a value of its own."""
    choices, plain = {}, {}
    for words in MESSAGES[message]:
        kind, name = words[2], words[1]
        if kind in MESSAGES:
            inner = samples(kind, depth + 1) if depth < 8 else [{}]
        elif kind in ENUMS:
            inner = [ENUMS[kind][-1][1]]
        elif kind == "string":
            inner = ["usd"]
        elif kind == "bytes":
            inner = ["ab" * (64 if name == "signature" else 32 if name.endswith(
                ("key", "hash", "chain")) else 20)]
        else:
            inner = [1]
        if "repeated" in words:
            inner = [inner]
        if "oneof" in words:
            choices.setdefault(words[-1], []).extend({name: value} for value in inner)
        else:
            plain[name] = inner
    count = max([1] + [len(values) for values in choices.values()])
    if not choices:
        count = max([1] + [len(values) for values in plain.values()])
    result = []
    for index in range(count):
        value = {name: inner[index % len(inner)] for name, inner in plain.items()}
        for options in choices.values():
            value.update(options[index % len(options)])
        result.append(value)
    return result


# ---- What the documents and vectors show


def blocks(page):
    text = (ROOT / page).read_text()
    return re.findall(r"```json\n(.*?)\n```", text, re.DOTALL)


def example(file, name):
    """An annotated vector: its bytes, and its results by name."""
    for entry in json.loads((VECTORS / file).read_text()):
        if entry["name"] == name:
            content = bytes.fromhex("".join(row["bytes"] for row in entry["rows"])
                                    .replace(" ", ""))
            return content, {row["name"]: row["value"] for row in entry["results"]}
    raise SystemExit(f"{file} has no {name}")


def packed(file, name):
    body, results = example(file, name)
    return bytes.fromhex(results["public_key"] + results["signature"]) + body


def signed(content):
    return {"body": content[96:].hex(), "public_key": content[:32].hex(),
            "signature": content[32:96].hex()}


ACTIONS = [json.loads(text) for text in blocks("docs/formats/json-actions.md")]
CHAIN = example("header.json", "header")[0][4:36].hex()


def named_actions():
    """Each with a name that does not change when an example of another is added."""
    counts = {}
    for action in ACTIONS:
        module, inner = next(iter(action.items()))
        name = f"{module}-{next(iter(inner))}".replace("_", "-")
        counts[name] = counts.get(name, 0) + 1
        yield name if counts[name] == 1 else f"{name}-{counts[name]}", action


def transaction(actions):
    body = encode("TransactionBody", {
        "chain": CHAIN, "sender": "ab" * 20, "nonce": 1, "expires_at_ms": 1_772_413_200_000,
        "actions": actions, "memo": "a note"})
    return bytes(32) + UNSIGNED + body


def make_transactions():
    write("transactions", "signed", example("signing.json", "packed")[0])
    for name, action in named_actions():
        write("transactions", name, transaction([action]))


def make_entries():
    entry = packed("entry.json", "entry-body")
    write("entries", "signed", entry)
    attestation = packed("entry.json", "attestation-body")
    twice = encode("EntryBody", {
        "chain": CHAIN, "author": "ant", "sequence": 1,
        "transactions": 2 * [signed(transaction(ACTIONS[:1]))]})
    write("entries", "one-transaction-twice", bytes(32) + UNSIGNED + twice)
    for part in range(0, len(ACTIONS), 5):
        body = encode("EntryBody", {
            "chain": CHAIN, "author": "ant", "sequence": 1, "clock_ms": 1_772_409_600_000,
            "attestations": [signed(attestation)],
            "transactions": [signed(transaction([a])) for a in ACTIONS[part:part + 5]]})
        write("entries", f"actions-{part:02}", bytes(32) + UNSIGNED + body)


def make_blocks():
    header = example("header.json", "header")[0]
    write("blocks", "header", header)
    counts = {}
    for event in samples("Event"):
        module, inner = next(iter(event.items()))
        name = f"{module}-{next(iter(inner))}".replace("_", "-")
        counts[name] = counts.get(name, 0) + 1
        receipts = [{"events": [event]},
                    {"code": 301, "action_index": 1, "field": "to", "detail": "none"}]
        timers = samples("TimerRecord")
        write("blocks", f"{name}-{counts[name]}", header + encode(
            "BlockResult", {"timers": timers, "receipts": receipts}))


def make_proofs():
    for file in sorted(VECTORS.glob("proof-*.json")):
        write("proofs", file.name, file.read_bytes())


def make_genesis():
    vector = json.loads((VECTORS / "genesis.json").read_text())
    write("genesis", "vector.json", (VECTORS / "genesis.json").read_bytes())
    vector["members"] = vector["members"][:1]
    processes = sorted((ROOT / "Sources/KoinonMachine/Processes").glob("*.json"))
    for file in processes:
        vector["processes"] = [json.loads(file.read_text())]
        write("genesis", file.name, json.dumps(vector))
    vector["processes"] = []
    for name in (words[1] for words in MESSAGES["Parameters"]):
        vector["parameters"] = {name: 1000}
        write("genesis", f"{name.replace('_', '-')}.json", json.dumps(vector))


TRIPS = """trip,start,end,bike,rider,from,seconds
1,1/1/2026 8:00,1/1/2026 8:30,b1,anna,Markt,1800
2,1/1/2026 8:10,1/1/2026 9:45,b2,ben,"Alter ""Speicher"", Tor",
3,1/1/2026 8:20,1/1/2026 8:40,b1,ben,Markt,600
4,3/29/2026 2:30,3/29/2026 3:10,b3,anna,,2400
5,1/2/2026 8:00,1/1/2026 8:30,b1,anna,Markt,1800
"""

# Each line is a rating and a label.
RATINGS = """rater,ratee,rating,time,user,label
1,2,4,1289241912.5,2,1
2,1,-10,1289241911,3,-1
3,2,10,1289241911,1,1
"""


def make_csv():
    write("csv", "trips", TRIPS)
    write("csv", "trips.gz", gzip.compress(TRIPS.encode(), mtime=0))
    half = len(TRIPS) // 2
    write("csv", "two-members.gz", gzip.compress(TRIPS[:half].encode(), mtime=0)
          + gzip.compress(TRIPS[half:].encode(), mtime=0))
    write("csv", "bomb.gz", gzip.compress(b"a" * 200_000, mtime=0))
    write("csv", "byte-order-mark", b"\xef\xbb\xbf" + TRIPS.replace("\n", "\r\n").encode())
    write("csv", "blank-lines", "a,b\n\n\r\n1,2\n\n\"\"\n,\n")
    write("csv", "quotes", "a,b,\n\"x\ny\",\"\"\"\",\n\"\",\"1\r\n2\",\"unfinished")
    write("csv", "long-field", "a,b\n1," + 300 * "x" + "\n2,3\n")
    write("csv", "ratings", RATINGS)
    write("csv", "other", (ROOT / "Examples/OtherOperator/trips.csv").read_bytes())


def make_mapping():
    for file in sorted(ROOT.glob("Examples/*/*.mapping.json")):
        write("mapping", file.name, file.read_bytes())
    small = json.loads((ROOT / "Examples/OtherOperator/stadtrad.mapping.json").read_text())
    del small["stations"]
    for name, form in {"seconds": {"form": "unix_seconds", "shift_weeks": 52},
                       "milliseconds": {"form": "unix_milliseconds"},
                       "pattern": {"form": "dd.MM.yyyy HH:mm:ss", "zone": "Europe/Berlin",
                                   "local_shift_minutes": -60},
                       "halves": {"form": "M/d/yyyy 'at' h:mm a", "zone": "UTC"}}.items():
        small["time"] = form
        write("mapping", f"time-{name}.json", json.dumps(small))


NAMES = {"koi1": "@bea", "koires1": "@resource", "koioff1": "@offer", "koiagr1": "@agreement",
         "koiprop1": "@proposal", "koireq1": "@request", "koiflag1": "@flag"}
SENT = {
    "transfer": '{"money":{"transfer":{"unit":"usd","to":"@carl","amount_minor":100}}}',
    "book": '{"agreements":{"open_agreement":{"offer":"@offer","duration_ms":"1h"}}}',
    "start": '{"agreements":{"take_transition":{"agreement":"@agreement",'
             '"transition":"start"}}}',
    "finish": '{"agreements":{"take_transition":{"agreement":"@running",'
              '"transition":"finish"}}}',
    "seal": '{"reputation":{"seal_review":{"agreement":"@settled","review_hash":"%s"}}}'
            % ("ab" * 32),
    "answer": '{"reputation":{"answer_flag":{"flag":"@flag","answer_hash":"%s"}}}' % ("ab" * 32),
    "appeal": '{"reputation":{"appeal_flag":{"flag":"@flag"}}}',
    "vote": '{"alliance":{"vote":{"proposal":"@proposal","yes":true}}}',
    "hand-over": '{"resources":{"transfer_resource":{"resource":"@resource","to":"@bea"}}}',
    "withdraw": '{"market":{"withdraw_offer":{"offer":"@offer"}}}',
}


def make_actions():
    for name, action in named_actions():
        text = re.sub(r'"(koi[a-z]*1)[^"]*"', lambda id: f'"{NAMES.get(id[1], "@bea")}"',
                      json.dumps(action, separators=(",", ":")))
        write("actions", name, text)
    for name, text in SENT.items():
        # The length of the text chooses the sender: each sends it once.
        for sender in range(5):
            write("actions", f"{name}-{sender}", text + " " * sender)
    write("actions", "list", "[" + ",".join(SENT.values()) + "]")


# ---- Words that the fuzzer may put in


def make_dictionaries():
    fields = {words[1] for fields in MESSAGES.values() for words in fields}
    values = {entry[1] for entries in ENUMS.values() for entry in entries}
    names = ["alfa", "bravo", "paul", "bea", "carl", *NAMES.values(), "@running", "@settled"]
    shared = sorted(fields) + sorted(values)
    mapping = sorted(set(re.findall(r'"([a-z_]+)":', "".join(
        file.read_text() for file in ROOT.glob("Examples/*/*.mapping.json")))))
    proof = sorted(set(re.findall(r'"([a-z_]+)"', "".join(
        file.read_text() for file in VECTORS.glob("proof-*.json")))))
    words = {
        "actions": shared + ["@" + name.removeprefix("@") for name in names],
        "genesis": shared, "mapping": mapping, "proofs": proof,
        "csv": ["\r\n", "\"\"", ",", "1/1/2026 8:00"]}
    for target, list_of_words in words.items():
        lines = [f'"{escaped(word if target == "csv" else quoted(word))}"'
                 for word in list_of_words]
        MADE[ROOT / f"Fuzz/Dictionaries/{target}.dict"] = ("\n".join(lines) + "\n").encode()


def quoted(word):
    return f'"{word}"'


def escaped(word):
    return "".join(c if c.isalnum() or c in "@_-/ .," else f"\\x{ord(c):02x}" for c in word)


def is_current(file):
    # How small zlib makes something depends on its version.
    return file in MADE and file.exists() and (
        file.suffix == ".gz" or file.read_bytes() == MADE[file])


def main():
    for make in (make_transactions, make_entries, make_blocks, make_proofs, make_genesis,
                 make_csv, make_mapping, make_actions, make_dictionaries):
        make()
    kept = set(CORPUS.glob("*/seed-*"))
    if "--check" in sys.argv[1:]:
        other = sorted(str(file.relative_to(ROOT))
                       for file in kept | MADE.keys() if not is_current(file))
        if other:
            sys.exit("run Fuzz/make-seeds.py: not current are " + ", ".join(other))
        return
    for file in kept - MADE.keys():
        file.unlink()
    for file, content in MADE.items():
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)


main()
