import Foundation
import KoinonLedger
import KoinonProtocol
import TestSeeds
import Testing

@testable import KoinonMachine

/// Random sequences of key actions and recoveries, against sets of keys.
@Suite struct AccountsModelTests {
    /// One account as a set of names of keys; what should be true of it.
    private struct Model {
        var keys: Set<Int> = []
        /// Those among them that have a limit.
        var limited: Set<Int> = []
        var revoked: Set<Int> = []
        var recoverable = false
        var pending: (key: Int, due: UInt64)?

        func isFree(_ key: Int) -> Bool {
            !keys.contains(key) && !revoked.contains(key) && pending?.key != key
        }

        mutating func add(_ key: Int, limited isLimited: Bool, signer: Int) -> Bool {
            guard !limited.contains(signer), isFree(key), keys.count < 16 else { return false }
            keys.insert(key)
            if isLimited { limited.insert(key) }
            return true
        }

        mutating func rotate(to key: Int, signer: Int) -> Bool {
            guard isFree(key) else { return false }
            keys.insert(key)
            if limited.contains(signer) { limited.insert(key) }
            drop(signer)
            return true
        }

        mutating func revoke(_ key: Int, signer: Int) -> Bool {
            guard !limited.contains(signer), keys.contains(key),
                !keys.subtracting(limited).subtracting([key]).isEmpty
            else { return false }
            drop(key)
            return true
        }

        mutating func setRecovery(_ on: Bool, signer: Int) -> Bool {
            guard !limited.contains(signer), pending == nil else { return false }
            recoverable = on
            return true
        }

        mutating func start(_ key: Int, due: UInt64) -> Bool {
            guard recoverable, pending == nil, isFree(key) else { return false }
            pending = (key, due)
            return true
        }

        mutating func cancel() -> Bool {
            defer { pending = nil }
            return pending != nil
        }

        mutating func pass(to time: UInt64) {
            guard let pending, pending.due <= time else { return }
            revoked.formUnion(keys)
            keys = [pending.key]
            limited = []
            self.pending = nil
        }

        private mutating func drop(_ key: Int) {
            keys.remove(key)
            limited.remove(key)
            revoked.insert(key)
        }
    }

    private static func key(_ number: Int) -> SigningKey { TestLedger.key("key \(number)") }

    @Test(arguments: Seeds.of([21, 22, 23, 24, 25] as [UInt64], casesEach: 350))
    func `an account has the keys that the model says, after every action`(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let ledger = try TestLedger()
        try ledger.createUnit()
        let guardian = try ledger.open("guardian")
        let owner = try ledger.open("key 0")
        var model = Model(keys: [0])
        var done: Set<Int> = []
        let delay: UInt64 = 86_400_000

        for _ in 0..<350 {
            // Each at a moment of its own, else two keys could sign the very same body.
            let now = ledger.time.later(by: 1)
            model.pass(to: now.milliseconds)
            // Mostly a fresh key, sometimes one of old.
            let largest = model.keys.union(model.revoked).max() ?? 0
            let key = random.oneIn(3) ? random.below(largest + 1) : largest + 1
            let signer = random.pick(model.keys.sorted())
            let actor = owner.signing(with: Self.key(signer))
            let kind = random.below(8)
            var after = model
            let expected: Bool
            let receipt: Receipt
            switch kind {
            case 0:
                let limited = random.oneIn(2)
                expected = after.add(key, limited: limited, signer: signer)
                receipt = try ledger.send(
                    actor, .addKey(Self.key(key), limits: limited ? [("usd", 5)] : []), at: now)
            case 1:
                expected = after.rotate(to: key, signer: signer)
                receipt = try ledger.send(actor, .rotateKey(to: Self.key(key)), at: now)
            case 2:
                let gone = random.pick(model.keys.sorted() + [key])
                expected = after.revoke(gone, signer: signer)
                receipt = try ledger.send(actor, .revokeKey(Self.key(gone)), at: now)
            case 3:
                let on = !random.oneIn(4)
                expected = after.setRecovery(on, signer: signer)
                receipt = try ledger.send(
                    actor, .setRecovery(on ? guardian : nil, delay: delay), at: now)
            case 4, 5:
                expected = after.start(key, due: now.milliseconds + delay)
                receipt = try ledger.send(
                    guardian, .startRecovery(of: owner, key: Self.key(key)), at: now)
            case 6 where random.oneIn(2):
                expected = after.cancel()
                receipt = try ledger.send(actor, .cancelRecovery, at: now)
            default:
                try ledger.advance(milliseconds: UInt64(random.below(40_000_000)))
                continue
            }
            #expect((receipt.code == 0) == expected, "kind \(kind), code \(receipt.code)")
            if expected {
                model = after
                done.insert(kind)
            }
            compare(ledger, owner, model)
        }
        #expect(done.isSuperset(of: [0, 1, 2, 3]))
        #expect(done.contains(4) || done.contains(5))
        try ledger.checkReplay()
    }

    private func compare(_ ledger: TestLedger, _ owner: Actor, _ model: Model) {
        let account = Accounts.account(owner.account, in: ledger.state)!
        let keys = Set(account.keys.map(\.publicKey))
        #expect(keys == Set(model.keys.map { Data(Self.key($0).publicKey.bytes) }))
        let limited = Set(account.keys.filter { !$0.limits.isEmpty }.map(\.publicKey))
        #expect(limited == Set(model.limited.map { Data(Self.key($0).publicKey.bytes) }))
        let revoked = Accounts.revokedKeys.rows(under: owner.account, in: ledger.state)
        #expect(Set(revoked.map(\.key.b)) == Set(model.revoked.map { Self.key($0).publicKey }))
        #expect(
            (account.hasPendingRecovery ? account.pendingRecovery.dueMs : nil)
                == model.pending?.due)
    }
}
