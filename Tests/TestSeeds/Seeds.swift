import Foundation

/// How many random cases property tests try: few in everyday runs, as many as
/// `KOINON_TEST_CASES` says in long ones (`make test-long`).
///
/// Test cases show their seed as an argument, so a failure names it; a run prints from which to
/// which they went.
public enum Seeds {
    /// Random cases that each generator is to make at least; 0 in everyday runs.
    public static let casesWanted =
        ProcessInfo.processInfo.environment["KOINON_TEST_CASES"].flatMap(Int.init) ?? 0

    /// The seeds of a property test: those given, then more of the same kind until
    /// enough cases are made.
    ///
    /// - Parameter casesEach: random cases that one seed makes.
    public static func of<Seed: FixedWidthInteger & Sendable>(
        _ standard: some Sequence<Seed>, casesEach: Int,
        file: String = #fileID, line: Int = #line
    ) -> [Seed] {
        var seeds = Array(standard)
        let missing = (casesWanted + casesEach - 1) / casesEach - seeds.count
        if missing > 0, let last = seeds.max() {
            for offset in 1...missing { seeds.append(last + Seed(offset)) }
        }
        if let first = seeds.min(), let last = seeds.max() {
            print("\(file):\(line): seeds \(first) to \(last), \(casesEach) random cases each")
        }
        return seeds
    }

    /// For tests that make all cases from one seed: the standard count or more.
    public static func cases(_ standard: Int) -> Int { max(standard, casesWanted) }
}
