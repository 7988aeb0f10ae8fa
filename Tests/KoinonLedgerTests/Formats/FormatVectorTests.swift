import Foundation
import KoinonProtocol
import Testing

@testable import KoinonLedger

/// Holds bytes, golden files and docs/formats/ together. With KOINON_RECORD_VECTORS=1 the
/// files are written anew and the run fails, so that no one records by accident.
@Suite struct FormatVectorTests {
    private let vectors: FormatVectors
    private let isRecording =
        ProcessInfo.processInfo.environment["KOINON_RECORD_VECTORS"] == "1"

    init() throws { vectors = try FormatVectors() }

    private static let root = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()

    private func golden(_ name: String, is text: String) throws {
        if isRecording {
            let url = Self.root.appending(path: "Tests/KoinonLedgerTests/Vectors/\(name)")
            try Data(text.utf8).write(to: url)
            Issue.record("recorded \(name); run again without KOINON_RECORD_VECTORS")
            return
        }
        let recorded = String(decoding: try VectorFile.data(name), as: UTF8.self)
        #expect(recorded == text, "\(name) differs; see Vectors/README.md")
    }

    @Test func `the annotated bytes of every format are those recorded`() throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        for document in vectors.documents {
            let name = "\(document.name).json"
            guard !isRecording else {
                let text = String(decoding: try encoder.encode(document.vectors), as: UTF8.self)
                try golden(name, is: text + "\n")
                continue
            }
            // As values: encoders of other versions space their text differently.
            let recorded = try VectorFile.decode([FormatVector].self, from: name)
            #expect(recorded == document.vectors, "\(name) differs; see Vectors/README.md")
        }
    }

    @Test func `proof files and their genesis document are those recorded`() throws {
        try golden(
            "genesis.json",
            is: String(decoding: vectors.fixture.genesisBytes, as: UTF8.self))
        for sort in ProofFixture.sorts {
            let name = "proof-\(sort.replacingOccurrences(of: " ", with: "-")).json"
            try golden(name, is: try vectors.fixture.file(sort: sort).json)
        }
    }

    @Test func `docs/formats shows the same bytes`() throws {
        for document in vectors.documents {
            let url = Self.root.appending(path: "docs/formats/\(document.name).md")
            var page = String(decoding: try Data(contentsOf: url), as: UTF8.self)
            for vector in document.vectors {
                let start = try #require(
                    page.range(of: "<!-- vector: \(vector.name) -->\n"),
                    "\(document.name).md has no place for \(vector.name)")
                let end = try #require(
                    page.range(
                        of: "<!-- end of vector -->", range: start.upperBound..<page.endIndex))
                let place = start.upperBound..<end.lowerBound
                if !isRecording {
                    #expect(page[place] == vector.table + "\n", "\(document.name).md")
                }
                page.replaceSubrange(place, with: vector.table + "\n")
            }
            if isRecording {
                try Data(page.utf8).write(to: url)
                Issue.record("recorded \(document.name).md; run again")
            }
        }
    }

    @Test func `annotations leave no byte out, and results follow from the bytes`() throws {
        for document in vectors.documents {
            for vector in document.vectors {
                let bytes = try #require(vector.bytes, "\(vector.name)")
                let hash = Hash256.sha256(bytes)
                for result in vector.results where result.name.contains("SHA-256") {
                    let count = result.name.hasPrefix("first 20 bytes") ? 40 : 64
                    #expect(String(hash.hex.prefix(count)) == result.value, "\(vector.name)")
                }
            }
        }
        func bytes(_ name: String) throws -> [UInt8] {
            let vector = vectors.documents.flatMap(\.vectors).first { $0.name == name }
            return try #require(vector?.bytes)
        }
        let transaction = vectors.fixture.transactions[0]
        #expect(try bytes("packed") == transaction.packed)
        #expect(try Envelope(packed: bytes("packed")).isAuthentic(as: .transaction))
        #expect(try Envelope(Signed(strict: bytes("signed-protobuf"))) == transaction)
        #expect(try bytes("transaction-body") == transaction.body)
        #expect(try BlockHeader(encoded: bytes("header")) == vectors.fixture.headers[2])
        #expect(try EntryBody(strict: bytes("entry-body")).transactions == [transaction.message])
        #expect(try AttestationBody(strict: bytes("attestation-body")).height == 2)
        #expect(try Receipt(strict: bytes("receipt")).code == 3003)
        #expect(
            try bytes("signed-message")
                == SigningTag.transaction.withMessage(transaction.body) { Array($0) })
    }
}
