import KoinonLedger
import KoinonProtocol
import Testing

@testable import KoinonMachine

/// What must hold after every block, whatever the test is about.
extension TestLedger {
    func check(_ block: ExecutedBlock, after before: BlockHeader) {
        let header = block.header
        #expect(header.height == before.height.next)
        #expect(header.parent == before.hash)
        #expect(header.time >= before.time, "time never goes back")
        #expect(header.membersHash == before.nextMembersHash)
        #expect(header.nextMembersHash == Alliance.memberSet(in: state).hash)
        #expect(header.stateRoot == replica.tree.root)
        let keys = block.changes.map(\.key)
        #expect(keys == keys.sorted { $0.lexicographicallyPrecedes($1) })
        checkReceipts(of: block)
        checkState()
    }

    /// One receipt for each leaf; the roots commit to both.
    private func checkReceipts(of block: ExecutedBlock) {
        let result = try! BlockResult(strict: block.result)
        #expect(result.receipts.count == result.timers.count + block.transactions.count)
        #expect(
            MerkleTree.root(ofLeaves: result.receipts.map(\.encoded)) == block.header.receiptsRoot)
        for receipt in result.receipts where receipt.code != 0 {
            #expect(receipt.events.isEmpty, "what was rejected did not happen")
            #expect(Modules.rejectionMeanings[receipt.code] != nil, "code \(receipt.code)")
        }
    }

    func checkState() {
        let violations = Modules.invariantViolations(in: state)
        #expect(violations.isEmpty, "\(violations.joined(separator: "\n"))")
        let sums = moneyBySum()
        for (unit, row) in Money.units.rows(in: state) {
            #expect(row.issuedMinor - row.redeemedMinor == sums[unit] ?? 0, "\(unit)")
        }
    }

    /// Money there is, by unit, counted from the rows' bytes: a tag of one byte and a
    /// varint; the unit is the last part of the key, behind its length.
    private func moneyBySum() -> [String: UInt64] {
        var sums: [String: UInt64] = [:]
        state.forEach { key, value in
            guard key[0] == 0x31 || key[0] == 0x32 else { return }
            let unit = String(decoding: key.dropFirst(1 + 20 + 1), as: UTF8.self)
            var amount: UInt64 = 0
            for (index, byte) in value.dropFirst().enumerated() {
                amount |= UInt64(byte & 0x7F) << (7 * UInt64(index))
            }
            sums[unit, default: 0] += amount
        }
        return sums
    }

    /// A second ledger that takes the same entries must agree at every height.
    func checkReplay(sourceLocation: SourceLocation = #_sourceLocation) throws {
        let second = try Replica(genesis: genesis)
        var replayed = [second.header.hash]
        for entry in log {
            if case .closed(let block, _) = second.apply(entry) {
                replayed.append(block.header.hash)
            }
        }
        #expect(replayed == hashes, sourceLocation: sourceLocation)
    }
}
