import Foundation
import KoinonProtocol
import Testing

@testable import KoinonLedger

@Suite struct Ed25519Tests {
    @Test func `the library judges every pinned edge case as the ledger must`() throws {
        try Ed25519.selfTest()
    }

    @Test func `the edge cases cover torsion, small order, malleability and encoding`() {
        let names = Ed25519.edgeCases.map(\.name)
        #expect(Set(names).count == names.count)
        #expect(Ed25519.edgeCases.filter(\.isAuthentic).count == 1)
        for part in ["torsion", "order 8", "identity", "S + L", "not canonical", "no point"] {
            #expect(names.contains { $0.contains(part) }, "\(part)")
        }
    }

    private struct Wycheproof: Decodable {
        struct Group: Decodable {
            struct Key: Decodable { var pk: String }
            struct Case: Decodable {
                var tcId: Int
                var msg: String
                var sig: String
                var result: String
            }
            var publicKey: Key
            var tests: [Case]
        }
        var numberOfTests: Int
        var testGroups: [Group]
    }

    @Test func `Wycheproof's verdicts on Ed25519 are ours`() throws {
        let file = try VectorFile.decode(Wycheproof.self, from: "wycheproof_ed25519.json")
        var judged = 0
        for group in file.testGroups {
            let key = try #require(PublicKey(hex: group.publicKey.pk))
            for vector in group.tests {
                let message = try #require(Hex.decode(vector.msg))
                let bytes = try #require(Hex.decode(vector.sig))
                let verdict = Signature(bytes).map { signature in
                    message.withUnsafeBytes { Ed25519.isAuthentic(signature, of: $0, by: key) }
                }
                #expect((verdict ?? false) == (vector.result == "valid"), "tcId \(vector.tcId)")
                judged += 1
            }
        }
        #expect(judged == file.numberOfTests)
        #expect(judged == 151)
    }
}
