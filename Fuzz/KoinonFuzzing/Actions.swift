import Foundation
import KoinonClient
import KoinonLedger
import KoinonMachine
import KoinonProtocol

extension FuzzTarget {
    /// A text of actions as `koinon send` takes it, read and then executed. "@NAME" stands for
    /// an account or thing of the world; who sends it follows from the length of the text.
    public static let actions = FuzzTarget("actions", maximumBytes: 16_384) { bytes in
        let world = FuzzWorld.shared
        let actions: [Action]
        do {
            actions = try ActionsText.read(bytes) { name in
                guard let text = world.names[name] else { throw UnknownName() }
                return text
            }
        } catch let fault as JSONFormFault {
            return try hold(!fault.problem.isEmpty && !fault.remedy.isEmpty, "an empty fault")
        } catch is UnknownName {
            return
        }
        for action in actions { try MessageProperties.check(action) }
        var whole = TransactionBody()
        whole.actions = actions
        try MessageProperties.check(whole)
        let actor = world.actors[bytes.count % world.actors.count]
        try ActionProperties.execute(actions, by: actor, in: world)
    }
}

private struct UnknownName: Error {}

private enum ActionProperties {
    static func execute(
        _ actions: [Action], by actor: FuzzWorld.Actor, in world: FuzzWorld
    ) throws(Violation) {
        // Past the times at which most of what is asked for may be checked or fall due.
        let time = Timestamp(milliseconds: world.header.time.milliseconds + 1_000)
        var builder = TransactionBuilder(
            chain: world.chain, sender: actor.account, key: actor.key,
            nextNonce: world.nextNonce[actor.name] ?? 1)
        let built = try taken { () throws(TransactionBuildingFault) in
            try builder.build(actions, now: time)
        }
        guard let built else { return }
        let checked = try taken { () throws(TransactionFault) in
            try CheckedTransaction(built.envelope, chain: world.chain)
        }
        let isEmpty = actions.contains { $0.module == nil }
        try hold((checked != nil) != isEmpty, "what the client builds is refused by its form")
        let entry = try taken { () throws(EntryFault) in
            try CheckedEntry(
                world.entry(clock: time, transactions: [built.envelope]), chain: world.chain,
                epoch: 0, signature: .doneBefore, isKnown: { _ in true })
        }
        guard let entry else { throw Violation("an entry of the world is refused") }
        try world.apply(entry)
    }
}
