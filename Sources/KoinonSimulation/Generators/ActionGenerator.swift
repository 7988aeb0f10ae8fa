import KoinonProtocol

/// Makes one kind of action, such that it is accepted more often than not.
struct ActionGenerator: Sendable {
    /// As the protobuf fields have it: "money.transfer". A test finds actions without one.
    var name: String
    /// How often it is chosen, beside the others.
    var weight: Int
    /// Nil when the ledger has nothing to do it with.
    var make: @Sendable (Scene) -> Draft?

    init(_ name: String, weight: Int, make: @escaping @Sendable (Scene) -> Draft?) {
        self.name = name
        self.weight = weight
        self.make = make
    }

    /// One of each action of every module.
    static let all: [ActionGenerator] =
        alliance + accounts + money + resources + market + requests + agreements + resale
        + reputation + disputes

    private static let totalWeight = all.reduce(0) { $0 + $1.weight }

    static func named(_ name: String) -> ActionGenerator? { all.first { $0.name == name } }

    /// By weight.
    static func pick(_ random: inout SplitMix64) -> ActionGenerator {
        var rest = random.below(totalWeight)
        for generator in all {
            rest -= generator.weight
            if rest < 0 { return generator }
        }
        return all[0]
    }
}

/// An action and who is to send it.
struct Draft {
    var sender: AccountID
    var action: Action
    /// Whether a key with spending limits may not sign it.
    var needsUnlimitedKey = false

    init(_ sender: AccountID, needsUnlimitedKey: Bool = false, _ fill: (inout Action) -> Void) {
        self.sender = sender
        self.needsUnlimitedKey = needsUnlimitedKey
        var action = Action()
        fill(&action)
        self.action = action
    }
}
