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

    /// A whole number within the type's range. What JSONDecoder throws for others is of
    /// several kinds, and most do not name the key.
    func number<Key, Number: FixedWidthInteger & Decodable>(
        _ object: KeyedDecodingContainer<Key>, _ key: Key
    ) throws -> Number {
        do {
            return try object.decode(Number.self, forKey: key)
        } catch DecodingError.keyNotFound(let key, let context) {
            throw DecodingError.keyNotFound(key, context)
        } catch {
            throw fault(
                at: key.stringValue,
                "give a whole number from \(Number.min) to \(Number.max), without quotes.")
        }
    }

    /// The same, nil when the key is not there.
    func numberIfPresent<Key, Number: FixedWidthInteger & Decodable>(
        _ object: KeyedDecodingContainer<Key>, _ key: Key
    ) throws -> Number? {
        guard object.contains(key), try !object.decodeNil(forKey: key) else { return nil }
        return try number(object, key) as Number
    }

    /// A fault at a key of the object being decoded.
    func fault(at key: String, _ message: String) -> MappingFault {
        MappingFault(
            path: (codingPath.map(\.stringValue) + [key]).joined(separator: "."),
            message: message)
    }
}
