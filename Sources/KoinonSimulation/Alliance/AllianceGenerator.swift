import Foundation
import KoinonClient
import KoinonLedger
import KoinonProtocol

/// Chooses an alliance and everything that happens to it, before it begins: steps name all by
/// values of their own, so nothing has to be known of what comes of them.
struct AllianceGenerator {
    var random: SplitMix64
    var setting: AllianceSetting
    private(set) var steps: [AllianceStep] = []
    var wallet: Wallet
    /// May lose its guard: a member that only follows is as good as silent.
    var unguarded: String?
    private var renewals = 0
    /// Fewest members that there may be once all votes are counted.
    private var fewest: Int

    /// - Parameter members: how many found the alliance; chosen when nil.
    static func script(_ random: inout SplitMix64, members: Int?) throws -> AllianceScript {
        var generator = try AllianceGenerator(
            random: SplitMix64(seed: random.next()), members: members)
        generator.transactions()
        generator.votes()
        generator.faults()
        if !generator.setting.liars.isEmpty { generator.lies() }
        let isFaithless = generator.setting.members.count > 3 && generator.random.oneIn(5)
        if isFaithless { generator.split() }
        if !generator.setting.liars.isEmpty { generator.falseClocks() }
        return generator.script
    }

    /// What was chosen so far.
    var script: AllianceScript {
        AllianceScript(setting: setting, steps: steps.sorted { $0.atMs < $1.atMs })
    }

    private static let names = ["alfa", "bravo", "carla", "delta", "echo", "fox", "golf"]

    init(random given: SplitMix64, members: Int?) throws {
        var random = given
        let count = members ?? random.pick(4, 4, 4, 4, 1, 2, 2, 3, 3, 5, 6, 7)
        let names = (0..<count).map { $0 < Self.names.count ? Self.names[$0] : "m\($0)" }
        fewest = count
        let liars = AllianceSetting.faults(among: count)
        let lying = liars == 0 ? 0 : random.below(liars + 1)
        let dishonest = Array(names.shuffled(using: &random).prefix(lying)).sorted()
        setting = AllianceSetting(
            members: names, candidates: Array(["xeno", "yara"].prefix(random.below(3))),
            liars: dishonest,
            timeMs: 1_772_409_600_000 + random.within(0...86_400_000),
            latencyMs: random.pick(5, 20, 60, 200), diskMs: random.pick(2, 10, 40),
            seed: random.next() >> 12, healsAtMs: random.within(15_000...40_000),
            checkpointPages: 8 + random.below(200),
            retainedBlocks: random.pick(6, 20, 60, 65_536))
        wallet = try Wallet(setting)
        if lying < liars, random.below(3) > 0 {
            unguarded = random.pick(names.filter { !dishonest.contains($0) })
        }
        self.random = random
    }

    mutating func add(_ happening: Happening, atMs: UInt64) {
        steps.append(AllianceStep(atMs: atMs, happening))
    }

    /// Some moment while faults may go on.
    private mutating func moment(from first: UInt64 = 500) -> UInt64 {
        random.within(first...(setting.healsAtMs - 1_000))
    }

    private mutating func someNodes() -> [String] {
        let first = random.pick(setting.nodes) ?? ""
        guard random.oneIn(5), let second = random.pick(setting.nodes), second != first else {
            return [first]
        }
        return [first, second]
    }

    private mutating func send(
        _ actions: [Action], by account: Wallet.Account, atMs: UInt64, lifeMs: UInt64? = nil
    ) {
        let life = lifeMs ?? random.pick(3_000, 20_000, 60_000, 600_000)
        let step = wallet.transaction(actions, by: account, expiresInMs: atMs + life)
        add(.send(step, to: someNodes()), atMs: atMs)
    }

    // MARK: Transactions

