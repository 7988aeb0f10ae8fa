import ArgumentParser
import Foundation
import KoinonClient
import KoinonLedger
import KoinonNode
import KoinonProtocol
import KoinonStore

struct ProofCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "proof",
        abstract: "Write a proof file about one transaction or one state entry.",
        discussion: """
            Whoever has the alliance's genesis.json can check the file offline, with
            `koinon check-proof` or Examples/check_proof.py.

              koinon proof transaction 5f0c… --output trip.proof.json
              koinon proof state 3005757364… --output balance.proof.json
              koinon proof absent 41ab…

            State keys are hexadecimal; docs/formats/state.md says how they are made, and
            `koinon query` prints those of what it shows.
            """,
        subcommands: [OfTransaction.self, OfState.self, OfAbsence.self])

    struct OfTransaction: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "transaction", abstract: "That a block executed a transaction, and how.")
        @Argument(help: "The transaction's id, 64 hexadecimal digits.") var id: String
        @OptionGroup var options: ProofOptions

        func run() async throws {
            try await ExitStatus.reporting {
                guard let id = Hash256(hex: id) else {
                    throw ValidationError(
                        "ID: give the 64 hexadecimal digits of a transaction's id")
                }
                try await options.write { store, genesis in
                    try store.prove(transaction: id, genesis: genesis)
                } from: {
                    try await $0.proof(ofTransaction: id)
                }
            }
        }
    }

    struct OfState: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "state", abstract: "What stands under a state key now.")
        @Argument(help: "The state key in hexadecimal.") var key: String
        @OptionGroup var options: ProofOptions

        func run() async throws {
            try await ExitStatus.reporting {
                try await options.write(key: key, expectsValue: true)
            }
        }
    }

    struct OfAbsence: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "absent", abstract: "That nothing stands under a state key now.")
        @Argument(help: "The state key in hexadecimal.") var key: String
        @OptionGroup var options: ProofOptions

        func run() async throws {
            try await ExitStatus.reporting {
                try await options.write(key: key, expectsValue: false)
            }
        }
    }
}

struct ProofOptions: ParsableArguments {
    @OptionGroup var homeOption: HomeOption
    @Option(
        name: .long,
        help: "A running node's address, to ask it instead of the home's own ledger.")
    var node: String?
    @Option(name: .shortAndLong, help: "The file to write; standard output when left out.")
    var output: String?

    /// Writes what the home's ledger proves, or the node that was named.
    func write(
        _ prove: (LedgerStore, GenesisDocument) throws -> ProofFile,
        from ask: (NodeClient) async throws -> [UInt8]
    ) async throws {
        guard let node else { return try write(try proof(prove)) }
        do {
            let bytes = try await ask(NodeClient(node))
            try write(String(decoding: bytes, as: UTF8.self))
        } catch NodeClientFault.problem(let problem) where [404, 409].contains(problem.status) {
            Terminal.writeError("koinon: \(problem)\n")
            throw ExitStatus.no
        }
    }

    private func proof(
        _ prove: (LedgerStore, GenesisDocument) throws -> ProofFile
    ) throws -> String {
        let home = homeOption.nodeHome
        let genesis = try home.genesis()
        let store = try LedgerStore(opening: home.directory, readOnly: true)
        do { return try prove(store, genesis).json + "\n" } catch let fault as ProofMakingFault {
            Terminal.writeError("koinon: \(fault)\n")
            throw ExitStatus.no
        }
    }

    private func write(_ text: String) throws {
        guard let output else {
            print(text, terminator: "")
            return
        }
        try Data(text.utf8).write(to: URL(filePath: output))
        print(
            "wrote \(output); check it with: koinon check-proof --genesis \(homeOption.nodeHome.genesisFile.relativePath) \(output)"
        )
    }

    func write(key: String, expectsValue: Bool) async throws {
        guard let bytes = Hex.decode(key), !bytes.isEmpty else {
            throw ValidationError("KEY: give a state key as an even number of hexadecimal digits")
        }
        try await write { store, genesis in
            try store.prove(stateKey: bytes, expectsValue: expectsValue, genesis: genesis)
        } from: {
            try await $0.proof(ofStateKey: bytes, expectsValue: expectsValue)
        }
    }
}
