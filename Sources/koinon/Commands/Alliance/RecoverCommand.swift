import ArgumentParser
import Foundation
import KoinonLedger
import KoinonNode
import KoinonProtocol

struct RecoverCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "recover",
        abstract: "Begin a new epoch: the engine lied, or is to change.",
        discussion: """
            A ceremony of the members, step by step, with files that they pass to each
            other; docs/recovery.md walks through it. Each step runs on a home whose node
            is stopped.

              koinon alliance recover state --home harbour --output harbour.statement
              koinon alliance recover propose --home harbour --output epoch-1.record \\
                *.statement
              koinon alliance recover sign --home harbour epoch-1.record \\
                --output harbour.record
              koinon alliance recover begin --home harbour *.record

            Exit status: 0 done, 1 the rules say no, 2 a file or the home cannot be used.
            """,
        subcommands: [
            StateStep.self, ProposeStep.self, SignStep.self, BeginStep.self,
        ])

    struct StateStep: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "state",
            abstract: "Close the epoch: state what the home's members attested, and stop attesting."
        )
        @OptionGroup var homeOption: HomeOption
        @Option(
            name: .long,
            help: "The epoch to close; the one that runs, or that was signed last, when left out.")
        var closes: UInt64?
        @Option(
            name: .shortAndLong,
            help: "The file to write; of several members, one each with the name put before.")
        var output: String

        func run() async throws {
            try await RecoverText.reporting {
                let recovery = try RecoveryHome(homeOption.nodeHome)
                let stated = try recovery.state(closing: closes)
                for statement in stated {
                    let file = URL(filePath: output)
                    let name =
                        stated.count == 1
                        ? file.lastPathComponent : "\(statement.member).\(file.lastPathComponent)"
                    let target = file.deletingLastPathComponent().appending(path: name)
                    try Data(statement.statement.encoded).write(to: target)
                    print(RecoverText.text(statement, file: target.relativePath))
                }
            }
        }
    }

    struct ProposeStep: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "propose",
            abstract: "Compute on which block the new epoch begins, and explain it.",
            discussion: """
                Where blocks that contradict each other may be final, and no further statement
                or quorum settles it, the members vote. State when the branches were published
                and the others asked for quorums; whoever signs votes for the block.

                  koinon alliance recover propose --home harbour --output epoch-1.record \\
                    --voted 3f0c9a2b71d4e865 --awaited-since 2025-03-01T09:00Z *.statement
                """)
        @OptionGroup var homeOption: HomeOption
        @Option(name: .long, help: "The epoch that ends; the newest that is closed when left out.")
        var closes: UInt64?
        @Option(name: .long, help: "A record of an epoch that statements name; may be repeated.")
        var record: [String] = []
        @Option(
            name: .long,
            help: "A final header that a member shows (`begin` and `sign` write it); repeatable.")
        var quorum: [String] = []
        @Option(
            name: .long,
            help: "In a conflict: the block to vote on, by its hash or the first 16 digits of it.")
        var voted: String?
        @Option(
            name: .long,
            help: "With --voted: since when anyone's quorum has been awaited, in ISO 8601.")
        var awaitedSince: String?
        @Option(name: .shortAndLong, help: "The record to write, once the base is decided.")
        var output: String
        @Argument(help: "Members' statements.")
        var statements: [String]

        /// The vote that is asked for; nil when none is.
        private func vote(at now: Timestamp) throws -> BaseVote? {
            guard voted != nil || awaitedSince != nil else { return nil }
            guard voted.map({ $0.count >= 16 }) ?? false else {
                throw ValidationError("--voted: give at least the first 16 digits of the hash")
            }
            guard let since = awaitedSince.flatMap({ Timestamp(iso8601: $0) }), since <= now else {
                throw ValidationError(
                    "--awaited-since: give the time at which the branches were published, as in 2025-03-01T09:00Z"
                )
            }
            return BaseVote.with {
                $0.awaitedFromMs = since.milliseconds
                $0.awaitedUntilMs = now.milliseconds
            }
        }

        /// Where the new epoch begins: by the rule, or by the vote that is asked for.
        private func base(_ ceremony: Ceremony) throws -> BlockHeader {
            switch (ceremony.decision.outcome, voted) {
            case (.base(let base), nil): return base
            case (.conflict(let tops, _), let voted?):
                if let top = tops.first(where: { $0.hash.hex.hasPrefix(voted.lowercased()) }) {
                    return top
                }
                throw RecoveryFault(
                    "\(voted) is none of the blocks that contradict each other",
                    remedy: "give the hash of one of those named above")
            case (_, nil): throw ExitStatus.no
            case (_, _?):
                throw RecoveryFault(
                    "there is nothing to vote on",
                    remedy: "a vote decides only between blocks that contradict each other")
            }
        }

        func run() async throws {
            try await RecoverText.reporting {
                let vote = try vote(at: SystemClock().now)
                let recovery = try RecoveryHome(homeOption.nodeHome)
                let earlier = try record.map { try RecoverFiles.record($0) }
                let shown = try quorum.map { try RecoverFiles.record($0) }
                let ceremony = try recovery.ceremony(
                    closing: closes,
                    statements: try statements.map { try RecoverFiles.statement($0) },
                    quorums: shown.flatMap(\.quorums), sets: shown.flatMap(\.sets),
                    records: earlier)
                print(RecoverText.text(ceremony))
                let made = ceremony.record(
                    on: try base(ceremony), earlier: earlier, vote: vote)
                // As everybody else will judge it.
                if let vote = try recovery.check(made).vote { print(RecoverText.text(vote)) }
                try Data(made.encoded).write(to: URL(filePath: output))
                print(
                    "\nwrote \(output): each member checks and signs it with `koinon alliance recover sign`"
                )
            }
        }
    }

    struct SignStep: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "sign",
            abstract: "Check a record and sign it for the home's members.")
        @OptionGroup var homeOption: HomeOption
        @Flag(
            name: .long,
            help: "Vote for a block though others that may be final contradict it.")
        var acceptConflict = false
        @Option(name: .shortAndLong, help: "The signed copy to write.")
        var output: String
        @Argument(help: "The record, or several copies of it with others' signatures.")
        var records: [String]

        func run() async throws {
            try await RecoverText.reporting(home: homeOption.nodeHome) {
                let recovery = try RecoveryHome(homeOption.nodeHome)
                let record = try RecoverFiles.merged(records)
                if let vote = try recovery.check(record).vote { print(RecoverText.text(vote)) }
                let signed = try recovery.sign(record, acceptsConflict: acceptConflict)
                try Data(signed.message.encoded).write(to: URL(filePath: output))
                print(RecoverText.text(signed))
                print("wrote \(output)")
            }
        }
    }

    struct BeginStep: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "begin",
            abstract: "Begin the new epoch on this home.",
            discussion: """
                Drops the blocks behind the base; their transactions wait for a block again
                when the node starts. Each epoch has a log of its own: where etcd orders the
                entries and its servers change, name the new ones in node.json first.
                """)
        @OptionGroup var homeOption: HomeOption
        @Argument(help: "The record, in copies that together hold the signatures it needs.")
        var records: [String]

        func run() async throws {
            try await RecoverText.reporting(home: homeOption.nodeHome) {
                let home = homeOption.nodeHome
                let recovery = try RecoveryHome(home)
                let begun = try recovery.begin(
                    try RecoverFiles.merged(records),
                    engineIsNew: try RecoverFiles.namesEngine(home))
                print(RecoverText.text(begun))
            }
        }
    }
}

/// Reading the files of a ceremony.
enum RecoverFiles {
    static func statement(_ path: String) throws -> Signed {
        try RecoveryFiles.statement(
            try RecoveryFiles.bytes(
                of: URL(filePath: path), limit: 2 * RecoveryLimits.statementBytes), from: path)
    }

    static func record(_ path: String) throws -> RecoveryRecord {
        try RecoveryFiles.record(
            try RecoveryFiles.bytes(of: URL(filePath: path), limit: RecoveryLimits.recordBytes),
            from: path)
    }

    /// Copies of one record, with everybody's signatures in one.
    static func merged(_ paths: [String]) throws -> RecoveryRecord {
        guard let first = paths.first else {
            throw ValidationError("RECORDS: give at least one record")
        }
        var record = try record(first)
        for path in paths.dropFirst() {
            let other = try Self.record(path)
            try record.addSignatures(of: other, from: path)
        }
        return record
    }

    /// Whether node.json names an engine apart from the node.
    static func namesEngine(_ home: NodeHome) throws -> Bool {
        let data = try Data(contentsOf: home.configurationFile)
        let object = try JSONSerialization.jsonObject(with: data) as? [String: Any]
        return object?["engine"] != nil
    }
}
