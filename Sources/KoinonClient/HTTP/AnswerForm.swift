import Foundation
import KoinonLedger
import KoinonProtocol

/// Reads what nodes answer. None of it is believed: another form, or a number that no ledger
/// comes to, is a fault.
package enum AnswerForm {
    /// Of answers that are short by their nature: a status, a list of heights, a problem.
    package static let shortBytesMaximum = 1_048_576
    /// No height, sequence or nonce comes to it, and JavaScript still counts exactly.
    package static let numberMaximum: UInt64 = 1 << 53

    /// - Throws: ``NodeClientFault/badAnswer(_:)``, as all of these.
    package static func status(_ bytes: [UInt8]) throws(NodeClientFault) -> NodeStatus {
        let status: NodeStatus = try shown(bytes)
        if let field = status.implausibleField { throw .badAnswer("\(field): no such number") }
        return status
    }

    private struct SnapshotList: Decodable {
        struct Entry: Decodable { var height: UInt64 }
        var snapshots: [Entry]
    }

    package static func snapshotHeights(_ bytes: [UInt8]) throws(NodeClientFault) -> [UInt64] {
        let list: SnapshotList = try decoded(bytes)
        let heights = list.snapshots.map(\.height)
        guard heights.allSatisfy({ $0 <= numberMaximum }) else {
            throw .badAnswer("snapshots: no such height")
        }
        return heights
    }

    private struct NextNonce: Decodable {
        var next_nonce: String
    }

    package static func nextNonce(_ bytes: [UInt8]) throws(NodeClientFault) -> UInt64 {
        let answer: NextNonce = try decoded(bytes)
        guard let nonce = UInt64(answer.next_nonce), nonce > 0 else {
            throw .badAnswer("next_nonce: \(JSONText.short(answer.next_nonce))")
        }
        return nonce
    }

    /// The receipt in an answer about a transaction; nil while it has none.
    package static func receipt(_ bytes: [UInt8]) throws(NodeClientFault) -> Receipt? {
        do throws(JSONFormFault) {
            let answer = try JSONParser.parse(bytes, maximumBytes: NodeClient.answerBytes)
            guard let receipt = answer["transaction"]?["receipt"], receipt != .null else {
                return nil
            }
            return try Receipt(jsonForm: Array(JSONText.write(receipt, indented: false).utf8))
        } catch {
            throw .badAnswer("receipt: \(error)")
        }
    }

    /// The lines of an answer to many transactions.
    ///
    /// - Throws: also ``NodeClientFault/problem(_:)``: what is wrong with one of them comes in
    ///   its place.
    package static func submissions(_ bytes: [UInt8]) throws(NodeClientFault) -> [Submission] {
        var submissions: [Submission] = []
        for line in bytes.split(separator: UInt8(ascii: "\n")) {
            if let problem = try? JSONDecoder().decode(NodeProblem.self, from: Data(line)) {
                throw .problem(problem)
            }
            submissions.append(try decoded(Array(line)))
        }
        return submissions
    }

    package static func problem(_ bytes: [UInt8]) throws(NodeClientFault) -> NodeProblem {
        try shown(bytes)
    }

    static func submission(_ bytes: [UInt8]) throws(NodeClientFault) -> Submission {
        try shown(bytes)
    }

    /// As ``decoded(_:)``, of what is shown to people as it is: nothing in it steers a terminal.
    private static func shown<Answer: Decodable>(
        _ bytes: [UInt8]
    ) throws(NodeClientFault) -> Answer {
        let tree: JSONTree
        do throws(JSONFormFault) {
            tree = try JSONParser.parse(bytes, maximumBytes: shortBytesMaximum)
        } catch {
            throw .badAnswer("\(error)")
        }
        return try decoded(Array(JSONText.write(tree.harmless, indented: false).utf8))
    }

    static func decoded<Answer: Decodable>(_ bytes: [UInt8]) throws(NodeClientFault) -> Answer {
        do { return try JSONDecoder().decode(Answer.self, from: Data(bytes)) } catch {
            throw .badAnswer("\(error)")
        }
    }
}

extension JSONTree {
    fileprivate var harmless: JSONTree {
        switch self {
        case .string(let text): .string(JSONText.harmless(text))
        case .array(let elements): .array(elements.map(\.harmless))
        case .object(let members):
            .object(members.map { Member(name: $0.name, value: $0.value.harmless) })
        default: self
        }
    }

    fileprivate subscript(_ name: String) -> JSONTree? {
        guard case .object(let members) = self else { return nil }
        return members.first { $0.name == name }?.value
    }
}
