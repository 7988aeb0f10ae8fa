import Foundation
import KoinonLedger
import KoinonProtocol
import SwiftProtobuf
import Testing

@Suite("docs/formats/json-actions.md")
struct DocumentedActionsTests {
    /// The fenced blocks whose first line is ```json and then `label`.
    private func blocks(_ label: String) throws -> [String] {
        let page = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../../docs/formats/json-actions.md").standardizedFileURL
        let lines = try String(contentsOf: page, encoding: .utf8)
            .split(separator: "\n", omittingEmptySubsequences: false)
        var blocks: [String] = []
        var current: [Substring]?
        for line in lines {
            if let block = current {
                if line == "```" { blocks.append(block.joined(separator: "\n")) }
                current = line == "```" ? nil : block + [line]
            } else if line == "```json\(label)" {
                current = []
            }
        }
        return blocks
    }

    @Test("every example is an action that comes back the same")
    func examples() throws {
        let examples = try blocks("")
        for example in examples {
            let action = try Action(jsonForm: Array(example.utf8))
            #expect(try Action(jsonForm: Array(action.jsonForm().utf8)) == action)
            // Nothing was dropped: every name of the example is in what is written.
            let written = action.jsonForm()
            for name in example.matches(of: /"([a-z_0-9]+)":/).map(\.1) {
                #expect(written.contains("\"\(name)\":"), "\(name) is lost")
            }
        }
    }

    @Test("every action of every module has an example")
    func complete() throws {
        var shown: Set<String> = []
        for example in try blocks("") {
            let action = try Action(jsonForm: Array(example.utf8))
            shown.insert(Self.name(of: action))
        }
        #expect(shown == (try Self.names()))
    }

    @Test("every field that an action may have is in some example")
    func fields() throws {
        let written = try blocks("").map {
            try Action(jsonForm: Array($0.utf8)).jsonForm(pretty: false)
        }
        let text = written.joined()
        // Filled in with values that are no defaults, so that each is written.
        for name in [
            "statement_hash", "admit_member", "expel_member", "set_parameter", "adopt_process",
            "limits", "delay_ms", "serial", "description_hash", "reduced_deposit", "platform_fee",
            "place", "available_from_ms", "available_until_ms", "duration_minimum_ms",
            "duration_maximum_ms", "terms", "also", "from_ms", "until_ms",
            "radius_m", "text_hash", "lift_flag", "activate_protocol",
            "trust_rule",
            "budget_minor", "start_ms", "quantity", "arbiter", "arbiters", "evidence_hash",
            "claim", "division", "shares", "numerator", "denominator", "hand_over",
        ] {
            #expect(text.contains("\"\(name)\":"), "\(name)")
        }
    }

    @Test("the transaction is one, and the consent's signature is real")
    func transactionAndConsent() throws {
        let transactions = try blocks(" transaction")
        #expect(transactions.count == 1)
        let body = try TransactionBody(jsonForm: Array(transactions[0].utf8))
        #expect(body.actions.count == 1 && body.memo == "to the station")
        #expect(body.actions[0].agreements.openAgreement.durationMs == 2_700_000)
        let consents = try blocks("").map { try Action(jsonForm: Array($0.utf8)) }
            .map(\.accounts.openAccount.consent).filter { !$0.body.isEmpty }
        let consent = try Envelope(try #require(consents.first))
        #expect(consent.isAuthentic(as: .accountConsent))
        #expect(try AccountConsent(strict: consent.body).sponsor == "valley-bike")
    }

    /// "money.transfer"
    private static func name(of action: Action) -> String {
        let names = action.jsonForm(pretty: false).split(separator: "\"")
        return names.count > 3 ? "\(names[1]).\(names[3])" : "?"
    }

    /// Of the choices in the modules' .proto files.
    private static func names() throws -> Set<String> {
        let modules = [
            "alliance", "accounts", "money", "resources", "market", "agreements",
            "reputation", "disputes",
        ]
        var names: Set<String> = []
        for module in modules {
            let file = URL(filePath: #filePath).deletingLastPathComponent()
                .appending(path: "../../Protos/koinon/v1/\(module).proto").standardizedFileURL
            let text = try String(contentsOf: file, encoding: .utf8)
            let choice = try #require(text.firstMatch(of: /Action \{\s*oneof action \{([^}]*)\}/))
            for match in choice.1.matches(of: /([a-z_]+) = \d+;/) {
                names.insert("\(module).\(match.1)")
            }
        }
        return names
    }
}
