import KoinonProtocol

/// The names that a process's expressions may use: given variables, terms, definitions.
struct ProcessNames {
    private var references: [String: VariableReference] = [:]

    init(_ process: ProcessDefinition) {
        for variable in ProcessVariable.allCases {
            references[variable.rawValue] = .given(variable)
        }
        for (index, term) in process.terms.enumerated() where references[term.name] == nil {
            references[term.name] = .term(index)
        }
        for (index, definition) in process.definitions.enumerated()
        where references[definition.name] == nil {
            references[definition.name] = .definition(index)
        }
    }

    /// What a name stands for; definitions from `limit` on are not known yet.
    func reference(
        _ name: String, definitionsBelow limit: Int = .max
    ) throws(ExpressionFault) -> VariableReference {
        guard let reference = references[name] else { throw .unknownVariable(name) }
        if case .definition(let index) = reference, index >= limit { throw .laterDefinition(name) }
        return reference
    }

    func expression(
        _ text: String, definitionsBelow limit: Int = .max
    ) throws(ExpressionFault) -> IntegerExpression {
        try ExpressionParser.expression(text) { name throws(ExpressionFault) in
            try reference(name, definitionsBelow: limit)
        }
    }

    func condition(_ text: String) throws(ExpressionFault) -> ProcessCondition {
        try ExpressionParser.condition(text) { name throws(ExpressionFault) in
            try reference(name)
        }
    }
}
