extension Diagnosis {
    /// An entry that a node says its order lacks.
    package struct MissingEntry: Hashable, Sendable {
        package var author: String
        package var sequence: UInt64

        /// Nil for another fault of an engine. Its words are those of `EngineReport.faults`.
        package init?(_ fault: String) {
            let pattern =
                /^(?:etcd: )?entry (\d+) of ([^ ,]+)(?: is missing|, which this node wrote, is not)/
            guard let match = fault.prefixMatch(of: pattern), let sequence = UInt64(match.1)
            else { return nil }
            author = String(match.2)
            self.sequence = sequence
        }

        /// Whether its node has no entry of the author from there on.
        func isLacked(by status: NodeStatus) -> Bool {
            Self.last(of: author, in: status).map { $0 < sequence } ?? false
        }

        func isExecuted(by status: NodeStatus) -> Bool {
            Self.last(of: author, in: status).map { $0 >= sequence } ?? false
        }

        private static func last(of author: String, in status: NodeStatus) -> UInt64? {
            status.memberStates?.first { $0.id == author }?.sequence
        }
    }

    /// Faults of a node's engine, as far as no others have executed what it says is missing.
    static func engine(_ node: Seen, _ seen: [Seen]) -> [Finding] {
        let faults = node.status.engine?.faults ?? []
        let others = seen.filter { $0.status.chain == node.status.chain }
        let hidden = faults.filter { fault in
            guard let missing = MissingEntry(fault), missing.isLacked(by: node.status) else {
                return false
            }
            return others.contains { missing.isExecuted(by: $0.status) }
        }
        let entries = hidden.compactMap(MissingEntry.init)
        var findings = faults.filter { !hidden.contains($0) }.map { fault in
            Finding(
                .warning, "engineFault", of: node.address, "its engine: \(fault)",
                remedy: "docs/operate.md has a section on each fault of an engine")
        }
        guard let first = entries.first,
            let other = others.first(where: { first.isExecuted(by: $0.status) })
        else { return findings }
        let more = Set(entries).count - 1
        let rest = more > 0 ? "; \(more) more like it" : ""
        findings.append(
            Finding(
                .danger, "otherOrder", of: node.address,
                "is shown another order than the others: it lacks entry \(first.sequence) of \(first.author), which \(other.address) has executed\(rest)",
                remedy:
                    "delete nothing of \(first.author)'s. Find out what stands between this node and the servers of etcd, and put that right; with the others' next blocks the node stops by itself, and reads the order anew when it is started again (docs/operate.md, \"A node was shown another order\")"
            ))
        return findings
    }
}