    private mutating func transactions() {
        let issuer = wallet.account(ofMember: setting.members[0])
        send(
            [.createUnit("hour", title: "Hours", scale: 2)], by: issuer, atMs: 100, lifeMs: 600_000)
        var people: [Wallet.Account] = [issuer]
        for number in 0..<4 {
            let sponsor = setting.members[random.below(setting.members.count)]
            let (account, action) = wallet.newAccount(number, sponsor: sponsor)
            send(
                [action], by: wallet.account(ofMember: sponsor), atMs: 200 + UInt64(number) * 50,
                lifeMs: 600_000)
            send(
                [.issue(unit: "hour", to: account.id, amount: Amount(minor: 100_000))], by: issuer,
                atMs: 1_000 + UInt64(number) * 50, lifeMs: 600_000)
            people.append(account)
        }
        var atMs: UInt64 = 2_000
        while atMs < setting.healsAtMs {
            guard let from = random.pick(people), let to = random.pick(people) else { return }
            send(
                [.transfer(unit: "hour", to: to.id, amount: Amount(minor: random.within(1...400)))],
                by: from, atMs: atMs)
            // Busy and idle spells.
            atMs += random.oneIn(40) ? random.within(1_000...5_000) : random.within(10...250)
        }
    }

    // MARK: Votes

    private mutating func votes() {
        for candidate in setting.candidates where random.below(4) > 0 {
            vote(
                Action.admission(
                    of: wallet.id(candidate), name: candidate,
                    nodeKey: KeyChest.key(Setting.nodeKey(of: candidate)).publicKey,
                    accountKey: KeyChest.key(Setting.accountKey(of: candidate)).publicKey),
                title: "Admit \(candidate)")
        }
        // Never so few that the liars are too many, nor that none is left.
        let honest = setting.members.dropFirst().filter { !setting.liars.contains($0) }
        guard random.oneIn(3), fewest > 3, let name = random.pick(Array(honest)),
            setting.liars.count + (unguarded == nil ? 0 : 1)
                <= AllianceSetting.faults(among: fewest - 1)
        else { return }
        fewest -= 1
        vote(Action.expulsion(of: wallet.id(name)), title: "Expel \(name)")
    }

    private mutating func vote(_ change: Propose.OneOf_Change, title: String) {
        let voters = setting.members.shuffled(using: &random)
        guard let proposer = voters.first else { return }
        let atMs = random.within(2_000...max(3_000, setting.healsAtMs - 8_000))
        let account = wallet.account(ofMember: proposer)
        let proposal = wallet.nextProposal(by: account)
        send([.propose(title: title, change)], by: account, atMs: atMs, lifeMs: 600_000)
        var votes: [UInt64] = []
        for voter in voters.dropFirst() {
            let voteMs = atMs + random.within(500...5_000)
            votes.append(voteMs)
            send(
                [.vote(true, on: proposal)], by: wallet.account(ofMember: voter), atMs: voteMs,
                lifeMs: 600_000)
        }
        // What is signed under the block that changes the members has to outlive a crash.
        let needed = voters.count * 2 / 3
        guard random.below(4) > 0 else { return }
        let decidedMs = needed == 0 ? atMs : votes.sorted()[needed - 1]
        for member in setting.members where random.oneIn(2) {
            var crash = crash(of: member)
            crash.disk.operation = 0
            let afterMs = random.within(10...(4 * setting.latencyMs + 2 * setting.diskMs + 50))
            add(.crash(crash), atMs: decidedMs + afterMs)
        }
    }

    // MARK: Faults

    private mutating func faults() {
        // Some alliances have a quiet life, so that rare turns are reached at all.
        let count = random.pick(0, 4, 12, 25)
        if count > 0 { hardTimes() }
        if count > 0, let node = unguarded {
            var crash = crash(of: node)
            (crash.disk.operation, crash.guardFault) = (0, .lost)
            let atMs = moment()
            add(.crash(crash), atMs: atMs)
            renew(node, after: atMs)
        }
        for _ in 0..<count {
            let atMs = moment()
            guard let node = random.pick(setting.nodes) else { return }
            switch random.below(20) {
            case 0..<7:
                let crash = crash(of: node)
                add(.crash(crash), atMs: atMs)
                if crash.guardFault == .lost { renew(node, after: atMs) }
            case 7..<10:
                let others = setting.nodes.filter { _ in random.oneIn(3) }
                add(.cut(others + [node], forMs: random.within(100...6_000)), atMs: atMs)
            case 10..<12:
                add(
                    .slow(
                        node, byMs: random.within(50...1_500), forMs: random.within(500...8_000)),
                    atMs: atMs)
            case 12..<14: add(.deafen(node, forMs: random.within(100...4_000)), atMs: atMs)
            case 14: add(.stall(forMs: random.within(100...3_000)), atMs: atMs)
            case 15..<17: add(.reread(node, entries: 1 + random.below(60)), atMs: atMs)
            case 17: add(.lose(node), atMs: atMs)
            default:
                let day: Int64 = 86_400_000
                add(
                    .clock(node, offsetMs: random.pick(day, -day, -4_000, 4_000, 0, -90_000)),
                    atMs: atMs)
            }
        }
    }

