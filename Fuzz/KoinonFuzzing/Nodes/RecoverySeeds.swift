import Foundation
import KoinonLedger
import KoinonNode
import KoinonProtocol

/// Ceremonies of the ``RecoveryAlliance``, as the fuzzer begins with them.
struct RecoverySeeds {
    private let alliance = RecoveryAlliance.shared
    /// Blocks 1, 2 and 3 of one branch, 2 and 3 of another.
    private let left: [BlockHeader]
    private let right: [BlockHeader]

    init() {
        let members = alliance.members
        let chain = alliance.chain
        func branch(_ start: [BlockHeader], _ count: Int, time: UInt64) -> [BlockHeader] {
            var headers = start
            for step in 0..<count {
                headers.append(
                    RecoveryAlliance.header(
                        chain, after: headers.last, judges: members, next: members,
                        time: time + UInt64(step)))
            }
            return headers
        }
        let common = branch([alliance.genesis], 1, time: 1)
        left = branch(common, 2, time: 2)
        right = branch(common, 2, time: 7)
    }

    var all: [[UInt8]] {
        get throws {
            let agreed = record(try (0..<4).map { try statement($0, on: left) })
            let split = record(try (0..<4).map { try statement($0, on: $0 < 2 ? left : right) })
            let final = record(try (0..<3).map { try statement($0, on: left, final: 2) })
            let twice = record(
                [try statement(0, on: left), try statement(0, on: right)]
                    + (try (1..<4).map { try statement($0, on: left) }))
            var shown = agreed
            shown.quorums = [signed(left[2])]
            shown.sets = [list]
            let ended = try begun()
            var later = RecoveryRecord()
            later.beginning.epoch = 2
            later.earlier = [ended]
            later.statements = try (0..<4).map { try statement($0, on: left, entering: ended) }
            return [agreed, split, final, twice, shown, ended, later].map(\.encoded)
        }
    }

    private var list: MemberList {
        MemberList.with { list in
            list.members = alliance.members.members.map { entry in
                ListedMember.with {
                    $0.id = entry.id.rawValue
                    $0.nodeKey = Data(entry.nodeKey.bytes)
                }
            }
        }
    }

    private func signed(_ header: BlockHeader, in epoch: UInt64 = 0) -> SignedHeader {
        SignedHeader.with {
            $0.header = Data(header.encoded)
            $0.attestations = alliance.attestations(of: header, in: epoch)
        }
    }

    private func record(_ statements: [Signed]) -> RecoveryRecord {
        RecoveryRecord.with {
            $0.beginning.epoch = 1
            $0.statements = statements
        }
    }

    /// The record of epoch 1 that all members signed.
    private func begun() throws -> RecoveryRecord {
        let ceremony = try Ceremony(
            closes: 0, statements: try (0..<4).map { try statement($0, on: left) },
            knowledge: alliance.knowledge)
        guard case .base(let base) = ceremony.decision.outcome else {
            throw Violation("statements that agree lead to no base")
        }
        var record = ceremony.record(on: base, earlier: [])
        record.beginning.base = signed(base, in: 1)
        return record
    }

    /// - Parameters:
    ///   - final: height of the block that it shows with a quorum; 0 for none.
    ///   - record: of epoch 1, which the member signed and of which it has the quorum.
    private func statement(
        _ member: Int, on branch: [BlockHeader], final: Int = 0,
        entering record: RecoveryRecord? = nil
    ) throws -> Signed {
        var body = RecoveryStatement()
        body.chain = Data(alliance.chain.bytes)
        body.member = alliance.members.members[member].id.rawValue
        body.sets = [list]
        let key = alliance.keys[member]
        var tip = branch[branch.count - 1]
        var epoch: UInt64 = 0
        if let record {
            epoch = record.beginning.epoch
            body.closes = epoch
            body.since = record.beginning
            tip = try BlockHeader(encoded: Array(record.beginning.base.header))
        } else {
            if final > 0 { body.final = signed(branch[final]) }
            body.headers = branch.dropFirst(final + 1).map { Data($0.encoded) }
            body.attestations = branch.dropFirst().map {
                alliance.attestation(of: $0, in: 0, by: key)
            }
        }
        body.attested = [
            LastAttested.with {
                $0.epoch = epoch
                $0.height = tip.height.rawValue
                $0.blockHash = Data(tip.hash.bytes)
            }
        ]
        return key.sign(body.encoded, as: .recoveryStatement).message
    }
}
