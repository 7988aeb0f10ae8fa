import KoinonProtocol
import Testing

@testable import KoinonMachine

/// A change to the small process and the findings it must lead to, all of them.
struct FindingRow: Sendable, CustomTestStringConvertible {
    var attempt: String
    var findings: [ProcessFinding]
    var change: @Sendable (inout ProcessDefinition) -> Void

    init(
        _ attempt: String, _ findings: [(ProcessRule, String)],
        change: @escaping @Sendable (inout ProcessDefinition) -> Void
    ) {
        self.attempt = attempt
        self.findings = findings.map { ProcessFinding($0.0, at: $0.1) }
        self.change = change
    }

    var testDescription: String { attempt }
}

extension FindingRow {
    func also(_ rule: ProcessRule, _ place: String, first: Bool) -> FindingRow {
        var row = self
        row.findings.insert(ProcessFinding(rule, at: place), at: first ? 0 : row.findings.count)
        return row
    }
}
