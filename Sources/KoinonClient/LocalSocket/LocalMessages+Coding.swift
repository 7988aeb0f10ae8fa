import Foundation
import KoinonLedger
import KoinonProtocol

/// Requests and responses as JSON; transactions in their packed form, in hex.
extension LocalRequest {
    /// Room for an entry's worth of transactions in hex.
    package static let maximumBytes = 2 << 20

    private struct Wire: Codable {
        var request: String
        var transactions: [String]?
        var wait: Bool?
    }

    package var encoded: [UInt8] {
        get throws(LocalSocketFault) {
            let wire =
                switch self {
                case .status: Wire(request: "status")
                case .submit(let envelopes, let waits):
                    Wire(
                        request: "submit", transactions: envelopes.map { Hex.encode($0.packed) },
                        wait: waits)
                }
            return try LocalCoding.encode(wire, limit: Self.maximumBytes)
        }
    }

    package init(encoded bytes: [UInt8]) throws(LocalSocketFault) {
        let wire = try LocalCoding.decode(Wire.self, bytes)
        switch (wire.request, wire.transactions, wire.wait) {
        case ("status", nil, nil):
            self = .status
        case ("submit", let transactions?, let wait?):
            var envelopes: [Envelope] = []
            for (index, text) in transactions.enumerated() {
                guard let packed = Hex.decode(text) else {
                    throw .malformed("transactions[\(index)] is not hex")
                }
                do throws(EnvelopeFault) {
                    envelopes.append(try Envelope(packed: packed))
                } catch {
                    throw .malformed("transactions[\(index)]: \(error)")
                }
            }
            self = .submit(envelopes, waitsUntilDurable: wait)
        default:
            throw .malformed(
                "a request is \"status\", or \"submit\" with \"transactions\" and \"wait\"")
        }
    }
}

extension LocalResponse {
    /// Larger than a request's, since a response may explain each transaction.
    package static let maximumBytes = 8 << 20

    private struct Wire: Codable {
        var status: LocalStatus?
        var submitted: [LocalSubmission]?
        var failed: String?
    }

    package var encoded: [UInt8] {
        get throws(LocalSocketFault) {
            let wire =
                switch self {
                case .status(let status): Wire(status: status)
                case .submitted(let submissions): Wire(submitted: submissions)
                case .failed(let reason): Wire(failed: reason)
                }
            return try LocalCoding.encode(wire, limit: Self.maximumBytes)
        }
    }

    package init(encoded bytes: [UInt8]) throws(LocalSocketFault) {
        let wire = try LocalCoding.decode(Wire.self, bytes)
        switch (wire.status, wire.submitted, wire.failed) {
        case (let status?, nil, nil): self = .status(status)
        case (nil, let submissions?, nil): self = .submitted(submissions)
        case (nil, nil, let reason?): self = .failed(reason)
        default: throw .malformed("a response is one of status, submitted and failed")
        }
    }
}

private enum LocalCoding {
    static func encode(_ value: some Encodable, limit: Int) throws(LocalSocketFault) -> [UInt8] {
        let bytes: [UInt8]
        do {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            bytes = Array(try encoder.encode(value))
        } catch {
            throw .malformed("\(error)")
        }
        guard bytes.count <= limit else { throw .tooLarge(bytes: bytes.count, limit: limit) }
        return bytes
    }

    static func decode<Value: Decodable>(
        _ type: Value.Type, _ bytes: [UInt8]
    ) throws(LocalSocketFault) -> Value {
        do {
            return try JSONDecoder().decode(type, from: Data(bytes))
        } catch {
            throw .malformed("it is not the JSON that was expected")
        }
    }
}
