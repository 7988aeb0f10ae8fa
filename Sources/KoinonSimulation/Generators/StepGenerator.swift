import Foundation
import KoinonLedger
import KoinonMachine
import KoinonProtocol

/// Chooses what happens next, one ledger's life long.
struct StepGenerator {
    let scene: Scene
    /// Sent before, to be sent again.
    private var past: [TransactionStep] = []
    private var sinceCommit = 0
    /// Nonces given within the entry that is being made.
    private var nonces: [AccountBook.Signature: UInt64] = [:]

    init(_ scene: Scene) { self.scene = scene }

    static func setting(_ random: inout SplitMix64) -> Setting {
        let names = ["alfa", "bravo", "carla", "delta", "echo"]
        var parameters = Parameters()
        for (name, _) in ParameterBounds.standard where random.oneIn(3) {
            guard let bounds = ParameterBounds.bounds(of: name) else { continue }
            // Without a few accounts nothing happens at all.
            let least = name.hasPrefix("sponsor_") ? 6 : bounds.lowerBound
            let low: UInt64 = name.hasSuffix("_ms") ? 4 * 3_600_000 : least + 40
            parameters[name] = random.within(least...min(low, bounds.upperBound))
        }
        return Setting(
            members: Array(names.prefix(1 + random.below(5))), parameters: parameters,
            // 2026-03-02 00:00 UTC.
            timeMs: 1_772_409_600_000 + random.within(0...Bounds.day),
            processes: Setting.knownProcesses.keys.sorted(),
            checkpointPages: 4 + random.below(60))
    }

    /// The next few steps; the ledger must be where they are to happen.
    mutating func next() -> [Step] {
        scene.refresh()
        nonces = [:]
        var steps: [Step] = []
        switch scene.random.below(100) {
        case 0..<14: steps = jump(to: edge())
        case 14..<18: steps = jump(to: scene.now + scene.duration())
        case 18..<19: steps = jump(to: scene.now + scene.random.within(1...9) * Bounds.day)
        case 19..<23: steps = [.entry(strange())]
        case 23..<25: steps = [bare(clock: scene.random.pick(0, scene.now, scene.now + 90_000))]
        default:
            if let entry = entry(clock: scene.now + scene.random.within(0...3_000)) {
                steps = [.entry(entry)]
            }
        }
        return steps + storing()
    }

    // MARK: Store

    private mutating func storing() -> [Step] {
        sinceCommit += 1
        if scene.random.oneIn(40) {
            let crash = CrashStep(
                operation: 1 + Int64(scene.random.below(30)), torn: scene.chance(30),
                loss: scene.random.pick(CrashStep.Loss.allCases) ?? .nothing,
                seed: scene.random.next() >> 16)
            // Some crashes come amid a commit, some amid an orderly end.
            return [
                .crash(crash), scene.chance(80) ? .commit(defersRows: scene.chance(40)) : .reopen,
            ]
        }
        if scene.random.oneIn(80) { return [.reopen] }
        guard sinceCommit > scene.random.below(4) else { return [] }
        sinceCommit = 0
        return [.commit(defersRows: scene.chance(40))]
    }

    // MARK: Time

    /// A moment at, or a millisecond beside, that of one of the next timers.
    private func edge() -> UInt64 {
        let timers = scene.ledger.timers.all.prefix(4)
        guard let timer = scene.random.pick(Array(timers)) else { return scene.now + 60_000 }
        return max(scene.now, timer.due + UInt64(scene.random.below(3)) - 1)
    }

    /// All members' clocks go there; the last of them brings transactions at times.
    private mutating func jump(to moment: UInt64) -> [Step] {
        var steps: [Step] = scene.members.dropLast().map { member in
            .entry(self.entry(by: member, clock: moment))
        }
        guard let last = scene.members.last else { return steps }
        var entry = self.entry(by: last, clock: moment)
        if scene.chance(60) { entry.transactions = transactions(at: moment) }
        steps.append(.entry(entry))
        return steps
    }

    private func bare(clock: UInt64) -> Step {
        .entry(self.entry(by: scene.random.pick(scene.members) ?? "", clock: clock))
    }

    // MARK: Entries

    /// As its author writes it: signed with the node key that it has now.
    private func entry(by author: String, clock: UInt64) -> EntryStep {
        var entry = EntryStep(author: author, clockMs: clock)
        if let key = scene.ledger.alliance.members[author]?.nodeKey,
            let signer = scene.world.keys.name(of: key).flatMap(Setting.signer(named:)),
            signer != author
        {
            entry.signedBy = signer
        }
        return entry
    }

    private mutating func entry(clock: UInt64) -> EntryStep? {
        guard let author = scene.random.pick(scene.members) else { return nil }
        var entry = self.entry(by: author, clock: clock)
        entry.transactions = transactions(at: scene.now)
        return entry
    }

    /// An entry that has no effect, or is void.
    private mutating func strange() -> EntryStep {
        var entry = self.entry(clock: scene.now) ?? EntryStep(author: "", clockMs: scene.now)
        switch scene.random.below(8) {
        case 0: entry.sequenceOffset = 1 + scene.random.below(3)
        case 1: entry.sequenceOffset = -1 - scene.random.below(2)
        case 2: entry.signedBy = scene.random.pick(scene.members)
        case 3: entry.author = scene.random.pick(scene.ledger.authors.keys.sorted()) ?? ""
        case 4: entry.epoch = 1
        case 5: entry.author = scene.random.pick("nobody", "Not a slug", "")
        default:
            guard !entry.transactions.isEmpty else { break }
            let index = scene.random.below(entry.transactions.count)
            spoil(&entry, at: index)
        }
        return entry
    }

