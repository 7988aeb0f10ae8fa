import Foundation
import KoinonProtocol
import Testing

@testable import KoinonMachine

/// docs/formats/process.md and the modules' pages say what the code does.
@Suite struct ProcessDocumentTests {
    private static let root = URL(filePath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    private static func read(_ path: String) throws -> String {
        try String(contentsOf: root.appending(path: path), encoding: .utf8)
    }

    /// Lines of the section under a heading, up to the next heading.
    private func section(_ heading: String, of page: String) -> [Substring] {
        let lines = page.split(separator: "\n")
        guard
            let first = lines.firstIndex(where: { $0.hasPrefix("#") && $0.hasSuffix(" " + heading) }
            )
        else { return [] }
        return Array(lines[(first + 1)...].prefix { !$0.hasPrefix("#") })
    }

    /// What stands in `backquotes` at the beginning of the rows of a table.
    private func firstColumn(_ lines: [Substring]) -> [String] {
        lines.filter { $0.hasPrefix("| `") }.map { line in
            String(line.dropFirst(3).prefix { $0 != "`" && $0 != "(" && $0 != " " })
        }
    }

    private let page: String
    init() throws { page = try Self.read("docs/formats/process.md") }

    @Test func `every variable, function, effect and rule is explained, and no other`() {
        #expect(
            firstColumn(section("Variables", of: page)) == ProcessVariable.allCases.map(\.rawValue))
        #expect(
            firstColumn(section("Expressions", of: page)).sorted()
                == ExpressionParser.functions.sorted())
        #expect(firstColumn(section("The check", of: page)) == ProcessRule.allCases.map(\.rawValue))
        #expect(
            firstColumn(section("Effects", of: page))
                == [
                    "collect", "pay", "move_custody", "record_settled", "transfer_ownership",
                    "count_use",
                ])
        #expect(
            firstColumn(section("Occupancy", of: page))
                == ["NONE", "PROMISED", "IN_USE", "EXCLUSIVE", "COUNTED"])
        #expect(Occupancy.allCases.count == 5)
    }

    @Test func `examples of offers choose terms that their process has`() throws {
        let examples = try Self.read("docs/formats/json-actions.md")
            .matches(of: #/```json\n([^`]*)```/#)
            .map { try Action(jsonForm: Array($0.1.utf8)) }
        let offers = examples.compactMap { action -> PublishOffer? in
            switch action.market.action {
            case .publishOffer(let offer): offer
            case .answerRequest(let answer): answer.offer
            default: nil
            }
        }
        #expect(offers.contains { !$0.terms.isEmpty })
        for offer in offers {
            let process = try #require(StandardProcesses.all.first { $0.id == offer.process })
            for chosen in offer.terms {
                let term = process.terms.first { $0.name == chosen.name }
                let bounds = try #require(term, "\(chosen.name)")
                #expect((bounds.minimum...bounds.maximum).contains(chosen.value))
            }
        }
    }

    @Test func `limits and values without use in timers are named`() {
        let rules = section("The check", of: page).joined()
        for (count, what) in [
            (ProcessLimits.roles, "roles"), (ProcessLimits.terms, "terms"),
            (ProcessLimits.definitions, "definitions"), (ProcessLimits.states, "states"),
            (ProcessLimits.transitions, "transitions"),
            (ProcessLimits.guardsPerTransition, "guards"),
            (ProcessLimits.effectsPerTransition, "effects"),
        ] {
            #expect(rules.contains("\(count) \(what)"))
        }
        let timers = section("Timers", of: page).joined(separator: " ")
        for variable in ProcessVariable.allCases where !variable.isFixedWithinState {
            #expect(timers.contains("`\(variable.rawValue)`"))
        }
        #expect(page.contains("\(ExpressionParser.maximumBytes)\nbytes"))
        #expect(page.contains("at most \(ExpressionParser.maximumDepth) deep"))
    }

    @Test(arguments: StandardProcesses.all)
    func `the picture of a process has its transitions, each once`(
        process: ProcessDefinition
    ) throws {
        var expected: [String] = []
        func add(_ line: String) {
            // Several that differ in guards only are one arrow.
            if !expected.contains(line) { expected.append(line) }
        }
        for one in process.transitions {
            let from = one.from.isEmpty ? "[*]" : one.from
            add("\(from) --> \(one.to): \(one.name)\(one.hasTimer ? " (timer)" : "")")
            for effect in one.effects where one.hasTimer {
                guard case .transferOwnership(let sale) = effect.effect else { continue }
                add("\(from) --> \(sale.otherwise): \(one.name) (timer, stolen)")
            }
        }
        for state in process.dispute.states {
            add("\(state) --> \(process.dispute.resolvedTo): dispute")
        }
        for state in process.states where state.final { expected.append("\(state.name) --> [*]") }
        let drawn = section("The \(process.id)", of: page).filter { $0.contains(" --> ") }
            .map { String($0.drop { $0 == " " }) }
        #expect(Set(drawn) == Set(expected))
        #expect(drawn.count == expected.count)
    }

    @Test(arguments: StandardProcesses.all)
    func `a process's terms stand there with their defaults`(process: ProcessDefinition) {
        let rows = section("The \(process.id)", of: page).filter { $0.hasPrefix("| `") }
        #expect(rows.count == process.terms.count)
        for (row, term) in zip(rows, process.terms) {
            #expect(row.hasPrefix("| `\(term.name)` | \(term.defaultValue) |"))
        }
    }

    @Test(arguments: StandardProcesses.all)
    func `its file is the process itself, in its JSON form`(process: ProcessDefinition) throws {
        let file = try Self.read("Sources/KoinonMachine/Processes/\(process.id).json")
        #expect(try ProcessDefinition(jsonForm: Array(file.utf8)) == process)
        let again = try ProcessDefinition(
            jsonForm: Array(process.jsonForm(pretty: false).utf8))
        #expect(again == process)
        #expect(ProcessCheck.findings(of: process).isEmpty)
    }

    @Test func `there is one process for each file`() throws {
        let folder = Self.root.appending(path: "Sources/KoinonMachine/Processes")
        let files = try FileManager.default.contentsOfDirectory(atPath: folder.path)
        #expect(
            files.filter { $0.hasSuffix(".json") }.sorted()
                == StandardProcesses.all.map { "\($0.id).json" }.sorted())
    }

    @Test(arguments: [
        ("Resources", Resources.rejections), ("Market", Market.rejections),
        ("Agreements", Agreements.rejections), ("Disputes", Disputes.rejections),
    ])
    func `each module's page names every rejection with its code`(
        module: String, rejections: [any RejectionCode]
    ) throws {
        let page = try Self.read("Sources/KoinonMachine/Modules/\(module)/README.md")
        for rejection in rejections {
            let row = "| \(rejection.rawValue) | `\(rejection.name)` |"
            #expect(
                page.contains(row) || page.contains("`\(rejection.name)` (\(rejection.rawValue))"),
                "\(row)")
        }
        let rows = page.split(separator: "\n").filter {
            $0.first == "|" && $0.dropFirst(2).first!.isNumber
        }
        for row in rows {
            let cells = row.split(separator: "|").map { $0.filter { $0 != " " && $0 != "`" } }
            #expect(
                rejections.contains { "\($0.rawValue)" == cells[0] && $0.name == cells[1] },
                "\(row)")
        }
    }
}
