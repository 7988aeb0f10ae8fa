import ArgumentParser
import Foundation
import KoinonLedger
import KoinonMachine
import KoinonNode
import KoinonProtocol

struct InitCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "init",
        abstract: "Found an alliance whose members are hosted by one node here.",
        discussion: """
            Makes keys for every member, the genesis document with the lease process, and block 0.

              koinon init --member harbour
              koinon init --home h --name "Harbour sharing" --member harbour --member city

            Each member has two keys in HOME/keys: its account's key has the member's name,
            its node's key the name with ".node" behind. Keep a copy of both in a safe
            place.
            """)

    @OptionGroup var homeOption: HomeOption
    @Option(name: .long, help: "The alliance's name, for people; at most 64 bytes.")
    var name = "My alliance"
    @Option(
        name: .long, help: "A founding member's short name (a-z, 0-9, -, ., _); repeat for more.")
    var member: [String] = []

    func run() async throws {
        try await ExitStatus.reporting {
            guard !member.isEmpty else {
                throw ValidationError("--member: name at least one, for instance --member harbour")
            }
            let members = try member.map { name in
                guard let id = MemberID(rawValue: name) else {
                    throw ValidationError(
                        "--member: \"\(name)\": use 1 to 32 of a-z, 0-9, \"-\", \".\" and \"_\", beginning with a letter or digit"
                    )
                }
                return FoundingMember(
                    id: id, name: name, nodeKey: .generate(), accountKey: .generate())
            }
            let home = homeOption.nodeHome
            let genesis = try home.found(
                name: name, at: SystemClock().now, members: members,
                processes: StandardProcesses.all)
            print(
                """
                founded "\(name)" in \(homeOption.home)
                  chain    \(genesis.chain)
                  members  \(members.map(\.id.rawValue).joined(separator: ", ")), all hosted here: one operator holds all keys
                next: koinon node --home \(homeOption.home)
                """)
        }
    }
}
