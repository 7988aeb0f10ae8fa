import ArgumentParser
import Foundation
import KoinonLedger
import KoinonNode
import KoinonProtocol

/// What the steps of a ceremony say.
enum RecoverText {
    /// As `ExitStatus.reporting`; what the rules refuse is a no, and a final block that a
    /// record would undo is written down for everybody to see.
    static func reporting(
        home: NodeHome? = nil, _ body: () async throws -> Void
    ) async throws {
        try await ExitStatus.reporting {
            do { try await body() } catch let fault as RecoveryFault {
                Terminal.writeError("koinon: \(fault)\n")
                throw ExitStatus.no
            } catch let refusal as RecoveryHome.FinalElsewhere {
                Terminal.writeError("✗ \(refusal)\n")
                if let home {
                    let name = "final-\(refusal.header.height).quorum"
                    let file = home.directory.appending(path: name)
                    let shown = RecoveryRecord.showing(refusal.final, sets: refusal.sets)
                    try Data(shown.encoded).write(to: file)
                    Terminal.writeError(
                        refusal.voids
                            ? """
                              Its quorum is in \(file.relativePath): give it to the others, who propose again
                              with --quorum FILE. It voids every record that has no quorum yet.

                            """
                            : """
                              Its quorum is in \(file.relativePath), for everybody to see. The record has its own
                              quorums, and stands: to go on with the others, put a copy of ledger.sqlite from a
                              member that has begun in the place of this one; keys and guards stay as they are.

                            """)
                }
                throw ExitStatus.no
            }
        }
    }

    static func text(_ stated: RecoveryHome.Stated, file: String) -> String {
        let tips = stated.body.attested.map { "epoch \($0.epoch): block \($0.height)" }
        let final = (try? BlockHeader(encoded: Array(stated.body.final.header)))?.height
        var rows = [
            [
                "closes",
                "epoch \(stated.closes)\(stated.isOld ? ", stated before: the same bytes again" : "")",
            ],
            [
                "final",
                final.map { "block \($0), with its quorum" } ?? "nothing but where the epoch began",
            ],
            ["attested last", tips.isEmpty ? "nothing" : tips.joined(separator: "; ")],
            ["attestations held", "\(stated.body.attestations.count) above the final block"],
            ["file", file],
        ]
        rows.insert(["member", stated.member.rawValue], at: 0)
        return "✓ \(stated.member) attests nothing more in epoch \(stated.closes)\n"
            + Text.table(rows)
            + "\n  Give the file to whoever proposes the base. The node may run on; it signs again in the next epoch."
    }

    static func text(_ ceremony: Ceremony) -> String {
        var lines = [
            "epoch \(ceremony.closes) ends; statements of \(list(ceremony.stated))"
        ]
        for fault in ceremony.refused { lines.append("✗ not taken: \(fault)") }
        for (key, conviction) in ceremony.decision.convicted.sorted(by: { $0.key < $1.key }) {
            lines.append("✗ \(name(of: key, ceremony)) lies: \(text(conviction))")
        }
        if !ceremony.decision.possible.isEmpty {
            lines.append("\nblocks that may be final, and must not be undone:")
            lines.append(
                Text.table(
                    [
                        [
                            "epoch", "block", "hash", "stating", "silent", "convicted", "may lie",
                            "most", "needed",
                        ]
                    ]
                        + ceremony.decision.possible.map { row($0) },
                    right: [0, 1, 3, 4, 5, 6, 7, 8]))
        }
        lines.append("")
        lines.append(text(ceremony.decision.outcome))
        for header in ceremony.decision.undone {
            lines.append(
                "! block \(header.height), \(header.hash.hex.prefix(16))…, had a quorum of an older epoch and is undone"
            )
        }
        return lines.joined(separator: "\n")
    }

    private static func row(_ possible: BaseDecision.Possible) -> [String] {
        let count = possible.count
        let lying = min(max(count.liarsMaximum - count.convicted, 0), count.otherwise)
        return [
            "\(possible.epoch)", "\(possible.header.height)",
            "\(possible.header.hash.hex.prefix(16))…", "\(count.stating)", "\(count.silent)",
            "\(count.convicted)", "\(lying)",
            possible.isShown ? "shown" : "\(count.most)", "\(count.quorum)",
        ]
    }

