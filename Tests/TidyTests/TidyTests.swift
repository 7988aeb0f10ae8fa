import Foundation
import Testing

/// The project's own sources keep its rules.
@Suite("The sources")
struct TidyTests {
    private let tree = SourceTree.project

    @Test func `are all there to be read`() {
        #expect(tree.files.count > 150)
        let swift = Layer.all.filter { !$0.isC }.map(\.name)
        #expect(Set(tree.files.map(\.target)) == Set(swift))
        #expect(tree.files.allSatisfy { !$0.code.isEmpty })
    }

    @Test func `import only what lies below their layer`() {
        for file in tree.files {
            let violations = Layer.violations(in: file)
            #expect(violations.isEmpty, "\(violations.joined(separator: "\n"))")
        }
    }

    @Test func `are declared in the package as the layers are`() {
        let violations = Layer.violations(inPackage: tree.package)
        #expect(violations.isEmpty, "\(violations.joined(separator: "\n"))")
    }

    @Test func `of the machine have one result everywhere`() {
        for file in tree.files where file.target == "KoinonMachine" {
            let violations = MachineRules.violations(in: file)
            #expect(violations.isEmpty, "\(violations.joined(separator: "\n"))")
        }
    }

    @Test func `that the machine's list names are there and use Data`() {
        let users = tree.files.filter {
            $0.target == "KoinonMachine" && $0.code.contains("import struct Foundation.Data")
        }
        #expect(Set(users.map(\.name)) == MachineRules.usesData)
    }

    @Test func `of each module stand in the same files`() {
        let missing = SourceRules.missingModuleFiles(in: tree.paths)
        #expect(missing.isEmpty, "\(missing.joined(separator: "\n"))")
    }

    @Test func `are short and hide no crash`() {
        for file in tree.files {
            let violations = SourceRules.violations(in: file)
            #expect(violations.isEmpty, "\(violations.joined(separator: "\n"))")
        }
    }
}

/// Each rule on made-up sources: what it must find, and what it must leave alone.
@Suite("A rule for the sources")
struct RuleTests {
    private func machine(_ text: String, name: String = "Made.swift") -> SourceFile {
        SourceFile(path: "Sources/KoinonMachine/Modules/Made/\(name)", text: text)
    }

    private func file(_ target: String, _ text: String) -> SourceFile {
        SourceFile(path: "Sources/\(target)/Made.swift", text: text)
    }

    @Test(arguments: [
        ("KoinonProtocol", "import KoinonLedger"),
        ("KoinonLedger", "import KoinonMachine"),
        ("KoinonLedger", "@_exported import GRDB"),
        ("KoinonMachine", "import GRDB"),
        ("KoinonMachine", "import struct Foundation.Data"),
        ("KoinonMachine", "import Glibc"),
        ("KoinonStore", "import KoinonClient"),
        ("KoinonStore", "  public import struct Logging.Logger"),
        ("KoinonClient", "import KoinonMachine"),
        ("KoinonClient", "@preconcurrency import KoinonStore"),
        ("KoinonNode", "import KoinonReplay"),
        ("KoinonNode", "@testable import koinon"),
        ("KoinonReplay", "import ArgumentParser"),
        ("KoinonSomething", "import Foundation"),
    ]) func `finds an import from above`(target: String, line: String) {
        #expect(Layer.violations(in: file(target, "import KoinonProtocol\n\(line)\n")).count >= 1)
    }

    @Test(arguments: [
        ("KoinonLedger", "import KoinonProtocol\nimport CSodium\nimport Crypto"),
        ("KoinonNode", "import KoinonStore\nimport KoinonClient\nimport Logging"),
        ("KoinonNode", "// import koinon\nlet text = \"\"\"\n    import koinon\n    \"\"\""),
        ("koinon", "import KoinonReplay\nimport ArgumentParser"),
    ]) func `leaves imports from below alone`(target: String, text: String) {
        #expect(Layer.violations(in: file(target, text)).isEmpty)
    }

    @Test func `finds dependencies in the package that go up`() {
        let sound = SourceTree.project.package
        let up = sound.replacing(
            #""KoinonProtocol", "CSodium""#, with: #""KoinonProtocol", "KoinonNode", "CSodium""#)
        #expect(up != sound)
        #expect(
            Layer.violations(inPackage: up) == ["Package.swift: KoinonLedger depends on KoinonNode"]
        )
        let other = sound.replacing(
            #".product(name: "Crypto", package: "swift-crypto")"#,
            with: #".product(name: "GRDB", package: "GRDB.swift")"#, maxReplacements: 1)
        #expect(
            Layer.violations(inPackage: other) == ["Package.swift: KoinonLedger depends on GRDB"])
        let renamed = sound.replacing("name: \"KoinonStore\",", with: "name: \"KoinonShop\",")
        #expect(Layer.violations(inPackage: renamed).contains { $0.contains("KoinonShop") })
    }

