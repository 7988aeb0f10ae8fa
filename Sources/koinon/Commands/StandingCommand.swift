import ArgumentParser
import Foundation
import KoinonLedger
import KoinonMachine
import KoinonNode
import KoinonProtocol
import KoinonStore

struct StandingCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "standing",
        abstract: "Look at what accounts are believed to be, and why.",
        discussion: """
            docs/reputation.md explains the sum and how well it works.

              koinon standing show
              koinon standing explain @anna --kind boat
              koinon standing trial --rings
            """,
        subcommands: [Show.self, Explain.self, StandingTrialCommand.self],
        defaultSubcommand: Show.self)

    /// What both readers ask for.
    struct Question: ParsableArguments {
        @Option(
            name: .long, help: "The kind of resource; evidence from others counts a quarter.")
        var kind: String?
        @Option(
            name: .long,
            help: "A moment, in ISO 8601 or milliseconds; the last block's unless given.")
        var at: String?
        @OptionGroup var homeOption: HomeOption

        func time(_ reader: LedgerReader) throws -> Timestamp {
            guard let at else { return try reader.tip().header.time }
            if let number = UInt64(at) { return Timestamp(milliseconds: number) }
            guard let time = Timestamp(iso8601: at) else {
                throw ValidationError(
                    "--at: \"\(at)\" is no moment; write 2026-03-02T12:00:00Z or milliseconds")
            }
            return time
        }

        /// Reads the ledger at its last block.
        func read<Result>(
            _ body: (StoredState, Timestamp, NodeHome) throws -> Result
        ) throws -> Result {
            let home = homeOption.nodeHome
            _ = try home.genesis()
            let store = try LedgerStore(opening: home.directory, readOnly: true)
            return try store.readState { state, reader in
                try checkKind(state)
                return try body(state, time(reader), home)
            }
        }

        /// One that nobody registered would be another than all that was reviewed: a slip of the
        /// pen would quarter every standing.
        private func checkKind(_ state: StoredState) throws {
            guard let kind, Resources.kind(kind, in: state) == nil else { return }
            Terminal.writeError(
                "koinon: --kind: \"\(kind)\" is not on this ledger; see koinon query kinds\n")
            throw ExitStatus.no
        }

        func account(_ text: String, _ home: NodeHome, _ state: StoredState) throws -> AccountID {
            let id: AccountID?
            if text.hasPrefix("@") {
                let key = try home.keyRing.key(named: String(text.dropFirst()))
                id = try home.genesis().accountID(of: key.publicKey)
            } else {
                id = AccountID(text: text)
            }
            guard let id else {
                throw ValidationError("ACCOUNT: \"\(text)\" is no account; they begin with koi1")
            }
            guard Accounts.account(id, in: state) != nil else {
                Terminal.writeError(
                    "koinon: \(text): not on this ledger; see koinon query accounts\n")
                throw ExitStatus.no
            }
            return id
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "show",
            abstract: "Print an account's standing, or that of all that were reviewed.")

        @Argument(help: "An account, or @KEY; everybody unless named.") var account: String?
        @OptionGroup var question: Question

        func run() async throws {
            try await ExitStatus.reporting {
                let lines = try question.read { state, time, home in
                    try accounts(state, home).map { account in
                        let standing = Reputation.standing(
                            of: account, kind: question.kind, at: time, in: state)
                        let flags = Reputation.openFlags(of: account, in: state)
                        return "\(account.text) \(standing.boundPpm)"
                            + flags.map { " flagged-by-\($0.flag.member)" }.joined()
                    }
                }
                if lines.isEmpty {
                    Terminal.writeError("nobody has a review that was opened yet\n")
                }
                for line in lines.sorted() { print(line) }
            }
        }

        private func accounts(_ state: StoredState, _ home: NodeHome) throws -> [AccountID] {
            if let account { return [try question.account(account, home, state)] }
            var accounts: [AccountID] = []
            for row in Reputation.evidence.rows(in: state) where row.key.a != accounts.last {
                accounts.append(row.key.a)
            }
            return accounts
        }
    }

    struct Explain: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "explain",
            abstract: "Show every term of an account's standing.")

        @Argument(help: "An account, or @KEY.") var account: String
        @Flag(name: .long, help: "Print it as JSON.") var json = false
        @OptionGroup var question: Question

        func run() async throws {
            try await ExitStatus.reporting {
                let explanation = try question.read { state, time, home in
                    let id = try question.account(account, home, state)
                    return StandingExplanation(
                        account: id, time: time,
                        standing: Reputation.standing(
                            of: id, kind: question.kind, at: time, in: state),
                        reviews: Reputation.reviews(about: id, in: state),
                        flags: Reputation.openFlags(of: id, in: state))
                }
                print(json ? try explanation.json() : explanation.text())
            }
        }
    }
}
