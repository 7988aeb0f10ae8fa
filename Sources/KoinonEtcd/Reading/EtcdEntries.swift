import KoinonLedger
import KoinonNode
import Logging

/// The order as etcd has it, read page by page as fast as it is taken.
public struct EtcdEntries: AsyncSequence, Sendable {
    public typealias Element = OrderedEntry
    public typealias Failure = any Error

    let position: OrderPosition?
    let settled: @Sendable () -> SettledOrder
    let lister: Lister
    let values: WatchedValues
    let news: Signal
    let conditions: EtcdConditions
    let isStopped: @Sendable () -> Bool
    let logger: Logger

    public func makeAsyncIterator() -> Iterator { Iterator(self) }

    public struct Iterator: AsyncIteratorProtocol {
        private let source: EtcdEntries
        private var progress: ReadingProgress
        /// Listed and in order, at ``revision``; not fetched yet.
        private var listed: ArraySlice<ListedEntry> = []
        private var revision: UInt64 = 0
        private var fetched: ArraySlice<(entry: ListedEntry, envelope: Envelope?)> = []
        /// How many are fetched at a time: more while they are small.
        private var stride = Self.strideMinimum

        /// What is listed was so after the engine had stopped: nothing more is.
        private var isLast = false
        /// Until then the entry that closed the last block may come back.
        private var waitsUntil: ContinuousClock.Instant?

        private static let patience = Duration.seconds(20)
        private static let strideMinimum = 8
        private static let strideMaximum = 32
        /// Entries of a fetch together; twice or half of that changes how many come next.
        private static let fetchBytes = 2 * 1_048_576

        init(_ source: EtcdEntries) {
            self.source = source
            progress = ReadingProgress(after: source.position)
        }

        /// - Throws: ``OrderFault`` when blocks are needed first; ``EtcdFault`` when the certificate is
        ///   not allowed to read. What may pass is waited for, and reported meanwhile.
        public mutating func next() async throws -> OrderedEntry? {
            var failures = 0
            while !Task.isCancelled {
                if let (entry, envelope) = fetched.popFirst() {
                    progress.take(entry)
                    guard let envelope else {
                        source.reportUnusable(entry)
                        continue
                    }
                    return OrderedEntry(
                        position: OrderPosition(rawValue: entry.created), envelope: envelope)
                }
                // Looked at before etcd is: what has a place by then is still given.
                let isStopped = source.isStopped()
                do {
                    if !listed.isEmpty {
                        try await fetch()
                    } else if isLast {
                        return nil
                    } else {
                        // Others may append for ever.
                        isLast = isStopped
                        if try await !list(), !isStopped { await source.news.wait() }
                    }
                    failures = 0
                    source.conditions.clear(.reading)
                } catch EtcdFault.compacted {
                    // What was listed is asked for again, at a newer revision.
                    listed = []
                    isLast = false
                } catch let fault as EtcdFault {
                    if case .denied = fault { throw fault }
                    if isStopped { return nil }
                    failures += 1
                    source.conditions.set(.reading, fault.description)
                    await source.pause(failures)
                } catch is CancellationError {
                    return nil
                }
            }
            return nil
        }

        /// Whether there is something new.
        private mutating func list() async throws -> Bool {
            progress.take(source.settled())
            source.conditions.forgetGaps(through: progress.lanes)
            var listing = try await source.lister.list(&progress)
            var gaps = progress.gaps(in: listing)
            for _ in 0..<others where !gaps.isEmpty || isLost(listing) {
                askElsewhere()
                listing = try await source.lister.list(&progress)
                gaps = progress.gaps(in: listing)
            }
            if let height = progress.lacks(in: listing) {
                throw OrderFault.trimmed(through: height)
            }
            if !progress.locate(in: listing), let closing = progress.sought {
                try wait(for: closing)
                return false
            }
            source.conditions.clear(.place)
            if !gaps.isEmpty {
                source.report(gaps)
                progress.accept(gaps)
            }
            revision = listing.revision
            listed = progress.next(in: listing)[...]
            return !listed.isEmpty
        }

        private func isLost(_ listing: Listing) -> Bool {
            progress.sought != nil && listing.closing == nil
        }

        /// The node serves meanwhile; its members may make another block, to be taken from them.
        ///
        /// - Throws: ``OrderFault/placeUnknown(_:closing:)`` after a while.
        private mutating func wait(for closing: EntrySlot) throws {
            let fault = OrderFault.placeUnknown(progress.settled.height, closing: closing)
            source.conditions.set(.place, "etcd: \(fault)")
            let end = waitsUntil ?? .now + Self.patience
            waitsUntil = end
            guard ContinuousClock.now < end else { throw fault }
        }

        private mutating func fetch() async throws {
            let part = listed.prefix(stride)
            var found: [[UInt8]: Envelope] = [:]
            for entry in part where entry.isUntouched {
                found[entry.key] = source.values.take(entry.key, created: entry.created)
                    .flatMap(entry.envelope(in:))
            }
            for round in 0...others {
                let missing = part.filter { $0.isUntouched && found[$0.key] == nil }
                guard !missing.isEmpty else { break }
                if round > 0 { askElsewhere() }
                let values = try await source.lister.values(of: missing, at: revision)
                for entry in missing {
                    found[entry.key] = values[entry.key].flatMap(entry.envelope(in:))
                }
                let bytes = values.values.reduce(0) { $0 + $1.count }
                if bytes > 2 * Self.fetchBytes {
                    stride = Swift.max(Self.strideMinimum, stride / 2)
                }
                if bytes < Self.fetchBytes / 2 {
                    stride = Swift.min(Self.strideMaximum, stride * 2)
                }
            }
            fetched = part.map { (entry: $0, envelope: found[$0.key]) }[...]
            listed = listed.dropFirst(part.count)
        }

        /// How often something odd is asked for again before it is believed.
        private var others: Int { Swift.max(1, source.lister.client.endpoints.count - 1) }

        /// Another server may know better than the one that was asked.
        private func askElsewhere() {
            source.lister.client.moveOn(from: source.lister.client.connection)
        }
    }

    private func pause(_ failures: Int) async {
        do { try await Task.sleep(for: Backoff.pause(afterFailures: failures + 2)) } catch {
            // Cancelled: whoever called looks.
        }
    }

    private func report(_ gaps: [SequenceGap]) {
        for gap in gaps {
            logger.error(
                "an entry is missing in the order",
                metadata: ["author": "\(gap.author)", "sequence": "\(gap.missing)"])
            conditions.countGap(gap)
        }
    }

    /// No reader takes what stands there.
    private func reportUnusable(_ entry: ListedEntry) {
        logger.error(
            "a key of the order holds no entry of its author and sequence",
            metadata: ["author": "\(entry.author)", "sequence": "\(entry.sequence)"])
        conditions.countUnusable(entry)
    }
}

extension ListedEntry {
    /// Nobody has put anything over it.
    fileprivate var isUntouched: Bool { created == modified }

    /// Nil for bytes that are no entry, or that belong to another key.
    fileprivate func envelope(in value: [UInt8]) -> Envelope? {
        guard let envelope = try? Envelope(packed: value), let place = EntryPlace.of(envelope.body),
            place.author == author, place.sequence == sequence
        else { return nil }
        return envelope
    }
}
