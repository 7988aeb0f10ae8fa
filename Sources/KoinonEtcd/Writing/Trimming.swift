import Foundation
import KoinonLedger
import KoinonNode
import KoinonProtocol

/// Forgets entries. Every author says in its own mark which final block it has come to; what a
/// quorum of the members has marked each of them deletes, of its own. No member can have another
/// delete, or wait for, what is not final.
struct Trimming: Sendable {
    let client: EtcdClient
    let keys: EntryKeys
    let authors: [String]

    private static let page: Int64 = 512

    /// Those of this epoch.
    static func marks(in answer: EtcdRangeResponse, _ keys: EntryKeys) -> TrimMarks {
        TrimMarks(
            Dictionary(answer.kvs.compactMap { keys.mark(in: $0.value, at: $0.key) }) { $1 })
    }

    /// Raises the authors' marks; lowers none.
    ///
    /// - Returns: up to which block a quorum of the members allows that entries are deleted.
    /// - Throws: ``EtcdFault``
    func mark(_ height: Height, among members: [MemberID]) async throws -> Height {
        var marks = try await marks()
        for author in authors.compactMap(MemberID.init(rawValue:))
        where marks.heights[author] ?? .genesis < height {
            var put = EtcdPutRequest()
            put.key = Data(keys.mark(of: author.rawValue))
            put.value = Data(keys.mark(at: height).utf8)
            _ = try await client.call(.put, put)
            marks.heights[author] = height
        }
        return marks.agreed(among: members)
    }

    private func marks() async throws -> TrimMarks {
        var get = EtcdRangeRequest()
        get.key = Data(keys.marks)
        get.rangeEnd = Data(EntryKeys.end(of: keys.marks))
        return Self.marks(in: try await client.call(.range, get), keys)
    }

    /// Deletes the authors' own entries that stand before a revision.
    ///
    /// - Throws: ``EtcdFault``
    func delete(before revision: UInt64) async throws {
        for author in authors { try await delete(of: author, before: revision) }
    }

    /// Those of epochs that are over stand before those of this one, and are older.
    private func delete(of author: String, before revision: UInt64) async throws {
        let lanes = keys.lanes(of: author)
        while true {
            var list = EtcdRangeRequest()
            list.key = Data(lanes)
            list.rangeEnd = Data(EntryKeys.end(of: lanes))
            list.keysOnly = true
            list.limit = Self.page
            let answer = try await client.call(.range, list)
            let old = answer.kvs.prefix { $0.createRevision < Int64(clamping: revision) }
            guard let last = old.last else { return }
            var delete = EtcdDeleteRangeRequest()
            delete.key = Data(lanes)
            delete.rangeEnd = last.key + [0]
            _ = try await client.call(.deleteRange, delete)
            guard answer.more, old.count == answer.kvs.count else { return }
        }
    }
}
