import Foundation
import KoinonProtocol
import TestSeeds
import Testing

@testable import KoinonStore
@testable import TestNodes

/// A block's result decoded in parts, against the whole message decoded at once.
@Suite("The stored result of a block")
struct StoredResultTests {
    @Test(arguments: Seeds.of(0..<20 as Range<UInt64>, casesEach: 100))
    func `gives in parts what the whole decodes to`(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        for _ in 0..<100 {
            let whole = Self.result(&random)
            let stored = try StoredResult(whole.encoded, at: Height(7))
            #expect(stored.receiptCount == whole.receipts.count)
            #expect(try stored.decodedTimers() == whole.timers)
            #expect(stored.encodedReceipts == whole.receipts.map(\.encoded))
            for (leaf, receipt) in whole.receipts.enumerated() {
                #expect(try stored.receipt(at: leaf) == receipt)
                #expect(try stored.receiptCode(at: leaf) == receipt.code)
            }
        }
    }

    /// Cut anywhere, or with any byte changed: for most results some hundred cases.
    @Test(arguments: Seeds.of(0..<20 as Range<UInt64>, casesEach: 200))
    func `takes altered bytes exactly where the whole is taken`(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let sound = Self.result(&random).encoded
        var refused = 0
        for count in sound.indices {
            try Self.compare(Array(sound[..<count]), &refused)
            var changed = sound
            changed[count] ^= UInt8(1 + random.below(255))
            try Self.compare(changed, &refused)
        }
        #expect(refused > sound.count / 2 || sound.isEmpty)
    }

    @Test func `names the block whose receipts do not decode`() throws {
        // A receipt that is cut, a field that no result has, a receipt that is a number.
        for bytes: [UInt8] in [[0x12, 0x02, 0x08], [0x1a, 0x00], [0x10, 0x01]] {
            let fault = #expect(throws: StoreFault.self) {
                try StoredResult(bytes, at: Height(7))
            }
            #expect(fault?.description.contains("block 7") == true)
        }
        // A code that is cut, behind a receipt that is whole.
        let stored = try StoredResult([0x12, 0x02, 0x08, 0x05, 0x12, 0x01, 0x08], at: Height(7))
        #expect(try stored.receipt(at: 0).code == 5)
        #expect(throws: StoreFault.self) { try stored.receipt(at: 1) }
        #expect(throws: StoreFault.self) { try stored.receiptCode(at: 1) }
    }

    private static func compare(_ bytes: [UInt8], _ refused: inout Int) throws {
        guard let whole = try? BlockResult(strict: bytes) else {
            refused += 1
            #expect(throws: StoreFault.self, "\(bytes)") {
                let stored = try StoredResult(bytes, at: Height(7))
                _ = try stored.decodedTimers()
                for leaf in 0..<stored.receiptCount { _ = try stored.receipt(at: leaf) }
            }
            return
        }
        let stored = try StoredResult(bytes, at: Height(7))
        #expect(try stored.decodedTimers() == whole.timers)
        #expect(
            try (0..<stored.receiptCount).map { try stored.receipt(at: $0) } == whole.receipts)
        #expect(
            try (0..<stored.receiptCount).map { try stored.receiptCode(at: $0) }
                == whole.receipts.map(\.code))
    }

    private static func result(_ random: inout SeededRandom) -> BlockResult {
        var result = BlockResult()
        result.timers = (0..<random.below(4)).map { _ in
            TimerRecord.with {
                $0.dueMs = random.next()
                $0.module = UInt32(random.below(9))
                $0.kind = UInt32(random.below(3))
                $0.subject = Data((0..<random.below(40)).map { UInt8($0) })
                $0.name = random.below(2) == 0 ? "" : "überfällig"
            }
        }
        result.receipts = (0..<result.timers.count + random.below(6)).map { _ in
            receipt(&random)
        }
        return result
    }

    private static func receipt(_ random: inout SeededRandom) -> Receipt {
        Receipt.with {
            guard random.below(3) > 0 else {
                $0.code = UInt32(random.below(1 << 20))
                $0.actionIndex = UInt32(random.below(3))
                $0.field = "amount_minor"
                $0.detail = String(repeating: "x", count: random.below(200))
                return
            }
            $0.events = (0..<random.below(4)).map { _ in
                Event.with {
                    $0.money.transferred.unit = "EUR"
                    $0.money.transferred.to = Data(repeating: 7, count: 20)
                    $0.money.transferred.amountMinor = random.next() >> random.below(64)
                }
            }
        }
    }
}
