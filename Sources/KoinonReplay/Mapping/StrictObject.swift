/// Any key that a JSON object may hold.
private struct AnyKey: CodingKey {
    var stringValue: String
    var intValue: Int? { nil }
    init?(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
}

extension Decoder {
    /// The object's values by its known keys. A key that is not known is refused rather
    /// than passed over: it is most often a known one with a slip of the pen.
    /// - Throws: ``MappingFault`` naming the first such key and those that are known.
    func strictObject<Key: CodingKey & CaseIterable>(
        _ keys: Key.Type
    ) throws -> KeyedDecodingContainer<Key> {
        let unknown = try container(keyedBy: AnyKey.self).allKeys
            .map(\.stringValue).filter { Key(stringValue: $0) == nil }.sorted()
        if let first = unknown.first {
            throw fault(
                at: first,
                "a mapping has no such key here. Remove it, or correct its name; known are: "
                    + Key.allCases.map(\.stringValue).joined(separator: ", ") + ".")
        }
        return try container(keyedBy: keys)
    }

    /// A fault at a key of the object being decoded.
    func fault(at key: String, _ message: String) -> MappingFault {
        MappingFault(
            path: (codingPath.map(\.stringValue) + [key]).joined(separator: "."),
            message: message)
    }
}
