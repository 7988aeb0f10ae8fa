import Foundation
import KoinonLedger
import KoinonProtocol

/// The rules of the ledger a second time, as plainly as can be: dictionaries, whole numbers
/// and loops, written from the documents (module READMEs, docs/formats).
///
/// It shares no code with the machine: nothing in this folder imports it, and a test holds
/// that. What it imports are the messages, ids and signatures that every client knows too.
/// It tells of each entry, timer and transaction what must come of it, and keeps what
/// accounts, agreements and calendars must then hold.
struct ReferenceLedger {
    let chain: ChainID
    /// Time of the last block, in milliseconds.
    var timeMs: UInt64
    /// Hash of the last block.
    var parent: Hash256 = .zero
    /// What the running action or timer takes for the present moment.
    var now: UInt64
    var authors: [String: Author] = [:]
    var alliance = AllianceBook()
    var people = AccountBook()
    var money = MoneyBook()
    var things = ResourceBook()
    var market = MarketBook()
    var deals = AgreementBook()
    var trust = ReputationBook()
    var disputes = DisputeBook()
    var timers = TimerBook()
    /// Transactions in blocks, by id, until they expire.
    var spent: [Hash256: UInt64] = [:]
    /// Who signed what is being executed; nil while a timer runs.
    var signer: Signer?
    /// What the running transaction or timer must report of money, in order.
    var moneyEvents: [MoneyEvent] = []

    struct Author {
        var nodeKey: PublicKey
        var sequence: UInt64 = 0
        var clockMs: UInt64
    }

    struct Signer {
        var account: AccountID
        var key: PublicKey
        var nonce: UInt64
        var actionIndex = 0
    }

    init(_ genesis: GenesisDocument) throws {
        chain = genesis.chain
        timeMs = genesis.genesis.timeMs
        now = timeMs
        alliance.parameters = genesis.genesis.parameters
        for (name, standard) in ParameterBounds.standard where alliance.parameters[name] == 0 {
            alliance.parameters[name] = standard
        }
        for member in genesis.genesis.members {
            var admission = AdmitMember()
            admission.id = member.id
            admission.name = member.name
            admission.nodeKey = member.nodeKey
            admission.accountKey = member.accountKey
            try admit(admission)
        }
        for process in genesis.genesis.processes {
            deals.processes[process.id] = try ReferenceProcess(process)
        }
        moneyEvents = []
    }

    /// The id of what the running action creates.
    func newID<Kind>(_: Kind.Type = Kind.self) throws -> Identifier<Kind> {
        guard let signer else { throw Unsure() }
        return Identifier(
            chain: chain, sender: signer.account, key: signer.key, nonce: signer.nonce,
            actionIndex: signer.actionIndex)
    }
}

/// The domain says no.
struct Refusal: Error, Equatable {
    var code: UInt32
    /// Nil when this model does not say.
    var detail: String?

    init(_ code: UInt32, detail: String? = nil) {
        self.code = code
        self.detail = detail
    }
}

/// This model does not know what comes of it; the receipt decides, and the model follows.
struct Unsure: Error {}

/// What the model expects of a transaction or timer.
enum Expectation: Equatable {
    case done
    case rejected(code: UInt32, actionIndex: Int, detail: String?)
    /// Whatever is done up to that action is as expected; beyond it, anything.
    case unsure(actionIndex: Int)
}
