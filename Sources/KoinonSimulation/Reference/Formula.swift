/// An expression of a process, read by the shunting-yard algorithm (Dijkstra 1961) into
/// the order in which a stack machine reckons it: another way than the machine's.
struct Formula {
    private enum Item {
        case number(Int64)
        case name(String)
        case sign(Character)
        case function(String)
        case open, close, comma
    }

    private enum Step {
        case push(Int64)
        case value(String)
        case apply(String, count: Int)
    }

    private var steps: [Step] = []

    struct Unreadable: Error { var text: String }

    init(_ text: String) throws {
        var waiting: [(item: Item, arguments: Int)] = []
        func strength(_ item: Item) -> Int {
            guard case .sign(let sign) = item else { return 0 }
            return sign == "*" ? 2 : 1
        }
        func unwind(_ until: (Item) -> Bool, _ formula: inout Formula) {
            while let last = waiting.last, !until(last.item) {
                if case .sign(let sign) = last.item {
                    formula.steps.append(.apply(String(sign), count: 2))
                }
                waiting.removeLast()
            }
        }
        func isOpen(_ item: Item) -> Bool { if case .open = item { true } else { false } }
        for item in try Self.items(of: text) {
            switch item {
            case .number(let value): steps.append(.push(value))
            case .name(let name): steps.append(.value(name))
            case .function: waiting.append((item, 0))
            case .open: waiting.append((item, 1))
            case .sign:
                unwind({ isOpen($0) || strength($0) < strength(item) }, &self)
                waiting.append((item, 0))
            case .comma:
                unwind(isOpen, &self)
                if !waiting.isEmpty { waiting[waiting.count - 1].arguments += 1 }
            case .close:
                unwind(isOpen, &self)
                guard let opened = waiting.popLast() else { throw Unreadable(text: text) }
                if case .function(let name) = waiting.last?.item {
                    waiting.removeLast()
                    steps.append(.apply(name, count: opened.arguments))
                }
            }
        }
        unwind({ _ in false }, &self)
    }

    private static func items(of text: String) throws -> [Item] {
        var items: [Item] = []
        var rest = Substring(text)
        while let first = rest.first {
            if first == " " {
                rest.removeFirst()
            } else if first.isNumber {
                let digits = rest.prefix { $0.isNumber }
                guard let value = Int64(digits) else { throw Unreadable(text: text) }
                items.append(.number(value))
                rest.removeFirst(digits.count)
            } else if first.isLetter {
                let word = rest.prefix { $0.isLetter || $0.isNumber || $0 == "_" }
                rest.removeFirst(word.count)
                let call = rest.drop { $0 == " " }.first == "("
                items.append(call ? .function(String(word)) : .name(String(word)))
            } else {
                switch first {
                case "+", "-", "*": items.append(.sign(first))
                case "(": items.append(.open)
                case ")": items.append(.close)
                case ",": items.append(.comma)
                default: throw Unreadable(text: text)
                }
                rest.removeFirst()
            }
        }
        return items
    }

    /// - Throws: ``Refusal`` for an overflow (617) or a division by zero (618).
    func value(_ names: (String) throws -> Int64) throws -> Int64 {
        var stack: [Int64] = []
        for step in steps {
            switch step {
            case .push(let value): stack.append(value)
            case .value(let name): stack.append(try names(name))
            case .apply(let name, let count):
                let arguments = Array(stack.suffix(count))
                stack.removeLast(min(count, stack.count))
                stack.append(try Self.apply(name, arguments))
            }
        }
        guard let value = stack.last else { throw Unsure() }
        return value
    }

    private static func apply(_ name: String, _ arguments: [Int64]) throws -> Int64 {
        guard arguments.count >= 2 else { throw Unsure() }
        let (a, b) = (arguments[0], arguments[1])
        switch name {
        case "+": return try checked(a.addingReportingOverflow(b))
        case "-": return try checked(a.subtractingReportingOverflow(b))
        case "*": return try checked(a.multipliedReportingOverflow(by: b))
        case "min": return arguments.min() ?? 0
        case "max": return arguments.max() ?? 0
        case "floor_div", "ceil_div":
            if b == 0 { throw Refusal(618) }
            let quotient = try checked(a.dividedReportingOverflow(by: b))
            let exact = quotient * b == a
            if exact { return quotient }
            let isNegative = (a < 0) != (b < 0)
            if name == "floor_div" { return isNegative ? quotient - 1 : quotient }
            return isNegative ? quotient : quotient + 1
        default: throw Unsure()
        }
    }

    private static func checked(_ result: (partialValue: Int64, overflow: Bool)) throws -> Int64 {
        if result.overflow { throw Refusal(617) }
        return result.partialValue
    }
}

/// Two expressions and what must hold between them.
struct FormulaComparison {
    var left: Formula
    var sign: String
    var right: Formula

    init(_ text: String) throws {
        let signs: Set<Character> = ["<", ">", "=", "!"]
        guard let first = text.firstIndex(where: signs.contains) else {
            throw Formula.Unreadable(text: text)
        }
        let after = text[first...].firstIndex { !signs.contains($0) } ?? text.endIndex
        left = try Formula(String(text[..<first]))
        sign = String(text[first..<after])
        right = try Formula(String(text[after...]))
    }

    func holds(_ names: (String) throws -> Int64) throws -> Bool {
        let (a, b) = (try left.value(names), try right.value(names))
        switch sign {
        case "==": return a == b
        case "!=": return a != b
        case "<": return a < b
        case "<=": return a <= b
        case ">": return a > b
        case ">=": return a >= b
        default: throw Unsure()
        }
    }
}
