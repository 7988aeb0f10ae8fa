import Foundation
import KoinonClient
import KoinonLedger
import KoinonMachine
import KoinonProtocol
import KoinonStore
import Logging
import Synchronization
import Testing

@testable import KoinonNode

/// A founded home in a folder of its own, which goes away with it.
///
/// Keys are made from names, so that the same calls make the same bytes in every run.
final class TestHome: Sendable {
    /// 2026-03-02 00:00 UTC, a Monday.
    static let start = Timestamp(milliseconds: 1_772_409_600_000)

    let home: NodeHome
    let genesis: GenesisDocument
    let clock = HandClock(TestHome.start)

    /// - Parameters:
    ///   - members: ids; all hosted unless `hosts` names others.
    init(
        members: [String] = ["alfa", "bravo"], hosts: [String]? = nil,
        parameters: Parameters = Parameters()
    ) throws {
        let folder = FileManager.default.temporaryDirectory
            .appending(path: "koinon-node-\(UUID().uuidString)", directoryHint: .isDirectory)
        home = NodeHome(folder)
        genesis = try home.found(
            name: "A test alliance", at: Self.start,
            members: try members.map { id in
                FoundingMember(
                    id: try #require(MemberID(rawValue: id)), name: id,
                    nodeKey: Self.nodeKey(of: id), accountKey: Self.key("account of \(id)"))
            },
            processes: [LeaseProcess.definition], parameters: parameters)
        if let hosts { try host(hosts) }
    }

    deinit { try? FileManager.default.removeItem(at: home.directory) }

    var chain: ChainID { genesis.chain }
    var ledgerFile: URL { home.directory.appending(path: "ledger.sqlite") }

    static func key(_ name: String) -> SigningKey {
        SigningKey(seed: Hash256.sha256(Array(name.utf8)).bytes)!
    }

    static func nodeKey(of member: String) -> SigningKey { key("node of \(member)") }

    /// Names the members that nodes on this home host from now on; stores their keys.
    func host(_ members: [String]) throws {
        let ring = KeyRing(home: home.directory.path)
        for member in members {
            let name = member + NodeHome.nodeKeySuffix
            if try !ring.names().contains(name) {
                try home.addNodeKey(
                    Self.nodeKey(of: member), of: #require(MemberID(rawValue: member)))
            }
        }
        try home.write(NodeConfiguration(hosts: members))
    }

    /// As a home that was made before there were guards.
    func forgetGuards() throws {
        try FileManager.default.removeItem(
            at: home.directory.appending(path: GuardFile.folder))
    }

    func node(
        engine: (any OrderingEngine)? = nil, pool: Pool = Pool(),
        storeOptions: StoreOptions = StoreOptions(), rowsWait: Duration = Committer.patience
    ) throws -> Node {
        try Node(
            home: home, engine: engine, clock: clock, pool: pool, storeOptions: storeOptions,
            guards: nil, rowsWait: rowsWait,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    }

    /// Runs a node on this home as long as `body` takes, then lets it finish and closes it.
    ///
    /// - Parameter rowsWait: how long rows wait to be written once much has come.
    func running<Value: Sendable>(
        storeOptions: StoreOptions = StoreOptions(), rowsWait: Duration = Committer.patience,
        _ body: (Node) async throws -> Value
    ) async throws -> Value {
        let node = try node(storeOptions: storeOptions, rowsWait: rowsWait)
        let running = Task { try await node.run() }
        let result: Result<Value, any Error>
        do { result = .success(try await body(node)) } catch { result = .failure(error) }
        node.stop()
        let end = await running.result
        try node.store.close()
        let value = try result.get()
        try end.get()
        return value
    }

    /// Opens the ledger for reading as long as `body` takes.
    func reading<Value>(_ body: (LedgerStore) async throws -> Value) async throws -> Value {
        let store = try LedgerStore(opening: home.directory, readOnly: true)
        let result: Result<Value, any Error>
        do { result = .success(try await body(store)) } catch { result = .failure(error) }
        try store.close()
        return try result.get()
    }

    /// A member that the node does not host signs its last block, in that member's first entry.
    func attest(by member: String, to node: Node) async throws {
        let key = Self.nodeKey(of: member)
        var body = EntryBody()
        body.chain = Data(chain.bytes)
        body.author = member
        body.sequence = 1
        body.clockMs = clock.now.milliseconds
        body.attestations = [key.sign(Attestation.body(of: node.tip), as: .attestation).message]
        let entry = SignedEntry(
            author: try #require(MemberID(rawValue: member)), sequence: 1,
            envelope: key.sign(body.encoded, as: .entry))
        try await node.engine.append([entry]).durable()
    }

    /// The account through which a member acts.
    func member(_ id: String) -> Sender { sender("account of \(id)") }

    /// The account whose first key has this name; open or not.
    func sender(_ name: String) -> Sender {
        Sender(key: Self.key(name), chain: chain, clock: clock)
    }
}

/// A clock that stands where it is put.
final class HandClock: NodeClock {
    private let time: Mutex<Timestamp>

    init(_ time: Timestamp) { self.time = Mutex(time) }

    var now: Timestamp { time.withLock { $0 } }
    func set(_ moment: Timestamp) { time.withLock { $0 = moment } }
    func advance(_ milliseconds: UInt64) {
        time.withLock { $0 = Timestamp(milliseconds: $0.milliseconds + milliseconds) }
    }
}

extension Timestamp {
    static func + (moment: Timestamp, milliseconds: UInt64) -> Timestamp {
        Timestamp(milliseconds: moment.milliseconds + milliseconds)
    }
}
