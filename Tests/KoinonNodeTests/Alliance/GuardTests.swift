import Foundation
import KoinonClient
import KoinonLedger
import KoinonProtocol
import KoinonStore
import Logging
import Synchronization
import Testing

@testable import KoinonNode
@testable import TestNodes

/// What one process that hosts everybody makes of its guards.
@Suite("A node with the embedded engine and its guards", .timeLimit(.minutes(30)))
struct GuardTests {
    @Test func `begins guards in a home that was made before there were any`() async throws {
        let home = try TestHome()
        let sender = home.member("alfa")
        try await home.running { node in
            try await sender.done(.registerKind("one", title: "K"), to: node)
            await node.untilIdle()
        }
        try home.forgetGuards()
        try await home.running { node in
            #expect(node.standings.allSatisfy { $0.standing == .attests })
            try await sender.done(.registerKind("two", title: "K"), to: node)
            await node.untilIdle()
            #expect(node.finalHeight == Height(2))
        }
        for name in ["alfa", "bravo"] {
            let file = GuardFile(
                home: home.home.directory, member: MemberID(rawValue: name)!,
                nodeKey: TestHome.nodeKey(of: name).publicKey)
            #expect(try file.current()?.height == Height(2))
        }
    }

    /// It may have joined others, whose engine it was not told of yet.
    @Test func `begins no guard where others hold keys too`() throws {
        let home = try TestHome(hosts: ["alfa"])
        try home.forgetGuards()
        let node = try home.node()
        #expect(node.standings.map(\.standing) == [.follows(.guardLost)])
        try node.store.close()
    }

    /// Another second block would be a second history, as good as the first to whoever sees
    /// only its signatures.
    @Test func `signs nothing on an older copy of its ledger`() async throws {
        let home = try TestHome()
        let copy = home.home.directory.appending(path: "copy")
        let sender = home.member("alfa")
        try await home.running { node in
            try await sender.done(.registerKind("one", title: "K"), to: node)
            await node.untilIdle()
        }
        try FileManager.default.copyItem(at: home.ledgerFile, to: copy)
        try await home.running { node in
            try await sender.done(.registerKind("two", title: "K"), to: node)
            await node.untilIdle()
            #expect(node.finalHeight == Height(2))
        }
        for suffix in ["", "-wal", "-shm"] {
            try? FileManager.default.removeItem(atPath: home.ledgerFile.path + suffix)
        }
        try FileManager.default.moveItem(at: copy, to: home.ledgerFile)
        try await home.running { node in
            #expect(
                node.standings.map(\.standing)
                    == [.catchesUp(to: Height(2)), .catchesUp(to: Height(2))])
            try await sender.done(.registerKind("other", title: "K"), to: node)
            await node.untilIdle()
            #expect(node.tip.height == Height(2))
            #expect(node.finalHeight == Height(1))
            #expect(
                node.standings.map(\.standing)
                    == [.follows(.otherBranch(Height(2))), .follows(.otherBranch(Height(2)))])
        }
    }

    @Test func `has raised its guards before anybody sees a signature`() async throws {
        let home = try TestHome()
        let sender = home.member("alfa")
        try await home.running { node in
            for number in 1...5 {
                try await sender.done(.registerKind("kind-\(number)", title: "K"), to: node)
                let final = node.finalHeight
                for name in ["alfa", "bravo"] {
                    let file = GuardFile(
                        home: home.home.directory, member: MemberID(rawValue: name)!,
                        nodeKey: TestHome.nodeKey(of: name).publicKey)
                    #expect(try #require(try file.current()).height >= final)
                }
            }
        }
    }

    /// The order is durable only with the blocks: a guard of one that a full disk or a crash
    /// takes away would keep the member from signing whatever comes in its place.
    @Test func `holds no block in a guard before it is stored`() async throws {
        let home = try TestHome(members: ["alfa"])
        let watched = WatchedGuard()
        let node = try Node(
            home: home.home, engine: nil, clock: home.clock, pool: Pool(),
            storeOptions: StoreOptions(),
            guards: GuardKeeper([TestHome.nodeKey(of: "alfa").publicKey: watched]),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        watched.watch(node.store)
        let running = Task { try await node.run() }
        let sender = home.member("alfa")
        for number in 1...100 {
            try await sender.done(.registerKind("kind-\(number)", title: "K"), to: node)
        }
        node.stop()
        try await running.value
        try node.store.close()
        #expect(watched.early == [])
        #expect(watched.current()?.height == Height(100))
    }
}

/// Slower than the disk, so that blocks are on their way to it whenever some are signed.
private final class WatchedGuard: AttestationGuard {
    private let kept = MemoryGuard(nil)
    private let state = Mutex<(store: LedgerStore?, early: [Height])>((nil, []))

    /// Those that were not stored when they were raised to.
    var early: [Height] { state.withLock { $0.early } }

    func watch(_ store: LedgerStore) { state.withLock { $0.store = store } }

    func current() -> GuardRecord? { kept.current() }

    func raise(to record: GuardRecord) throws {
        try state.withLock { state in
            guard let store = state.store else { return }
            let tip = try store.read { try $0.tip().header.height }
            if record.height > tip { state.early.append(record.height) }
        }
        kept.raise(to: record)
        Thread.sleep(forTimeInterval: 0.003)
    }
}
