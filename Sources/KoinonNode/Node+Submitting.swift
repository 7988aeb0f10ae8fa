import KoinonLedger
import KoinonMachine
import KoinonProtocol
import KoinonStore

extension Node {
    /// What a node says about a submitted transaction.
    public enum SubmissionStatus: Sendable {
        /// Not taken; it leaves no trace.
        case refused(Refusal)
        /// Waits for its place in a block.
        case pending(Hash256)
        case settled(Hash256, TransactionOutcome)
        /// The node stopped, or its members left the alliance, before the outcome was known.
        case unknown(Hash256)

        fileprivate var isPending: Bool { if case .pending = self { true } else { false } }

        /// What is pending goes on to what became of it.
        fileprivate mutating func take(_ settlement: OutcomeBoard.Settlement) {
            guard case .pending(let id) = self else { return }
            switch settlement {
            case .outcome(let outcome): self = .settled(id, outcome)
            case .open: break
            case .nothing: self = .unknown(id)
            }
        }
    }

    /// Submits transactions; they enter the pool in the order given, and each gets its
    /// own status.
    ///
    /// Sending one again is harmless: it gets the outcome of the first time.
    /// - Parameters:
    ///   - waits: whether to answer only when the outcomes are durable.
    ///   - limit: what has no outcome by then is answered as pending; nil waits as long as it
    ///     takes.
    public func submit(
        _ envelopes: [Envelope], waits: Bool, limit: Duration? = nil
    ) async -> [SubmissionStatus] {
        let results = await Admission.check(envelopes, chain: chain)
        let checked = results.enumerated().compactMap { index, result in
            (try? result.get()).map { (index: index, transaction: $0) }
        }
        let taken = take(checked.map(\.transaction))
        var settled: [OutcomeBoard.Settlement] = []
        if waits {
            settled = await outcomes.redeem(taken.ticket, within: limit)
        } else {
            outcomes.discard(taken.ticket)
        }
        var statuses = results.map { result in
            if case .failure(let fault) = result { return SubmissionStatus.refused(.fault(fault)) }
            return .refused(.poolFull)
        }
        for (place, checked) in checked.enumerated() {
            statuses[checked.index] = taken.admitted[place]
            if waits { statuses[checked.index].take(settled[place]) }
        }
        return statuses
    }

    /// Submits one, as ``submit(_:waits:limit:)`` does, without a task that waits for it.
    ///
    /// - Parameter tell: is called once: at once, or by whoever settles it; must not wait.
    public func submit(
        _ envelope: Envelope, waits: Bool, limit: Duration? = nil,
        tell: @escaping @Sendable (SubmissionStatus) -> Void
    ) {
        let transaction: CheckedTransaction
        do throws(TransactionFault) {
            transaction = try CheckedTransaction(envelope, chain: chain)
        } catch {
            return tell(.refused(.fault(error)))
        }
        let taken = take([transaction])
        let admitted = taken.admitted[0]
        guard waits, admitted.isPending else {
            outcomes.discard(taken.ticket)
            return tell(admitted)
        }
        outcomes.redeem(taken.ticket, within: limit) { settled in
            var status = admitted
            status.take(settled[0])
            tell(status)
        }
    }

    /// Takes transactions into the pool with a ticket for those that are pending then.
    private func take(
        _ transactions: [CheckedTransaction]
    ) -> (ticket: OutcomeBoard.Ticket, admitted: [SubmissionStatus]) {
        // Drawn before any of them can be executed.
        let ticket = outcomes.draw(for: transactions.map(\.id))
        let admitted = admit(transactions)
        for (place, status) in admitted.enumerated() where !status.isPending {
            outcomes.discard(ticket, at: place)
        }
        return (ticket, admitted)
    }

    /// How many are looked up in the state at a time: blocks wait meanwhile.
    private static let admissionStride = 64

    /// Takes transactions into the pool, or says why not; does not wait.
    private func admit(_ transactions: [CheckedTransaction]) -> [SubmissionStatus] {
        let hosted = hosted
        var statuses: [SubmissionStatus] = []
        for start in stride(from: 0, to: transactions.count, by: Self.admissionStride) {
            let part = transactions[start..<min(start + Self.admissionStride, transactions.count)]
            let now = now
            let (hostsMember, reasons) = replica.read { replica in
                (
                    hosted.contains { replica.members.nodeKey(of: $0.id) == $0.nodeKey.publicKey },
                    part.map { replica.ignoredReason($0, at: now) }
                )
            }
            let fresh = zip(part, reasons).filter { $0.1 == nil }.map(\.0)
            let isTaking = hostsMember && !isStopping
            var added = (isTaking ? pool.add(fresh) : []).makeIterator()
            for (transaction, reason) in zip(part, reasons) {
                if let reason {
                    statuses.append(status(of: transaction, ignored: reason))
                } else if let isAdded = added.next() {
                    statuses.append(isAdded ? .pending(transaction.id) : .refused(.poolFull))
                } else {
                    statuses.append(
                        hostsMember ? .unknown(transaction.id) : .refused(.hostsNoMember))
                }
            }
        }
        return statuses
    }

    /// What to say of a transaction that the state would ignore now: perhaps it is executed.
    private func status(
        of transaction: CheckedTransaction, ignored reason: IgnoredReason
    ) -> SubmissionStatus {
        let id = transaction.id
        // Asked first: once it is durable the store knows it.
        let isExecuted = replica.read { $0.hasExecuted(transaction) }
        do {
            if let outcome = try durableOutcome(of: id) { return .settled(id, outcome) }
        } catch {
            logger.error("cannot look up a transaction", metadata: ["error": "\(error)"])
            return .unknown(id)
        }
        // Executed, but not durable yet: the outcome is on its way.
        return isExecuted ? .pending(id) : .refused(.ignored(reason))
    }

    private func durableOutcome(of id: Hash256) throws -> TransactionOutcome? {
        try store.read { try $0.outcome(of: id) }
    }

    /// Closes the blocks one by one, each at exactly its time; all are durable on return.
    ///
    /// For replaying recorded data. Times must not fall.
    /// - Throws: ``ProposalFault`` when none of the blocks was taken, ``NodeStopped`` or the
    ///   fault that stopped the node.
    public func propose(_ blocks: [ProposedBlock]) async throws {
        try await withCheckedThrowingContinuation { done in
            script.add(ProposalScript.Part(blocks: blocks, done: done))
            if isStopping { script.fail(NodeStopped()) }
            pool.arrival.wake()
        }
    }
}