    /// A member that lost its guard gets back by another node key.
    private mutating func renew(_ node: String, after atMs: UInt64) {
        let renewedMs = atMs + random.within(100...6_000)
        guard random.below(4) > 0, renewedMs < setting.healsAtMs - 1_000 else { return }
        renewals += 1
        let key = "\(Setting.nodeKey(of: node)) \(renewals + 1)"
        add(.renew(node, key: key), atMs: renewedMs)
        send(
            [.renewNodeKey(KeyChest.key(key).publicKey)], by: wallet.account(ofMember: node),
            atMs: renewedMs + random.within(10...1_000), lifeMs: 600_000)
    }

    /// Fewer than a quorum are left for so long that others come to the pause; and at the end
    /// of all faults some stop right after the last transactions.
    private mutating func hardTimes() {
        if random.oneIn(4), setting.members.count > 1 { isolateQuorum() }
        guard random.oneIn(3) else { return }
        for node in setting.members where random.oneIn(2) {
            var crash = crash(of: node)
            crash.disk.operation = 0
            add(.crash(crash), atMs: setting.healsAtMs - 1 - random.within(0...60))
        }
    }

    /// Those who are left go on with transactions, until the pause.
    private mutating func isolateQuorum() {
        let count = setting.members.count
        let cut = setting.members.shuffled(using: &random).prefix(count - count * 2 / 3)
        let fromMs = random.within(3_000...5_000)
        let forMs = random.within(10_000...18_000)
        add(.cut(Array(cut), forMs: forMs), atMs: fromMs)
        let others = setting.members.filter { !cut.contains($0) }
        let issuer = wallet.account(ofMember: setting.members[0])
        var atMs = fromMs + 500
        while atMs < min(fromMs + forMs, setting.healsAtMs - 1_000) {
            let action = Action.issue(unit: "hour", to: issuer.id, amount: Amount(minor: 1))
            let step = wallet.transaction([action], by: issuer, expiresInMs: atMs + 600_000)
            add(.send(step, to: [random.pick(others) ?? ""]), atMs: atMs)
            atMs += random.within(50...120)
        }
    }

    mutating func crash(of node: String) -> NodeCrash {
        var crash = NodeCrash(
            node: node,
            disk: CrashStep(
                operation: Int64(random.oneIn(3) ? 0 : 1 + random.below(25)),
                torn: random.oneIn(3), loss: random.pick(CrashStep.Loss.allCases) ?? .nothing,
                seed: random.next() >> 16),
            downMs: random.within(10...5_000))
        crash.losesDisk = random.oneIn(6)
        switch random.below(8) {
        case 0: crash.guardFault = .stopsBefore
        case 1: crash.guardFault = .stopsAfter
        case 2 where setting.liars.contains(node): crash.guardFault = .forgotten
        case 3, 4: if node == unguarded { crash.guardFault = .lost }
        default: break
        }
        // At a write of the guard there has to be a process that writes it.
        if crash.guardFault == .stopsBefore || crash.guardFault == .stopsAfter {
            crash.disk.operation = 1
        }
        return crash
    }

    private mutating func lies() {
        for _ in 0..<(1 + random.below(30)) {
            guard let liar = random.pick(setting.liars), let drawn = random.pick(Lie.anywhere)
            else { return }
            let isTrimmed = setting.retainedBlocks < 65_536
            guard let lie = isTrimmed ? drawn.whereTrimmed : drawn else { continue }
            add(.lie(liar, lie), atMs: moment())
        }
    }

