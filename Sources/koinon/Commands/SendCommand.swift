import ArgumentParser
import Foundation
import KoinonClient
import KoinonNode
import KoinonProtocol

struct SendCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "send",
        abstract: "Sign actions with a key of this home and send them to its running node.",
        discussion: """
            ACTIONS is JSON: one action or a list of them, all done or none. "-" reads
            standard input, a path reads a file. docs/formats/json-actions.md shows every
            action. A value "@NAME" stands for the account of the key NAME.

              koinon send --as harbour '
                {"money": {"create_unit": {"unit": "usd", "title": "Dollar", "scale": 2}}}'
              koinon send --as harbour '
                {"money": {"issue": {"unit": "usd", "to": "@anna", "amount_minor": 5000}}}'
              koinon send --as anna lease.json

            Waits until the transaction is durable. Exit status: 0 done, 1 refused or
            rejected (the message names the field and the remedy), 2 no node runs or a file
            is wrong.
            """)

    @Argument(help: "JSON, the path of a file with it, or - for standard input.")
    var actions: String
    @Option(name: .customLong("as"), help: "The name of the key that signs.")
    var key: String
    @Option(name: .long, help: "The acting account, when the key is not its first.")
    var account: String?
    @Option(name: .long, help: "A public note, at most 140 bytes.")
    var memo = ""
    @Flag(name: .long, help: "Print the outcome as JSON.")
    var json = false
    @OptionGroup var homeOption: HomeOption
    @OptionGroup var nodeOption: NodeOption

    func run() async throws {
        try await ExitStatus.reporting {
            let home = homeOption.nodeHome
            let actions = try ActionsDocument(text(), home: home).actions
            let sender = try await Sender(
                name: key, account: account, home: home, client: nodeOption.client(of: home))
            try await sender.send(actions, memo: memo, json: json)
        }
    }

    private func text() throws -> Data {
        if actions == "-" { return FileHandle.standardInput.readDataToEndOfFile() }
        let start = actions.first { !$0.isWhitespace }
        if start == "{" || start == "[" { return Data(actions.utf8) }
        do { return try Data(contentsOf: URL(filePath: actions)) } catch {
            throw ValidationError(
                "ACTIONS: \"\(actions)\" is neither JSON nor a file that can be read; JSON begins with { or ["
            )
        }
    }
}

/// Actions as people write them.
struct ActionsDocument {
    let actions: [Action]

    /// - Throws: `JSONFormFault` with the place and the remedy; `KeyFileFault` for an
    ///   unknown "@NAME".
    init(_ data: Data, home: NodeHome) throws {
        let genesis = try home.genesis()
        actions = try ActionsText.read(Array(data)) { name in
            "\(genesis.accountID(of: try home.keyRing.key(named: name).publicKey))"
        }
        guard !actions.isEmpty else {
            throw ValidationError("ACTIONS: the list is empty; name at least one action")
        }
    }
}
