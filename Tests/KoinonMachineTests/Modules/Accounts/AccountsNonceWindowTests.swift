import KoinonProtocol
import TestSeeds
import Testing

@testable import KoinonMachine

/// The replay window against RFC 4303 §3.4.3 told with a set.
@Suite struct AccountsNonceWindowTests {
    /// Remembers every nonce ever used; judges by the words of the RFC.
    private struct Model {
        var used: Set<UInt64> = []
        var right: UInt64 { used.max() ?? 0 }

        func accepts(_ nonce: UInt64) -> Bool {
            guard nonce > 0, !used.contains(nonce) else { return false }
            // Left of the window of 1,024 that ends at the highest: too old.
            if nonce + 1_024 <= right { return false }
            return nonce <= right + 1_024
        }
    }

    @Test(arguments: Seeds.of(1...8 as ClosedRange<UInt64>, casesEach: 3_000))
    func `the window accepts exactly what the model accepts`(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        var window = NonceWindow()
        var model = Model()
        var accepted = 0
        for step in 0..<3_000 {
            let nonce = pick(&random, near: model.right, style: Int(seed) + step / 500)
            #expect(window.isFresh(nonce) == model.accepts(nonce), "nonce \(nonce), step \(step)")
            guard model.accepts(nonce) else { continue }
            accepted += 1
            window.use(nonce)
            model.used.insert(nonce)
            if step.isMultiple(of: 250) { checkAll(window, model) }
        }
        checkAll(window, model)
        #expect(accepted > 300)
        // No more ranges than could lie in the window, each inside it, in order.
        #expect(window.unused.count <= 512)
    }

    /// In order, shuffled within the window, in jumps, or at the edges.
    private func pick(_ random: inout SeededRandom, near right: UInt64, style: Int) -> UInt64 {
        switch style % 4 {
        case 0: return right + UInt64(random.below(4))
        case 1: return UInt64(max(0, Int(right) - 1_100 + random.below(1_300)))
        case 2: return right + UInt64(random.below(1_200))
        default:
            let edges = [-1_026, -1_025, -1_024, -1_023, -1, 0, 1, 2, 1_023, 1_024, 1_025, 1_026]
            return UInt64(max(0, Int(right) + random.pick(edges)))
        }
    }

    private func checkAll(_ window: NonceWindow, _ model: Model) {
        for nonce in (model.right > 1_100 ? model.right - 1_100 : 0)...(model.right + 1_100) {
            #expect(window.isFresh(nonce) == model.accepts(nonce), "nonce \(nonce)")
        }
    }

    @Test func `the first nonce lies in 1…1,024`() {
        #expect(!NonceWindow().isFresh(0))
        #expect(NonceWindow().isFresh(1))
        #expect(NonceWindow().isFresh(1_024))
        #expect(!NonceWindow().isFresh(1_025))
    }

    @Test func `nonces in order keep no gaps, so the row stays a few bytes`() {
        var window = NonceWindow()
        for nonce in 1...5_000 as ClosedRange<UInt64> { window.use(nonce) }
        #expect(window.unused.isEmpty)
        #expect(window.encoded.count == 3)
    }

    @Test func `the window works up to the last nonce there is`() {
        var window = NonceWindow()
        window.highest = .max - 2
        #expect(window.isFresh(.max))
        window.use(.max)
        #expect(window.isFresh(.max - 1))
        #expect(!window.isFresh(.max))
        window.use(.max - 1)
        #expect(!window.isFresh(.max - 1))
        #expect(!window.isFresh(1))
    }
}
