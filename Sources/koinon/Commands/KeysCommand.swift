import ArgumentParser
import Foundation
import KoinonClient
import KoinonLedger
import KoinonMachine
import KoinonNode
import KoinonProtocol
import KoinonStore

struct KeysCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "keys",
        abstract: "Make and list keys, and open accounts for them.",
        discussion: """
            Keys lie in HOME/keys, one file each, readable by their owner only.

              koinon keys new anna
              koinon keys open anna --sponsor harbour
              koinon keys list
            """,
        subcommands: [New.self, Open.self, List.self], defaultSubcommand: List.self)

    struct New: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "new", abstract: "Make a key.")
        @Argument(help: "Its name (a-z, 0-9, -, ., _).") var name: String
        @OptionGroup var homeOption: HomeOption

        func run() async throws {
            try await ExitStatus.reporting {
                let home = homeOption.nodeHome
                let genesis = try home.genesis()
                let key = try home.keyRing.create(named: name)
                print(
                    """
                    \(name)
                      public key  \(key.publicKey)
                      account     \(genesis.accountID(of: key.publicKey)), once a member opens it:
                                  koinon keys open \(name) --sponsor MEMBER --home \(homeOption.home)
                    """)
            }
        }
    }

    struct Open: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "open", abstract: "Open an account for a key, through a member.")
        @Argument(help: "The key's name.") var name: String
        @Option(name: .long, help: "The member that opens it; its account key must be here.")
        var sponsor: String
        @OptionGroup var homeOption: HomeOption
        @OptionGroup var nodeOption: NodeOption

        func run() async throws {
            try await ExitStatus.reporting {
                let home = homeOption.nodeHome
                let genesis = try home.genesis()
                guard let member = MemberID(rawValue: sponsor) else {
                    throw ValidationError(
                        "--sponsor: \"\(sponsor)\" is no member name; see koinon query members")
                }
                let key = try home.keyRing.key(named: name)
                let consent = AccountConsent.signed(
                    by: key, chain: genesis.chain, sponsor: member)
                let sender = try await Sender(
                    member: member, home: home, client: nodeOption.client(of: home))
                try await sender.send([.openAccount(consent: consent)], memo: "", json: false)
                print("  account \(genesis.accountID(of: key.publicKey))")
            }
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "list", abstract: "List the keys of this home.")
        @OptionGroup var homeOption: HomeOption
        @Flag(name: .long, help: "Print JSON.") var json = false

        private struct Row: Encodable {
            var name: String
            var public_key: String
            var account: String
            var is_open: Bool
        }

        func run() async throws {
            try await ExitStatus.reporting {
                let home = homeOption.nodeHome
                let genesis = try home.genesis()
                let store = try LedgerStore(opening: home.directory, readOnly: true)
                let rows = try home.keyRing.names().map { name in
                    let key = try home.keyRing.key(named: name).publicKey
                    return try store.readState { state, _ in
                        // A member's key need not be the first of its account.
                        let acting = MemberID(rawValue: name)
                            .flatMap { Alliance.account(of: $0, in: state) }
                            .flatMap { Accounts.isActive(key, for: $0, in: state) ? $0 : nil }
                        let account = acting ?? genesis.accountID(of: key)
                        return Row(
                            name: name, public_key: key.hex, account: account.text,
                            is_open: Accounts.account(account, in: state) != nil)
                    }
                }
                if json {
                    print(try Text.json(rows))
                } else {
                    print(
                        Text.table(
                            rows.map { row in
                                let isNode = row.name.hasSuffix(NodeHome.nodeKeySuffix)
                                return [
                                    row.name,
                                    isNode ? "signs blocks" : row.account,
                                    isNode ? "" : row.is_open ? "open" : "no account yet",
                                ]
                            }))
                }
            }
        }
    }
}