    /// Makes one transaction such that no one could ever accept it.
    private func spoil(_ entry: inout EntryStep, at index: Int) {
        switch scene.random.below(10) {
        case 0: entry.transactions[index].nonce = 0
        case 1: entry.transactions[index].sender.removeLast()
        case 2: entry.transactions[index].actions = []
        case 3: entry.transactions[index].actions.append(Action())
        case 4:
            let action = entry.transactions[index].actions[0]
            entry.transactions[index].actions = Array(repeating: action, count: 101)
        case 5: entry.transactions[index].memo = String(repeating: "m", count: 141)
        case 6: entry.transactions.append(entry.transactions[index])
        default:
            entry.transactions[index].flaw = scene.random.pick(TransactionStep.Flaw.allCases)
        }
    }

    // MARK: Transactions

    private mutating func transactions(at moment: UInt64) -> [TransactionStep] {
        var made: [TransactionStep] = []
        for _ in 0..<(1 + scene.random.below(5)) {
            if scene.chance(3), let again = scene.random.pick(past), !made.contains(again) {
                made.append(again)
            } else if let new = transaction(at: moment) {
                made.append(new)
            }
        }
        past = (past + made).suffix(24)
        return made
    }

    private mutating func transaction(at moment: UInt64) -> TransactionStep? {
        guard let draft = draft(), let key = key(for: draft) else { return nil }
        let signature = AccountBook.Signature(draft.sender, scene.world.keys.key(key).publicKey)
        var step = TransactionStep(
            sender: draft.sender.bytes, key: key, nonce: nonce(for: signature),
            expiresAtMs: moment + scene.random.within(60_000...Bounds.day), actions: [draft.action])
        if scene.chance(3) { step.expiresAtMs = expiry(at: moment) }
        if scene.chance(5) { step.memo = "memo" }
        addActions(to: &step, signature)
        if scene.chance(9) {
            let index = scene.random.below(step.actions.count)
            step.actions[index] = Mutation.of(step.actions[index], &scene.random)
        }
        return step
    }

    /// At, or a millisecond beside, the bounds.
    private func expiry(at moment: UInt64) -> UInt64 {
        let beside = UInt64(scene.random.below(3))
        return (scene.random.oneIn(2) ? moment : moment + Bounds.day) + beside - 1
    }

    private func draft() -> Draft? {
        for _ in 0..<20 {
            if let draft = founding() ?? ActionGenerator.pick(&scene.random).make(scene) {
                return draft
            }
        }
        return nil
    }

    /// What a young ledger lacks comes first.
    private func founding() -> Draft? {
        let missing: [(String, Bool)] = [
            ("money.create_unit", scene.units.isEmpty),
            ("resources.register_kind", scene.kinds.isEmpty),
            ("accounts.open_account", scene.accounts.count < scene.members.count + 4),
            (
                "money.issue",
                scene.ledger.money.balances.count < min(6, scene.accounts.count)
                    && !scene.random.oneIn(4)
            ),
            ("resources.register_resource", scene.things.count < 3),
            ("market.publish_offer", scene.offers.count < 4),
        ]
        guard let name = missing.first(where: \.1)?.0,
            scene.chance(scene.world.height < 60 ? 70 : 12)
        else { return nil }
        return ActionGenerator.named(name)?.make(scene)
    }

    private func key(for draft: Draft) -> String? {
        if scene.chance(1) { return "stranger" }
        return scene.keyName(for: draft.sender, unlimited: draft.needsUnlimitedKey) ?? "stranger"
    }

    /// The next one mostly; at times with a gap, used before, or at the window's ends.
    private mutating func nonce(for signature: AccountBook.Signature) -> UInt64 {
        let highest = max(
            scene.ledger.people.highestNonce(signature), nonces[signature] ?? 0)
        let nonce: UInt64 =
            switch scene.random.below(60) {
            case 0: max(1, highest)
            case 1, 2: highest + 2 + UInt64(scene.random.below(4))
            case 3, 4: UInt64(max(1, Int64(highest) - Int64(scene.random.below(6))))
            case 5: scene.random.oneIn(8) ? highest + 1_024 : highest + 1
            case 6: highest + 1_025
            case 7: highest > 1_023 ? highest - 1_023 - UInt64(scene.random.below(2)) : highest + 1
            default: highest + 1
            }
        if nonce <= highest + 1_024 { nonces[signature] = max(nonces[signature] ?? 0, nonce) }
        return nonce
    }

    /// More of the same sender's; what one creates, the next may use.
    private func addActions(to step: inout TransactionStep, _ signature: AccountBook.Signature) {
        let wanted = scene.random.oneIn(4) ? 1 + scene.random.below(3) : 0
        scene.freshThings = []
        for _ in 0..<(wanted * 3) where step.actions.count <= wanted {
            if case .resources(let last) = step.actions.last?.module,
                case .registerResource = last.action
            {
                let id = ResourceID(
                    chain: scene.ledger.chain, sender: signature.account, key: signature.key,
                    nonce: step.nonce, actionIndex: step.actions.count - 1)
                scene.freshThings.append((id, signature.account))
                if let offer = ActionGenerator.named("market.publish_offer")?.make(scene),
                    offer.sender == signature.account
                {
                    step.actions.append(offer.action)
                    continue
                }
            }
            guard let draft = ActionGenerator.pick(&scene.random).make(scene),
                draft.sender == signature.account
            else { continue }
            step.actions.append(draft.action)
        }
        scene.freshThings = []
    }
}
