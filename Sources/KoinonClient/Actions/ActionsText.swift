import KoinonProtocol

/// Actions as people write them for `koinon send`: the JSON form of one action or of a list
/// of them, in which "@NAME" stands for the account of the key NAME.
public enum ActionsText {
    /// Reads at most 1 MiB of UTF-8; an empty text or list gives no actions.
    ///
    /// - Parameter replacement: what a quoted "@NAME" stands for; NAME has 1 to 32 of a–z,
    ///   0–9, "-", "." and "_". What it throws is thrown on.
    /// - Throws: ``JSONFormFault`` with the place and the remedy.
    public static func read(
        _ bytes: [UInt8], replacement: (String) throws -> String
    ) throws -> [Action] {
        // Before names are looked up: a text of many bytes may hold as many names.
        guard bytes.count <= JSONParser.maximumBytes else {
            throw JSONFormFault(
                path: "", problem: "has \(bytes.count) bytes",
                remedy: "at most \(JSONParser.maximumBytes) are taken; split it")
        }
        var text = String(decoding: bytes, as: UTF8.self)
        // In quotes: no text form of the ledger begins with "@".
        for match in text.matches(of: /"@([a-z0-9._-]{1,32})"/).reversed() {
            text.replaceSubrange(match.range, with: "\"\(try replacement(String(match.1)))\"")
        }
        let isList = text.first { !$0.isWhitespace } == "["
        let list = isList ? text : "[\(text)]"
        return try TransactionBody(jsonForm: Array("{\"actions\": \(list)}".utf8)).actions
    }
}
