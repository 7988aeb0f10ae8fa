import Foundation
import KoinonNode

/// Forgets entries: the mark is raised first, so that no reader takes what is left for
/// everything, then every author deletes its own.
struct Trimming: Sendable {
    let client: EtcdClient
    let keys: EntryKeys
    let authors: [String]

    private static let page: Int64 = 512

    /// The revision that the mark names; 0 for no mark, or one that is no number.
    static func revision(in kv: EtcdKeyValue?) -> UInt64 {
        kv.flatMap { UInt64(String(decoding: $0.value, as: UTF8.self)) } ?? 0
    }

    /// - Throws: ``EtcdFault``
    func trim(through revision: UInt64) async throws {
        let mark = try await raise(to: revision)
        for author in authors { try await delete(of: author, through: mark) }
    }

    /// Never lowers it.
    ///
    /// - Returns: what it is then, at least `revision`.
    private func raise(to revision: UInt64) async throws -> UInt64 {
        while true {
            var get = EtcdRangeRequest()
            get.key = Data(keys.trimmed)
            let found = try await client.call(.range, get).kvs.first
            guard Self.revision(in: found) < revision else { return Self.revision(in: found) }
            var compare = EtcdCompare()
            compare.key = Data(keys.trimmed)
            compare.target = .mod
            compare.result = .equal
            compare.modRevision = found?.modRevision ?? 0
            var put = EtcdRequestOp()
            put.requestPut.key = Data(keys.trimmed)
            put.requestPut.value = Data(String(revision).utf8)
            var request = EtcdTxnRequest()
            request.compare = [compare]
            request.success = [put]
            if try await client.call(.transaction, request).succeeded { return revision }
        }
    }

    private func delete(of author: String, through revision: UInt64) async throws {
        let lane = keys.lane(of: author)
        while true {
            var list = EtcdRangeRequest()
            list.key = Data(lane)
            list.rangeEnd = Data(EntryKeys.end(of: lane))
            list.keysOnly = true
            list.limit = Self.page
            let answer = try await client.call(.range, list)
            let old = answer.kvs.prefix { $0.createRevision <= Int64(clamping: revision) }
            guard let last = old.last else { return }
            var delete = EtcdDeleteRangeRequest()
            delete.key = Data(lane)
            delete.rangeEnd = last.key + [0]
            _ = try await client.call(.deleteRange, delete)
            guard answer.more, old.count == answer.kvs.count else { return }
        }
    }
}
