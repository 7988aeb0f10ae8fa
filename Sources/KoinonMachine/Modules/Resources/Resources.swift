import KoinonProtocol

public enum Resources: Module {
    public static let number: UInt32 = 4
    public static let name = "Resources"
    public static var rejections: [any RejectionCode] { ResourcesRejection.allCases }

    public static func apply(_ action: Action, in context: Context) throws(Rejection) {
        throw Rejection(ResourcesRejection.emptyAction)
    }
}

public enum ResourcesRejection: UInt32, RejectionCode {
    case emptyAction = 400
    public var remedy: String { "the action says nothing; name one action" }
}
