import Foundation
import KoinonLedger
import KoinonProtocol

/// What entries and blocks do, whatever stands in them.
extension ReferenceLedger {
    /// What must come of an entry.
    enum EntryOutcome: Equatable {
        case noEffect
        case waiting
        case closes
    }

    /// An entry as the author made it.
    struct EntryContent {
        var author: String
        var key: PublicKey
        var sequence: UInt64
        var clockMs: UInt64
        var isVoid: Bool
        var hasTransactions: Bool
    }

    /// Why a transaction in a block leaves no receipt.
    enum Ignored: String {
        case keyNotActive, expired, expiresTooFarAhead, replayed, alreadyInBlock
    }

    /// Takes the author's sequence and clock; says whether a block closes.
    mutating func take(_ entry: EntryContent) -> EntryOutcome {
        guard var author = authors[entry.author],
            author.nodeKey == entry.key || alliance.retiredKeys[entry.key] == entry.author,
            entry.sequence == author.sequence + 1
        else { return .noEffect }
        author.sequence += 1
        let counts =
            alliance.members[entry.author] != nil && !entry.isVoid && author.nodeKey == entry.key
        if counts { author.clockMs = min(entry.clockMs, Bounds.endOfTime) }
        authors[entry.author] = author
        let works = counts && entry.hasTransactions
        return works || timers.first.map { $0.due <= blockTime } == true ? .closes : .waiting
    }

    /// The median of the members' clocks, never before the last block.
    var blockTime: UInt64 {
        let clocks = alliance.members.keys.compactMap { authors[$0]?.clockMs }.sorted()
        return clocks.isEmpty ? timeMs : max(timeMs, clocks[clocks.count / 2])
    }

    /// Begins the block; gives the moment it stands for.
    mutating func beginBlock() {
        timeMs = blockTime
        // What has expired can only be expired from now on.
        spent = spent.filter { $0.value >= timeMs }
    }

    func ignored(_ transaction: TransactionBody, id: Hash256, key: PublicKey) -> Ignored? {
        guard let sender = AccountID(transaction.sender),
            people.accounts[sender]?.keys.contains(where: { $0.key == key }) == true
        else { return .keyNotActive }
        guard transaction.expiresAtMs >= timeMs else { return .expired }
        guard transaction.expiresAtMs - timeMs <= 86_400_000 else { return .expiresTooFarAhead }
        guard people.isFresh(transaction.nonce, AccountBook.Signature(sender, key)) else {
            return .replayed
        }
        return spent[id] == nil ? nil : .alreadyInBlock
    }

    /// Whatever comes of the actions, nonce and id are used.
    mutating func spend(_ body: TransactionBody, id: Hash256, key: PublicKey) {
        guard let sender = AccountID(body.sender) else { return }
        people.use(body.nonce, AccountBook.Signature(sender, key))
        spent[id] = body.expiresAtMs
    }

    /// Executes all actions or none, and says what the receipt must be.
    mutating func execute(_ body: TransactionBody, id: Hash256, key: PublicKey) -> Expectation {
        guard let sender = AccountID(body.sender) else { return .unsure(actionIndex: 0) }
        spend(body, id: id, key: key)
        var trial = self
        trial.now = timeMs
        trial.moneyEvents = []
        trial.signer = Signer(account: sender, key: key, nonce: body.nonce)
        for (index, action) in body.actions.enumerated() {
            trial.signer?.actionIndex = index
            do {
                try trial.perform(action)
            } catch let refusal as Refusal {
                moneyEvents = []
                return .rejected(
                    code: refusal.code, actionIndex: index, detail: refusal.detail)
            } catch {
                moneyEvents = []
                return .unsure(actionIndex: index)
            }
        }
        trial.signer = nil
        self = trial
        return .done
    }

    private mutating func perform(_ action: Action) throws {
        switch action.module {
        case .alliance(let action): try perform(action)
        case .accounts(let action): try perform(action)
        case .money(let action): try perform(action)
        case .resources(let action): try perform(action)
        case .market(let action): try perform(action)
        case .agreements(let action): try perform(action)
        case .reputation(let action): try perform(action)
        case .disputes(let action): try perform(action)
        default: throw Unsure()
        }
    }

    /// Runs a due timer, which was taken off the list.
    mutating func fire(_ timer: ReferenceTimer) -> Expectation {
        var trial = self
        trial.now = timer.due
        trial.signer = nil
        trial.moneyEvents = []
        do {
            switch timer.module {
            case 1: try trial.lapse(timer)
            case 2: try trial.completeRecovery(timer)
            case 5: try trial.expire(timer)
            case 6: try trial.takeByTimer(timer)
            case 7: try trial.endReviewWindow(timer)
            case 8: try trial.endDisputeStep(timer)
            default: throw Unsure()
            }
        } catch let refusal as Refusal {
            moneyEvents = []
            return .rejected(code: refusal.code, actionIndex: 0, detail: refusal.detail)
        } catch {
            moneyEvents = []
            return .unsure(actionIndex: 0)
        }
        self = trial
        return .done
    }
}
