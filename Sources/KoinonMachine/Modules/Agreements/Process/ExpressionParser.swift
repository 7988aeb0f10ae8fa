/// Why a text is not an expression or condition.
enum ExpressionFault: Error, Equatable, Sendable, CustomStringConvertible {
    case tooLong(bytes: Int)
    case tooDeep
    case unexpectedEnd
    /// Positions count bytes from 1.
    case unexpected(position: Int)
    case integerTooLarge(position: Int)
    case unknownFunction(String)
    case argumentCount(function: String, expected: String)
    case unknownVariable(String)
    /// A definition that stands further down, or the one being defined.
    case laterDefinition(String)

    var description: String {
        switch self {
        case .tooLong(let bytes):
            "is \(bytes) bytes long; at most \(ExpressionParser.maximumBytes)"
        case .tooDeep: "is nested deeper than \(ExpressionParser.maximumDepth)"
        case .unexpectedEnd: "ends too early"
        case .unexpected(let position): "has something unexpected at character \(position)"
        case .integerTooLarge(let position): "has a number beyond 2^63 - 1 at character \(position)"
        case .unknownFunction(let name):
            "calls \(name); the functions are floor_div, ceil_div, min, max"
        case .argumentCount(let function, let expected): "\(function) takes \(expected)"
        case .unknownVariable(let name): "uses \(name), which is neither given, a term nor defined"
        case .laterDefinition(let name): "uses \(name), which is only defined later"
        }
    }
}

/// Reads expressions by recursive descent.
///
///     condition  = expression ("==" | "!=" | "<" | "<=" | ">" | ">=") expression
///     expression = product { ("+" | "-") product }
///     product    = factor { "*" factor }
///     factor     = integer | name | function "(" expression { "," expression } ")"
///                | "(" expression ")"
struct ExpressionParser {
    static let maximumBytes = 256
    static let maximumDepth = 16
    static let functions = ["floor_div", "ceil_div", "min", "max"]

    typealias Resolve = (String) throws(ExpressionFault) -> VariableReference

    private let bytes: [UInt8]
    private var position = 0
    /// Brackets around the place being read.
    private var depth = -1
    private let resolve: Resolve

    private init(_ text: String, resolve: @escaping Resolve) throws(ExpressionFault) {
        bytes = Array(text.utf8)
        self.resolve = resolve
        guard bytes.count <= Self.maximumBytes else { throw .tooLong(bytes: bytes.count) }
    }

    static func expression(
        _ text: String, resolve: @escaping Resolve
    ) throws(ExpressionFault) -> IntegerExpression {
        var parser = try ExpressionParser(text, resolve: resolve)
        let expression = try parser.expression()
        try parser.expectEnd()
        return expression
    }

    static func condition(
        _ text: String, resolve: @escaping Resolve
    ) throws(ExpressionFault) -> ProcessCondition {
        var parser = try ExpressionParser(text, resolve: resolve)
        let left = try parser.expression()
        let comparison = try parser.comparison()
        let right = try parser.expression()
        try parser.expectEnd()
        return ProcessCondition(left: left, comparison: comparison, right: right)
    }

    private mutating func expression() throws(ExpressionFault) -> IntegerExpression {
        depth += 1
        defer { depth -= 1 }
        guard depth <= Self.maximumDepth else { throw .tooDeep }
        var result = try product()
        while true {
            if take("+") {
                result = .sum(result, try product())
            } else if take("-") {
                result = .difference(result, try product())
            } else {
                return result
            }
        }
    }

    private mutating func product() throws(ExpressionFault) -> IntegerExpression {
        var result = try factor()
        while take("*") { result = .product(result, try factor()) }
        return result
    }

    private mutating func factor() throws(ExpressionFault) -> IntegerExpression {
        skipSpaces()
        guard let byte = peek else { throw .unexpectedEnd }
        if Self.isDigit(byte) { return .integer(try integer()) }
        if Self.isLetter(byte) {
            let name = name()
            return take("(") ? try call(name) : .variable(try resolve(name))
        }
        guard take("(") else { throw .unexpected(position: position + 1) }
        let inner = try expression()
        try expect(")")
        return inner
    }

    private mutating func call(_ name: String) throws(ExpressionFault) -> IntegerExpression {
        guard Self.functions.contains(name) else {
            throw .unknownFunction(name)
        }
        var arguments = [try expression()]
        while take(",") { arguments.append(try expression()) }
        try expect(")")
        switch name {
        case "min", "max":
            guard arguments.count >= 2 else {
                throw .argumentCount(function: name, expected: "two values or more")
            }
            return name == "min" ? .minimum(arguments) : .maximum(arguments)
        default:
            guard arguments.count == 2 else {
                throw .argumentCount(function: name, expected: "two values")
            }
            return name == "floor_div"
                ? .floorQuotient(arguments[0], arguments[1])
                : .ceilingQuotient(arguments[0], arguments[1])
        }
    }

    private mutating func integer() throws(ExpressionFault) -> Int64 {
        let first = position
        var value: Int64 = 0
        while let byte = peek, Self.isDigit(byte) {
            let (tens, overflow) = value.multipliedReportingOverflow(by: 10)
            let (sum, carry) = tens.addingReportingOverflow(Int64(byte - UInt8(ascii: "0")))
            guard !overflow, !carry else { throw .integerTooLarge(position: first + 1) }
            value = sum
            position += 1
        }
        return value
    }

    private mutating func name() -> String {
        let first = position
        while let byte = peek,
            Self.isLetter(byte) || Self.isDigit(byte) || byte == UInt8(ascii: "_")
        {
            position += 1
        }
        return String(decoding: bytes[first..<position], as: UTF8.self)
    }

    private mutating func comparison() throws(ExpressionFault) -> ProcessCondition.Comparison {
        skipSpaces()
        guard let first = peek else { throw .unexpectedEnd }
        let two = String(decoding: bytes[position..<min(position + 2, bytes.count)], as: UTF8.self)
        let one = String(decoding: [first], as: UTF8.self)
        for text in [two, one] {
            if let comparison = ProcessCondition.Comparison(rawValue: text) {
                position += text.utf8.count
                return comparison
            }
        }
        throw .unexpected(position: position + 1)
    }

    private var peek: UInt8? { position < bytes.count ? bytes[position] : nil }

    private mutating func skipSpaces() {
        while peek == UInt8(ascii: " ") { position += 1 }
    }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        skipSpaces()
        guard peek == UInt8(ascii: character) else { return false }
        position += 1
        return true
    }

    private mutating func expect(_ character: Unicode.Scalar) throws(ExpressionFault) {
        guard !take(character) else { return }
        throw peek == nil ? .unexpectedEnd : .unexpected(position: position + 1)
    }

    private mutating func expectEnd() throws(ExpressionFault) {
        skipSpaces()
        guard position == bytes.count else { throw .unexpected(position: position + 1) }
    }

    private static func isDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }

    private static func isLetter(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
    }
}
