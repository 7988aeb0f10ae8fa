import ArgumentParser
import Foundation
import KoinonClient
import KoinonLedger
import KoinonNode
import KoinonProtocol
import KoinonReplay
import KoinonStore

struct LoadCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "load",
        abstract: "Put what others published onto a running ledger.",
        subcommands: [Listings.self])

    struct Listings: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "listings",
            abstract: "Offer listings of rooms and homes from a CSV file, by the night.",
            discussion: """
                A mapping (docs/listings.md) says which columns mean what. Each listing becomes
                a resource of its host and an offer by the lease process; hosts get
                pseudonymous accounts, whose keys come from one secret in HOME/keys. What is
                there already is left alone, so the command can be run again.

                  koinon load listings --check listings.csv --mapping listings.mapping.json
                  koinon load listings listings.csv --mapping listings.mapping.json
                """)

        @Argument(help: "A CSV file with listings, plain or gzip.", completion: .file())
        var file: String
        @Option(name: .long, help: "What the file's columns mean.", completion: .file())
        var mapping: String
        @Option(
            name: .long,
            help: "The member that opens accounts; needed if several are hosted here.")
        var sponsor: String?
        @Flag(name: .long, help: "A dry run: report what would be offered, send nothing.")
        var check = false
        @Flag(name: .long, help: "Print the report as JSON.")
        var json = false
        @OptionGroup var homeOption: HomeOption
        @OptionGroup var nodeOption: NodeOption

        func run() async throws {
            try await ExitStatus.reporting {
                let content = try ListingFile(path: file, mapping: ListingMapping(path: mapping))
                let report = check ? ListingReport(content) : try await load(content)
                print(json ? try report.json() : report.text())
                if let loaded = report.loaded, loaded.failed > 0 { throw ExitStatus.no }
            }
        }

        private func load(_ content: ListingFile) async throws -> ListingReport {
            let home = homeOption.nodeHome
            let member = try member(of: home)
            let client = try nodeOption.client(of: home)
            let status = try await client.status()
            let store = try LedgerStore(opening: home.directory, readOnly: true)
            let genesis = try home.genesis()
            let keys = (
                member: try home.keyRing.key(named: member.rawValue),
                secret: try secret(of: member, in: home.keyRing)
            )
            let now = status.ledgerNow
            var load = try store.readState { state, _ in
                try ListingLoad(
                    content, member: member, memberKey: keys.member, secret: keys.secret,
                    chain: genesis.chain, now: now, state: state)
            }
            let line = ProgressLine("loading")
            defer { line.finish() }
            return try await load.run { envelopes in
                try await client.submit(envelopes)
            } progress: { done, total in
                line.show(
                    done: UInt64(done), of: UInt64(total),
                    detail: "\(Text.number(done)) of \(Text.number(total)) listings")
            }
        }

        private func member(of home: NodeHome) throws -> MemberID {
            let hosted = try home.configuration().hosts
            guard let name = sponsor ?? (hosted.count == 1 ? hosted.first : nil) else {
                throw ValidationError(
                    "--sponsor: name one of those hosted here: \(hosted.joined(separator: ", "))")
            }
            guard let member = MemberID(rawValue: name) else {
                throw ValidationError(
                    "--sponsor: \"\(name)\" is no member name; see koinon query members")
            }
            return member
        }

        /// Made by the first run, and kept: whoever loses it can no longer act for the hosts.
        private func secret(of member: MemberID, in ring: KeyRing) throws -> SigningKey {
            let name = String(member.rawValue.prefix(Slug.maximumBytes - 6)) + ".hosts"
            do throws(KeyFileFault) {
                return try ring.key(named: name)
            } catch .unknownName {
                return try ring.create(named: name)
            }
        }
    }
}
