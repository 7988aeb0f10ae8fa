import KoinonClient
import KoinonLedger
import KoinonProtocol

/// Lives that are led to a turn for which several things have to meet in one order, which
/// chance seldom brings together. What meets is given; how many there are, whom it meets, when,
/// and what goes on before and behind is chosen.
extension AllianceGenerator {
    enum Turn: CaseIterable {
        /// Two whose signatures are needed hear all others and are not heard, until those come to
        /// the pause; then their processes end.
        case pause
        /// The members change, every signature is needed, and the engine forgets the entry with
        /// one of them; its author's process ends before it brings it again.
        case change
        /// The engine lies, and members that lost their disks meet the other order.
        case otherOrder
        /// Members lose their disks when the order's beginning is gone, behind a liar that
        /// leaves sequences out and fills them.
        case outOfTurn
        /// The engine lies, and the ceremony begins when a block is final for one alone.
        case finalForOne

        /// How many founding members it takes.
        var fewestMembers: Int {
            switch self {
            case .change: 2
            case .pause: 3
            // One of them is faulty, or done without.
            case .otherOrder, .outOfTurn, .finalForOne: 4
            }
        }
    }

    /// - Parameter members: how many found the alliance, 2 or more; chosen when nil.
    static func led(_ random: inout SplitMix64, members: Int?) throws -> AllianceScript {
        var own = SplitMix64(seed: random.next())
        let turns = Turn.allCases.filter { $0.fewestMembers <= members ?? 4 }
        let turn = own.pick(turns) ?? .change
        let count = own.pick([2, 3, 4, 4, 4, 5, 7].filter { $0 >= turn.fewestMembers })
        var generator = try AllianceGenerator(random: own, members: members ?? count)
        generator.calm()
        switch turn {
        case .pause: generator.pause()
        case .change: generator.change()
        case .otherOrder: generator.otherOrder()
        case .outOfTurn: generator.outOfTurn()
        case .finalForOne: generator.finalForOne()
        }
        return generator.script
    }

    /// All are honest and quick, and nothing is forgotten.
    private mutating func calm() {
        (setting.candidates, setting.liars, unguarded) = ([], [], nil)
        setting.latencyMs = random.pick(1, 5, 20)
        setting.diskMs = random.pick(1, 5, 10)
        setting.retainedBlocks = 65_536
    }

    /// Within which something that was sent has come to all, who have signed it and shown that.
    private var roundMs: UInt64 { 6 * setting.latencyMs + 3 * setting.diskMs + 10 }

    /// Long enough for nothing to be under way, and too short for a clock to be stated anew.
    private mutating func breath() -> UInt64 { random.within(300...800) }

    /// Before an entry that nobody has answered for is brought again.
    private mutating func beforeBroughtAgain() -> UInt64 { random.within(roundMs...480) }

    /// Transactions of each member in turn, to its own node.
    private mutating func work(from firstMs: UInt64, to lastMs: UInt64, everyMs: UInt64) {
        var atMs = firstMs
        while atMs < lastMs {
            let member = setting.members[steps.count % setting.members.count]
            sendUnit(by: member, atMs: atMs)
            atMs += everyMs
        }
    }

    private mutating func sendUnit(by member: String, atMs: UInt64) {
        let unit = Action.createUnit("unit-\(steps.count)", title: "A unit", scale: 0)
        send([unit], by: member, atMs: atMs)
    }

    private mutating func send(_ actions: [Action], by member: String, atMs: UInt64) {
        let step = wallet.transaction(
            actions, by: wallet.account(ofMember: member), expiresInMs: 600_000)
        add(.send(step, to: [member]), atMs: atMs)
    }

    /// A process that ends at once, and starts again soon.
    private mutating func stop(
        of node: String, losesDisk: Bool, guardFault: GuardLoss? = nil
    ) -> Happening {
        var crash = crash(of: node)
        crash.disk.operation = 0
        crash.downMs = random.within(10...300)
        (crash.losesDisk, crash.guardFault) = (losesDisk, guardFault)
        return .crash(crash)
    }

    /// The first of them sign nothing, so many that all others are needed for a quorum.
    private mutating func loseSpareGuards(of nodes: [String]) {
        for silent in nodes.prefix(AllianceSetting.faults(among: nodes.count)) {
            let stop = stop(of: silent, losesDisk: false, guardFault: .lost)
            add(stop, atMs: random.within(100...600))
        }
    }

    // MARK: Turns

    private mutating func pause() {
        let nodes = setting.members.shuffled(using: &random)
        loseSpareGuards(of: nodes)
        let fromMs = random.within(1_500...3_000)
        work(from: 200, to: fromMs, everyMs: random.within(100...250))
        // By far more than come before the pause.
        let (count, everyMs) = (90 + random.below(40), random.within(60...120))
        let speakers = nodes.dropLast(2)
        for number in 0..<count {
            sendUnit(
                by: speakers[number % speakers.count], atMs: fromMs + everyMs * UInt64(number))
        }
        let endMs = fromMs + everyMs * UInt64(count)
        for unheard in nodes.suffix(2) {
            // More often than it brings an entry again.
            for atMs in stride(from: fromMs, to: endMs, by: 400) {
                add(.lose(unheard), atMs: atMs)
            }
        }
        add(stop(of: nodes[nodes.count - 1], losesDisk: false), atMs: endMs)
        if random.oneIn(2) {
            add(stop(of: nodes[nodes.count - 2], losesDisk: false), atMs: endMs)
        }
        setting.healsAtMs = endMs + random.within(1_000...3_000)
    }

