#!/usr/bin/env python3
"""Writes Generated/JSONFormTable.swift: what the JSON form must know of every message.

Called by generate-protos.sh. Reads the plain proto3 that this project keeps to
(no maps, no nested messages); a test in KoinonProtocolTests reads the .proto
files again by itself and compares.
"""
import pathlib
import re
import sys

root = pathlib.Path(__file__).resolve().parent.parent
lines = []
for path in sorted((root / "Protos/koinon/v1").glob("*.proto")):
    text = re.sub(r"//[^\n]*", "", path.read_text(encoding="utf-8"))
    words = re.findall(r'"[^"]*"|[A-Za-z0-9_.]+|[{}=;]', text)
    scopes = []
    index = 0
    while index < len(words):
        word = words[index]
        if word in ("message", "enum"):
            scopes.append(word)
            lines.append(f"{word} {words[index + 1]}")
            index += 3
        elif word == "oneof":
            scopes.append("oneof " + words[index + 1])
            index += 3
        elif word == "}":
            scopes.pop()
            index += 1
        else:
            end = words.index(";", index)
            statement = words[index:end]
            index = end + 1
            if not scopes:
                continue
            if scopes[-1] == "enum":
                name, _, number = statement
                lines.append(f"{number} {name}")
                continue
            repeated = statement[0] == "repeated"
            kind, name, sign, number = statement[1:] if repeated else statement
            if sign != "=":
                sys.exit(f"{path.name}: cannot read {' '.join(statement)}")
            group = scopes[-1][6:] if scopes[-1].startswith("oneof") else ""
            suffix = (" repeated" if repeated else "") + (f" oneof {group}" if group else "")
            lines.append(f"{number} {name} {kind}{suffix}")

table = "\n".join("        " + ("" if line[0] in "me" else "  ") + line for line in lines)
(root / "Sources/KoinonProtocol/Generated/JSONFormTable.swift").write_text(
    f'''// DO NOT EDIT. swift-format-ignore-file
// Written by scripts/generate-json-table.py from Protos/.

/// Every message and enum of Protos/, in the order of its file:
/// number, name and type of each field.
enum JSONFormTable {{
    static let text = """
{table}
        """
}}
''', encoding="utf-8")
