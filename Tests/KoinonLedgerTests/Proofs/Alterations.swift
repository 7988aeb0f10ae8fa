import KoinonProtocol

/// A JSON text with one thing in it changed.
struct Alteration: Sendable {
    var name: String
    var json: String
}

/// Every single-field alteration of a JSON text.
enum Alterations {
    /// - Parameter few: one change a field instead of several.
    static func of(_ json: String, few: Bool = false) throws -> [Alteration] {
        let tree = try JSONParser.parse(Array(json.utf8))
        return variants(of: tree, at: "", few: few).map {
            Alteration(name: $0.name, json: JSONText.write($0.tree, indented: false))
        }
    }

    private typealias Variant = (name: String, tree: JSONTree)

    private static func variants(of tree: JSONTree, at path: String, few: Bool) -> [Variant] {
        var result: [Variant] = []
        if !path.isEmpty {
            result.append(("\(path) null", .null))
            if !few { result.append(("\(path) a number", .number("1"))) }
        }
        switch tree {
        case .string(let text):
            result += texts(text, few: few).map { ("\(path) \($0.name)", .string($0.text)) }
        case .array(let elements):
            result += arrays(elements, at: path)
            for (index, element) in elements.enumerated() {
                result += variants(of: element, at: "\(path)[\(index)]", few: few).map {
                    var changed = elements
                    changed[index] = $0.tree
                    return ($0.name, .array(changed))
                }
            }
        case .object(let members):
            result.append(
                ("\(path) more", .object(members + [.init(name: "more", value: .string(""))])))
            for (index, member) in members.enumerated() {
                let place = "\(path).\(member.name)"
                var without = members
                without.remove(at: index)
                result.append(("\(place) left out", .object(without)))
                result.append(("\(place) twice", .object(members + [member])))
                result += variants(of: member.value, at: place, few: few).map {
                    var changed = members
                    changed[index].value = $0.tree
                    return ($0.name, .object(changed))
                }
            }
        case .null, .bool, .number:
            break
        }
        return result
    }

    private static func texts(_ text: String, few: Bool) -> [(name: String, text: String)] {
        var characters = Array(text)
        guard !characters.isEmpty else { return [("not empty", "00")] }
        var result: [(String, String)] = []
        let middle = characters.count / 2
        for place in few ? [middle] : [0, middle, characters.count - 1] {
            let old = characters[place]
            // Another hex digit, and for names another letter.
            characters[place] = old == "e" ? "a" : old == "a" ? "b" : "a"
            result.append(("changed at \(place)", String(characters)))
            characters[place] = old
        }
        if few { return result }
        result.append(("empty", ""))
        result.append(("longer", text + "00"))
        result.append(("shorter", String(text.dropLast(2))))
        if text.uppercased() != text { result.append(("in capitals", text.uppercased())) }
        return result
    }

    private static func arrays(_ elements: [JSONTree], at path: String) -> [Variant] {
        let zeros = JSONTree.string(String(repeating: "0", count: 64))
        var result: [Variant] = [("\(path) longer", .array(elements + [elements.last ?? zeros]))]
        for index in elements.indices {
            var without = elements
            without.remove(at: index)
            result.append(("\(path)[\(index)] left out", .array(without)))
            if index > 0, elements[index] != elements[index - 1] {
                var swapped = elements
                swapped.swapAt(index, index - 1)
                result.append(("\(path)[\(index)] swapped", .array(swapped)))
            }
        }
        return result
    }
}
