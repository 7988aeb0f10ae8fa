import Foundation
import KoinonClient

/// What nodes say, and what to do about it, for people and programs.
struct StatusReport {
    let observations: [NodeObservation]
    let diagnosis: Diagnosis

    init(_ observations: [NodeObservation]) {
        self.observations = observations
        diagnosis = Diagnosis(observations)
    }

    private var answers: [(address: String, status: NodeStatus)] {
        observations.compactMap { observation in
            (try? observation.status.get()).map {
                (address: observation.address, status: $0)
            }
        }
    }

    /// The node that is furthest, whose view of the members is shown.
    private var best: NodeStatus? {
        answers.map(\.status).max { ($0.height, $0.finalHeight) < ($1.height, $1.finalHeight) }
    }

    // MARK: Text

    /// - Parameter width: of the terminal, in columns.
    func text(width: Int) -> String {
        var parts: [String] = []
        if let best {
            parts.append(head(best))
            parts.append(nodes)
            if let members = members(best) { parts.append(members) }
        }
        parts.append(advice(width: width))
        return parts.joined(separator: "\n\n")
            .split(separator: "\n", omittingEmptySubsequences: false)
            .map { Self.cut(String($0), to: width) }.joined(separator: "\n")
    }

    private func head(_ status: NodeStatus) -> String {
        let count = status.members.map { "\($0) members, \(status.quorum ?? 0) make a block final" }
        var lines = [
            "\(status.alliance): \(count ?? "")",
            "\(status.now.text), block time \(status.time.text)",
        ]
        if let rules = status.protocolState {
            let coming = rules.coming.map {
                ", version \($0.version) from block \(Text.number($0.fromHeight)) on"
            }
            lines.append("protocol version \(rules.version)\(coming ?? "")")
        }
        return lines.joined(separator: "\n")
    }

    private var nodes: String {
        var rows = [["node", "hosts", "block", "final", "lag", "pool", "engine", "disk free"]]
        for observation in observations {
            let name = Self.short(observation.address)
            switch observation.status {
            case .failure: rows.append([name, "", "–", "–", "–", "–", "no answer", ""])
            case .success(let status):
                var hosts = status.hosts.joined(separator: ",")
                if hosts.count > 12 { hosts = "\(status.hosts.count) members" }
                var engine = status.engine?.name ?? ""
                if status.engine?.faults.isEmpty == false { engine += " !" }
                let disk = status.disk.map { Self.size($0.freeBytes) } ?? ""
                rows.append([
                    name, hosts, Text.number(status.height), Text.number(status.finalHeight),
                    Text.number(status.lag), Text.number(status.pool), engine, disk,
                ])
            }
        }
        return Text.table(rows, right: [2, 3, 4, 5, 7])
    }

    private func members(_ status: NodeStatus) -> String? {
        guard let states = status.memberStates, !states.isEmpty else { return nil }
        var rows = [["member", "signed up to", "behind", "entries", "last clock", ""]]
        for member in states {
            var (attested, behind) = ("–", "–")
            if let height = member.attested {
                attested = Text.number(height)
                behind = Text.number(status.height - min(height, status.height))
            }
            var note = member.hasSignedNext == false ? "● missing" : ""
            if let silent = member.silent { note = "only follows: \(silent)" }
            rows.append([
                member.id, attested, behind, Text.number(member.sequence),
                Self.ago(member.clock.ms, now: status.now.ms), note,
            ])
        }
        return Text.table(rows, right: [1, 2, 3])
    }

    private func advice(width: Int) -> String {
        guard !diagnosis.findings.isEmpty else { return "✓ all is well" }
        return diagnosis.findings.map { finding in
            let sign =
                switch finding.severity {
                case .notice: "·"
                case .warning: "!"
                case .stall, .danger: "✗"
                }
            let subject = finding.subject.isEmpty ? "" : Self.short(finding.subject) + " "
            let what = Self.wrapped("\(sign) \(subject)\(finding.what)", width, indent: "  ")
            let remedy = Self.wrapped("→ \(finding.remedy)", width - 2, indent: "  ")
                .split(separator: "\n").map { "  \($0)" }
            return ([what] + remedy).joined(separator: "\n")
        }.joined(separator: "\n")
    }

    static func short(_ address: String) -> String {
        for scheme in ["http://", "https://"] where address.hasPrefix(scheme) {
            return String(address.dropFirst(scheme.count))
        }
        return address
    }

    private static func size(_ bytes: UInt64) -> String {
        let tenths = (bytes >> 20) * 10 / 1_024
        return "\(tenths / 10).\(tenths % 10) GiB"
    }

    private static func ago(_ then: UInt64, now: UInt64) -> String {
        guard then <= now else { return "\((then - now) / 1000) s ahead" }
        switch now - then {
        case ..<120_000: return "\((now - then) / 1000) s ago"
        case ..<7_200_000: return "\((now - then) / 60_000) min ago"
        case let age: return "\(age / 3_600_000) h ago"
        }
    }

    static func cut(_ line: String, to width: Int) -> String {
        line.count <= width ? line : line.prefix(width - 1) + "…"
    }

    /// Lines of at most `width` columns, broken at spaces.
    static func wrapped(_ text: String, _ width: Int, indent: String) -> String {
        var lines: [String] = []
        var line = ""
        for word in text.split(separator: " ", omittingEmptySubsequences: false) {
            if !line.isEmpty, line.count + 1 + word.count > width {
                lines.append(line)
                line = indent + word
            } else {
                line += line.isEmpty && lines.isEmpty ? word : " " + word
            }
        }
        return (lines + [line]).joined(separator: "\n")
    }

    // MARK: JSON

    private struct Document: Encodable {
        struct Node: Encodable {
            var address: String
            var answers: Bool
            var height: UInt64?
            var final_height: UInt64?
            var lag: UInt64?
            var pool: Int?
            var engine: String?
            var hosts: [String]?
            var silence: String?
        }
        struct Member: Encodable {
            var id: String
            var attested: UInt64?
            var signed_next: Bool?
            var sequence: UInt64
            var clock_ms: UInt64
        }
        struct Finding: Encodable {
            var severity, code, subject, what, remedy: String
        }
        var well: Bool
        var nodes: [Node]
        var members: [Member]
        var findings: [Finding]
    }

    func json(pretty: Bool) throws -> String {
        let document = Document(
            well: diagnosis.isWell,
            nodes: observations.map { observation in
                switch observation.status {
                case .success(let status):
                    Document.Node(
                        address: observation.address, answers: true, height: status.height,
                        final_height: status.finalHeight, lag: status.lag, pool: status.pool,
                        engine: status.engine?.name, hosts: status.hosts)
                case .failure(let silence):
                    Document.Node(
                        address: observation.address, answers: false, silence: silence.reason)
                }
            },
            members: (best?.memberStates ?? []).map {
                Document.Member(
                    id: $0.id, attested: $0.attested, signed_next: $0.hasSignedNext,
                    sequence: $0.sequence, clock_ms: $0.clock.ms)
            },
            findings: diagnosis.findings.map {
                Document.Finding(
                    severity: $0.severity.rawValue, code: $0.code, subject: $0.subject,
                    what: $0.what, remedy: $0.remedy)
            })
        guard !pretty else { return try Text.json(document) }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(document), as: UTF8.self)
    }
}
