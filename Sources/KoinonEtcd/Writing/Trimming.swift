import Foundation
import KoinonNode

/// Forgets entries: the mark is raised first, so that no reader takes what is left for
/// everything, then every author deletes its own. Others may have raised the mark further:
/// what is deleted goes by one's own blocks alone, since any member can write the mark.
struct Trimming: Sendable {
    let client: EtcdClient
    let keys: EntryKeys
    let authors: [String]

    private static let page: Int64 = 512

    /// The revision that the mark names; 0 for no mark, for one of another epoch or form, and for
    /// one beyond `newest`, that of the answer: nobody can have forgotten what is not there yet.
    static func revision(
        in kv: EtcdKeyValue?, _ keys: EntryKeys, at newest: UInt64
    ) -> UInt64 {
        let named = kv.flatMap { keys.revision(ofMark: $0.value) } ?? 0
        return named > newest ? 0 : named
    }

    /// - Throws: ``EtcdFault``
    func trim(through revision: UInt64) async throws {
        try await raise(to: revision)
        for author in authors { try await delete(of: author, through: revision) }
    }

    /// Never lowers it, but where it names what is not there yet.
    private func raise(to revision: UInt64) async throws {
        while true {
            var get = EtcdRangeRequest()
            get.key = Data(keys.trimmed)
            let answer = try await client.call(.range, get)
            let found = answer.kvs.first
            let mark = Self.revision(
                in: found, keys, at: UInt64(clamping: answer.header.revision))
            guard mark < revision else { return }
            var compare = EtcdCompare()
            compare.key = Data(keys.trimmed)
            compare.target = .mod
            compare.result = .equal
            compare.modRevision = found?.modRevision ?? 0
            var put = EtcdRequestOp()
            put.requestPut.key = Data(keys.trimmed)
            put.requestPut.value = Data(keys.mark(at: revision).utf8)
            var request = EtcdTxnRequest()
            request.compare = [compare]
            request.success = [put]
            if try await client.call(.transaction, request).succeeded { return }
        }
    }

    /// Those of epochs that are over stand before those of this one, and are older.
    private func delete(of author: String, through revision: UInt64) async throws {
        let lanes = keys.lanes(of: author)
        while true {
            var list = EtcdRangeRequest()
            list.key = Data(lanes)
            list.rangeEnd = Data(EntryKeys.end(of: lanes))
            list.keysOnly = true
            list.limit = Self.page
            let answer = try await client.call(.range, list)
            let old = answer.kvs.prefix { $0.createRevision <= Int64(clamping: revision) }
            guard let last = old.last else { return }
            var delete = EtcdDeleteRangeRequest()
            delete.key = Data(lanes)
            delete.rangeEnd = last.key + [0]
            _ = try await client.call(.deleteRange, delete)
            guard answer.more, old.count == answer.kvs.count else { return }
        }
    }
}
