import KoinonProtocol

public enum Agreements: Module {
    public static let number: UInt32 = 6
    public static let name = "Agreements"
    public static var rejections: [any RejectionCode] { AgreementsRejection.allCases }

    public static func apply(_ action: Action, in context: Context) throws(Rejection) {
        throw Rejection(AgreementsRejection.emptyAction)
    }
}

public enum AgreementsRejection: UInt32, RejectionCode {
    case emptyAction = 600
    public var remedy: String { "the action says nothing; name one action" }
}

extension Agreements {
    static func adopt(_ process: ProcessDefinition, in context: Context) throws(Rejection) {
        throw Rejection(AgreementsRejection.emptyAction)
    }
}
