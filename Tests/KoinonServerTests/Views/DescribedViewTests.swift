import Foundation
import KoinonClient
import KoinonLedger
import KoinonMachine
import KoinonProtocol
import Testing
import Yams

@testable import KoinonServer
@testable import TestNodes

/// What docs/openapi.yaml says of the members of an object.
private struct SchemaBook {
    struct Schema {
        var required: [String] = []
        /// The schema that each member, or each element of it, refers to; nil: none.
        var members: [String: String?] = [:]
    }
    var schemas: [String: Schema] = [:]

    init() throws {
        let text = try #require(WebFiles.text(at: "openapi.yaml"))
        let document = try #require(try Yams.load(yaml: text) as? [String: Any])
        let components = try #require(document["components"] as? [String: Any])
        for (name, value) in try #require(components["schemas"] as? [String: [String: Any]]) {
            var schema = Schema(required: value["required"] as? [String] ?? [])
            for (member, value) in value["properties"] as? [String: [String: Any]] ?? [:] {
                let items = value["items"] as? [String: Any]
                let reference = (value["$ref"] ?? items?["$ref"]) as? String
                schema.members[member] = .some(
                    reference.flatMap { $0.split(separator: "/").last.map(String.init) })
            }
            schemas[name] = schema
        }
    }

    /// Where the value is not what the schema says.
    func faults(in value: Any, as name: String, at path: String) -> [String] {
        if let array = value as? [Any] {
            return array.enumerated().flatMap { faults(in: $1, as: name, at: "\(path)[\($0)]") }
        }
        guard let schema = schemas[name] else { return ["\(path): no schema \(name)"] }
        guard let object = value as? [String: Any] else { return ["\(path): no object"] }
        var found = schema.required.filter { object[$0] == nil }
            .map { "\(path): \($0) is missing" }
        for (key, member) in object {
            guard let target = schema.members[key] else {
                found.append("\(path): \(key) is not described")
                continue
            }
            if let target { found += faults(in: member, as: target, at: "\(path).\(key)") }
        }
        return found
    }
}

@Suite("The description of views")
struct DescribedViewTests {
    @Test func `says what views hold`() async throws {
        let book = try SchemaBook()
        #expect(book.schemas.count > 50)
        let home = try TestHome()
        try await home.running { node in
            let world = try await LeaseWorld(on: node, of: home)
            let settled = try await world.start(on: node)
            home.clock.advance(20 * LeaseWorld.minute)
            try await world.finish(settled, on: node)
            let disputed = try await world.start(on: node)
            try await world.bea.done(
                .openDispute(
                    of: disputed, evidenceHash: Hash256.sha256([1]),
                    claim: Action.division([("borrower", 1)], of: 1)), to: node)
            home.clock.advance(2 * LeaseWorld.hour)
            let index = try SearchIndex(home: home.home.directory, node: node, logger: silent)
            try await index.catchUp()
            let bea = world.bea.account
            let moment = node.now
            func check(_ view: (some Encodable)?, _ name: String) throws {
                let view = try #require(view)
                let value = try JSONSerialization.jsonObject(with: Answer.encoder.encode(view))
                #expect(book.faults(in: value, as: name, at: name) == [])
            }
            try check(node.look { AccountView.make(bea, in: $0) }, "AccountView")
            try check(node.look { StandingView.make(bea, kind: "bike", in: $0) }, "StandingView")
            try check(node.look { BalanceView.all(of: bea, in: $0) }, "BalanceView")
            try check(node.look { ResourceView.make(world.resource, in: $0) }, "ResourceView")
            try check(
                node.look { ResourceSummaryView.make(world.resource, in: $0) },
                "ResourceSummaryView")
            try check(node.look { OfferView.make(world.offer, in: $0) }, "OfferView")
            try check(node.look { OfferSummaryView.make(world.offer, in: $0) }, "OfferSummaryView")
            try check(
                node.look {
                    CalendarView.make(
                        world.offer, from: moment.milliseconds,
                        until: moment.milliseconds + LeaseWorld.hour, in: $0)
                }, "CalendarView")
            for agreement in [settled, disputed] {
                try check(
                    node.look { AgreementView.make(agreement, at: moment, in: $0) },
                    "AgreementView")
                try check(
                    node.look { AgreementSummaryView.make(agreement, in: $0) },
                    "AgreementSummaryView")
            }
            try check(node.look { ProcessView.make("lease", in: $0) }, "ProcessView")
            try check(node.look { MemberView.all(in: $0) }, "MemberView")
            try check(node.look { ParameterView.all(in: $0) }, "ParameterView")
            try check(node.look { UnitView.make("usd", in: $0) }, "UnitView")
            try check(
                node.look { KindView.list(after: nil, limit: 5, in: $0).rows }, "KindView")
            try check(index.movements(of: bea, limit: 50).rows, "MovementView")
            try check(index.statistics(hours: 5).value, "StatisticsView")
            try check(index.lookup("bike").rows, "LookupView")
        }
    }

    @Test func `is followed by this test into all that is nested`() throws {
        let book = try SchemaBook()
        let wrong: [String: Any] = ["ms": 1, "text": "", "more": 1]
        #expect(book.faults(in: wrong, as: "TimeView", at: "t") == ["t: more is not described"])
        #expect(book.faults(in: [["ms": 1]], as: "TimeView", at: "t") == ["t[0]: text is missing"])
        #expect(book.schemas["AgreementView"]?.members["next"] == "TransitionView")
    }
}
