import Foundation
import KoinonProtocol
import Testing

@testable import KoinonLedger

/// Examples/check_proof.py, written from docs/formats alone, judges as the library does.
@Suite(
    .enabled(
        if: PythonChecker.isPresent,
        "skipped: needs python3 with the package cryptography (apt: python3-cryptography)"))
struct PythonCheckerTests {
    private let fixture: ProofFixture

    init() throws { fixture = try ProofFixture() }

    @Test func `the Python checker accepts each sort of proof`() throws {
        let files = try ProofFixture.sorts.map { try fixture.file(sort: $0).json }
        let result = try PythonChecker.run(files, genesis: fixture.genesisBytes)
        #expect(result.status == 0)
        #expect(result.verdicts == files.map { _ in true }, "\(result.output)")
    }

    @Test func `the Python checker refuses every single-field alteration`() throws {
        for sort in ProofFixture.sorts {
            let alterations = try Alterations.of(try fixture.file(sort: sort).json, few: true)
            let result = try PythonChecker.run(
                alterations.map(\.json), genesis: fixture.genesisBytes)
            #expect(result.status == 1)
            #expect(result.verdicts.count == alterations.count, "\(result.output.suffix(2000))")
            for (alteration, verdict) in zip(alterations, result.verdicts) {
                #expect(!verdict, "\(sort): \(alteration.name)")
            }
        }
    }

    @Test func `both judge attestation bodies in unusual encodings alike`() throws {
        let header = fixture.headers[2]
        let plain = fixture.attestation("ant", header).envelope.body
        let bodies: [[UInt8]] = [
            plain,
            // The height again, the right one last; then the wrong one last.
            [0x18, 0x07] + plain, plain + [0x18, 0x07],
            // The height in more bytes than it needs; beyond 64 bits.
            plain + [0x18, 0x82, 0x80, 0x00],
            plain + [0x18, 0x82, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x7f],
            // An unknown field; a field of the wrong wire type; nothing after a key.
            plain + [0x28, 0x01], plain + [0x10], plain + [0x15, 0, 0, 0, 0], plain + [0x12, 0],
            // A group; a length beyond the end; a key in two bytes; key number zero.
            plain + [0x2b, 0x2c], plain + [0x0a, 0x7f], plain + [0x98, 0x00, 0x02],
            plain + [0x00, 0x00], [],
        ]
        let files = try bodies.map { body in
            var file = try fixture.file(sort: "state")
            file.attestations[0].envelope = fixture.keys["ant"]!.sign(body, as: .attestation)
            return file
        }
        let ours = files.map { file in
            do {
                _ = try file.check(genesis: fixture.genesis)
                return true
            } catch {
                return false
            }
        }
        let theirs = try PythonChecker.run(files.map(\.json), genesis: fixture.genesisBytes)
        #expect(ours == theirs.verdicts, "\(theirs.output)")
        #expect(ours[0] && ours[1] && !ours[2])
    }
}

enum PythonChecker {
    static let isPresent: Bool = {
        do {
            return try launch(["-c", "import cryptography"]).status == 0
        } catch {
            return false
        }
    }()

    private static var script: String {
        URL(filePath: #filePath)
            .deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "Examples/check_proof.py").path
    }

    struct Result {
        var status: Int32
        var output: String
        /// One for each file, in order; fewer if the checker broke off.
        var verdicts: [Bool]
    }

    static func run(_ files: [String], genesis: [UInt8]) throws -> Result {
        let folder = FileManager.default.temporaryDirectory
            .appending(path: "koinon-proofs-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer {
            do {
                try FileManager.default.removeItem(at: folder)
            } catch {
                Issue.record(error)
            }
        }
        let genesisFile = folder.appending(path: "genesis.json")
        try Data(genesis).write(to: genesisFile)
        var arguments = [script, "--genesis", genesisFile.path]
        for (index, file) in files.enumerated() {
            let url = folder.appending(path: "\(index).json")
            try Data(file.utf8).write(to: url)
            arguments.append(url.path)
        }
        let (status, output) = try launch(arguments)
        let verdicts = output.split(separator: "\n").compactMap { line -> Bool? in
            if line.contains(".json: proven: ") { return true }
            return line.contains(".json: refused: ") ? false : nil
        }
        return Result(status: status, output: output, verdicts: verdicts)
    }

    private static func launch(_ arguments: [String]) throws -> (status: Int32, output: String) {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        // `make test` names one that has the package.
        let python = ProcessInfo.processInfo.environment["KOINON_PYTHON"] ?? "python3"
        process.arguments = [python, "-B"] + arguments
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = pipe
        try process.run()
        let output = try pipe.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        return (process.terminationStatus, String(decoding: output, as: UTF8.self))
    }
}
