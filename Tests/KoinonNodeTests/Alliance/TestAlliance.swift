import Foundation
import KoinonClient
import KoinonLedger
import KoinonMachine
import KoinonProtocol
import KoinonStore
import Logging
import Testing

@testable import KoinonNode
@testable import TestNodes

/// Members with a home and a node each, over one order.
final class TestAlliance: Sendable {
    let names: [String]
    let genesis: GenesisDocument
    let homes: [NodeHome]
    let clock = HandClock(TestHome.start)
    let order = SharedOrder()

    init(_ names: [String] = ["alfa", "bravo", "carol", "delta"]) throws {
        self.names = names
        let founding = try names.map { id in
            FoundingMember(
                id: try #require(MemberID(rawValue: id)), name: id,
                nodeKey: TestHome.nodeKey(of: id), accountKey: TestHome.key("account of \(id)"))
        }
        genesis = try NodeHome.genesis(
            name: "A test alliance", at: TestHome.start, members: founding,
            processes: [LeaseProcess.definition])
        let folder = FileManager.default.temporaryDirectory
        homes = names.map { _ in
            NodeHome(
                folder.appending(
                    path: "koinon-alliance-\(UUID().uuidString)", directoryHint: .isDirectory))
        }
        for (home, name) in zip(homes, names) {
            try FileManager.default.createDirectory(
                at: home.directory, withIntermediateDirectories: true)
            try home.addNodeKey(
                TestHome.nodeKey(of: name), of: #require(MemberID(rawValue: name)))
            try home.write(NodeConfiguration(hosts: [name]))
            try Data(genesis.bytes).write(to: home.genesisFile)
        }
    }

    deinit { for home in homes { try? FileManager.default.removeItem(at: home.directory) } }

    var chain: ChainID { genesis.chain }

    func sender(_ name: String) -> Sender {
        Sender(key: TestHome.key("account of \(name)"), chain: chain, clock: clock)
    }

    /// A node that is running, and what it appends and reads by.
    struct Running: Sendable {
        var node: Node
        var engine: SharedOrder.Engine
        var task: Task<Void, any Error>

        /// How it ends by itself.
        ///
        /// - Throws: when it has not ended after five minutes.
        func end() async throws -> Result<Void, any Error> {
            let (ends, told) = AsyncStream.makeStream(of: Result<Void, any Error>.self)
            Task { told.yield(await task.result) }
            let limit = Task {
                try await Task.sleep(for: .seconds(300))
                told.finish()
            }
            defer { limit.cancel() }
            return try #require(await ends.first { _ in true }, "it does not end")
        }

        /// Lets it say what it has to say first.
        ///
        /// - Throws: what ended it, if it did not end in good order.
        func stop() async throws {
            node.stop()
            let end = try await end()
            try node.store.close()
            try end.get()
        }

        /// Ends it though what it appends comes nowhere.
        func cutOff() async throws {
            node.stop()
            engine.stop(NodeStopped())
            _ = await task.result
            try node.store.close()
        }
    }

    /// - Parameter through: what stands between the node and its engine.
    func start(
        _ index: Int, seed: UInt64 = 1,
        through: (SharedOrder.Engine) -> any OrderingEngine = { $0 }
    ) throws -> Running {
        let engine = order.engine(index, seed: seed + UInt64(index))
        // However slow the machine is, nobody who waits for others' clocks runs out of patience.
        let node = try Node(
            home: homes[index], engine: through(engine), clock: clock, pool: Pool(),
            storeOptions: StoreOptions(), guards: nil, uptime: { 0 },
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        return Running(node: node, engine: engine, task: Task { try await node.run() })
    }

    func guardFile(_ index: Int, key: SigningKey? = nil) throws -> GuardFile {
        GuardFile(
            home: homes[index].directory, member: try #require(MemberID(rawValue: names[index])),
            nodeKey: (key ?? TestHome.nodeKey(of: names[index])).publicKey)
    }

    /// An entry as somebody with the member's node key writes it, in its next sequence.
    func append(
        by name: String, sequence: UInt64, key: SigningKey? = nil,
        _ change: (inout EntryBody) -> Void = { _ in }
    ) {
        var body = EntryBody()
        body.chain = Data(chain.bytes)
        body.author = name
        body.sequence = sequence
        body.clockMs = clock.now.milliseconds
        change(&body)
        let envelope = (key ?? TestHome.nodeKey(of: name)).sign(body.encoded, as: .entry)
        order.append(
            SignedEntry(
                author: MemberID(rawValue: name)!, sequence: sequence, envelope: envelope))
    }

    func attestation(_ name: String, of header: BlockHeader, hash: Hash256? = nil) -> Signed {
        var body = AttestationBody()
        body.chain = Data(chain.bytes)
        body.epoch = header.epoch
        body.height = header.height.rawValue
        body.blockHash = Data((hash ?? header.hash).bytes)
        return TestHome.nodeKey(of: name).sign(body.encoded, as: .attestation).message
    }
}

extension Node {
    /// Returns once the block is final here.
    func untilFinal(
        _ height: Height, sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        let isFinal = try await progress.untilFinal(height, before: .now + .seconds(300))
        try #require(
            isFinal, "final up to \(finalHeight), not \(height)", sourceLocation: sourceLocation)
    }
}

/// Returns once the condition holds; fails after five minutes.
func until(
    _ what: String, sourceLocation: SourceLocation = #_sourceLocation,
    _ condition: () throws -> Bool
) async throws {
    let deadline = ContinuousClock.now + .seconds(300)
    while try !condition() {
        try #require(ContinuousClock.now < deadline, "\(what)", sourceLocation: sourceLocation)
        try await Task.sleep(for: .milliseconds(2))
    }
}
