import Foundation
import Hummingbird
import KoinonLedger
import KoinonProtocol
import NIOCore
import SwiftProtobuf

/// Signed transactions as they come in a request.
package enum SubmissionForm {
    /// One `Signed` message, as protobuf writes it.
    ///
    /// - Throws: ``Problem``.
    package static func message(_ bytes: [UInt8]) throws -> Envelope {
        let signed: Signed
        do { signed = try Signed(strict: bytes) } catch {
            throw Problem.badField(
                "body", "is not one Signed message of Protos/koinon/v1/signed.proto: \(error)",
                remedy: "send its bytes as protobuf writes them, or JSON as application/json")
        }
        return try envelope(signed, field: "body")
    }

    /// - Parameter field: where the message stands, for what is wrong with it.
    static func envelope(_ signed: Signed, field: String) throws -> Envelope {
        do { return try Envelope(signed) } catch {
            throw Problem.badField(
                field, "\(error)", remedy: "a public key has 32 bytes, a signature 64")
        }
    }

    private struct OneJSON: Decodable {
        var body: String
        var public_key: String
        var signature: String
    }

    private struct ManyJSON: Decodable {
        var transactions: [OneJSON]?
    }

    /// `{"body", "public_key", "signature"}`, or `{"transactions": [those]}`: the body in base64,
    /// key and signature in hexadecimal or base64.
    ///
    /// - Returns: whether it is one by itself, and the envelopes.
    /// - Throws: ``Problem``.
    package static func json(_ bytes: ByteBuffer, maximum: Int) throws -> (isOne: Bool, [Envelope])
    {
        let data = Data(buffer: bytes)
        let decoder = JSONDecoder()
        do {
            guard let many = try decoder.decode(ManyJSON.self, from: data).transactions else {
                let one = try decoder.decode(OneJSON.self, from: data)
                return (true, [try envelope(one, at: "")])
            }
            guard (1...maximum).contains(many.count) else {
                throw Problem.badField(
                    "transactions", "has \(many.count)",
                    remedy: "send 1 to \(maximum) at once, more by /v1/transactions/bulk")
            }
            return (
                false,
                try many.enumerated().map { try envelope($1, at: "transactions[\($0)].") }
            )
        } catch let error as DecodingError {
            throw Problem(error)
        }
    }

    /// What stands under `actions` in an order to prepare a transaction: one action or a list.
    ///
    /// - Throws: ``Problem``, or `JSONFormFault`.
    package static func actions(inOrder bytes: [UInt8]) throws -> [Action] {
        guard case .object(let members) = try JSONParser.parse(bytes) else {
            throw Problem.badField("body", "is no object", remedy: "send an object")
        }
        let list: [JSONTree]
        switch members.first(where: { $0.name == "actions" })?.value {
        case .array(let elements): list = elements
        case .object(let action): list = [.object(action)]
        default:
            throw Problem.badField(
                "actions", "is missing",
                remedy: "give an action or a list; docs/formats/json-actions.md shows each")
        }
        guard (1...TransactionLimits.actions).contains(list.count) else {
            throw Problem.badField(
                "actions", "has \(list.count)",
                remedy: "a transaction takes 1 to \(TransactionLimits.actions)")
        }
        let tree = JSONTree.object([.init(name: "actions", value: .array(list))])
        let text = JSONText.write(tree, indented: false)
        return try TransactionBody(jsonForm: Array(text.utf8)).actions
    }

    private static func envelope(_ json: OneJSON, at path: String) throws -> Envelope {
        guard let body = Data(base64Encoded: json.body) else {
            throw Problem.badField(
                path + "body", "is not base64",
                remedy: "encode the body's bytes in base64 with the letters + and /")
        }
        guard let key = PublicKey(try self.bytes(json.public_key, path + "public_key", 32)),
            let signature = Signature(try self.bytes(json.signature, path + "signature", 64))
        else {
            throw Problem.badField(
                path + "signature", "has a wrong length",
                remedy: "a public key has 32 bytes, a signature 64")
        }
        return Envelope(body: Array(body), publicKey: key, signature: signature)
    }

    /// Hexadecimal or base64: their lengths differ.
    private static func bytes(_ text: String, _ field: String, _ count: Int) throws -> [UInt8] {
        if text.utf8.count == 2 * count, let bytes = Hex.decode(text) { return bytes }
        if let data = Data(base64Encoded: text), data.count == count { return Array(data) }
        throw Problem.badField(
            field, "is not \(count) bytes in hexadecimal or base64",
            remedy: "write \(2 * count) hexadecimal digits")
    }
}

extension Problem {
    /// A JSON body that has not the members it should.
    init(_ error: DecodingError) {
        func path(_ keys: [any CodingKey]) -> String {
            keys.reduce(into: "") { text, key in
                if let index = key.intValue {
                    text += "[\(index)]"
                } else {
                    text += text.isEmpty ? key.stringValue : ".\(key.stringValue)"
                }
            }
        }
        let (field, detail): (String, String)
        switch error {
        case .keyNotFound(let key, let context):
            (field, detail) = (path(context.codingPath + [key]), "is missing")
        case .typeMismatch(let type, let context):
            (field, detail) = (path(context.codingPath), "is not a \(type)")
        case .valueNotFound(_, let context):
            (field, detail) = (path(context.codingPath), "is null")
        case .dataCorrupted(let context):
            (field, detail) = (path(context.codingPath), "is not JSON that can be read")
        @unknown default: (field, detail) = ("", "cannot be read")
        }
        self = .badField(
            field.isEmpty ? "body" : field, detail, remedy: "see /openapi.yaml for its form")
    }
}
