import ArgumentParser
import Foundation
import KoinonLedger
import KoinonMachine
import KoinonProtocol

struct CheckProofCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check-proof",
        abstract: "Check a proof file offline.",
        discussion: """
            Needs the file and the alliance's genesis.json, and nothing else. With what
            `koinon follow` keeps instead, former members' signatures count for nothing.

              koinon check-proof --genesis genesis.json trip.proof.json
              koinon check-proof --trusted trusted.json trip.proof.json

            Exit status: 0 it holds, 1 it does not, 2 a file cannot be read.
            """)

    @Option(name: .long, help: "The alliance's genesis.json.")
    var genesis: String?
    @Option(name: .long, help: "The file in which `koinon follow` keeps what it trusts.")
    var trusted: String?
    @Flag(name: .long, help: "Print what is proven as JSON.")
    var json = false
    @Argument(help: "The proof file.")
    var file: String

    func validate() throws {
        guard (genesis == nil) != (trusted == nil) else {
            throw ValidationError("give one of --genesis and --trusted")
        }
    }

    func run() async throws {
        try await ExitStatus.reporting {
            let check = try judge()
            let bytes = try Array(Data(contentsOf: URL(filePath: file)))
            do throws(ProofFault) {
                let checked = try check(try ProofFile(json: bytes))
                print(json ? CheckedProofText.json(checked) : CheckedProofText.text(checked))
            } catch {
                Terminal.writeError("✗ the proof does not hold: \(error)\n")
                throw ExitStatus.no
            }
        }
    }

    private func judge() throws -> (ProofFile) throws(ProofFault) -> CheckedProof {
        if let trusted {
            let chain = try TrustFile.read(URL(filePath: trusted))
            return { (file) throws(ProofFault) in try file.check(trusted: chain) }
        }
        let document = try GenesisDocument(file: URL(filePath: genesis ?? ""))
        return { (file) throws(ProofFault) in try file.check(genesis: document) }
    }
}

/// What a checked proof says.
enum CheckedProofText {
    static func text(_ proof: CheckedProof) -> String {
        let signers = proof.attesters.map(\.rawValue).joined(separator: ", ")
        var rows = [
            ["block", "\(proof.header.height), \(proof.header.time.iso8601)"],
            [
                "signed by",
                "\(signers) (\(proof.attesters.count) of \(proof.members.members.count) members, \(proof.members.quorum) needed)",
            ],
        ]
        switch proof.content {
        case .block:
            rows.insert(["hash", proof.header.hash.hex], at: 1)
            return "✓ the proof holds: this block stands in the chain\n" + Text.table(rows)
        case .transaction(let id, _, let body, let receipt):
            let sender = AccountID(body.sender)?.text ?? ""
            rows.insert(["transaction", id.hex], at: 0)
            rows.insert(["sender", sender], at: 1)
            rows.append(["outcome", ReceiptText.outcome(receipt)])
            return "✓ the proof holds: this transaction was executed\n" + Text.table(rows)
                + "\n\nactions\n"
                + body.actions.map { $0.jsonForm(pretty: true) }.joined(separator: "\n")
                + "\nevents\n" + ReceiptText.events(receipt)
        case .state(let key, let value):
            rows.insert(["key", Hex.encode(key)], at: 0)
            rows.insert(["value", Hex.encode(value)], at: 1)
            return "✓ the proof holds: this stood in the state after the block\n" + Text.table(rows)
        case .absent(let key):
            rows.insert(["key", Hex.encode(key)], at: 0)
            return "✓ the proof holds: nothing stood under this key after the block\n"
                + Text.table(rows)
        }
    }

    static func json(_ proof: CheckedProof) -> String {
        var fields: [(String, String)] = [
            ("holds", "true"), ("chain", "\"\(proof.chain.hex)\""),
            ("height", "\(proof.header.height)"), ("time_ms", "\(proof.header.time)"),
        ]
        switch proof.content {
        case .block: fields.append(("block_hash", "\"\(proof.header.hash.hex)\""))
        case .transaction(let id, _, let body, let receipt):
            fields.append(("transaction", "\"\(id.hex)\""))
            fields.append(("body", body.jsonForm(pretty: false)))
            fields.append(("receipt", receipt.jsonForm(pretty: false)))
        case .state(let key, let value):
            fields.append(("key", "\"\(Hex.encode(key))\""))
            fields.append(("value", "\"\(Hex.encode(value))\""))
        case .absent(let key):
            fields.append(("key", "\"\(Hex.encode(key))\""))
            fields.append(("value", "null"))
        }
        return "{" + fields.map { "\"\($0.0)\": \($0.1)" }.joined(separator: ", ") + "}"
    }
}
