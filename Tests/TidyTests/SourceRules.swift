/// Rules for every source file, and for the modules' folders.
enum SourceRules {
    static let longestFile = 400

    static func violations(in file: SourceFile) -> [String] {
        var violations: [String] = []
        let lines = file.text.split(separator: "\n", omittingEmptySubsequences: false).count
        // A file ends with a line break, behind which there is no line.
        if lines - 1 > longestFile { violations.append("\(file.path): \(lines - 1) lines") }
        // In comments too.
        for word in file.text.allMatches(of: #"\b(?:TODO|FIXME)\b"#).compactMap(\.first) {
            violations.append("\(file.path): \(word)")
        }
        violations += file.lines(matching: #"\btry!|\bfatalError\(|\bas!"#, "a hidden crash")
        violations += file.lines(matching: #"[\w)\]]!(?!=)(?![\w(])"#, "a forced unwrapping")
        return violations
    }

    private static let moduleFiles = [
        "README.md", "*State.swift", "*Actions.swift", "*Queries.swift", "*Rejection.swift",
        "*Invariants.swift",
    ]

    /// Files that a module's folder must hold, so that all of them read the same way.
    static func missingModuleFiles(in paths: [String]) -> [String] {
        let prefix = "Sources/KoinonMachine/Modules/"
        let inModules = paths.filter { $0.hasPrefix(prefix) }
            .map { $0.dropFirst(prefix.count).split(separator: "/").map(String.init) }
        let names = Set(inModules.filter { $0.count > 1 }.map { $0[0] }).sorted()
        let present = Set(inModules.filter { $0.count == 2 }.map { "\($0[0])/\($0[1])" })
        if names.isEmpty { return ["\(prefix): there are no modules"] }
        return names.flatMap { name in
            moduleFiles.map { "\(name)/" + $0.replacing("*", with: name) }
                .filter { !present.contains($0) }.map { "\(prefix)\($0) is missing" }
        }
    }
}
