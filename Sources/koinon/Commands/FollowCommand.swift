import ArgumentParser
import Foundation
import KoinonClient
import KoinonLedger
import KoinonNode
import KoinonProtocol

struct FollowCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "follow",
        abstract: "Follow a chain by its members' signatures alone, through several nodes.",
        discussion: """
            Needs the alliance's genesis.json and addresses of nodes, of which none is
            believed: each header is taken with a quorum of its judges only, across changes
            of members and beginnings of epochs. Names each node that shows another chain,
            ends far below the others, sends what does not hold, or does not answer. What
            is trusted is kept in a file; the next run goes on from there.

              koinon follow --genesis genesis.json http://one.example:8080 \\
                http://two.example:8080
              koinon follow --genesis genesis.json --watch 10 http://one.example:8080
              koinon follow --genesis genesis.json --claim trip.proof.json \\
                http://one.example:8080

            Exit status: 0 nodes agree, or the claim holds; 1 a node is named, or it does
            not; 2 a file cannot be used.
            """)

    @Option(name: .long, help: "The alliance's genesis.json.")
    var genesis: String
    @Option(
        name: .long,
        help: ArgumentHelp(
            "The file that keeps what is trusted (default: trusted.json beside genesis.json).",
            valueName: "file"))
    var state: String?
    @Option(
        name: .long,
        help: ArgumentHelp("Prove or refuse what this proof file claims.", valueName: "proof"))
    var claim: String?
    @Option(
        name: .long,
        help: ArgumentHelp("Ask again every so many seconds, until stopped.", valueName: "seconds"))
    var watch: Int?
    @Option(
        name: .long,
        help: ArgumentHelp("So many blocks behind the others is late.", valueName: "blocks"))
    var lag: UInt64 = 64
    @Argument(help: "Addresses of nodes, best of several members.")
    var nodes: [String]

    func validate() throws {
        guard !nodes.isEmpty else { throw ValidationError("give at least one node's address") }
        guard nodes.count <= 100 else { throw ValidationError("give at most 100 addresses") }
        if let watch, !(1...86_400).contains(watch) {
            throw ValidationError("--watch: give 1 to 86400 seconds")
        }
    }

    func run() async throws {
        try await ExitStatus.reporting {
            let document = try GenesisDocument(file: URL(filePath: genesis))
            let file = TrustFile(
                state.map { URL(filePath: $0) }
                    ?? URL(filePath: genesis).deletingLastPathComponent()
                    .appending(path: "trusted.json"))
            var trusted = try file.read(genesis: document)
            let follower = Follower(
                try nodes.map { NodeTrustSource(try NodeClient($0)) }, lagTolerance: lag)
            while true {
                let round = await follower.round(from: trusted)
                if round.chain != trusted { try file.write(round.chain) }
                trusted = round.chain
                FollowText.write(round)
                if let path = try file.write(evidence: round) {
                    Terminal.writeError(
                        "  both headers with their signatures are in \(path): show them to the members\n"
                    )
                }
                guard let watch else {
                    try await end(round, follower: follower)
                    return
                }
                try await Task.sleep(for: .seconds(watch))
            }
        }
    }

    private func end(_ round: Follower.Round, follower: Follower) async throws {
        guard let claim else {
            if round.nodes.contains(where: { !FollowText.isGood($0.verdict) }) {
                throw ExitStatus.no
            }
            return
        }
        let proof = try ProofFile(json: Array(Data(contentsOf: URL(filePath: claim))))
        do {
            print(CheckedProofText.text(try await follower.check(proof, by: round.chain)))
        } catch {
            Terminal.writeError("✗ the claim does not hold: \(error)\n")
            throw ExitStatus.no
        }
    }
}

/// Where a follower keeps what it trusts.
struct TrustFile {
    let url: URL

    init(_ url: URL) { self.url = url }

    /// What was trusted last, or the genesis document alone.
    ///
    /// - Throws: what is wrong with the file.
    func read(genesis: GenesisDocument) throws -> TrustedChain {
        guard FileManager.default.fileExists(atPath: url.path) else {
            return TrustedChain(genesis: genesis)
        }
        let chain = try Self.read(url)
        guard chain.chain == genesis.chain else {
            throw HomeFault(
                "\(url.relativePath) follows another alliance; name another file with --state")
        }
        return chain
    }

    static func read(_ url: URL) throws -> TrustedChain {
        do {
            return try TrustedChain(json: Array(Data(contentsOf: url)))
        } catch let fault as ProofFault {
            throw HomeFault(
                "\(url.relativePath): \(fault.path.isEmpty ? "the file" : fault.path) \(fault.problem); delete it to begin at genesis.json again"
            )
        }
    }

    func write(_ chain: TrustedChain) throws {
        try Data(chain.json.utf8).write(to: url, options: .atomic)
    }

    /// Keeps what proves that two histories were signed, beside the file.
    ///
    /// - Returns: the evidence's file; nil when there is nothing to keep.
    func write(evidence round: Follower.Round) throws -> String? {
        guard !round.evidence.isEmpty else { return nil }
        let folder = url.deletingLastPathComponent().appending(path: "fork-evidence")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        for (_, document) in round.evidence {
            let name = "\(document.header.height)-\(document.header.hash.hex.prefix(16)).trust.json"
            try Data(document.json.utf8).write(to: folder.appending(path: name), options: .atomic)
        }
        return folder.relativePath
    }
}

/// What a round found, in words.
enum FollowText {
    static func write(_ round: Follower.Round) {
        if let header = round.chain.header {
            print(
                "\(round.hasFork ? "✗ stands still at" : "✓ trusted up to") block \(header.height), \(header.time.iso8601), epoch \(round.chain.sets.epoch)"
            )
            let names = round.chain.attestations.map(\.member.rawValue).joined(separator: ", ")
            print(
                "  signed by \(names) (\(round.chain.judges.quorum) of \(round.chain.judges.members.count) needed), \(round.chain.sets.memberChanges) changes of members so far"
            )
        } else {
            print("✗ nothing is trusted but the genesis document")
        }
        print(
            Text.table(
                round.nodes.map { node in
                    [isGood(node.verdict) ? "✓" : "✗", node.name, text(node.verdict)]
                }))
    }

    static func isGood(_ verdict: Follower.Verdict) -> Bool {
        if case .agrees = verdict { true } else { false }
    }

    static func text(_ verdict: Follower.Verdict) -> String {
        switch verdict {
        case .agrees(let height): "agrees, at block \(height)"
        case .lags(let height, let by): "late: ends at block \(height), \(by) blocks behind"
        case .silent(let why): "no answer: \(why)"
        case .wrong(let why): "sends what does not hold: \(why)"
        case .forks(let header):
            "shows ANOTHER chain with a quorum: block \(header.height) is \(header.hash.hex.prefix(16))…"
        }
    }
}
