extension Diagnosis {
    /// Members that are silent, slow, or whose clocks are off, as the node that is furthest
    /// sees them.
    static func members(
        _ seen: [Seen], _ status: NodeStatus, _ now: UInt64, _ limits: Limits
    ) -> [Finding] {
        let states = status.memberStates ?? []
        var findings: [Finding] = []
        for member in states {
            if let reason = silence(of: member.id, seen) {
                findings.append(
                    Finding(
                        .warning, "memberFollows", of: member.id, "signs nothing: \(reason)",
                        remedy:
                            "its node only follows; the line says whether it needs a new node key (docs/operate.md, \"A member that only follows\") or the next epoch (docs/recovery.md)"
                    ))
            } else if status.height >= limits.lagBlocks,
                (member.attested ?? 0) + limits.lagBlocks < status.finalHeight
            {
                findings.append(
                    Finding(
                        .warning, "memberSilent", of: member.id,
                        member.attested.map {
                            "has signed nothing since block \($0); the others are at \(status.finalHeight)"
                        } ?? "has signed none of the last blocks",
                        remedy: "\(spare(status, limits)); ask its operator whether its node runs"))
            }
            let ahead = Int64(member.clock.ms) - Int64(now)
            if ahead > Int64(limits.clockMilliseconds) {
                findings.append(
                    Finding(
                        .warning, "clockAhead", of: member.id,
                        "states a time \(seconds(UInt64(ahead))) ahead",
                        remedy:
                            "set its machine's clock by NTP; half of the clocks ahead put ledger time ahead for good"
                    ))
            }
        }
        return findings
    }

    /// What a node says about a member that it hosts and that does not sign.
    private static func silence(of member: String, _ seen: [Seen]) -> String? {
        seen.lazy.filter { $0.status.hosts.contains(member) }
            .compactMap { $0.status.memberStates?.first { $0.id == member }?.silent }.first
    }

    /// How many more may fail.
    private static func spare(_ status: NodeStatus, _ limits: Limits) -> String {
        let states = status.memberStates ?? []
        let signing = states.count {
            ($0.attested ?? 0) + limits.lagBlocks >= status.finalHeight
        }
        let spare = signing - (status.quorum ?? 0)
        return spare > 0
            ? "\(spare) more may fail before nothing becomes final"
            : "one more, and nothing becomes final"
    }

    /// What one node says about itself.
    ///
    /// - Parameter engine: what is said of its engine.
    static func node(
        _ node: Seen, best: NodeStatus, engine: [Finding], _ now: UInt64, _ limits: Limits
    ) -> [Finding] {
        let status = node.status
        var findings: [Finding] = []
        if status.chain == best.chain, status.height + limits.behindBlocks < best.height {
            findings.append(
                Finding(
                    .warning, "nodeBehind", of: node.address,
                    "is at block \(status.height), \(best.height - status.height) behind",
                    remedy:
                        "it catches up by itself; if its height does not rise, look at its engine below, then start it again with peers in node.json (docs/catching-up.md)"
                ))
        }
        if let rules = status.protocolState, let coming = rules.coming,
            coming.version > rules.known
        {
            let blocks = coming.fromHeight - min(coming.fromHeight, status.height)
            findings.append(
                Finding(
                    .warning, "protocolUnknown", of: node.address,
                    "knows protocol version \(rules.known), and version \(coming.version) begins at block \(coming.fromHeight), in \(blocks) blocks",
                    remedy:
                        "install a koinon that knows it and start it again before; the node stops at that block otherwise (docs/operate.md, \"A new protocol version\")"
                ))
        }
        findings += engine
        if let percent = status.poolPercent, percent >= 90 {
            findings.append(
                Finding(
                    .warning, "poolFull", of: node.address,
                    "its pool is \(percent)% full of waiting transactions; more are refused soon",
                    remedy:
                        status.lag >= limits.pauseBlocks
                        ? "they wait for blocks to become final"
                        : "clients send more than the alliance executes: let them slow down"))
        } else if status.pool > 0, now > status.time.ms + limits.lagMilliseconds,
            status.lag < limits.pauseBlocks
        {
            findings.append(
                Finding(
                    .stall, "noBlocks", of: node.address,
                    "\(status.pool) transactions wait, and no block has closed for \(seconds(now - status.time.ms))",
                    remedy:
                        "the ordering engine takes no entries from this node: look at its servers, its certificates and its disk"
                ))
        }
        findings += resources(node, now, limits)
        return findings
    }

    private static func resources(
        _ node: Seen, _ now: UInt64, _ limits: Limits
    ) -> [Finding] {
        var findings: [Finding] = []
        if let disk = node.status.disk, disk.freeBytes < limits.freeBytes {
            findings.append(
                Finding(
                    disk.freeBytes < limits.freeBytes / 8 ? .stall : .warning, "diskFull",
                    of: node.address, "\(disk.freeBytes >> 20) MiB are free on its disk",
                    remedy:
                        "free space, move the home to a larger disk, or give up old blocks with `koinon prune`; a node whose disk is full stops, and loses nothing"
                ))
        }
        if let ends = node.status.certificateEnds {
            if ends.ms <= now {
                findings.append(
                    Finding(
                        .stall, "certificateEnded", of: node.address,
                        "its certificate ended at \(ends.text)",
                        remedy: "put a new one in place of its files; it is read within 10 seconds")
                )
            } else if ends.ms - now < limits.certificateDays * 86_400_000 {
                findings.append(
                    Finding(
                        .warning, "certificateEnds", of: node.address,
                        "its certificate ends in \((ends.ms - now) / 86_400_000) days",
                        remedy: "put a new one in place of its files; it is read within 10 seconds")
                )
            }
        }
        if node.status.newCertificateRefused == true {
            findings.append(
                Finding(
                    .warning, "newCertificateRefused", of: node.address,
                    "the new files of its certificate are no good, those from before are in use",
                    remedy:
                        "its log says what is wrong with them; they are read again within 10 seconds"
                ))
        }
        return findings
    }
}
