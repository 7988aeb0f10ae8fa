#!/usr/bin/env python3
"""Writes Sources/KoinonServer/Web/js/messages.js: the field tables that the page decodes by.

Reads the table that generate-json-table.py made of Protos/, and keeps what can be reached
from the messages that a page meets and from the rows of docs/formats/state.md. With --check it writes nothing and exits with 1 when the
file is not what it would write.
"""
import pathlib
import re
import sys

root = pathlib.Path(__file__).resolve().parent.parent
# What stands in the state under which prefix byte: the tables of state.md.
ROWS = re.findall(r"^\| `([0-9a-f]{2})` \|[^|]*\| `(\w+)` \|",
                  (root / "docs/formats/state.md").read_text(encoding="utf-8"), re.MULTILINE)
ROOTS = ["TransactionBody", "Signed", "AccountConsent", "AttestationBody", "Receipt"] + [
    message for _, message in ROWS]

source = (root / "Sources/KoinonProtocol/Generated/JSONFormTable.swift").read_text(encoding="utf-8")
schema = (root / "Sources/KoinonProtocol/JSONFormSchema.swift").read_text(encoding="utf-8")
target = root / "Sources/KoinonServer/Web/js/messages.js"

messages, enums, rows = {}, {}, None
for line in source.split('"""')[1].splitlines():
    words = line.split()
    if not words:
        continue
    if words[0] == "message":
        rows = messages.setdefault(words[1], [])
    elif words[0] == "enum":
        rows = enums.setdefault(words[1], [])
    else:
        rows.append(words)

reached, waiting = [], list(ROOTS)
while waiting:
    name = waiting.pop(0)
    if name in reached:
        continue
    reached.append(name)
    waiting += [words[2] for words in messages.get(name, []) if words[2] in messages | enums]

lines = [
    "// DO NOT EDIT. Written by scripts/generate-web-messages.py from Protos/.",
    "// Of each field: number, name, type, then \"repeated\" or the name of its oneof.",
    "",
    "export const messages = {",
]
for name in sorted(name for name in reached if name in messages):
    lines.append(f"  {name}: [")
    for words in messages[name]:
        rest = words[3:]
        mark = "repeated" if rest[:1] == ["repeated"] else rest[1] if rest else ""
        fields = [words[0], f'"{words[1]}"', f'"{words[2]}"'] + ([f'"{mark}"'] if mark else [])
        lines.append(f"    [{', '.join(fields)}],")
    lines.append("  ],")
lines += ["};", "", "export const enums = {"]
for name in sorted(name for name in reached if name in enums):
    lines.append(f"  {name}: {{")
    lines += [f'    {number}: "{label}",' for number, label in enums[name]]
    lines.append("  },")
lines += ["};", ""]

# Which ids have which prefix, as the JSON form writes them.
lines.append("// How a bytes field is written as text: the prefix of its kind of id; others in hex.")
lines.append("export const idPrefixes = {")
prefixes = dict(re.findall(r"enum (\w+)Kind: IdentifierKind \{\s*"
                           r"public static let textPrefix = \"(\w+)\"",
                           (root / "Sources/KoinonProtocol/Identifier.swift").read_text()))
for names, kind in re.findall(r"case ((?:\"\w+\",?\s*)+):\s*self = \.(\w+)\n", schema):
    for name in sorted(re.findall(r'"(\w+)"', names)):
        lines.append(f'  {name}: "{prefixes[kind.capitalize()]}",')
lines += ["};", ""]

durations = re.search(r"durationNames: Set<String> = \[(.*?)\]", schema, re.DOTALL).group(1)
lines.append("// Of the uint64 fields that end in _ms these are durations; the others are moments.")
lines.append("export const durations = new Set([")
lines += [f"  {name}," for name in sorted(re.findall(r'"\w+"', durations))]
lines += ["]);", ""]

lines.append("// The message of a row of the state, by the first byte of its key.")
lines.append("export const rows = {")
lines += [f'  "{prefix}": "{message}",' for prefix, message in ROWS]
lines += ["};", ""]

text = "\n".join(lines)
if "--check" in sys.argv[1:]:
    if not target.exists() or target.read_text(encoding="utf-8") != text:
        sys.exit(f"{target.relative_to(root)} is not current: run scripts/generate-web-messages.py")
else:
    target.write_text(text, encoding="utf-8")
