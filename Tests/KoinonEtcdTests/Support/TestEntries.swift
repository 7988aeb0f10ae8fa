import Foundation
import KoinonLedger
import KoinonNode
import KoinonProtocol
import Testing

@testable import KoinonEtcd

extension EtcdServers {
    /// Those whom etcd knows unless others are named.
    var members: [MemberID] {
        get throws { try ["alfa", "bravo"].map { try #require(MemberID(rawValue: $0)) } }
    }

    /// An entry as its author signs it; `content` makes its bytes differ, `bytes`
    /// makes them many.
    func entry(
        _ author: String, _ sequence: UInt64, content: Int = 0, bytes: Int = 0
    ) throws -> SignedEntry {
        var body = EntryBody()
        body.chain = Data(chain.bytes)
        body.author = author
        body.sequence = sequence
        body.clockMs = UInt64(content)
        if bytes > 0 {
            body.transactions = [Signed.with { $0.body = Data(count: bytes) }]
        }
        let seed = Hash256.sha256(Array(author.utf8)).bytes
        let key = try #require(SigningKey(seed: seed))
        return SignedEntry(
            author: try #require(MemberID(rawValue: author)), sequence: sequence,
            envelope: key.sign(body.encoded, as: .entry))
    }
}

extension EtcdEngine {
    /// The newest revision of the server that is asked.
    func revision() async throws -> Int64 { try await client.status().header.revision }

    /// What comes next in the order, so many entries; the reading goes on in `iterator`.
    static func next(
        _ count: Int, of iterator: inout EtcdEntries.Iterator
    ) async throws -> [OrderedEntry] {
        var entries: [OrderedEntry] = []
        while entries.count < count, let entry = try await iterator.next() {
            entries.append(entry)
        }
        return entries
    }

    /// Where the first entries stand.
    func positions(_ count: Int) async throws -> [OrderPosition] {
        var iterator = entries().makeAsyncIterator()
        return try await Self.next(count, of: &iterator).map(\.position)
    }

    /// The order as a ledger reads it that has settled so much of it.
    func entries(
        after position: OrderPosition? = .start, settled: SettledOrder = SettledOrder()
    ) -> EtcdEntries {
        entries(after: position) { settled }
    }

    /// The first entries after a place.
    func first(
        _ count: Int, after position: OrderPosition? = .start,
        settled: SettledOrder = SettledOrder()
    ) async throws -> [String] {
        var iterator = entries(after: position, settled: settled).makeAsyncIterator()
        return try await Self.next(count, of: &iterator).map(\.place)
    }
}

extension OrderedEntry {
    /// Author and sequence, for instance "alfa 3".
    var place: String {
        EntryPlace.of(envelope.body).map { "\($0.author) \($0.sequence)" } ?? "?"
    }
}