    private static func text(_ outcome: BaseDecision.Outcome) -> String {
        switch outcome {
        case .base(let header):
            return
                "✓ the new epoch begins on block \(header.height), \(header.hash.hex.prefix(16))…: every block that may be final is it or before it"
        case .tooFew(let lacks):
            return "✗ statements are missing\n"
                + lacks.map { lack in
                    "  \(lack.stated) of \(lack.set.quorum) that are needed of \(lack.set.members.count) members; missing: \(list(lack.missing))"
                }.joined(separator: "\n")
        case .conflict(let tops, let settling):
            let blocks = tops.map { "block \($0.height) \($0.hash.hex.prefix(16))…" }
            return """
                ✗ blocks that contradict each other may be final: \(blocks.joined(separator: ", "))
                  \(text(settling))
                  Anyone who holds a quorum of one of them settles it: give it with --quorum. Failing that,
                  publish all of these branches, wait for a stated time, and let the alliance vote:
                  --voted HASH --awaited-since TIME.
                """
        case .brokenPromise(let headers):
            let blocks = headers.map { "block \($0.height) \($0.hash.hex.prefix(16))…" }
            return """
                ✗ quorums of blocks that contradict each other were shown: \(blocks.joined(separator: ", "))
                  More members lie than this alliance can bear. No rule finds a base; the members have
                  to agree on a new chain, with these signatures as evidence.
                """
        }
    }

    /// What everybody has to know who signs.
    static func text(_ vote: VotedBase) -> String {
        let (from, until) = (vote.awaited.lowerBound, vote.awaited.upperBound)
        let hours = (until.milliseconds - from.milliseconds) / 3_600_000
        let lost = vote.lost.map { lost in
            let more = lost.blocks.dropLast().map { "\($0.height) \($0.hash.hex)" }
            return "  block \(lost.top.height) \(lost.top.hash.hex)\n"
                + more.reversed().map { "    and before it block \($0)\n" }.joined()
                + (lost.isShown ? "    a quorum of this branch was shown: it is final\n" : "")
        }
        return """

            ! The base is voted on: block \(vote.base.height) \(vote.base.hash.hex).
            Blocks that contradict it may be final, and are lost if it is chosen:
            \(lost.joined())  \(text(vote.settling))
              A quorum was awaited from \(from.iso8601) to \(until.iso8601), \(Text.number(hours)) hours, says whoever proposes.
              Whoever holds a quorum of a block that would be lost shows it now: it voids the record until a
              quorum has signed.

            """
    }

    private static func text(_ settling: Settling) -> String {
        guard let least = settling.atLeast else {
            return settling.missing.isEmpty
                ? "All have stated; no further statement settles it."
                : "Statements of \(list(settling.missing)) may settle it; how many cannot be foretold."
        }
        let surely =
            settling.surely.map {
                $0 == least ? ", whatever they say" : ", \($0) whatever they say"
            } ?? ""
        return "\(least) of these statements can settle it\(surely): \(list(settling.missing))"
    }

    private static func text(_ conviction: Conviction) -> String {
        switch conviction {
        case .twoBlocks(let one, let other):
            "it attested two blocks at height \(one.block.height) in epoch \(one.epoch), \(one.block.hash.hex.prefix(16))… and \(other.block.hash.hex.prefix(16))…"
        case .twoBranches(let one, let other):
            "it attested blocks \(one.block.height) and \(other.block.height) of epoch \(one.epoch) on two branches"
        case .uncovered(let point):
            "its statement does not cover its attestation of block \(point.block.height) in epoch \(point.epoch)"
        case .twoStatements: "it made two statements about one epoch"
        }
    }

    private static func name(of key: PublicKey, _ ceremony: Ceremony) -> String {
        for set in ceremony.sets.values {
            if let member = set.members.first(where: { $0.nodeKey == key }) {
                return member.id.rawValue
            }
        }
        return "whoever holds node key \(key.hex.prefix(16))…"
    }

    static func text(_ record: CheckedRecord) -> String {
        let lines = record.signings.map { signing in
            "  \(signing.isComplete ? "✓" : "…") signed by \(list(signing.signed)): \(signing.signed.count) of \(signing.members.quorum) that are needed"
                + (signing.isComplete ? "" : "; missing: \(list(signing.missing))")
        }
        let leads = record.vote == nil ? "its statements lead to" : "it is a vote for"
        return
            "✓ \(leads) block \(record.header.height), \(record.header.hash.hex.prefix(16))…, on which epoch \(record.epoch) begins\n"
            + lines.joined(separator: "\n")
    }

    static func text(_ begun: RecoveryHome.Begun) -> String {
        if begun.isOld { return "✓ epoch \(begun.epoch) had begun here before" }
        let dropped = begun.tip.height.rawValue - begun.base.height.rawValue
        return """
            ✓ epoch \(begun.epoch) begins on block \(begun.base.height)
              \(Text.number(dropped)) blocks dropped, \(Text.number(begun.returned)) transactions wait for a block again
              Start the node: koinon node
            """
    }

    private static func list(_ members: [MemberID]) -> String {
        members.isEmpty ? "nobody" : members.map(\.rawValue).joined(separator: ", ")
    }
}
