import struct Foundation.Data
import KoinonProtocol

extension Resources {
    /// Declares a kind of resource, for every member's use.
    static func registerKind(_ action: RegisterKind, in context: Context) throws(Rejection) {
        guard Slug.isValid(action.kind) else {
            throw Rejection(ResourcesRejection.badKindName, field: "kind")
        }
        guard TextCheck.isTitle(action.title) else {
            throw Rejection(ResourcesRejection.badTitle, field: "title")
        }
        guard let member = Alliance.memberID(actingAs: context.sender, in: context.state) else {
            throw Rejection(ResourcesRejection.notAMember)
        }
        guard !kinds.contains(action.kind, in: context.state) else {
            throw Rejection(ResourcesRejection.kindExists, field: "kind")
        }
        var kind = Kind()
        kind.title = action.title
        kind.registeredBy = member.rawValue
        kinds.set(action.kind, kind, in: context.state)
        var registered = KindRegistered()
        registered.kind = action.kind
        context.emit(.kindRegistered(registered))
    }

    /// Puts a resource of the sender's on the ledger.
    static func register(_ action: RegisterResource, in context: Context) throws(Rejection) {
        try checkDescription(action.title, action.capacity, action.descriptionHash)
        guard isSerial(action.serial) else {
            throw Rejection(ResourcesRejection.badSerial, field: "serial")
        }
        guard kind(action.kind, in: context.state) != nil else {
            throw Rejection(ResourcesRejection.unknownKind, field: "kind")
        }
        let sender = context.sender
        let serial = Key2(sender, action.serial)
        guard action.serial.isEmpty || !serials.contains(serial, in: context.state) else {
            throw Rejection(ResourcesRejection.serialTaken, field: "serial")
        }
        let id: ResourceID = context.newID()
        if !action.serial.isEmpty {
            var entry = SerialEntry()
            entry.resource = Data(id.bytes)
            serials.set(serial, entry, in: context.state)
        }
        var resource = Resource()
        resource.kind = action.kind
        resource.title = action.title
        resource.owner = Data(sender.bytes)
        resource.issuer = resource.owner
        resource.capacity = action.capacity
        resource.serial = action.serial
        resource.descriptionHash = action.descriptionHash
        resource.registeredAtMs = context.now.milliseconds
        resources.set(id, resource, in: context.state)
        var registered = ResourceRegistered()
        registered.resource = Data(id.bytes)
        registered.owner = resource.owner
        registered.kind = action.kind
        context.emit(.resourceRegistered(registered))
        moveCustody(
            of: id, to: sender, reason: .registered, agreement: nil, quantity: action.capacity,
            in: context)
    }

    /// Replaces title, capacity and description.
    static func update(_ action: UpdateResource, in context: Context) throws(Rejection) {
        let id = try resourceID(action.resource)
        try checkDescription(action.title, action.capacity, action.descriptionHash)
        var resource = try ownResource(id, in: context)
        // Who buys it buys what was described.
        guard !resource.exclusive else {
            throw Rejection(ResourcesRejection.bookingsOpen, field: "resource")
        }
        let needed =
            ResourceLoad.needed(on: id, in: context.state) + UInt64(resource.quantityCounted)
        guard UInt64(action.capacity) >= needed else {
            throw Rejection(ResourcesRejection.capacityPromised, field: "capacity")
        }
        resource.title = action.title
        resource.capacity = action.capacity
        resource.descriptionHash = action.descriptionHash
        resources.set(id, resource, in: context.state)
        var updated = ResourceUpdated()
        updated.resource = action.resource
        context.emit(.resourceUpdated(updated))
    }

    /// Gives the resource to another account.
    static func transfer(_ action: TransferResource, in context: Context) throws(Rejection) {
        let id = try resourceID(action.resource)
        guard let recipient = AccountID(action.to) else {
            throw Rejection(ResourcesRejection.malformedID, field: "to")
        }
        let resource = try ownResource(id, in: context)
        guard Accounts.account(recipient, in: context.state) != nil else {
            throw Rejection(ResourcesRejection.unknownAccount, field: "to")
        }
        guard recipient != context.sender else {
            throw Rejection(ResourcesRejection.alreadyOwner, field: "to")
        }
        try checkIdle(resource)
        setOwner(of: id, to: recipient, reason: .transferred, agreement: nil, in: context)
    }

    /// Takes the resource out of use for ever; its row and history stay.
    static func retire(_ action: RetireResource, in context: Context) throws(Rejection) {
        let id = try resourceID(action.resource)
        var resource = try ownResource(id, in: context)
        try checkIdle(resource)
        resource.retired = true
        resources.set(id, resource, in: context.state)
        var retired = ResourceRetired()
        retired.resource = action.resource
        context.emit(.resourceRetired(retired))
        moveCustody(
            of: id, to: context.sender, reason: .retired, agreement: nil,
            quantity: resource.capacity, in: context)
    }
}

/// Checks that several actions share, each in the order in which they are listed.
extension Resources {
    static func resourceID(_ bytes: Data) throws(Rejection) -> ResourceID {
        guard let id = ResourceID(bytes) else {
            throw Rejection(ResourcesRejection.malformedID, field: "resource")
        }
        return id
    }

    private static func checkDescription(
        _ title: String, _ capacity: UInt32, _ hash: Data
    ) throws(Rejection) {
        guard TextCheck.isTitle(title) else {
            throw Rejection(ResourcesRejection.badTitle, field: "title")
        }
        guard (1...maximumCapacity).contains(capacity) else {
            throw Rejection(ResourcesRejection.capacityOutOfRange, field: "capacity")
        }
        guard TextCheck.isHashOrEmpty(hash) else {
            throw Rejection(ResourcesRejection.badDescriptionHash, field: "description_hash")
        }
    }

    private static func isSerial(_ text: String) -> Bool {
        text.isEmpty || (text.utf8.count <= maximumSerialBytes && TextCheck.isTitle(text))
    }

    /// The resource, if it is there, the sender's and not retired.
    private static func ownResource(
        _ id: ResourceID, in context: Context
    ) throws(Rejection) -> Resource {
        guard let resource = resource(id, in: context.state) else {
            throw Rejection(ResourcesRejection.unknownResource, field: "resource")
        }
        guard AccountID(resource.owner) == context.sender else {
            throw Rejection(ResourcesRejection.notOwner, field: "resource")
        }
        guard !resource.retired else {
            throw Rejection(ResourcesRejection.resourceRetired, field: "resource")
        }
        return resource
    }

    /// Nothing on offer and nothing booked, so that no one is left with a promise.
    private static func checkIdle(_ resource: Resource) throws(Rejection) {
        guard resource.openOffers == 0 else {
            throw Rejection(ResourcesRejection.offersOpen, field: "resource")
        }
        guard resource.openBookings == 0, resource.quantityCounted == 0 else {
            throw Rejection(ResourcesRejection.bookingsOpen, field: "resource")
        }
        guard !resource.hasStolen else {
            throw Rejection(ResourcesRejection.resourceStolen, field: "resource")
        }
        guard resource.openDisputes == 0 else {
            throw Rejection(ResourcesRejection.disputesOpen, field: "resource")
        }
    }
}
