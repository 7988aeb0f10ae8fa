import Foundation
import KoinonNode

/// Asks etcd what it holds: all keys at one revision, then the entries themselves.
struct Lister: Sendable {
    let client: EtcdClient
    let keys: EntryKeys

    /// Keys listed at a time, of each author.
    private static let page: Int64 = 512
    /// Unlisted authors looked for between two listed ones.
    private static let discovered: Int64 = 8
    /// etcd refuses transactions of more than 128 operations.
    private static let operations = 100

    private enum Part {
        case marks
        case closing(EntrySlot)
        case lane(String, after: UInt64)
        /// Where no listed author has its keys.
        case between([UInt8], [UInt8])
    }

    /// What etcd holds now beyond `progress`, with authors that nobody has named so far.
    ///
    /// - Throws: ``EtcdFault``
    func list(_ progress: inout ReadingProgress) async throws -> Listing {
        while true {
            let (listing, found) = try await listOnce(progress)
            guard !found.isEmpty else { return listing }
            for author in found { progress.add(author) }
        }
    }

    private func parts(_ progress: ReadingProgress) -> [Part] {
        var parts: [Part] = [.marks]
        if let slot = progress.sought { parts.append(.closing(slot)) }
        var start = keys.entries
        let authors = progress.lanes.map { (name: $0.key, lanes: keys.lanes(of: $0.key), $0.value) }
            .sorted { $0.lanes.lexicographicallyPrecedes($1.lanes) }
        for (author, lanes, last) in authors {
            parts.append(.between(start, lanes))
            parts.append(.lane(author, after: last))
            start = EntryKeys.end(of: lanes)
        }
        return parts + [.between(start, keys.entriesEnd)]
    }

    private func request(for part: Part) -> EtcdRangeRequest {
        var request = EtcdRangeRequest()
        switch part {
        case .marks:
            request.key = Data(keys.marks)
            request.rangeEnd = Data(EntryKeys.end(of: keys.marks))
        case .closing(let slot):
            request.key = Data(keys.key(slot.author.rawValue, slot.sequence))
            request.keysOnly = true
        case .lane(let author, let last):
            request.key = Data(keys.key(author, last + 1))
            request.rangeEnd = Data(EntryKeys.end(of: keys.lane(of: author)))
            request.keysOnly = true
            request.limit = Self.page
        case .between(let start, let end):
            request.key = Data(start)
            request.rangeEnd = Data(end)
            request.keysOnly = true
            request.limit = Self.discovered
        }
        return request
    }

    private func listOnce(
        _ progress: ReadingProgress
    ) async throws -> (listing: Listing, found: Set<String>) {
        var listing = Listing(revision: 0)
        var found: Set<String> = []
        let parts = parts(progress)
        for start in stride(from: 0, to: parts.count, by: Self.operations) {
            let part = parts[start..<min(start + Self.operations, parts.count)]
            let answers = try await ranges(part.map(request(for:)), at: listing.revision)
            listing.revision = answers.revision
            for (part, answer) in zip(part, answers.ranges) {
                switch part {
                case .marks: listing.marks = Trimming.marks(in: answer, keys)
                case .closing: listing.closing = answer.kvs.first.flatMap(entry(of:))
                case .lane(let author, _):
                    listing.entries += try await rest(of: author, answer, at: listing.revision)
                case .between:
                    found.formUnion(answer.kvs.compactMap { keys.author(of: $0.key) })
                }
            }
        }
        // One that is known already stands where it was not asked for.
        return (listing, found.subtracting(progress.lanes.keys))
    }

    /// The keys of an author, page by page.
    private func rest(
        of author: String, _ first: EtcdRangeResponse, at revision: UInt64
    ) async throws -> [ListedEntry] {
        var listed = first.kvs.compactMap(entry(of:))
        var answer = first
        while answer.more, let last = answer.kvs.last {
            var request = request(for: .lane(author, after: 0))
            request.key = last.key + [0]
            answer = try await ranges([request], at: revision).ranges[0]
            // A server that gives the same page again would be read for ever.
            guard answer.kvs.first.map({ last.key.lexicographicallyPrecedes($0.key) }) ?? true
            else { throw EtcdFault.refused("keys of \(author) that do not ascend") }
            listed += answer.kvs.compactMap(entry(of:))
        }
        return listed
    }

    private func entry(of kv: EtcdKeyValue) -> ListedEntry? {
        guard let (author, sequence) = keys.place(of: kv.key) else { return nil }
        return ListedEntry(
            key: Array(kv.key), author: author, sequence: sequence,
            created: UInt64(clamping: kv.createRevision),
            modified: UInt64(clamping: kv.modRevision))
    }

    /// The packed entries themselves, by key, as they are at a revision.
    ///
    /// - Throws: ``EtcdFault``
    func values(
        of entries: some Collection<ListedEntry>, at revision: UInt64
    ) async throws -> [[UInt8]: [UInt8]] {
        var values: [[UInt8]: [UInt8]] = [:]
        let requests = entries.map { entry in
            var request = EtcdRangeRequest()
            request.key = Data(entry.key)
            return request
        }
        for answer in try await ranges(requests, at: revision).ranges {
            for kv in answer.kvs { values[Array(kv.key)] = Array(kv.value) }
        }
        return values
    }

    /// All at one revision, which is the newest when none is given.
    private func ranges(
        _ requests: [EtcdRangeRequest], at revision: UInt64
    ) async throws -> (ranges: [EtcdRangeResponse], revision: UInt64) {
        var transaction = EtcdTxnRequest()
        transaction.success = requests.map { request in
            var operation = EtcdRequestOp()
            operation.requestRange = request
            operation.requestRange.revision = Int64(clamping: revision)
            return operation
        }
        let answer = try await client.call(.transaction, transaction)
        let ranges = answer.responses.map(\.responseRange)
        guard ranges.count == requests.count else {
            throw EtcdFault.refused("\(requests.count) ranges asked for, \(ranges.count) given")
        }
        return (ranges, revision == 0 ? UInt64(clamping: answer.header.revision) : revision)
    }
}
