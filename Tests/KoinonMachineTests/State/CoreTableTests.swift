import KoinonLedger
import KoinonProtocol
import Testing

@testable import KoinonMachine

@Suite struct CoreTableTests {
    private let table = Table<Key2<UInt32, String>, Balance>(prefix: 0xF0)

    private func balance(_ amount: UInt64) -> Balance {
        var balance = Balance()
        balance.amountMinor = amount
        return balance
    }

    private func filled() -> StateOverlay {
        let overlay = StateOverlay(over: CommittedState())
        for number in [1, 2, 255, 256] as [UInt32] {
            for unit in ["a", "b", "aa"] {
                table.set(Key2(number, unit), balance(UInt64(number)), in: overlay)
            }
        }
        // Neighbours of the table: a row before and a row after.
        overlay.set([0xEF], [1])
        overlay.set([0xF1], [1])
        return overlay
    }

    @Test func `rows come back in the order of their parts, shorter text first`() {
        let rows = table.rows(in: filled())
        #expect(rows.map(\.key.a) == [1, 1, 1, 2, 2, 2, 255, 255, 255, 256, 256, 256])
        #expect(rows.prefix(3).map(\.key.b) == ["a", "b", "aa"])
        #expect(rows.map(\.value.amountMinor) == rows.map { UInt64($0.key.a) })
    }

    @Test func `rows under a part are those that begin with it`() {
        let rows = table.rows(under: UInt32(255), in: filled())
        #expect(rows.map(\.key.b) == ["a", "b", "aa"])
        #expect(rows.allSatisfy { $0.key.a == 255 })
        #expect(table.rows(under: UInt32(3), in: filled()).isEmpty)
    }

    @Test func `rows from a key begin at it, or at the part when that is later`() {
        let state = filled()
        #expect(
            table.rows(from: Key2(255, "b"), limit: 3, in: state).map(\.key.b) == ["b", "aa", "a"])
        #expect(table.rows(under: UInt32(255), from: Key2(1, "a"), in: state).count == 3)
        #expect(table.rows(under: UInt32(255), from: Key2(255, "b"), in: state).count == 2)
        #expect(table.rows(under: UInt32(1), from: Key2(255, "b"), in: state).isEmpty)
    }

    @Test func `a removed row is gone and its neighbours stay`() {
        let state = filled()
        table.remove(Key2(2, "b"), in: state)
        #expect(table.get(Key2(2, "b"), in: state) == nil)
        #expect(!table.contains(Key2(2, "b"), in: state))
        #expect(table.get(Key2(2, "a"), in: state)?.amountMinor == 2)
        #expect(table.rows(in: state).count == 11)
    }

    @Test func `every kind of key part reads back what it wrote and leaves the rest`() {
        func check<Part: StateKey & Equatable>(_ parts: Part...) {
            for part in parts {
                var bytes: [UInt8] = []
                part.append(to: &bytes)
                var rest = (bytes + [0xAB])[...]
                #expect(Part.take(from: &rest) == part)
                #expect(rest == [0xAB])
                for count in 0..<bytes.count {
                    var short = bytes.prefix(count)
                    #expect(Part.take(from: &short) == nil, "\(part) cut to \(count) bytes")
                }
            }
        }
        check(UInt64(0), 1, 256, .max)
        check(UInt32(0), 77, .max)
        check("", "usd", "§€")
        check(Hash256.sha256([1]), .zero)
        check(TestLedger.key("a").publicKey)
        check(MemberID(rawValue: "alfa")!)
        check(AccountID(truncating: .sha256([2])))
    }

    @Test func `keys made of parts sort as their parts do`() {
        var random = SeededRandom(seed: 9)
        let keys = (0..<300).map { _ in
            Key2(UInt64(random.below(5)) << (8 * UInt64(random.below(8))), UInt32(random.below(3)))
        }
        let bytes = keys.map { key in
            var bytes: [UInt8] = []
            key.append(to: &bytes)
            return bytes
        }
        for (i, a) in keys.enumerated() {
            for (j, b) in keys.enumerated() {
                let inOrder = (a.a, a.b) < (b.a, b.b)
                #expect(bytes[i].lexicographicallyPrecedes(bytes[j]) == inOrder)
            }
        }
    }
}
