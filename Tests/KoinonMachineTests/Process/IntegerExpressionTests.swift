import Testing

@testable import KoinonMachine

/// Variables named a to e have these values; anything else is unknown.
private struct Letters: VariableValues {
    static let values: [Int64] = [7, -7, 2, 0, .max]

    static func resolve(_ name: String) throws(ExpressionFault) -> VariableReference {
        guard name.utf8.count == 1,
            let position = Array("abcde".utf8).firstIndex(of: name.utf8.first!)
        else { throw .unknownVariable(name) }
        return .term(position)
    }

    func value(of variable: VariableReference) throws(ArithmeticFault) -> Int64 {
        guard case .term(let position) = variable else { return 0 }
        return Self.values[position]
    }
}

private func parse(_ text: String) throws(ExpressionFault) -> IntegerExpression {
    try ExpressionParser.expression(text, resolve: Letters.resolve)
}

@Suite struct IntegerExpressionTests {
    @Test(
        arguments: [
            ("0", 0), ("42", 42), (" 1 + 2 * 3 ", 7), ("(1 + 2) * 3", 9), ("10 - 3 - 2", 5),
            ("2 * 3 * 4", 24), ("a", 7), ("a*b", -49), ("0 - a", -7), ("a-b", 14), ("((((a))))", 7),
            ("floor_div(a, c)", 3), ("ceil_div(a, c)", 4), ("floor_div(b, c)", -4),
            ("ceil_div(b, c)", -3), ("floor_div(a, 0 - c)", -4), ("ceil_div(a, 0 - c)", -3),
            ("floor_div(b, 0 - c)", 3), ("ceil_div(b, 0 - c)", 4), ("floor_div(6, 3)", 2),
            ("ceil_div(6, 3)", 2), ("floor_div(0, a)", 0), ("min(a, b, c)", -7),
            ("max(a, b, c)", 7),
            ("max(1,ceil_div(a - 1, 30)) * 2", 2), ("9223372036854775807", .max), ("e - e", 0),
            ("min(e, 0 - e) - 1", Int64.min),
        ] as [(String, Int64)])
    func `an expression has its value`(text: String, value: Int64) throws {
        #expect(try parse(text).evaluate(Letters()) == value)
    }

    @Test(
        arguments: [
            ("e + 1", .overflow), ("0 - e - 2", .overflow), ("e * c", .overflow),
            ("floor_div(0 - e - 1, 0 - 1)", .overflow), ("ceil_div(0 - e - 1, 0 - 1)", .overflow),
            ("floor_div(a, d)", .divisionByZero), ("ceil_div(a, d)", .divisionByZero),
            ("floor_div(e + 1, d)", .overflow), ("min(1, e + e)", .overflow),
        ] as [(String, ArithmeticFault)])
    func `what has no value is a fault, never a wrong number`(
        text: String, fault: ArithmeticFault
    ) throws {
        let expression = try parse(text)
        #expect(throws: fault) { try expression.evaluate(Letters()) }
    }

    @Test(
        arguments: [
            ("", .unexpectedEnd), ("1 +", .unexpectedEnd), ("(1", .unexpectedEnd),
            ("1 2", .unexpected(position: 3)), ("1)", .unexpected(position: 2)),
            ("A", .unexpected(position: 1)), ("-1", .unexpected(position: 1)),
            ("1 / 2", .unexpected(position: 3)), ("2a", .unexpected(position: 2)),
            ("1 == 1", .unexpected(position: 3)), ("min(1;2)", .unexpected(position: 6)),
            ("1\t+ 1", .unexpected(position: 2)), ("é", .unexpected(position: 1)),
            ("9223372036854775808", .integerTooLarge(position: 1)),
            ("1 + 99999999999999999999", .integerTooLarge(position: 5)),
            ("mod(1, 2)", .unknownFunction("mod")), ("a(1)", .unknownFunction("a")),
            ("min(1)", .argumentCount(function: "min", expected: "two values or more")),
            ("max(1)", .argumentCount(function: "max", expected: "two values or more")),
            ("floor_div(1)", .argumentCount(function: "floor_div", expected: "two values")),
            ("ceil_div(1, 2, 3)", .argumentCount(function: "ceil_div", expected: "two values")),
            ("f", .unknownVariable("f")), ("floor_div", .unknownVariable("floor_div")),
        ] as [(String, ExpressionFault)])
    func `text outside the grammar is refused with the place`(
        text: String, fault: ExpressionFault
    ) {
        #expect(throws: fault) { () throws(ExpressionFault) in try parse(text) }
        #expect(!fault.description.isEmpty)
    }

    @Test func `text and nesting are bounded, at the bound and one beyond`() throws {
        let longest = String(repeating: "1 + ", count: 63) + "   1"
        #expect(longest.utf8.count == 256)
        #expect(try parse(longest).evaluate(Letters()) == 64)
        #expect(throws: ExpressionFault.tooLong(bytes: 257)) { try parse(longest + " ") }

        func nested(_ depth: Int) -> String {
            String(repeating: "(", count: depth) + "1" + String(repeating: ")", count: depth)
        }
        #expect(try parse(nested(16)).evaluate(Letters()) == 1)
        #expect(throws: ExpressionFault.tooDeep) { try parse(nested(17)) }
        let calls = String(repeating: "min(1,", count: 17) + "1" + String(repeating: ")", count: 17)
        #expect(throws: ExpressionFault.tooDeep) { try parse(calls) }
    }

    @Test(arguments: [
        ("a == 7", true), ("a == 8", false), ("a != 7", false), ("a != b", true), ("b < a", true),
        ("a < a", false), ("a <= a", true), ("a <= b", false), ("a > b", true), ("a > a", false),
        ("a >= a", true), ("b>=a", false), ("a - 7 <= d", true),
    ])
    func `a condition compares two expressions`(text: String, holds: Bool) throws {
        let condition = try ExpressionParser.condition(text, resolve: Letters.resolve)
        #expect(try condition.holds(Letters()) == holds)
    }

    @Test(
        arguments: [
            ("a", .unexpectedEnd), ("a = 7", .unexpected(position: 3)), ("a == ", .unexpectedEnd),
            ("a < b < c", .unexpected(position: 7)), ("a =< b", .unexpected(position: 3)),
            ("a ! b", .unexpected(position: 3)), ("== 1", .unexpected(position: 1)),
        ] as [(String, ExpressionFault)])
    func `a condition has exactly one comparison`(text: String, fault: ExpressionFault) {
        #expect(throws: fault) { () throws(ExpressionFault) in
            try ExpressionParser.condition(text, resolve: Letters.resolve)
        }
    }
}