    private mutating func change() {
        setting.candidates = ["xeno"]
        let nodes = setting.members.shuffled(using: &random)
        loseSpareGuards(of: nodes)
        // Another brings the vote that decides.
        guard let author = nodes.last else { return }
        var voters = Array(
            setting.members.shuffled(using: &random).prefix(nodes.count * 2 / 3 + 1))
        if voters.last == author { voters.reverse() }
        let proposer = voters.removeFirst()
        var atMs = random.within(1_500...2_500)
        work(from: 200, to: atMs - breath(), everyMs: random.within(100...250))
        let admission = Action.admission(
            of: wallet.id("xeno"), name: "xeno",
            nodeKey: KeyChest.key(Setting.nodeKey(of: "xeno")).publicKey,
            accountKey: KeyChest.key(Setting.accountKey(of: "xeno")).publicKey)
        let proposal = wallet.nextProposal(by: wallet.account(ofMember: proposer))
        send([.propose(title: "Admit xeno", admission)], by: proposer, atMs: atMs)
        for voter in voters {
            atMs += breath()
            send([.vote(true, on: proposal)], by: voter, atMs: atMs)
        }
        add(.lose(author), atMs: atMs)
        add(stop(of: author, losesDisk: false), atMs: atMs + beforeBroughtAgain())
        setting.healsAtMs = atMs + random.within(1_500...4_000)
        work(
            from: atMs + 1_000, to: setting.healsAtMs - 200, everyMs: random.within(100...500))
    }

    private mutating func otherOrder() {
        if random.below(3) > 0 { setting.separatesOrders() }
        let nodes = setting.members.shuffled(using: &random)
        let first = Set(nodes.prefix(nodes.count / 2))
        // From the beginning, so that who comes meets nothing that it ever signed; or later.
        let splitMs = random.below(3) > 0 ? random.within(0...150) : random.within(1_000...3_000)
        add(.split([first.sorted(), setting.nodes.filter { !first.contains($0) }]), atMs: splitMs)
        let (one, another) = (
            splitMs + random.within(1_500...3_500), splitMs + random.within(1_500...3_500)
        )
        let movers = setting.members.shuffled(using: &random)
        for (node, atMs, guardFault) in [
            (movers[0], one, GuardLoss.lost), (movers[1], another, nil),
        ] {
            add(.mislead(node, order: first.contains(node) ? 1 : 0), atMs: atMs)
            add(stop(of: node, losesDisk: true, guardFault: guardFault), atMs: atMs)
        }
        let movedMs = max(one, another)
        if random.oneIn(3) { add(.recover, atMs: movedMs + random.within(2_500...3_500)) }
        setting.healsAtMs = movedMs + random.within(4_000...7_000)
        work(from: 200, to: setting.healsAtMs - 200, everyMs: random.within(100...250))
    }

    private mutating func outOfTurn() {
        let nodes = setting.members.shuffled(using: &random)
        let liar = nodes[0]
        setting.liars = [liar]
        setting.retainedBlocks = random.pick(20, 20, 60)
        let everyMs = random.within(60...120)
        func atBlock(_ number: Int) -> UInt64 { 200 + everyMs * UInt64(number) }
        let skipped = setting.retainedBlocks + 15 + random.below(20)
        add(.lie(liar, .skipSequence), atMs: atBlock(skipped))
        if random.oneIn(2) {
            add(.lie(liar, .markAhead), atMs: atBlock(skipped + random.below(10)))
        }
        var lastLost = skipped
        for node in nodes.dropFirst().prefix(1 + random.below(2)) {
            // The gap is filled, and what stood behind it is not forgotten so far.
            let lost = skipped + 3 + random.below(setting.retainedBlocks - 10)
            add(stop(of: node, losesDisk: true), atMs: atBlock(lost))
            lastLost = max(lastLost, lost)
        }
        if random.oneIn(3) {
            add(.lie(liar, .withdraw), atMs: atBlock(lastLost + 10 + random.below(10)))
        }
        let end = lastLost + 20 + random.below(20)
        setting.healsAtMs = atBlock(end) + 500
        work(from: 200, to: atBlock(end), everyMs: everyMs)
    }

    private mutating func finalForOne() {
        var fromMs: UInt64 = 200
        for _ in 0..<(1 + random.below(2)) {
            let nodes = setting.members.shuffled(using: &random)
            // All others are needed for a quorum.
            let away = Array(nodes.prefix(AllianceSetting.faults(among: nodes.count)))
            let (one, another) = (nodes[nodes.count - 1], nodes[nodes.count - 2])
            let restMs = fromMs + random.within(1_000...2_500)
            work(from: fromMs, to: restMs, everyMs: random.within(100...250))
            let atMs = restMs + breath()
            add(.cut(away, forMs: 1_500), atMs: atMs - random.within(20...100))
            add(.lose(one), atMs: atMs)
            sendUnit(by: another, atMs: atMs)
            let beginsMs = atMs + beforeBroughtAgain()
            add(.split([setting.nodes]), atMs: beginsMs - 1)
            add(.recover, atMs: beginsMs)
            fromMs = beginsMs + 2_000
        }
        setting.healsAtMs = fromMs + random.within(500...2_000)
        work(from: fromMs, to: setting.healsAtMs - 200, everyMs: random.within(100...250))
    }
}
