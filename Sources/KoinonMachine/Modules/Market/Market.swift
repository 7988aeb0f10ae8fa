import KoinonProtocol

public enum Market: Module {
    public static let number: UInt32 = 5
    public static let name = "Market"
    public static var rejections: [any RejectionCode] { MarketRejection.allCases }

    public static func apply(_ action: Action, in context: Context) throws(Rejection) {
        throw Rejection(MarketRejection.emptyAction)
    }
}

public enum MarketRejection: UInt32, RejectionCode {
    case emptyAction = 500
    public var remedy: String { "the action says nothing; name one action" }
}
