import Foundation
import KoinonProtocol

/// What each module's events mean for the index.
extension IndexBatch {
    mutating func add(_ event: MoneyEvent, _ position: Int64, _ place: Place) {
        func movement(
            _ account: Data, _ kind: String, _ unit: String, _ minor: UInt64, other: Data? = nil,
            agreement: Data? = nil
        ) -> Movement {
            Movement(
                account: account, position: position, height: place.height, leaf: place.leaf,
                momentMs: place.momentMs, kind: kind, unit: unit, minor: minor, other: other,
                agreement: agreement)
        }
        switch event.event {
        case .issued(let it):
            movements.append(movement(it.to, "issued", it.unit, it.amountMinor))
        case .transferred(let it):
            movements.append(movement(it.from, "sent", it.unit, it.amountMinor, other: it.to))
            // A transfer to oneself is one movement.
            if it.from != it.to {
                movements.append(
                    movement(it.to, "received", it.unit, it.amountMinor, other: it.from))
            }
            count(it.amountMinor, it.unit, place)
        case .redeemed(let it):
            movements.append(movement(it.from, "redeemed", it.unit, it.amountMinor))
        case .holdFilled(let it):
            movements.append(
                movement(it.from, "held", it.unit, it.amountMinor, agreement: it.agreement))
        case .holdPaid(let it):
            movements.append(
                movement(it.to, it.purpose.word, it.unit, it.amountMinor, agreement: it.agreement))
            if it.purpose == .payment || it.purpose == .platformFee {
                count(it.amountMinor, it.unit, place)
            }
        case .unitCreated, nil: break
        }
    }

    private mutating func count(_ minor: UInt64, _ unit: String, _ place: Place) {
        let hour = place.blockMs / 3_600_000
        Self.add(minor, to: &hours[hour, default: Hour()].money[unit, default: 0])
    }

    private static func add(_ minor: UInt64, to total: inout UInt64) {
        let (sum, overflow) = total.addingReportingOverflow(minor)
        total = overflow ? UInt64(Int64.max) : min(sum, UInt64(Int64.max))
    }

    mutating func add(_ event: MarketEvent, _ position: Int64) {
        switch event.event {
        case .offerPublished(let it):
            offers[it.offer] = .some(position)
            enter(.offersOfProvider, it.provider, position, it.offer)
            enter(.offersOfResource, it.resource, position, it.offer)
            enter(.offers, Data(), position, it.offer)
        case .offerWithdrawn(let it):
            if offers[it.offer] == nil { offers[it.offer] = .some(nil) }
        case .requestPublished(let it):
            enter(.requestsOfCustomer, it.customer, position, it.request)
            enter(.openRequests, Data(), position, it.request)
            requests[it.request] = .some(position)
        case .requestClosed(let it):
            leave(.openRequests, it.request)
            requests[it.request] = .some(nil)
        default: break
        }
    }

    mutating func add(_ event: ResourcesEvent, _ position: Int64) {
        switch event.event {
        case .resourceRegistered(let it):
            enter(.resourcesOfOwner, it.owner, position, it.resource)
            enter(.resources, Data(), position, it.resource)
            titles[it.resource] = .some(position)
        case .resourceUpdated(let it):
            resources.insert(it.resource)
            if titles[it.resource] == nil { titles[it.resource] = .some(nil) }
        case .resourceTransferred(let it):
            leave(.resourcesOfOwner, it.resource)
            enter(.resourcesOfOwner, it.to, position, it.resource)
            resources.insert(it.resource)
        case .resourceRetired(let it): resources.insert(it.resource)
        case .resourceReportedStolen(let it): resources.insert(it.resource)
        case .resourceRecovered(let it): resources.insert(it.resource)
        default: break
        }
    }

    mutating func add(_ event: AgreementsEvent, _ position: Int64, _ place: Place) {
        let hour = place.blockMs / 3_600_000
        switch event.event {
        case .agreementOpened(let it):
            enter(.agreements, Data(), position, it.agreement)
            enter(.agreementsOnOffer, it.offer, position, it.agreement)
            enter(.agreementsOfAccount, it.opener, position, it.agreement)
            opened.append((it.agreement, position))
            hours[hour, default: Hour()].opened += 1
        case .settlementRecorded:
            hours[hour, default: Hour()].settled += 1
        case .agreementResold(let it) where it.part.isEmpty:
            enter(.agreementsOfAccount, it.to, position, it.agreement)
        default: break
        }
    }

    mutating func add(_ event: AccountsEvent, _ position: Int64) {
        switch event.event {
        case .accountOpened(let it):
            enter(.accounts, Data(), position, it.account)
            keys.append((it.publicKey, it.account))
        case .keyAdded(let it): keys.append((it.publicKey, it.account))
        case .recoveryCompleted(let it): keys.append((it.publicKey, it.account))
        default: break
        }
    }

    mutating func add(_ event: ReputationEvent, _ position: Int64) {
        switch event.event {
        case .reviewPublished(let it): standings.insert(it.account)
        case .flagRaised(let it): enter(.flagsOfAccount, it.account, position, it.flag)
        default: break
        }
    }
}
