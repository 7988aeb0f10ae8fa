import ArgumentParser
import KoinonClient
import KoinonLedger
import KoinonNode
import KoinonProtocol

struct RenewKeyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "renew-key",
        abstract: "Give a member another node key, while its node runs.",
        discussion: """
            Makes the next node key in the home, registers it with the member's account,
            and waits until that is final. The node that runs on the home goes on with it
            by itself. It is also how a member comes to sign again whose guard is lost or
            old, or whose node key is: then name another member's node with --node.

              koinon renew-key --home harbour
              koinon renew-key --home harbour --member-key /media/safe/harbour.json

            Interrupted, the same command goes on where it stopped, with the same key. Exit
            status: 0 done, 1 refused, or not final within a minute.
            """)

    @OptionGroup var homeOption: HomeOption
    @OptionGroup var nodeOption: NodeOption
    @Option(name: .long, help: "The member; needed if several are hosted here.")
    var member: String?
    @Option(
        name: .long,
        help: "The file with the member's account key; the one in the home when left out.")
    var memberKey: String?
    @Flag(name: .long, help: "Make another key though it was renewed within 24 hours.")
    var again = false

    func run() async throws {
        try await ExitStatus.reporting {
            let home = homeOption.nodeHome
            let member = try chosenMember(of: home)
            let renewal = NodeKeyRenewing(
                member: member, home: home, client: try nodeOption.client(of: home),
                accountKey: { try accountKey(of: member, in: home) })
            let end = try await renewal.run(again: again)
            print(text(end, of: member, in: home))
        }
    }

    private func chosenMember(of home: NodeHome) throws -> MemberID {
        let hosted = try home.configuration().hosts
        guard let name = member ?? (hosted.count == 1 ? hosted.first : nil) else {
            throw ValidationError(
                "--member: name one of those hosted here: \(hosted.joined(separator: ", "))")
        }
        guard hosted.contains(name), let id = MemberID(rawValue: name) else {
            throw ValidationError(
                "--member: \"\(name)\" is not hosted here; node.json names \(hosted.joined(separator: ", "))"
            )
        }
        return id
    }

    private func accountKey(of member: MemberID, in home: NodeHome) throws -> SigningKey {
        if let memberKey { return try KeyFile.read(at: memberKey) }
        do { return try home.keyRing.key(named: member.rawValue) } catch .unknownName {
            throw HomeFault(
                "\(home.keyRing.path(of: member.rawValue)): the account key of \(member) is not in the home; name its file with --member-key, or register the next key on the page of the alliance"
            )
        }
    }

    private func text(
        _ end: NodeKeyRenewing.End, of member: MemberID, in home: NodeHome
    ) -> String {
        switch end {
        case .renewedBefore(let key, let since):
            return """
                ✓ the node key of \(member), \(key.hex.prefix(16))…, was renewed at \(since)
                  to make another all the same: --again
                """
        case .renewed(let key, let old, let height):
            let isServed = (try? NodeClient(home: home.directory.relativePath)) != nil
            let begins = height.map { "block \($0 + 1)" } ?? "the block after it was registered"
            let ends = height.map { "block \($0)" } ?? "the one that registered the new one"
            var lines = ["✓ \(member) has another node key, and that is final"]
            lines.append("  new   \(key.hex.prefix(16))…  signs from \(begins) on")
            if let old {
                lines.append(
                    "  old   \(old.hex.prefix(16))…  signs nothing after \(ends), and can never be registered again"
                )
            }
            lines.append(
                isServed
                    ? "  next  nothing: the node that runs on the home has it"
                    : "  next  koinon node --home \(homeOption.home)")
            return lines.joined(separator: "\n")
        }
    }
}
