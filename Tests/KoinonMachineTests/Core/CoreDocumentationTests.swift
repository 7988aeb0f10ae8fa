import Foundation
import KoinonLedger
import KoinonProtocol
import Testing

@testable import KoinonMachine

/// The pages about state, genesis and modules say what the code says.
@Suite struct CoreDocumentationTests {
    /// The folder of the package: this file lies three folders deep in it.
    private static let package = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()

    private func text(_ path: String) throws -> String {
        try String(contentsOf: Self.package.appending(path: path), encoding: .utf8)
    }

    /// The cells of every table row of a page, without the marks of code.
    private func rows(_ path: String) throws -> [[String]] {
        try text(path).split(separator: "\n").filter { $0.hasPrefix("| ") }.map { line in
            line.dropFirst().split(separator: "|", omittingEmptySubsequences: false).map {
                $0.trimmingCharacters(in: CharacterSet(charactersIn: " `"))
            }
        }
    }

    @Test func `genesis.md lists every parameter with its standard value and bounds`() throws {
        /// "31,536,000,000 (365 days)" is 31536000000.
        func number(_ cell: String) -> UInt64? {
            UInt64(cell.prefix { $0 != "(" }.filter(\.isNumber))
        }
        let rows = try rows("docs/formats/genesis.md").filter {
            $0.count >= 5 && number($0[1]) != nil
        }
        #expect(rows.map(\.[0]) == ParameterDefinition.all.map(\.name))
        for (row, definition) in zip(rows, ParameterDefinition.all) {
            #expect(number(row[1]) == definition.standard, "\(definition.name)")
            #expect(number(row[2]) == definition.bounds.lowerBound, "\(definition.name)")
            #expect(number(row[3]) == definition.bounds.upperBound, "\(definition.name)")
        }
    }

    @Test func `the example of genesis.md begins a ledger`() throws {
        let page = try text("docs/formats/genesis.md")
        let example = try #require(page.components(separatedBy: "```json\n").dropFirst().first)
        let json = try #require(example.components(separatedBy: "```").first)
        let document = try GenesisDocument(contentsOf: Array(json.utf8))
        let replica = try Replica(genesis: document)
        #expect(replica.members.members.count == document.genesis.members.count)
    }

    @Test func `state.md lists exactly the tables that the sources declare`() throws {
        let listed = try rows("docs/formats/state.md").map(\.[0])
            .filter { $0.count == 2 && UInt8($0, radix: 16) != nil }
        var declared: [String] = []
        let sources = Self.package.appending(path: "Sources/KoinonMachine")
        let files = try #require(
            FileManager.default.enumerator(at: sources, includingPropertiesForKeys: nil))
        for case let file as URL in files where file.pathExtension == "swift" {
            let parts = try String(contentsOf: file, encoding: .utf8)
                .components(separatedBy: "prefix: 0x").dropFirst()
            declared += parts.map { String($0.prefix(2)) }
        }
        #expect(listed == listed.sorted())
        #expect(listed == declared.map { $0.lowercased() }.sorted())
        #expect(Set(declared).count == declared.count, "two tables have one prefix")
    }

    @Test(arguments: Modules.all.map { $0.name })
    func `a module's README names each of its rejections with its code`(name: String) throws {
        let module = try #require(Modules.all.first { $0.name == name })
        let page = try text("Sources/KoinonMachine/Modules/\(name)/README.md")
        for rejection in module.rejections {
            #expect(page.contains("`\(rejection.name)`"), "\(rejection.name)")
            #expect(page.contains("\(rejection.rawValue)"), "\(rejection.rawValue)")
        }
    }

    @Test func `codes begin at a hundred times the module's number, each with a remedy`() {
        for module in Modules.all {
            let codes = module.rejections.map { $0.rawValue }
            #expect(codes.first == module.number * 100)
            #expect(codes == codes.sorted())
            #expect((codes.last ?? 0) < (module.number + 1) * 100)
            for rejection in module.rejections {
                #expect(rejection.remedy.count > 15, "\(rejection.name)")
            }
        }
    }
}
