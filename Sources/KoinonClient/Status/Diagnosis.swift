/// What asking one node came to.
public struct NodeObservation: Sendable {
    public var address: String
    public var status: Result<NodeStatus, NodeSilence>

    public init(address: String, status: Result<NodeStatus, NodeSilence>) {
        self.address = address
        self.status = status
    }
}

/// Why a node said nothing.
public struct NodeSilence: Error, Hashable, Sendable {
    public var reason: String
    public init(reason: String) { self.reason = reason }
}

/// What is wrong with an alliance, and what to do, judged from what its nodes say of
/// themselves and of each other. Reads no clock, file or network.
public struct Diagnosis: Sendable, Hashable {
    public enum Severity: String, Sendable, Comparable, CaseIterable {
        case notice, warning
        /// Nothing becomes final, or soon will not.
        case stall
        /// What may not happen.
        case danger

        private var rank: Int { Self.allCases.firstIndex(of: self) ?? 0 }
        public static func < (a: Self, b: Self) -> Bool { a.rank < b.rank }
    }

    /// One thing that is wrong.
    public struct Finding: Sendable, Hashable {
        public var severity: Severity
        /// Stable name for programs.
        public var code: String
        /// The node or the member that it is about; empty for the alliance.
        public var subject: String
        public var what: String
        /// What to do.
        public var remedy: String

        public init(
            _ severity: Severity, _ code: String, of subject: String = "", _ what: String,
            remedy: String
        ) {
            self.severity = severity
            self.code = code
            self.subject = subject
            self.what = what
            self.remedy = remedy
        }
    }

    /// The gravest first.
    public var findings: [Finding]

    public var worst: Severity? { findings.map(\.severity).max() }
    public var isWell: Bool { findings.allSatisfy { $0.severity == .notice } }

    /// Bounds beyond which something is worth a word.
    public struct Limits: Sendable {
        /// Blocks beyond the final one, and milliseconds, that are nothing unusual.
        public var lagBlocks: UInt64 = 16
        public var lagMilliseconds: UInt64 = 10_000
        /// Blocks that a node may be behind the others.
        public var behindBlocks: UInt64 = 64
        /// Transactions pause so far beyond the final block.
        public var pauseBlocks: UInt64 = 64
        public var clockMilliseconds: UInt64 = 5_000
        public var freeBytes: UInt64 = 2 << 30
        public var certificateDays: UInt64 = 21

        public init() {}
    }

    public init(_ observations: [NodeObservation], limits: Limits = Limits()) {
        let seen = observations.compactMap { observation in
            (try? observation.status.get()).map { Seen(address: observation.address, status: $0) }
        }
        var findings = Self.silent(observations)
        findings += Self.branches(seen)
        if let view = seen.max(by: { $0.status.progress < $1.status.progress }) {
            let now = Self.time(of: seen)
            findings += Self.finality(seen, view.status, now, limits)
            findings += Self.members(seen, view.status, now, limits)
            for node in seen {
                let engine = Self.engine(node, seen)
                findings += Self.node(node, best: view.status, engine: engine, now, limits)
            }
        }
        self.findings = findings.enumerated().sorted {
            ($1.element.severity, $0.offset) < ($0.element.severity, $1.offset)
        }.map(\.element)
    }

    struct Seen {
        var address: String
        var status: NodeStatus
    }

    /// Milliseconds since 1970 by the clock in the middle: one that is wrong may be that of
    /// the very node that is furthest.
    private static func time(of seen: [Seen]) -> UInt64 {
        let clocks = seen.map(\.status.now.ms).sorted()
        return clocks[(clocks.count - 1) / 2]
    }

    /// Nodes without an answer.
    private static func silent(_ observations: [NodeObservation]) -> [Finding] {
        observations.compactMap { observation in
            guard case .failure(let silence) = observation.status else { return nil }
            return Finding(
                .warning, "nodeSilent", of: observation.address,
                "does not answer (\(silence.reason))",
                remedy:
                    "is it running, and is this its address? Start it with `koinon node --home HOME` and read its log"
            )
        }
    }

