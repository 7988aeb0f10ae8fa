import Foundation
import TestSeeds
import Testing

@testable import KoinonFuzzing

/// The properties that `make fuzz` looks for violations of, on what it began with and found,
/// and on a thousand seeded mutations of it for each target, more in `make test-long`.
@Suite("Whatever the bytes")
struct PropertyTests {
    static func seeds(of target: FuzzTarget) throws -> [(name: String, bytes: [UInt8])] {
        let made = try target.madeSeeds().enumerated().map { ("made \($0)", $1) }
        let folder = FuzzFolders.seeds(of: target)
        guard FileManager.default.fileExists(atPath: folder.path) else { return made }
        return try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted().map {
            ($0, Array(try Data(contentsOf: folder.appending(path: $0))))
        } + made
    }

    /// Otherwise a new action or format is in no seed, and the fuzzer has to find it by itself.
    @Test func `the kept seeds are those of today's formats and documents`() throws {
        let root = URL(filePath: #filePath).appending(path: "../../..").standardizedFileURL
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["python3", "Fuzz/make-seeds.py", "--check"]
        process.currentDirectoryURL = root
        let pipe = Pipe()
        process.standardError = pipe
        try process.run()
        let output = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        #expect(process.terminationStatus == 0, "\(String(decoding: output, as: UTF8.self))")
    }

    @Test(arguments: FuzzTarget.all.map(\.name)) func `the kept seeds violate nothing`(
        name: String
    ) throws {
        let target = try #require(FuzzTarget.all.first { $0.name == name })
        let seeds = try Self.seeds(of: target)
        #expect(seeds.count >= 3, "Fuzz/make-seeds.py or the target makes them")
        for seed in seeds {
            #expect(seed.bytes.count <= target.maximumBytes, "\(seed.name)")
            let violation = target.violation(seed.bytes)
            #expect(violation == nil, "Fuzz/Corpus/\(name)/\(seed.name): \(violation ?? "")")
        }
    }

    @Test(arguments: FuzzTarget.all.map(\.name)) func `seeded mutations violate nothing`(
        name: String
    ) throws {
        let target = try #require(FuzzTarget.all.first { $0.name == name })
        var mutations = SeededMutations(
            seed: 20_260_301, of: try Self.seeds(of: target).map(\.bytes))
        for round in 0..<Seeds.cases(1_000) {
            let bytes = mutations.next(atMost: target.maximumBytes)
            guard let violation = target.violation(bytes) else { continue }
            Issue.record(
                "\(name), round \(round): \(violation)\n\(Data(bytes).base64EncodedString())")
            return
        }
    }
}
