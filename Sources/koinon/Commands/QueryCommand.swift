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

            "@NAME" stands for the account of the key NAME. Everything is printed as JSON
            with the height it is true at; state_key is what `koinon proof state` takes.
            Reading needs no running node.
            """)

    @Argument(help: "What to read.") var what: String
    @Argument(help: "Its id or height.") var id: String?
    @Option(name: .long, help: "Lists: at most so many rows.") var limit = 100
    @Flag(name: .long, help: "JSON, which is what it prints in any case.") var json = false
    @OptionGroup var homeOption: HomeOption
    @Option(
        name: .long,
        help: "A running node's address, to ask it instead of the home's own ledger.")
    var node: String?

    func validate() throws {
        guard limit > 0 else { throw ValidationError("--limit: give 1 or more, not \(limit)") }
    }

    func run() async throws {
        try await ExitStatus.reporting {
            if let node { return try await ask(NodeClient(node)) }
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
                    "koinon: \(what) \(id ?? ""): not on this ledger; \(whatThereIs)\n")
                throw ExitStatus.no
            }
            print(answer)
        }
    }

    /// Where to look when there is no such thing.
    private var whatThereIs: String {
        switch what {
        case "block": return "koinon query status tells the last height"
        case "transaction": return "koinon query block HEIGHT shows those of a block"
        case "dispute":
            return "there was none about it; koinon query agreements shows which are disputed"
        default: break
        }
        let list = ["balances": "accounts", "process": "processes", "answers-to": "requests"]
        return "see what there is with koinon query \(list[what] ?? what + "s")"
    }

    /// The paths of what can be asked; "{}" stands for the id.
    private static let paths = [
        "status": "/v1/status", "members": "/v1/members", "parameters": "/v1/parameters",
        "units": "/v1/units", "kinds": "/v1/kinds", "processes": "/v1/processes",
        "accounts": "/v1/accounts", "resources": "/v1/resources", "offers": "/v1/offers",
        "requests": "/v1/requests", "agreements": "/v1/agreements",
        "proposals": "/v1/proposals", "account": "/v1/accounts/{}",
        "resource": "/v1/resources/{}", "offer": "/v1/offers/{}", "request": "/v1/requests/{}",
        "answer": "/v1/answers/{}", "agreement": "/v1/agreements/{}",
        "proposal": "/v1/proposals/{}", "flag": "/v1/flags/{}", "process": "/v1/processes/{}",
        "dispute": "/v1/agreements/{}/dispute", "balances": "/v1/accounts/{}/balances",
        "block": "/v1/blocks/{}", "transaction": "/v1/transactions/{}",
    ]

    /// Prints what a node answers, in the form of its own interface.
    private func ask(_ client: NodeClient) async throws {
        guard let path = Self.paths[what], path.contains("{}") == (id != nil) else {
            throw ValidationError(
                "WHAT: a node is asked for one of \(Self.paths.keys.sorted().joined(separator: ", ")); those in the singular, and process and balances, need an id"
            )
        }
        let resolved = try id.map { try resolve($0, homeOption.nodeHome) } ?? ""
        let allowed = resolved.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
        do {
            let bytes = try await client.get(path.replacing("{}", with: allowed))
            print(Text.pretty(String(decoding: bytes, as: UTF8.self)))
        } catch NodeClientFault.problem(let problem) where problem.status == 404 {
            Terminal.writeError("koinon: \(problem)\n")
            throw ExitStatus.no
        }
    }

    private func resolve(_ id: String, _ home: NodeHome) throws -> String {
        guard id.hasPrefix("@") else { return id }
        let key = try home.keyRing.key(named: String(id.dropFirst()))
        return try home.genesis().accountID(of: key.publicKey).text
    }
}
