import Foundation
import KoinonMachine
import KoinonProtocol

/// An index that begins with a ledger which began from a snapshot: the events that led to the
/// state are not there, but what they made is. Movements of money before are lost to it.
extension IndexBatch {
    /// One thing that stands in the state, with when it came.
    private struct Found {
        var moment: UInt64
        var id: Data
        var enter: (inout IndexBatch, Int64) -> Void
    }

    /// What can be found in a state, as of a block: what came later is left to the events.
    ///
    /// - Parameter header: of that block; `state` may be a later one.
    init(asOf header: (height: UInt64, timeMs: UInt64), _ state: some StateReader) {
        self.init(after: header.height)
        timeMs = header.timeMs
        let found = Self.things(state) + Self.people(state) + Self.affairs(state)
        let past = found.filter { $0.moment <= header.timeMs }.sorted {
            $0.moment != $1.moment
                ? $0.moment < $1.moment : $0.id.lexicographicallyPrecedes($1.id)
        }
        // Below the first position of the block after, and in the order of their coming.
        for (index, one) in past.enumerated() { one.enter(&self, Int64(index + 1)) }
    }

    private static func things(_ state: some StateReader) -> [Found] {
        let resources = Resources.resources.rows(in: state).map { key, resource in
            let id = Data(key.bytes)
            return Found(moment: resource.registeredAtMs, id: id) { batch, position in
                batch.enter(.resourcesOfOwner, resource.owner, position, id)
                batch.enter(.resources, Data(), position, id)
                batch.titles[id] = .some(position)
            }
        }
        let offers = Market.offers.rows(in: state).map { key, offer in
            let id = Data(key.bytes)
            return Found(moment: offer.publishedAtMs, id: id) { batch, position in
                batch.offers[id] = .some(position)
                batch.enter(.offersOfProvider, offer.provider, position, id)
                batch.enter(.offersOfResource, offer.terms.resource, position, id)
                batch.enter(.offers, Data(), position, id)
            }
        }
        let requests = Market.requests.rows(in: state).map { key, request in
            let id = Data(key.bytes)
            return Found(moment: request.publishedAtMs, id: id) { batch, position in
                batch.enter(.requestsOfCustomer, request.customer, position, id)
                if request.state == .open { batch.enter(.openRequests, Data(), position, id) }
            }
        }
        return resources + offers + requests
    }

    private static func people(_ state: some StateReader) -> [Found] {
        let accounts = Accounts.accounts.rows(in: state).map { key, account in
            let id = Data(key.bytes)
            return Found(moment: account.openedAtMs, id: id) { batch, position in
                batch.enter(.accounts, Data(), position, id)
                batch.keys += account.keys.map { ($0.publicKey, id) }
            }
        }
        let flags = Reputation.flags.rows(in: state).map { key, flag in
            let id = Data(key.bytes)
            return Found(moment: flag.raisedAtMs, id: id) { batch, position in
                batch.enter(.flagsOfAccount, flag.account, position, id)
            }
        }
        return accounts + flags
    }

    private static func affairs(_ state: some StateReader) -> [Found] {
        let agreements = Agreements.agreements.rows(in: state).map { key, agreement in
            let id = Data(key.bytes)
            return Found(moment: agreement.openedAtMs, id: id) { batch, position in
                batch.enter(.agreements, Data(), position, id)
                batch.enter(.agreementsOnOffer, agreement.offer, position, id)
                batch.opened.append((id, position))
                batch.hours[agreement.openedAtMs / 3_600_000, default: Hour()].opened += 1
            }
        }
        let disputes = Disputes.disputes.rows(in: state).map { key, dispute in
            let id = Data(key.a.bytes)
            return Found(moment: dispute.openedAtMs, id: id) { batch, position in
                batch.enter(.disputes, Data(), position, id)
            }
        }
        let proposals = Alliance.proposals.rows(in: state).map { key, proposal in
            let id = Data(key.bytes)
            return Found(moment: proposal.proposedAtMs, id: id) { batch, position in
                batch.enter(.proposals, Data(), position, id)
            }
        }
        return agreements + disputes + proposals
    }
}
