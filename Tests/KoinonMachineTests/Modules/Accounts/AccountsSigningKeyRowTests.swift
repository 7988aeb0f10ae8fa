import Foundation
import KoinonLedger
import KoinonProtocol
import TestSeeds
import Testing

@testable import KoinonMachine

/// What is read from an account's row in place must be what its message says, and what is
/// written there what protobuf would write.
@Suite struct AccountsSigningKeyRowTests {
    private static func key(_ number: UInt64) -> PublicKey {
        PublicKey(storage: Storage32(number, 2, 3, number &* 7))
    }

    /// An account with keys of all kinds, some of which have used nonces.
    private func account(_ random: inout SeededRandom) -> Account {
        var account = Account()
        account.openedAtMs = UInt64(random.below(1 << 40))
        account.keys = (0..<1 + random.below(4)).map { number in
            var key = AccountKey()
            key.publicKey = Data(Self.key(UInt64(number)).bytes)
            key.addedAtMs = UInt64(random.below(1 << 40))
            if random.below(3) == 0 {
                key.limits = [.with { $0.unit = "usd" }]
                key.spending = [.with { $0.unit = "usd" }]
            }
            for _ in 0..<random.below(4) {
                let nonce = key.window.highest + UInt64(1 + random.below(200))
                key.window.use(nonce)
            }
            return key
        }
        account.sponsorships = [.with { $0.sponsor = "alfa" }]
        if random.below(2) == 0 { account.requestedSponsor = "bravo" }
        return account
    }

    @Test(arguments: Seeds.of(1...40, casesEach: 60))
    func `a key is found, judged and used as in the message`(seed: Int) throws {
        var random = SeededRandom(seed: UInt64(seed))
        var account = account(&random)
        for _ in 0..<60 {
            let row = account.encoded
            let index = random.below(account.keys.count)
            let found = try #require(SigningKeyRow(Self.key(UInt64(index)), in: row))
            let key = account.keys[index]
            #expect(found.isLimited == !key.limits.isEmpty)
            let highest = key.window.highest
            var nonces: [UInt64] = [1, highest, highest + 1, highest + 1_024, highest + 1_025]
            for range in key.window.unused { nonces += [range.first, range.last] }
            nonces.append(UInt64(random.below(Int(highest) + 100)))
            for nonce in nonces { #expect(found.isFresh(nonce) == key.window.isFresh(nonce)) }
            let fresh = nonces.filter { key.window.isFresh($0) }
            let nonce = random.below(2) == 0 ? highest + 1 : fresh[random.below(fresh.count)]
            account.keys[index].window.use(nonce)
            #expect(found.using(nonce) == account.encoded)
        }
        #expect(SigningKeyRow(Self.key(99), in: account.encoded) == nil)
    }
}