    /// Nodes that are not of one mind.
    private static func branches(_ seen: [Seen]) -> [Finding] {
        guard let first = seen.first else { return [] }
        var findings: [Finding] = []
        for node in seen.dropFirst() where node.status.chain != first.status.chain {
            findings.append(
                Finding(
                    .danger, "otherAlliance", of: node.address,
                    "belongs to another alliance than \(first.address)",
                    remedy: "compare the genesis.json of both homes; one of them is the wrong one"))
        }
        for (index, node) in seen.enumerated() {
            for other in seen[..<index] where node.status.chain == other.status.chain {
                if node.status.finalHeight == other.status.finalHeight,
                    let own = node.status.finalHash, let its = other.status.finalHash, own != its
                {
                    findings.append(
                        Finding(
                            .danger, "twoFinalBlocks", of: node.address,
                            "is final at block \(node.status.finalHeight) on another block than \(other.address)",
                            remedy:
                                "stop both nodes, keep both homes as evidence, and find the first difference with `koinon diff-state`; more members lied than the alliance can bear, or a key is used twice"
                        ))
                } else if node.status.height == other.status.height,
                    let own = node.status.blockHash, let its = other.status.blockHash, own != its
                {
                    findings.append(
                        Finding(
                            .danger, "twoBlocks", of: node.address,
                            "has another block \(node.status.height) than \(other.address)",
                            remedy:
                                "the ordering engine gave them different orders, or one executes differently: run `koinon diff-state` on both homes; docs/operate.md describes recovery"
                        ))
                }
            }
        }
        return findings
    }

    /// Why blocks do not become final.
    private static func finality(
        _ seen: [Seen], _ status: NodeStatus, _ now: UInt64, _ limits: Limits
    ) -> [Finding] {
        guard status.lag > 0, let since = status.openSince else { return [] }
        let age = now - min(now, since.ms)
        guard status.lag > limits.lagBlocks || age > limits.lagMilliseconds else { return [] }
        let quorum = status.quorum ?? 0
        let members = status.memberStates ?? []
        let next = status.finalHeight + 1
        let signed = members.filter { $0.hasSignedNext == true }.map(\.id)
        let missing = members.filter { $0.hasSignedNext == false }.map(\.id)
        let wait = "\(status.lag) blocks wait to become final, for \(seconds(age))"
        var findings: [Finding] = []
        if status.openChange == next {
            findings.append(
                Finding(
                    .stall, "changeNotFinal",
                    "\(wait): block \(next) changes the members, and nobody signs past it before \(quorum) of those who judge it have signed it; \(signed.count) have",
                    remedy: "bring back \(names(missing)): the old set decides about the new one"))
        } else if signed.count < quorum, !members.isEmpty {
            findings.append(
                Finding(
                    .stall, "quorumMissing",
                    "\(wait): \(signed.count) of \(members.count) members have signed block \(next), \(quorum) are needed",
                    remedy: remedy(quorum - signed.count, of: missing, seen)))
        } else {
            findings.append(
                Finding(
                    .warning, "finalityLate", wait,
                    remedy:
                        "members sign, but late: look at the load of their machines and at the engine"
                ))
        }
        if status.lag >= limits.pauseBlocks {
            findings.append(
                Finding(
                    .stall, "transactionsPause",
                    "transactions pause, since \(limits.pauseBlocks) blocks are not final",
                    remedy: "they go on by themselves once blocks become final again"))
        }
        return findings
    }

    /// How so many of the members that are missing sign again.
    private static func remedy(_ count: Int, of missing: [String], _ seen: [Seen]) -> String {
        let cutOff = seen.filter { $0.status.engine?.faults.isEmpty == false }
            .flatMap(\.status.hosts)
        let waiting = missing.filter(cutOff.contains)
        guard missing.count - waiting.count < count else {
            return "bring back \(count) of \(names(missing))"
        }
        return
            "the nodes of \(names(waiting)) run, and their engine is at fault, as is said below: see to that first"
    }

    static func names(_ members: [String]) -> String {
        members.isEmpty ? "the members" : members.joined(separator: ", ")
    }

    static func seconds(_ milliseconds: UInt64) -> String {
        switch milliseconds {
        case ..<120_000: "\(milliseconds / 1000) s"
        case ..<7_200_000: "\(milliseconds / 60_000) min"
        default: "\(milliseconds / 3_600_000) h"
        }
    }
}
