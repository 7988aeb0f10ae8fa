import KoinonProtocol
import Testing

@testable import KoinonMachine

/// One row of a module's rejection table: an attempt, and the one answer it must get.
///
/// Rows stand in the order in which an action checks. A row that violates two
/// conditions at once shows that the earlier one answers.
struct RejectionRow: Sendable, CustomTestStringConvertible {
    var violated: any RejectionCode
    var field: String
    var attempt: String
    var run: @Sendable () throws -> Receipt

    init(
        _ violated: some RejectionCode, field: String = "", _ attempt: String,
        run: @escaping @Sendable () throws -> Receipt
    ) {
        self.violated = violated
        self.field = field
        self.attempt = attempt
        self.run = run
    }

    var testDescription: String { "\(violated.name): \(attempt)" }

    func check() throws {
        let receipt = try run()
        let name = Modules.rejectionMeanings[receipt.code]?.name ?? "done"
        #expect(receipt.code == violated.rawValue, "\(name) \(receipt.field) \(receipt.detail)")
        #expect(receipt.field == field)
    }
}

/// Fails for each case of the enum that no row expects.
func expectRows<Code: RejectionCode>(for _: Code.Type, in rows: [RejectionRow]) {
    for code in Code.allCases {
        #expect(rows.contains { $0.violated.rawValue == code.rawValue }, "no row for \(code)")
    }
}
