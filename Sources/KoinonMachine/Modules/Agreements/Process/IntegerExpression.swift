/// A sum, product or quotient of whole numbers, as processes write them.
///
/// 64-bit signed, checked: nothing wraps round and nothing is rounded without the
/// text naming the direction (docs/formats/process.md has the grammar).
indirect enum IntegerExpression: Equatable, Sendable {
    case integer(Int64)
    case variable(VariableReference)
    case sum(IntegerExpression, IntegerExpression)
    case difference(IntegerExpression, IntegerExpression)
    case product(IntegerExpression, IntegerExpression)
    /// Rounded towards minus infinity.
    case floorQuotient(IntegerExpression, IntegerExpression)
    /// Rounded towards plus infinity.
    case ceilingQuotient(IntegerExpression, IntegerExpression)
    case minimum([IntegerExpression])
    case maximum([IntegerExpression])
}

/// Where the value of a name comes from, found once when the process is read.
enum VariableReference: Hashable, Sendable {
    case given(ProcessVariable)
    /// Position among the process's terms.
    case term(Int)
    /// Position among the process's named definitions.
    case definition(Int)
}

/// Why an expression has no value.
enum ArithmeticFault: Error, Equatable, Sendable {
    case overflow
    case divisionByZero
}

/// Gives variables their values at one moment of one agreement.
protocol VariableValues {
    func value(of variable: VariableReference) throws(ArithmeticFault) -> Int64
}

extension IntegerExpression {
    func evaluate(_ values: some VariableValues) throws(ArithmeticFault) -> Int64 {
        switch self {
        case .integer(let value):
            return value
        case .variable(let variable):
            return try values.value(of: variable)
        case .sum(let a, let b):
            let (a, b) = (try a.evaluate(values), try b.evaluate(values))
            return try Self.checked(a.addingReportingOverflow(b))
        case .difference(let a, let b):
            let (a, b) = (try a.evaluate(values), try b.evaluate(values))
            return try Self.checked(a.subtractingReportingOverflow(b))
        case .product(let a, let b):
            let (a, b) = (try a.evaluate(values), try b.evaluate(values))
            return try Self.checked(a.multipliedReportingOverflow(by: b))
        case .floorQuotient(let a, let b):
            return try Self.quotient(try a.evaluate(values), try b.evaluate(values), up: false)
        case .ceilingQuotient(let a, let b):
            return try Self.quotient(try a.evaluate(values), try b.evaluate(values), up: true)
        case .minimum(let all):
            var least = Int64.max
            for one in all { least = min(least, try one.evaluate(values)) }
            return least
        case .maximum(let all):
            var greatest = Int64.min
            for one in all { greatest = max(greatest, try one.evaluate(values)) }
            return greatest
        }
    }

    private static func checked(
        _ result: (partialValue: Int64, overflow: Bool)
    ) throws(ArithmeticFault) -> Int64 {
        guard !result.overflow else { throw .overflow }
        return result.partialValue
    }

    private static func quotient(
        _ a: Int64, _ b: Int64, up: Bool
    ) throws(ArithmeticFault) -> Int64 {
        guard b != 0 else { throw .divisionByZero }
        let (quotient, overflow) = a.dividedReportingOverflow(by: b)
        guard !overflow else { throw .overflow }
        // Swift's division drops the fraction; what it dropped has the sign of a / b.
        let remainder = a % b
        guard remainder != 0 else { return quotient }
        let positive = (a < 0) == (b < 0)
        if up { return positive ? quotient + 1 : quotient }
        return positive ? quotient : quotient - 1
    }
}

/// A comparison of two expressions.
struct ProcessCondition: Equatable, Sendable {
    enum Comparison: String, CaseIterable, Sendable {
        case equal = "=="
        case notEqual = "!="
        case less = "<"
        case lessOrEqual = "<="
        case greater = ">"
        case greaterOrEqual = ">="
    }

    var left: IntegerExpression
    var comparison: Comparison
    var right: IntegerExpression

    func holds(_ values: some VariableValues) throws(ArithmeticFault) -> Bool {
        let a = try left.evaluate(values)
        let b = try right.evaluate(values)
        return switch comparison {
        case .equal: a == b
        case .notEqual: a != b
        case .less: a < b
        case .lessOrEqual: a <= b
        case .greater: a > b
        case .greaterOrEqual: a >= b
        }
    }
}
