import Foundation
import KoinonClient
import KoinonLedger
import KoinonMachine
import KoinonProtocol
import Testing

@testable import KoinonReplay

/// A ledger in memory that takes what is submitted, one transaction a block.
private final class MemoryLedger {
    let replica: Replica
    let member = MemberID(rawValue: "harbour")!
    let memberKey = SigningKey(seed: [UInt8](repeating: 1, count: 32))!
    private let nodeKey = SigningKey(seed: [UInt8](repeating: 2, count: 32))!
    private var sequence: UInt64 = 0
    private(set) var requests: [Int] = []

    init(processes: [ProcessDefinition] = [LeaseProcess.definition]) throws {
        var genesis = Genesis()
        genesis.format = GenesisDocument.format
        genesis.name = "Harbour"
        genesis.timeMs = 1_772_409_600_000
        var founder = GenesisMember()
        founder.id = "harbour"
        founder.name = "Harbour"
        founder.nodeKey = Data(nodeKey.publicKey.bytes)
        founder.accountKey = Data(memberKey.publicKey.bytes)
        genesis.members = [founder]
        genesis.processes = processes
        replica = try Replica(
            genesis: GenesisDocument(contentsOf: Array(genesis.jsonForm().utf8)))
    }

    func load(_ file: ListingFile, secret: UInt8 = 3) throws -> ListingLoad {
        try ListingLoad(
            file, member: member, memberKey: memberKey,
            secret: SigningKey(seed: [UInt8](repeating: secret, count: 32))!,
            chain: replica.chain, now: replica.header.time, state: replica.state)
    }

    func submit(_ envelopes: [Envelope]) throws -> [Submission] {
        requests.append(envelopes.count)
        return try envelopes.map { envelope in
            sequence += 1
            var body = EntryBody()
            body.chain = Data(replica.chain.bytes)
            body.author = "harbour"
            body.sequence = sequence
            body.clockMs = replica.header.time.milliseconds
            body.transactions = [envelope.message]
            let entry = try CheckedEntry(
                nodeKey.sign(body.encoded, as: .entry), chain: replica.chain, epoch: 0)
            guard case .closed(let block, let ignored) = replica.apply(entry), ignored.isEmpty,
                let receipt = try BlockResult(strict: block.result).receipts.last
            else { throw Unexpected() }
            let name = Modules.rejectionMeanings[receipt.code]?.name
            return Submission(
                id: envelope.bodyHash, status: receipt.code == 0 ? .done : .rejected,
                code: name)
        }
    }

    struct Unexpected: Error {}
}

@Suite("Loading listings")
struct ListingLoadTests {
    private func file(_ rows: [String]) throws -> ListingFile {
        try ListingFile(
            csv: bytes(
                (["id,name,host,type,price,least,open,lat,lon"] + rows).joined(separator: "\n")),
            name: "l.csv", mapping: listingMapping())
    }

    private func run(
        _ rows: [String], on ledger: MemoryLedger
    ) async throws -> ListingReport.Loaded {
        var load = try ledger.load(file(rows))
        let report = try await load.run(submit: { try ledger.submit($0) }, progress: { _, _ in })
        let loaded = try #require(report.loaded)
        #expect(loaded.offered + loaded.alreadyThere + loaded.failed == report.listings)
        let violations = Modules.invariantViolations(in: ledger.replica.state)
        #expect(violations.isEmpty, "\(violations)")
        return loaded
    }

