import Foundation
import KoinonLedger
import KoinonProtocol
import Testing

@testable import KoinonMachine

@Suite struct AccountsRecoveryTests {
    private let scene: AccountsScene
    private let new: Actor
    private let delay: UInt64 = 86_400_000

    init() throws {
        scene = try AccountsScene()
        new = scene.rita.signing(with: TestLedger.key("recovered"))
        try scene.ledger.done(scene.rita, .setRecovery(scene.sami, delay: delay))
    }

    /// Starts the recovery and returns when it is due.
    private func start() throws -> Timestamp {
        let events = try scene.ledger.done(
            scene.sami, .startRecovery(of: scene.rita, key: new.key))
        let due = scene.ledger.time.later(by: delay)
        #expect(events.map(\.accounts.recoveryStarted.dueMs) == [due.milliseconds])
        return due
    }

    @Test func `the new key replaces all others exactly when the delay is over`() throws {
        let due = try start()
        #expect(try scene.ledger.advance(to: due.earlier(by: 1)).timers.isEmpty)
        #expect(scene.isActive(scene.rita) && !scene.isActive(new))
        let closed = try scene.ledger.advance(to: due)
        #expect(closed.timers.map(\.dueMs) == [due.milliseconds])
        #expect(closed.timers[0].subject == scene.rita.bytes)
        let events = closed.timerReceipts[0].events
        #expect(
            events.map(\.accounts.keyRevoked.publicKey)
                == [
                    Data(scene.rita.key.publicKey.bytes), Data(scene.till.key.publicKey.bytes),
                    Data(),
                ])
        #expect(
            events[2].accounts.recoveryCompleted.publicKey == Data(new.key.publicKey.bytes))
        #expect(!scene.isActive(scene.rita) && !scene.isActive(scene.till) && scene.isActive(new))
        // The money is still there, and the new key has no limit.
        try scene.ledger.done(new, .transfer(1_000, to: scene.sami))
        // The old ones never return.
        let receipt = try scene.ledger.send(new, .addKey(scene.rita.key))
        #expect(receipt.code == AccountsRejection.keyRevoked.rawValue)
    }

    @Test func `a recovery that a block executes late is reckoned from its moment`() throws {
        let due = try start()
        try scene.ledger.advance(to: due.later(by: 3_600_000))
        #expect(scene.row(scene.rita).keys.map(\.addedAtMs) == [due.milliseconds])
    }

    @Test func `the old key signs in the last block before, and not in the block of the change`()
        throws
    {
        let due = try start()
        try scene.ledger.done(
            scene.rita, .transfer(1, to: scene.sami), at: due.earlier(by: 1))
        let late = scene.ledger.sign([.transfer(1, to: scene.sami)], by: scene.rita)
        let closed = try scene.ledger.block(at: due, [late])
        #expect(closed.ignored == [late.bodyHash: .keyNotActive])
    }

    @Test(arguments: ["rita", "till"])
    func `any current key cancels, a limited one too`(name: String) throws {
        let due = try start()
        let actor = name == "till" ? scene.till : scene.rita
        let events = try scene.ledger.done(
            actor, .cancelRecovery, at: due.earlier(by: 1))
        #expect(events.map(\.accounts.recoveryCancelled.account) == [scene.rita.bytes])
        #expect(!scene.row(scene.rita).hasPendingRecovery)
        #expect(try scene.ledger.advance(to: due.later(by: 1)).timers.isEmpty)
        #expect(scene.isActive(scene.rita))
        // It may be started anew.
        _ = try start()
    }

    @Test func `a key added or rotated meanwhile is replaced as well`() throws {
        let due = try start()
        let second = scene.rita.signing(with: TestLedger.key("second"))
        let third = scene.rita.signing(with: TestLedger.key("third"))
        try scene.ledger.done(scene.rita, .addKey(second.key))
        try scene.ledger.done(second, .rotateKey(to: third.key))
        try scene.ledger.advance(to: due)
        #expect(scene.row(scene.rita).keys.map(\.publicKey) == [Data(new.key.publicKey.bytes)])
        #expect(!scene.isActive(third))
    }

    @Test func `an account without a recovery account cannot be recovered`() throws {
        try scene.ledger.done(scene.rita, .setRecovery(nil))
        #expect(scene.row(scene.rita).recoveryAccount.isEmpty)
        #expect(scene.row(scene.rita).recoveryDelayMs == 0)
        let receipt = try scene.ledger.send(
            scene.sami, .startRecovery(of: scene.rita, key: new.key))
        #expect(receipt.code == AccountsRejection.notRecoveryAccount.rawValue)
    }

    @Test func `the shortest and the longest delay are taken`() throws {
        for delay in [86_400_000, 31_536_000_000] as [UInt64] {
            let events = try scene.ledger.done(
                scene.rita, .setRecovery(scene.sami, delay: delay))
            #expect(events.map(\.accounts.recoverySet.delayMs) == [delay])
        }
    }

    @Test func `two accounts may recover each other`() throws {
        try scene.ledger.done(scene.sami, .setRecovery(scene.rita, delay: delay))
        let due = try start()
        let other = scene.sami.signing(with: TestLedger.key("sami's new"))
        try scene.ledger.done(
            scene.rita, .startRecovery(of: scene.sami, key: other.key))
        let closed = try scene.ledger.advance(to: due)
        #expect(closed.timers.count == 2)
        #expect(scene.isActive(new) && scene.isActive(other))
    }
}
