import struct Foundation.Data
import KoinonProtocol

/// Whose a resource is and where it is: what agreements and transfers do with it.
extension Resources {
    /// Makes the account the owner, by an agreement that had the whole of the resource.
    ///
    /// Offers of the former owner's are withdrawn: nobody may agree on what its
    /// provider does not own any more.
    static func sell(
        _ id: ResourceID, to buyer: AccountID, by agreement: AgreementID, in context: Context
    ) {
        Market.withdrawAll(on: id, in: context)
        setOwner(of: id, to: buyer, reason: .sold, agreement: agreement, in: context)
    }

    static func setOwner(
        of id: ResourceID, to owner: AccountID, reason: CustodyReason, agreement: AgreementID?,
        in context: Context
    ) {
        guard var resource = resource(id, in: context.state) else {
            preconditionFailure("the owner of resource \(id) changes, but it is not there")
        }
        var transferred = ResourceTransferred()
        transferred.resource = Data(id.bytes)
        transferred.from = resource.owner
        transferred.to = Data(owner.bytes)
        resource.owner = transferred.to
        resources.set(id, resource, in: context.state)
        context.emit(.resourceTransferred(transferred))
        moveCustody(
            of: id, to: owner, reason: reason, agreement: agreement, quantity: resource.capacity,
            in: context)
    }

    /// Records one more step of where the resource has been.
    static func moveCustody(
        of id: ResourceID, to holder: AccountID, reason: CustodyReason, agreement: AgreementID?,
        quantity: UInt32, in context: Context
    ) {
        guard var resource = resource(id, in: context.state) else {
            preconditionFailure("custody of resource \(id) moves, but it is not there")
        }
        var record = CustodyRecord()
        record.timeMs = context.now.milliseconds
        record.holder = Data(holder.bytes)
        record.reason = reason
        if let agreement { record.agreement = Data(agreement.bytes) }
        record.quantity = quantity
        custody.set(Key2(id, resource.custodyRecords), record, in: context.state)
        resource.custodyRecords += 1
        resources.set(id, resource, in: context.state)
        var moved = CustodyMoved()
        moved.resource = Data(id.bytes)
        moved.holder = record.holder
        moved.reason = reason
        moved.agreement = record.agreement
        moved.quantity = quantity
        context.emit(.custodyMoved(moved))
    }
}