    @Test(arguments: [
        "import Foundation", "let now = Date()", "let now = time(nil)",
        "let start = ContinuousClock.now", "let id = UUID()", "let n = Int.random(in: 0..<3)",
        "var random = SystemRandomNumberGenerator()", "let x: Double = 1", "let x = 0.5",
        "func f() async {}", "await g()", "Task { }", "let lock = Mutex(0)", "actor A {}",
        "print(\"x\")", "let logger: Logger", "let l = Locale.current", "x.hashValue",
        "let home = getenv(\"HOME\")", "let text = \"now: \\(Date())\"",
        "let rows: [String: Int] = [:]\nfor (key, value) in rows { use(key, value) }",
        "let rows: [String: Int] = [:]\nfor key in rows.keys { use(key) }",
        "func f(_ rows: [MemberID: [Key: Int]]) { g(rows.values.map(\\.count)) }",
        "var seen: Set<Int> = []\nlet all = seen.map { $0 }",
        "let seen = Set(rows)\nlet first = seen.first",
        "let seen = Set(rows)\nlet list = Array(seen)",
        "final class A { private var rows: [Int: Int] = [:]\nfunc f() { for x in self.rows where x.key > 1 {} } }",
    ]) func `finds what may differ between two machines`(text: String) {
        #expect(!MachineRules.violations(in: machine("import KoinonProtocol\n\(text)\n")).isEmpty)
    }

    @Test(arguments: [
        "import struct Foundation.Data", "/// The Date at which a Task ends: 0.5 of it.",
        "let text = \"print(Date())\"",
        "let time = BlockClock.time(previous: time, clocks: clocks)",
        "static func time(_ a: Int) -> Int { a }", "rows.sorted { $0.1 < $1.1 }",
        "let rows: [String: Int] = [:]\nfor key in rows.keys.sorted() { use(key) }",
        "let rows: [String: Int] = [:]\nfor row in rows.sorted(by: { $0.key < $1.key }) { use(row) }",
        "let rows: [String: Int] = [:]\nlet one = rows[\"a\"] ?? rows.count",
        "var seen: Set<Int> = []\nif seen.insert(1).inserted, seen.contains(2) {}",
        "for key in account.keys { use(key) }", "let list: [Int] = []\nfor x in list { use(x) }",
    ]) func `leaves alone what may not`(text: String) {
        let violations = MachineRules.violations(in: machine(text + "\n"))
        #expect(violations.isEmpty, "\(violations)")
    }

    @Test(arguments: [
        "// TODO: later", "/* FIXME */", "let x = try! f()", "fatalError(\"no\")",
        "let x = y as! Int",
        "let x = y!", "let x = y![0]", "let x = f()!.z",
        String(repeating: "let x = 1\n", count: 401),
    ]) func `finds what no file may hold`(text: String) {
        #expect(!SourceRules.violations(in: file("KoinonNode", text + "\n")).isEmpty)
    }

    @Test(arguments: [
        "let x = !y", "if a != b {}", "let text = \"try! TODAY fatalError(\"",
        String(repeating: "let x = 1\n", count: 399),
    ]) func `leaves the rest alone`(text: String) {
        let violations = SourceRules.violations(in: file("KoinonNode", text + "\n"))
        #expect(violations.isEmpty, "\(violations)")
    }

    @Test func `finds what a module's folder lacks`() {
        let names =
            ["README.md"]
            + ["State", "Actions", "Queries", "Rejection", "Invariants"]
            .map { "Made\($0).swift" }
        let folder = "Sources/KoinonMachine/Modules/Made/"
        #expect(SourceRules.missingModuleFiles(in: names.map { folder + $0 }).isEmpty)
        for name in names {
            let missing = SourceRules.missingModuleFiles(
                in: names.filter { $0 != name }.map { folder + $0 } + [folder + "Made.swift"])
            #expect(missing == ["\(folder)\(name) is missing"])
        }
        #expect(
            !SourceRules.missingModuleFiles(in: ["Sources/KoinonMachine/Modules.swift"]).isEmpty)
    }

    @Test func `reads code and not what is beside it`() {
        let text = ##"""
            let a = 1 // one
            /* two /* inner */ still */ let b = "three \(four("five")) six" + #"se"ven \(no)"#
            let c = """
                eight "nine" \(ten)
                """
            let d = "\"" + e
            """##
        let code = CodeReader.code(in: text)
        for word in ["let a", "let b", "four(", "ten", "let c", "let d", "+ e"] {
            #expect(code.contains(word), "\(word)")
        }
        for word in ["one", "two", "still", "three", "five", "six", "se", "no", "eight", "nine"] {
            #expect(!code.contains(word), "\(word)")
        }
        #expect(code.split(separator: "\n", omittingEmptySubsequences: false).count == 6)
    }
}
