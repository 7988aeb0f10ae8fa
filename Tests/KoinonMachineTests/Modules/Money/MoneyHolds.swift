import KoinonLedger
import KoinonProtocol
import Testing

@testable import KoinonMachine

/// The holds of one agreement, moved without the agreement's process.
struct MoneyHolds {
    let scene: AccountsScene
    let overlay: StateOverlay
    let agreement: AgreementID

    init() throws {
        scene = try AccountsScene()
        overlay = StateOverlay(over: scene.ledger.state)
        agreement = AgreementID(truncating: .sha256([7]))
    }

    func context(of actor: Actor) -> Context {
        Context(
            state: overlay, chain: scene.ledger.chain, height: Height(99),
            now: scene.ledger.time,
            origin: .transaction(sender: actor.account, key: actor.key.publicKey, nonce: 1))
    }

    func collect(
        _ amount: UInt64, _ unit: String = "usd", in context: Context
    ) throws(Rejection) {
        try Money.collect(
            Amount(minor: amount), unit: unit, from: scene.rita.account, into: agreement,
            in: context)
    }

    func pay(_ amount: UInt64, _ unit: String = "usd", in context: Context) throws(Rejection) {
        try Money.pay(
            Amount(minor: amount), unit: unit, outOf: agreement, to: scene.sami.account,
            purpose: .payment, in: context)
    }

    /// What the receipt of an action that does this would say.
    func attempt(
        by actor: KeyPath<AccountsScene, Actor>,
        _ body: (MoneyHolds, Context) throws(Rejection) -> Void
    ) -> Receipt {
        var receipt = Receipt()
        let context = context(of: scene[keyPath: actor])
        do throws(Rejection) {
            try body(self, context)
            receipt.events = context.takeEvents()
        } catch {
            receipt.code = error.code
            receipt.field = error.field
            receipt.detail = error.detail
        }
        return receipt
    }

    var held: UInt64 { Money.held(in: agreement, unit: "usd", in: overlay).minor }
}
