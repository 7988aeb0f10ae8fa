import KoinonProtocol

/// A value inside a proof file and its place, read strictly: every name is expected,
/// none is missing, hex is in lower case. So two different texts of one proof differ
/// in white space, order of names and escapes only.
struct ProofJSON {
    var path: String
    var tree: JSONTree

    static func parse(
        _ bytes: [UInt8], maximumBytes: Int = ProofFile.bytesMaximum
    ) throws(ProofFault) -> ProofJSON {
        do {
            let tree = try JSONParser.parse(bytes, maximumBytes: maximumBytes)
            return ProofJSON(path: "", tree: tree)
        } catch {
            throw ProofFault(path: error.path, problem: error.problem)
        }
    }

    func fault(_ problem: String) -> ProofFault { ProofFault(path: path, problem: problem) }

    /// The members of an object with exactly these names; optional ones may be left out.
    func object(
        _ names: [String], optional: [String] = []
    ) throws(ProofFault) -> Object {
        guard case .object(let members) = tree else {
            throw fault("is \(tree.kindName), not an object")
        }
        var values: [String: ProofJSON] = [:]
        for member in members {
            let place = path.isEmpty ? member.name : path + "." + member.name
            guard names.contains(member.name) || optional.contains(member.name) else {
                throw ProofFault(path: JSONText.short(place), problem: "is not known")
            }
            values[member.name] = ProofJSON(path: place, tree: member.value)
        }
        for name in names where values[name] == nil {
            throw ProofFault(path: path.isEmpty ? name : path + "." + name, problem: "is missing")
        }
        return Object(path: path, values: values)
    }

    func array<Element>(
        _ read: (ProofJSON) throws(ProofFault) -> Element
    ) throws(ProofFault) -> [Element] {
        guard case .array(let elements) = tree else {
            throw fault("is \(tree.kindName), not a list")
        }
        var result: [Element] = []
        result.reserveCapacity(elements.count)
        for (index, element) in elements.enumerated() {
            result.append(try read(ProofJSON(path: "\(path)[\(index)]", tree: element)))
        }
        return result
    }

    func text() throws(ProofFault) -> String {
        guard case .string(let text) = tree else { throw fault("is \(tree.kindName), not a text") }
        return text
    }

    func bytes() throws(ProofFault) -> [UInt8] {
        let text = try text()
        guard let bytes = Hex.decode(text), Hex.encode(bytes) == text else {
            throw fault("is not hexadecimal in lower case")
        }
        return bytes
    }

    func value<Value: Bytes32>(_ type: Value.Type) throws(ProofFault) -> Value {
        let bytes = try bytes()
        guard let value = Value(bytes) else { throw fault("has \(bytes.count) bytes, not 32") }
        return value
    }

    /// A number as text: decimal digits without leading zeros.
    func number() throws(ProofFault) -> UInt64 {
        let text = try text()
        guard let number = UInt64(text), String(number) == text else {
            throw fault("is no number written in decimal digits")
        }
        return number
    }

    func hashes() throws(ProofFault) -> [Hash256] {
        try array { (element) throws(ProofFault) in try element.value(Hash256.self) }
    }

    func member() throws(ProofFault) -> MemberID {
        guard let id = MemberID(rawValue: try text()) else { throw fault("is no member name") }
        return id
    }

    func header() throws(ProofFault) -> BlockHeader {
        let bytes = try bytes()
        do {
            return try BlockHeader(encoded: bytes)
        } catch {
            throw fault("is no header: \(error)")
        }
    }

    struct Object {
        var path: String
        var values: [String: ProofJSON]

        subscript(name: String) -> ProofJSON {
            get throws(ProofFault) {
                guard let value = values[name] else {
                    throw ProofFault(
                        path: path.isEmpty ? name : path + "." + name, problem: "is missing")
                }
                return value
            }
        }
    }
}
