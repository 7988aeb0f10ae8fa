import Foundation
import KoinonLedger
import KoinonMachine
import KoinonProtocol

/// What a block must be like, and what the model says of each of its leaves.
extension World {
    /// Rules that hold for every block, whatever it does.
    func check(_ block: ExecutedBlock, after before: BlockHeader) throws {
        let header = block.header
        try require(
            header.height == before.height.next && header.parent == before.hash, .block,
            "the block does not follow the one before")
        try require(header.time >= before.time, .block, "time goes back")
        try require(
            header.membersHash == before.nextMembersHash, .block, "judged by others than named")
        try require(
            header.stateRoot == replica.tree.root, .block, "the header has another state root")
        let keys = block.changes.map(\.key)
        try require(
            zip(keys, keys.dropFirst()).allSatisfy { $0.lexicographicallyPrecedes($1) }, .block,
            "changed rows are not ascending")
    }

    /// Compares each timer, transaction and receipt with what the model expects.
    func follow(
        _ block: ExecutedBlock, ignored: [Hash256: IgnoredReason], _ entry: CheckedEntry
    ) throws {
        let result = try BlockResult(strict: block.result)
        let isOfMember = reference.alliance.members[entry.author.rawValue] != nil
        let limit = reference.alliance.parameters.timersPerBlock
        reference.parent = hashes[hashes.count - 2]
        reference.beginBlock()
        try require(
            reference.timeMs == block.header.time.milliseconds, .outcome,
            "block time is \(block.header.time), expected \(reference.timeMs)")
        try require(
            MerkleTree.root(ofLeaves: result.receipts.map(\.encoded)) == block.header.receiptsRoot,
            .block, "the receipts are not those of the header")
        var receipts = result.receipts[...]
        var isLost = false
        for timer in result.timers {
            guard let receipt = receipts.popFirst() else {
                throw finding(.block, "a timer has no receipt")
            }
            counts.timers += 1
            if isLost {
                try followOnly(receipt)
            } else {
                isLost = try follow(timer, receipt)
            }
        }
        if !isLost, UInt64(result.timers.count) < limit, let due = reference.timers.first,
            due.due <= reference.timeMs
        {
            throw finding(
                .outcome, "timer \(due.name) of module \(due.module) was due \(due.due), none came")
        }
        // Transactions in an entry of someone who is no member are nobody's.
        isLost = try follow(
            isOfMember ? entry.transactions : [], ignored, &receipts, block, isLost: isLost)
        try require(receipts.isEmpty, .block, "a receipt belongs to nothing")
        if isLost { reference.reread(shadow.state) }
    }

    /// - Returns: whether the model cannot tell what came of it.
    private func follow(_ timer: TimerRecord, _ receipt: Receipt) throws -> Bool {
        let expected = reference.timers.takeFirst()
        let found = ReferenceTimer(
            due: timer.dueMs, module: timer.module, kind: timer.kind,
            subject: Array(timer.subject), name: timer.name)
        try require(
            expected == found, .outcome,
            "a block ran timer \(found), expected \(expected.map { "\($0)" } ?? "none")")
        return try compare(reference.fire(found), receipt, "timer \(timer.name)")
    }

    private func follow(
        _ transactions: [CheckedTransaction], _ ignored: [Hash256: IgnoredReason],
        _ receipts: inout ArraySlice<Receipt>, _ block: ExecutedBlock, isLost: Bool
    ) throws -> Bool {
        var isLost = isLost
        let executed = Set(block.transactions.map(\.id))
        for transaction in transactions {
            if !isLost {
                let reason = reference.ignored(
                    transaction.body, id: transaction.id, key: transaction.key)
                try require(
                    reason?.rawValue == ignored[transaction.id]?.rawValue, .outcome,
                    "a transaction is ignored: \(ignored[transaction.id]?.rawValue ?? "no"), "
                        + "expected \(reason?.rawValue ?? "no")")
            }
            if ignored[transaction.id] != nil {
                counts.ignored += 1
                continue
            }
            guard executed.contains(transaction.id), let receipt = receipts.popFirst() else {
                throw finding(.block, "a transaction has no receipt")
            }
            count(receipt, of: transaction.body)
            if isLost {
                reference.spend(transaction.body, id: transaction.id, key: transaction.key)
                try followOnly(receipt)
            } else {
                let expected = reference.execute(
                    transaction.body, id: transaction.id, key: transaction.key)
                isLost = try compare(expected, receipt, "a transaction")
            }
        }
        return isLost
    }

    /// - Returns: whether the model cannot tell what came of it.
    private func compare(
        _ expected: Expectation, _ receipt: Receipt, _ what: String
    ) throws -> Bool {
        switch expected {
        case .done:
            try require(
                receipt.code == 0, .outcome,
                "\(what) was rejected (\(name(receipt)) at action \(receipt.actionIndex) "
                    + "\(receipt.field) \(receipt.detail)), expected done")
            let events = moneyEvents(of: receipt)
            try require(
                events == reference.moneyEvents, .outcome,
                "\(what) moved \(text(events)), expected \(text(reference.moneyEvents))")
            return false
        case .rejected(let code, let index, let detail):
            try require(
                receipt.code == code && Int(receipt.actionIndex) == index, .outcome,
                "\(what) was \(name(receipt)) at action \(receipt.actionIndex), expected "
                    + "\(Self.name(of: code)) at action \(index)")
            try require(
                detail == nil || detail == receipt.detail, .outcome,
                "\(what): detail \(receipt.detail), expected \(detail ?? "")")
            try require(receipt.events.isEmpty, .block, "\(what): rejected, and has events")
            return false
        case .unsure(let index):
            counts.unsure += 1
            try require(
                receipt.code == 0 || Int(receipt.actionIndex) >= index, .outcome,
                "\(what) was \(name(receipt)) at action \(receipt.actionIndex), expected at "
                    + "\(index) at the earliest")
            try followOnly(receipt)
            return receipt.code == 0
        }
    }

    /// Takes from the receipt what money did.
    private func followOnly(_ receipt: Receipt) throws {
        for event in moneyEvents(of: receipt) {
            if let contradiction = reference.money.follow(event) {
                throw finding(.outcome, contradiction)
            }
        }
    }

    private func moneyEvents(of receipt: Receipt) -> [MoneyEvent] {
        receipt.events.compactMap { event in
            if case .money(let event) = event.module { event } else { nil }
        }
    }

    private func text(_ events: [MoneyEvent]) -> String {
        events.isEmpty
            ? "nothing" : events.map { $0.jsonForm(pretty: false) }.joined(separator: " ")
    }

    private func name(_ receipt: Receipt) -> String { Self.name(of: receipt.code) }

    static func name(of code: UInt32) -> String {
        code == 0
            ? "done"
            : Modules.rejectionMeanings[code].map { "\($0.module).\($0.name)" } ?? "\(code)"
    }

    private func count(_ receipt: Receipt, of body: TransactionBody) {
        guard receipt.code == 0 else {
            counts.rejected += 1
            counts.codes[receipt.code, default: 0] += 1
            return
        }
        counts.done += 1
        for action in body.actions { counts.actions[action.name, default: 0] += 1 }
        for event in receipt.events {
            if case .agreements(let event) = event.module,
                case .transitionTaken(let taken) = event.event
            {
                let process = AgreementID(taken.agreement)
                    .flatMap { Agreements.agreement($0, in: replica.state) }?.process
                counts.transitions["\(process ?? "?").\(taken.transition)", default: 0] += 1
            }
        }
    }
}
