import KoinonProtocol
import Testing

@testable import KoinonMachine

@Suite struct ProcessCheckTests {
    @Test(
        arguments: parts + transitions + expressionsAndWays + ownership + resale + disputes)
    func `each fault is found at its place and nothing else`(row: FindingRow) {
        let findings = ProcessCheck.findings(of: .small(row.change))
        #expect(findings.map(\.rule) == row.findings.map(\.rule), "\(findings)")
        #expect(findings.map(\.place) == row.findings.map(\.place))
        for finding in findings {
            #expect(finding.description.hasSuffix(finding.rule.remedy))
        }
    }

    @Test func `every rule has a row`() {
        let rows =
            Self.parts + Self.transitions + Self.expressionsAndWays + Self.ownership
            + Self.resale + Self.disputes
        for rule in ProcessRule.allCases {
            #expect(rows.contains { $0.findings.contains { $0.rule == rule } }, "\(rule)")
        }
    }

    @Test func `a process without findings can be run`() {
        for process in [ProcessDefinition.small()] + StandardProcesses.all {
            #expect(ProcessCheck.findings(of: process).isEmpty)
            #expect(RunnableProcess(process) != nil)
        }
    }

    @Test(
        arguments: [
            { $0.transitions[1].by = ["nobody"] }, { $0.transitions[1].from = "nowhere" },
            { $0.transitions[1].to = "nowhere" }, { $0.transitions[2].remainderTo = "nobody" },
            { $0.transitions[1].effects[0] = Effect() }, { $0.definitions[0].expression = "both" },
            { $0.transitions[1].guards[0].condition = "now" },
            { $0.transitions[3].timer.offsetMs = "?" },
            { $0.transitions[0].effects[0].collect.from = "nobody" },
            { $0.transitions[2].effects[0].pay.to = "nobody" },
            { $0.transitions[1].effects[0].moveCustody.to = "nobody" },
            { $0.transitions[2].effects[1].recordSettled.role = "nobody" },
        ] as [@Sendable (inout ProcessDefinition) -> Void])
    func `what has no meaning cannot be run`(change: @Sendable (inout ProcessDefinition) -> Void) {
        #expect(RunnableProcess(.small(change)) == nil)
    }

    @Test func `limits are allowed at the bound`() {
        let process = ProcessDefinition.small { process in
            for index in 0..<28 {
                process.addState("s\(index)")
                process.addTransition(from: "using", to: "s\(index)")
            }
            for index in 0..<30 {
                process.terms.append(
                    .with {
                        $0.name = "t\(index)"; $0.title = "t"
                    })
                process.definitions.append(
                    .with {
                        $0.name = "d\(index)"; $0.expression = "t\(index)"
                    })
            }
            process.transitions[2].effects = Array(
                repeating: process.transitions[2].effects[0], count: 16)
            process.transitions[1].guards = Array(
                repeating: process.transitions[1].guards[0], count: 8)
        }
        #expect(process.states.count == 32)
        #expect(ProcessCheck.findings(of: process) == [])
    }
}
