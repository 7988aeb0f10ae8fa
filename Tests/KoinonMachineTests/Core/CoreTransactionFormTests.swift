import Foundation
import KoinonLedger
import KoinonProtocol
import SwiftProtobuf
import Testing

@testable import KoinonMachine

/// Transactions that no state could ever accept.
@Suite struct CoreTransactionFormTests {
    private let ledger: TestLedger
    private let good: TransactionBody

    init() throws {
        ledger = try TestLedger()
        let alfa = ledger.member("alfa")
        good = try TransactionBody(
            strict: ledger.sign([.transfer(1, to: alfa)], by: alfa).body)
    }

    private func fault(_ bytes: [UInt8], as tag: SigningTag = .transaction) -> TransactionFault? {
        do throws(TransactionFault) {
            _ = try CheckedTransaction(
                ledger.member("alfa").key.sign(bytes, as: tag), chain: ledger.chain)
            return nil
        } catch { return error }
    }

    private func fault(_ change: (inout TransactionBody) -> Void) -> TransactionFault? {
        var body = good
        change(&body)
        return fault(body.encoded)
    }

    @Test func `the body as it is has no fault`() {
        #expect(fault(good.encoded) == nil)
    }

    @Test func `a transaction has at most 64 KiB, its envelope included`() {
        // Depends on the size alone: what comes after in the list of checks would object.
        let most = [UInt8](repeating: 0, count: TransactionLimits.bytes - 96)
        #expect(fault(most) != .tooLarge(bytes: TransactionLimits.bytes))
        #expect(fault(most + [0]) == .tooLarge(bytes: TransactionLimits.bytes + 1))
    }

    @Test func `unknown fields are refused at any depth`() throws {
        guard case .malformed? = fault(good.encoded + [0x9A, 0x06, 0x00]) else {
            Issue.record("taken at the top")
            return
        }
        // Field 99 inside the action: its length, the first byte behind the tag, grows by 3.
        var nested = good
        nested.actions = []
        let action = good.actions[0].encoded + [0x9A, 0x06, 0x00]
        guard case .malformed? = fault(nested.encoded + [0x2A, UInt8(action.count)] + action)
        else {
            Issue.record("taken inside an action")
            return
        }
        #expect(
            fault(nested.encoded + [0x2A, UInt8(action.count - 3)] + action.dropLast(3)) == nil)
    }

    @Test func `each rule of form names what it is about`() {
        #expect(fault { $0.chain = Data(Hash256.zero.bytes) } == .wrongChain)
        #expect(fault { $0.chain = Data() } == .wrongChain)
        #expect(fault { $0.sender.append(0) } == .senderLength(21))
        #expect(fault { $0.nonce = 0 } == .nonceZero)
        #expect(fault { $0.actions = [] } == .actionCount(0))
        #expect(
            fault { $0.actions = Array(repeating: $0.actions[0], count: 101) } == .actionCount(101))
        #expect(fault { $0.actions = Array(repeating: $0.actions[0], count: 100) } == nil)
        #expect(fault { $0.actions.append(Action()) } == .emptyAction(index: 1))
        #expect(fault { $0.memo = String(repeating: "é", count: 70) } == nil)
        #expect(
            fault { $0.memo = String(repeating: "é", count: 70) + "!" } == .memoTooLong(bytes: 141))
        #expect(fault(good.encoded, as: .entry) == .badSignature)
    }

    @Test func `of two faults the earlier one is named`() {
        #expect(
            fault {
                $0.chain = Data(); $0.sender = Data()
            } == .wrongChain)
        #expect(
            fault {
                $0.sender = Data(); $0.nonce = 0
            } == .senderLength(0))
        #expect(
            fault {
                $0.nonce = 0; $0.actions = []
            } == .nonceZero)
        #expect(
            fault {
                $0.actions = []; $0.memo = String(repeating: "a", count: 141)
            }
                == .actionCount(0))
    }
}