    /// Liars state whatever time they like, from some moment on.
    private mutating func falseClocks() {
        guard random.oneIn(2) else { return }
        for _ in 0..<(1 + random.below(4)) {
            guard let liar = random.pick(setting.liars), let lie = random.pick(Lie.aboutTime)
            else { return }
            add(.lie(liar, lie), atMs: moment())
        }
    }

    /// The engine lies: nodes are told one of two orders.
    private mutating func split() {
        var groups: [[String]] = [[], []]
        var orders: [String: Int] = [:]
        let few = random.oneIn(2) ? few() : nil
        for node in setting.nodes {
            let order = few.map { $0.contains(node) ? 1 : 0 } ?? random.below(2)
            groups[order].append(node)
            orders[node] = order
        }
        let atMs = random.within(3_000...(setting.healsAtMs / 2))
        add(.split(groups), atMs: atMs)
        recover(groups, after: atMs)
        if few == nil { confuse(orders, after: atMs) }
        for _ in 0..<20 {
            guard let liar = random.pick(setting.liars) else { return }
            add(
                .lie(liar, random.oneIn(4) ? .attestTwice : .attestEverything),
                atMs: random.within(atMs...setting.healsAtMs))
        }
    }

    /// So few members that what they sign cannot be final, whoever lies: the ceremony will tell.
    private mutating func few() -> [String] {
        let count = setting.members.count
        let most = count * 2 / 3 - AllianceSetting.faults(among: count)
        return Array(
            setting.members.shuffled(using: &random).prefix(1 + random.below(max(1, most))))
    }

    /// Nodes are told the other order, some of them with nothing of their own.
    private mutating func confuse(_ orders: [String: Int], after atMs: UInt64) {
        amnesia(orders, after: atMs)
        for _ in 0..<random.below(6) {
            guard let node = random.pick(setting.nodes) else { return }
            let laterMs = random.within(atMs...setting.healsAtMs)
            add(.mislead(node, order: random.below(2)), atMs: laterMs)
            if random.oneIn(2) {
                var crash = crash(of: node)
                (crash.losesDisk, crash.disk.operation) = (true, 0)
                add(.crash(crash), atMs: laterMs)
            }
        }
    }

    /// The members notice it before everything else is over, and live on; the next engine may
    /// be no better.
    private mutating func recover(_ groups: [[String]], after atMs: UInt64) {
        guard random.below(3) > 0 else { return }
        let recoveredMs = random.within((atMs + 1_000)...(setting.healsAtMs - 3_000))
        add(.recover, atMs: recoveredMs)
        guard random.oneIn(4) else { return }
        add(.split(groups.reversed()), atMs: random.within(recoveredMs...setting.healsAtMs))
    }

    /// A member forgets all that it signed, and is told the other order.
    private mutating func amnesia(_ orders: [String: Int], after atMs: UInt64) {
        if unguarded == nil, setting.liars.count < AllianceSetting.faults(among: fewest) {
            unguarded = random.pick(setting.members.filter { !setting.liars.contains($0) })
        }
        guard let node = unguarded, let order = orders[node] else { return }
        var crash = crash(of: node)
        (crash.losesDisk, crash.disk.operation, crash.guardFault) = (true, 0, .lost)
        crash.downMs = random.within(10...1_000)
        let laterMs = atMs + random.within(1_000...4_000)
        add(.mislead(node, order: 1 - order), atMs: laterMs)
        add(.crash(crash), atMs: laterMs)
        renew(node, after: laterMs)
    }
}

extension Lie {
    /// What a liar does under whatever engine, beyond what it states for the time.
    fileprivate static let anywhere = allCases.filter {
        $0 != .withdraw && $0 != .markAhead && !aboutTime.contains($0)
    }

    /// What takes its place under an engine that can be trimmed: where nobody writes under
    /// another's name, or twice under one sequence, a reader that comes by blocks has one
    /// place at which it goes on.
    fileprivate var whereTrimmed: Lie? {
        switch self {
        case .sameSequence: .skipSequence
        case .overtake: .withdraw
        case .replay: .markAhead
        // As often as the others.
        case .skipSequence: nil
        default: self
        }
    }
}
