import KoinonProtocol

/// What can be shared: things, places and services, who owns them and where they are.
public enum Resources: Module {
    public static let number: UInt32 = 4
    public static let name = "Resources"
    public static var rejections: [any RejectionCode] { ResourcesRejection.allCases }

    public static func apply(_ action: Action, in context: Context) throws(Rejection) {
        switch action.resources.action {
        case .registerKind(let action): try registerKind(action, in: context)
        case .registerResource(let action): try register(action, in: context)
        case .updateResource(let action): try update(action, in: context)
        case .transferResource(let action): try transfer(action, in: context)
        case .retireResource(let action): try retire(action, in: context)
        case .reportStolen(let action): try reportStolen(action, in: context)
        case .reportRecovered(let action): try reportRecovered(action, in: context)
        case nil: throw Rejection(ResourcesRejection.emptyAction, field: "resources")
        }
    }
}