    @Test("offers each listing by its host, by the night, and says what it opened")
    func offers() async throws {
        let ledger = try MemoryLedger()
        let loaded = try await run(
            ["7,A cottage,h1,Home,120,3,310,35.6067,-82.55563", "8,A room,h2,Room,19.5,1,1,,"],
            on: ledger)
        #expect(loaded.offered == 2 && loaded.accountsOpened == 2 && loaded.failed == 0)
        let offers = Market.offers.rows(in: ledger.replica.state).map(\.value)
        let cottage = try #require(offers.first { $0.terms.title == "A cottage" })
        #expect(cottage.terms.tariff.priceMinor == 12_000)
        #expect(cottage.terms.tariff.stepMs == 86_400_000)
        #expect(cottage.terms.tariff.minimumSteps == 3)
        #expect(cottage.terms.durationMinimumMs == 3 * 86_400_000)
        #expect(cottage.terms.place.latitudeE7 == 356_100_000)
        #expect(cottage.terms.depositMinor == 20_000 && cottage.terms.process == "lease")
        #expect(cottage.terms.platform == "harbour")
        let secret = SigningKey(seed: [UInt8](repeating: 3, count: 32))!
        let host = AccountID(
            chain: ledger.replica.chain,
            firstKey: ListingHostKey.of("h1", secret: secret).publicKey)
        #expect(AccountID(cottage.provider) == host)
        #expect(
            Resources.resource(serial: "7", issuer: host, in: ledger.replica.state)
                == ResourceID(cottage.terms.resource))
    }

    @Test("leaves alone what is there, and adds what is missing")
    func again() async throws {
        let ledger = try MemoryLedger()
        let rows = (0..<60).map { "\($0),t,h\($0 % 2),Home,1,1,1,0,0" }
        _ = try await run(Array(rows.prefix(50)), on: ledger)
        let height = ledger.replica.header.height
        let same = try await run(Array(rows.prefix(50)), on: ledger)
        #expect(same.alreadyThere == 50 && same.offered == 0 && same.transactions == 0)
        #expect(ledger.replica.header.height == height)
        let more = try await run(rows + ["60,t,h2,Room,1,1,1,0,0"], on: ledger)
        #expect(more.alreadyThere == 50 && more.offered == 11 && more.accountsOpened == 1)
    }

    @Test("with another secret is by other hosts")
    func otherSecret() async throws {
        let ledger = try MemoryLedger()
        let rows = ["7,t,h1,Home,1,1,1,0,0"]
        _ = try await run(rows, on: ledger)
        var load = try ledger.load(file(rows), secret: 4)
        let report = try await load.run(submit: { try ledger.submit($0) }, progress: { _, _ in })
        #expect(report.loaded?.offered == 1 && report.loaded?.alreadyThere == 0)
    }

    @Test("counts what the ledger rejects, by its reason")
    func rejected() async throws {
        let ledger = try MemoryLedger(processes: [])
        let rows = (0..<30).map { "\($0),t,h,Home,1,1,1,0,0" }
        let loaded = try await run(rows, on: ledger)
        #expect(loaded.failed == 30 && loaded.offered == 0)
        #expect(loaded.failures == [.init(message: "unknownProcess", listings: 30)])
    }

    @Test("a unit with other decimals ends it before anything is sent")
    func otherUnit() throws {
        let ledger = try MemoryLedger()
        var builder = TransactionBuilder(
            chain: ledger.replica.chain,
            sender: AccountID(
                chain: ledger.replica.chain, firstKey: ledger.memberKey.publicKey),
            key: ledger.memberKey)
        let unit = try builder.build(
            [.createUnit("usd", title: "Cents only", scale: 0)], now: ledger.replica.header.time)
        #expect(try ledger.submit([unit.envelope])[0].status == .done)
        let fault = try #require(throws: ListingLoadFault.self) {
            try ledger.load(file(["7,t,h1,Home,1,1,1,0,0"]))
        }
        #expect(fault.description.contains("terms.unit.scale"))
    }

    @Test("sends no more in one request than a node takes")
    func requestSize() async throws {
        let ledger = try MemoryLedger()
        let title = String(repeating: "x", count: 64)
        let rows = (0..<2_000).map { "\($0),\(title),h\($0 % 4),Home,1,1,1,0,0" }
        let loaded = try await run(rows, on: ledger)
        #expect(loaded.offered == 2_000)
        // The unit and kinds, the accounts, and the listings in more than one.
        #expect(ledger.requests.count > 3)
    }
}
