import ArgumentParser
import Foundation
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
                try options.write { store, genesis in
                    try store.prove(transaction: id, genesis: genesis)
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
            try await ExitStatus.reporting { try options.write(key: key, expectsValue: true) }
        }
    }

    struct OfAbsence: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "absent", abstract: "That nothing stands under a state key now.")
        @Argument(help: "The state key in hexadecimal.") var key: String
        @OptionGroup var options: ProofOptions

        func run() async throws {
            try await ExitStatus.reporting { try options.write(key: key, expectsValue: false) }
        }
    }
}

struct ProofOptions: ParsableArguments {
    @OptionGroup var homeOption: HomeOption
    @Option(name: .shortAndLong, help: "The file to write; standard output when left out.")
    var output: String?

    func write(_ prove: (LedgerStore, GenesisDocument) throws -> ProofFile) throws {
        let home = homeOption.nodeHome
        let genesis = try home.genesis()
        let store = try LedgerStore(opening: home.directory, readOnly: true)
        let proof: ProofFile
        do { proof = try prove(store, genesis) } catch let fault as ProofMakingFault {
            Terminal.writeError("koinon: \(fault)\n")
            throw ExitStatus.no
        }
        guard let output else {
            print(proof.json)
            return
        }
        try Data((proof.json + "\n").utf8).write(to: URL(filePath: output))
        print(
            "wrote \(output); check it with: koinon check-proof --genesis \(home.genesisFile.relativePath) \(output)"
        )
    }

    func write(key: String, expectsValue: Bool) throws {
        guard let bytes = Hex.decode(key), !bytes.isEmpty else {
            throw ValidationError("KEY: give a state key as an even number of hexadecimal digits")
        }
        try write { store, genesis in
            try store.prove(stateKey: bytes, expectsValue: expectsValue, genesis: genesis)
        }
    }
}
