import ArgumentParser
import Foundation
import KoinonClient
import KoinonLedger
import KoinonMachine
import KoinonNode
import KoinonProtocol
import KoinonStore

struct QueryCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "query",
        abstract: "Read the ledger: one thing, or a list of them.",
        discussion: """
            WHAT is one of
              status                     height, time, roots, size
              members, parameters        the alliance
              units, kinds, processes    what is registered
              accounts, resources, offers, requests, answers, agreements, proposals, flags
              account ID, resource ID, offer ID, request ID, answer ID, agreement ID,
              proposal ID, flag ID
              answers-to REQUEST         open answers to one request
              process ID                 the rules of agreements, for instance lease
              dispute AGREEMENT          its last dispute, and what that waits for
              balances ID                an account's money
              block HEIGHT               header, transactions and receipts
              transaction ID             who sent what, and its receipt

              koinon query status
              koinon query offers
              koinon query balances @anna
              koinon query agreement koiagr1…

            "@NAME" stands for the account of the key NAME. Everything is printed as JSON with
            the height it is true at; state_key is what `koinon proof state` takes. Reading
            needs no running node.
            """)

    @Argument(help: "What to read.") var what: String
    @Argument(help: "Its id or height.") var id: String?
    @Option(name: .long, help: "Lists: at most so many rows.") var limit = 100
    @Flag(name: .long, help: "JSON, which is what it prints in any case.") var json = false
    @OptionGroup var homeOption: HomeOption

    func run() async throws {
        try await ExitStatus.reporting {
            let home = homeOption.nodeHome
            _ = try home.genesis()
            let store = try LedgerStore(opening: home.directory, readOnly: true)
            let resolved = try id.map { try resolve($0, home) }
            let answer = try store.readState { state, reader in
                try LedgerQuestion(state: state, reader: reader, limit: limit)
                    .answer(what, id: resolved)
            }
            guard let answer else {
                Terminal.writeError(
                    "koinon: \(what) \(id ?? ""): not on this ledger; see what there is with koinon query \(what)s\n"
                )
                throw ExitStatus.no
            }
            print(answer)
        }
    }

    private func resolve(_ id: String, _ home: NodeHome) throws -> String {
        guard id.hasPrefix("@") else { return id }
        let key = try home.keyRing.key(named: String(id.dropFirst()))
        return try home.genesis().accountID(of: key.publicKey).text
    }
}
