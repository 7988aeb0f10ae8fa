import ArgumentParser
import Foundation
import KoinonClient
import KoinonLedger
import KoinonNode
import KoinonProtocol

struct JoinCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "join",
        abstract: "Make a home for a ledger that runs already, from other members' nodes.",
        discussion: """
            Fetches a snapshot from the first peer that has one, checks it by the members'
            signatures from the genesis document on, then takes the blocks that follow. No
            peer is believed; one that errs is named, and another taken. Interrupted, the
            same command goes on where it stopped.

              koinon join --genesis genesis.json --peer http://10.0.0.5:8080 --home new

            Get the genesis document from somebody you trust, not from a peer: everything
            is judged by it. With --member the home hosts that member; keys that are not
            in the home yet are made, and the command says how the others admit it.
            """)

    @Option(name: .long, help: "The alliance's genesis document.") var genesis: String
    @Option(name: .long, help: "The address of a member's node; repeat for more.")
    var peer: [String] = []
    @OptionGroup var homeOption: HomeOption
    @Option(name: .long, help: "A member that this home hosts; repeat for more.")
    var member: [String] = []

    func run() async throws {
        try await ExitStatus.reporting {
            guard !peer.isEmpty else {
                throw ValidationError(
                    "--peer: name at least one, for instance http://10.0.0.5:8080")
            }
            let peers = try peer.map { try HTTPPeer($0) }
            let home = homeOption.nodeHome
            let document = try GenesisDocument(file: URL(filePath: genesis))
            let keys = try home.prepareToJoin(document, members: member, peers: peer)
            let line = ProgressLine("joining")
            let arrival = LedgerArrival(
                home: home, peers: peers, logger: NodeSettings.quietLogger)
            let report = try await arrival.run { line.show($0) }
            line.finish()
            print(Self.text(report, home: homeOption.home))
            print(Self.next(homeOption.home, try home.configuration()))
            for key in keys { print(Self.text(key, home: homeOption.home, peer: peer[0])) }
        }
    }

    private static func text(_ report: LedgerArrival.Report, home: String) -> String {
        var lines: [String] = []
        for fault in report.catchUp.faults { lines.append("! \(fault)") }
        lines.append("at block \(report.catchUp.to), final by the members' signatures")
        if let snapshot = report.snapshot {
            lines.append(
                "  snapshot  of block \(snapshot), \(Text.bytes(report.fetchedBytes)) in \(Text.seconds(report.snapshotSeconds))"
            )
        }
        let blocks = report.catchUp.blocks
        lines.append(
            "  blocks    \(Text.number(blocks.blocks)) with \(Text.number(blocks.transactions)) transactions, \(Text.number(blocks.signatures)) signatures checked, in \(Text.seconds(report.catchUp.elapsed.inSeconds))"
        )
        return lines.joined(separator: "\n")
    }

    private static func next(_ home: String, _ configuration: NodeConfiguration) -> String {
        let start = "koinon node --home \(home)"
        guard configuration.engine == nil else { return "next: \(start)" }
        return """
            next: unless this home hosts all members, write the engine into \(home)/node.json as
              other members have it (docs/operate.md, "One more member"); then
              \(start)
            """
    }

    private static func text(_ member: JoiningMember, home: String, peer: String) -> String {
        """

        \(member.id): keys made. If it is a member already, and its node key is lost:
          koinon renew-key --home \(home) --member \(member.id) --node \(peer) --member-key FILE
        Otherwise its admission, to be proposed by a member:
          {"alliance": {"propose": {"title": "Admit \(member.id)", "admit_member": {
            "id": "\(member.id)", "name": "\(member.id)",
            "node_key": "\(member.nodeKey.hex)",
            "account_key": "\(member.accountKey.hex)"}}}}
        """
    }
}
