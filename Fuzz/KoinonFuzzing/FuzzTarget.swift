/// One parser of bytes from outside, with what must hold whatever the bytes are.
///
/// The same targets run under libFuzzer (`make fuzz`), which looks for bytes that reach
/// new code, and in `make test`, on the kept seeds and on seeded mutations of them.
public struct FuzzTarget: Sendable {
    /// The name on the command line and of the folder of seeds.
    public var name: String
    /// Longer inputs are of no use: the parser's own limit, or enough to reach all its code.
    public var maximumBytes: Int
    /// What is wrong, as a sentence; nil when the bytes are refused or all holds.
    ///
    /// A pure function of the bytes, so that a crash can be repeated. A trap is a crash too.
    public var violation: @Sendable (_ bytes: [UInt8]) -> String?
    /// Inputs made by code, because they hold hashes or signatures; all others lie in the
    /// folder of seeds.
    public var madeSeeds: @Sendable () throws -> [[UInt8]]

    public init(
        name: String, maximumBytes: Int,
        madeSeeds: @escaping @Sendable () throws -> [[UInt8]] = { [] },
        violation: @escaping @Sendable ([UInt8]) -> String?
    ) {
        self.name = name
        self.maximumBytes = maximumBytes
        self.madeSeeds = madeSeeds
        self.violation = violation
    }

    /// All of them, in the order of docs/fuzzing.md.
    public static let all: [FuzzTarget] = [
        transactions, entries, blocks, proofs, genesis, csv, mapping, actions, streams,
        snapshots, recoveries, guards, order, answers, requests,
    ]
}

/// A property that the bytes violate; thrown within a target to leave it early.
struct Violation: Error {
    var text: String
    init(_ text: String) { self.text = text }
}

extension FuzzTarget {
    /// A target whose body throws a ``Violation``. Faults of the parser mean that it refused
    /// the bytes: the body is to catch those where it expects them.
    init(
        _ name: String, maximumBytes: Int,
        madeSeeds: @escaping @Sendable () throws -> [[UInt8]] = { [] },
        _ body: @escaping @Sendable ([UInt8]) throws -> Void
    ) {
        self.init(name: name, maximumBytes: maximumBytes, madeSeeds: madeSeeds) { bytes in
            do {
                try body(bytes)
                return nil
            } catch let violation as Violation {
                return violation.text
            } catch {
                return "an error that the parser does not declare: \(error)"
            }
        }
    }
}

/// Throws unless the condition holds.
func hold(_ condition: Bool, _ text: @autoclosure () -> String) throws(Violation) {
    if !condition { throw Violation(text()) }
}

/// The value, or nil when the parser throws the fault that it declares.
///
/// - Throws: ``Violation`` for a fault that says nothing.
func taken<Value, Fault: Error & CustomStringConvertible>(
    _ parse: () throws(Fault) -> Value
) throws(Violation) -> Value? {
    do {
        return try parse()
    } catch {
        // Every refusal explains itself; making the text must not trap either.
        guard !error.description.isEmpty else { throw Violation("a fault without a text") }
        return nil
    }
}
