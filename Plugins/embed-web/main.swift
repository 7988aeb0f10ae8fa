import Foundation

// embed-web FOLDER OUTPUT FILE…: writes a Swift file with `WebFiles.all`, the content of every
// file under FOLDER by its path in it, and of each FILE by its name. A literal of text compiles in no time; one of bytes, as the
// package manager's own embedding writes, takes the compiler minutes.

/// A raw literal of several lines: no escape is looked at, and nothing in the text ends it.
func literal(of text: String) -> String {
    var longest = 0
    var run = 0
    for character in text.utf8 {
        run = character == UInt8(ascii: "#") ? run + 1 : 0
        longest = max(longest, run)
    }
    let fence = String(repeating: "#", count: longest + 1)
    return "\(fence)\"\"\"\n\(text)\n\"\"\"\(fence)"
}

func entry(_ path: String, _ file: URL) throws -> String {
    let data = try Data(contentsOf: file)
    // A carriage return in a literal of several lines would be lost.
    if let text = String(data: data, encoding: .utf8), !text.utf8.contains(13),
        !text.utf8.contains(0)
    {
        return "        \"\(path)\": .text(\n\(literal(of: text))\n),\n"
    }
    return "        \"\(path)\": .base64(\"\(data.base64EncodedString())\"),\n"
}

let arguments = CommandLine.arguments
guard arguments.count >= 3 else {
    FileHandle.standardError.write(Data("usage: embed-web FOLDER OUTPUT FILE…\n".utf8))
    exit(64)
}
let folder = URL(fileURLWithPath: arguments[1], isDirectory: true).resolvingSymlinksInPath()
let found = FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil)
var paths: [String] = []
while let url = found?.nextObject() as? URL {
    let path = url.resolvingSymlinksInPath().path
    var isFolder: ObjCBool = false
    _ = FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
    if !isFolder.boolValue { paths.append(String(path.dropFirst(folder.path.count + 1))) }
}
let more = arguments.dropFirst(3).map { URL(fileURLWithPath: $0) }
let entries =
    try
    (paths.sorted().map { ($0, folder.appendingPathComponent($0)) }
    + more.map { ($0.lastPathComponent, $0) })
    .map { try entry($0.0, $0.1) }.joined()
let source = """
    // Written by embed-web from the files under Web.
    extension WebFiles {
        static let all: [String: Content] = [
    \(entries.isEmpty ? "        :\n" : entries)    ]
    }

    """
try Data(source.utf8).write(to: URL(fileURLWithPath: arguments[2]))
