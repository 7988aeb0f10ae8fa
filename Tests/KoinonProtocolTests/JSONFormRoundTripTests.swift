import SwiftProtobuf
import TestSeeds
import Testing

@testable import KoinonProtocol

@Suite("The JSON form of every message, from random content")
struct JSONFormRoundTripTests {
    /// Every message that no other message holds; the rest is reached through them.
    static let roots: [any SwiftProtobuf.Message.Type] = [
        AccountConsent.self, Account.self, AccountRecord.self, ActingAccount.self,
        Agreement.self, Answer.self, MarketMarker.self, Request.self,
        AgreementReviews.self, Evidence.self, FraudFlag.self,
        JudgedEvidence.self, OpenFlag.self, PairRecord.self, VoucherState.self,
        VouchRecord.self,
        AttestationBody.self, AuthorState.self, Balance.self, BlockResult.self, Booking.self,
        CustodyRecord.self, Dispute.self, EntryBody.self, Genesis.self, Hold.self, Kind.self,
        Member.self,
        Offer.self, Proposal.self, ProtocolSchedule.self, RecoveryStatement.self, Resource.self,
        RetiredNodeKey.self,
        RevokedKey.self,
        SerialEntry.self, SpentIDs.self, SponsorState.self, TimerMarker.self,
        TransactionBody.self, UnitOfAccount.self,
    ]

    @Test("an event's name is the one that its JSON form has")
    func namesEvents() throws {
        let schemas = JSONFormSchemas.shared
        var count = 0
        for module in try #require(schemas.messages["Event"]).fields {
            guard case .message(let type) = module.kind else { continue }
            for event in try #require(schemas.messages[type]).fields {
                let form = #"{"\#(module.name)":{"\#(event.name)":{}}}"#
                #expect(try Event(jsonForm: Array(form.utf8)).name == event.name)
                count += 1
            }
            #expect(try Event(jsonForm: Array(#"{"\#(module.name)":{}}"#.utf8)).name.isEmpty)
        }
        #expect(count > 40 && Event().name.isEmpty)
    }

    @Test("the roots reach every message")
    func rootsAreComplete() {
        let protos = ProtoFiles.all
        let held = Set(protos.fields.map(\.type))
        let names = Self.roots.map { $0.protoMessageName.split(separator: ".").last ?? "" }
        let missing = protos.messages.subtracting(held).symmetricDifference(names.map(String.init))
        #expect(missing == [], "add a new message that no other holds to the roots above")
    }

    @Test("what is read is what is written, field for field", arguments: Self.roots.indices)
    func roundTrip(index: Int) throws {
        for seed in UInt64(0)..<UInt64(Seeds.cases(40)) {
            var generator = SeededGenerator(seed: seed << 8 | UInt64(index))
            try check(Self.roots[index], &generator, seed)
        }
    }

    private func check<M: SwiftProtobuf.Message>(
        _ type: M.Type, _ generator: inout SeededGenerator, _ seed: UInt64
    ) throws {
        let schema = try #require(JSONFormSchemas.shared.message(fullName: M.protoMessageName))
        let tree = random(schema, &generator)
        let message = try M(jsonForm: Array(JSONText.write(tree, indented: false).utf8))
        let written = JSONFormWriter.tree(of: message, schemas: .shared)
        #expect(written == tree, "\(M.self), seed \(seed)")
        let again = try M(jsonForm: Array(message.jsonForm().utf8))
        #expect(again.isEqualTo(message: message))
    }

    /// Fields ascending and never at their default, which is how they are written.
    private func random(
        _ schema: MessageSchema, _ generator: inout SeededGenerator
    ) -> JSONTree {
        var members: [JSONTree.Member] = []
        var oneofs: Set<String> = []
        // Choosing a member of each choice first, so that all are reached.
        var chosen: [String: Int] = [:]
        for field in schema.fields {
            guard let oneof = field.oneof, oneofs.insert(oneof).inserted else { continue }
            chosen[oneof] =
                schema.fields.filter { $0.oneof == oneof }
                .randomElement(using: &generator)?.number
        }
        for field in schema.fields.sorted(by: { $0.number < $1.number }) {
            if let oneof = field.oneof {
                if chosen[oneof] != field.number { continue }
            } else if Int.random(in: 0..<4, using: &generator) == 0 {
                continue
            }
            let value: JSONTree
            if field.isRepeated {
                let count = Int.random(in: 1...3, using: &generator)
                value = .array((0..<count).map { _ in random(field, &generator) })
            } else {
                value = random(field, &generator)
            }
            members.append(JSONTree.Member(name: field.name, value: value))
        }
        return .object(members)
    }

    private func random(_ field: FieldSchema, _ generator: inout SeededGenerator) -> JSONTree {
        func integer(_ range: ClosedRange<Int64>) -> JSONTree {
            .number(String(Int64.random(in: range, using: &generator)))
        }
        switch field.kind {
        case .bool: return .bool(true)
        case .uint32: return integer(1...Int64(UInt32.max))
        case .int32, .sint32: return integer(Int64(Int32.min)...(-1))
        case .int64, .sint64: return integer(-(1 << 53)...(-1))
        case .moment, .duration: return integer(1...253_402_300_799_999)
        case .uint64:
            return Bool.random(using: &generator)
                ? integer(1...1 << 53)
                : .string(String(UInt64.random(in: (1 << 53 + 1)...UInt64.max, using: &generator)))
        case .string:
            let alphabet = ["a", "\"", "\\", "é", "🚲", "\n", "\u{7f}", "0"]
            return .string(
                (0..<Int.random(in: 1...6, using: &generator))
                    .map { _ in alphabet.randomElement(using: &generator) ?? "" }.joined())
        case .bytes(let form):
            let count = if case .hex(let count) = form { count ?? 7 } else { 20 }
            let bytes = (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }
            return .string(form.text(of: bytes))
        case .message(let name):
            guard let schema = JSONFormSchemas.shared.messages[name] else { return .null }
            return random(schema, &generator)
        case .enumeration(let name):
            let names = JSONFormSchemas.shared.enums[name]?.names ?? []
            return .string(
                names.filter { $0.number != 0 }.randomElement(using: &generator)?.name ?? "")
        }
    }

    @Test("no mutation of a text crashes, and whatever is taken comes back the same")
    func mutatedTexts() throws {
        var generator = SeededGenerator(seed: 20_180_101)
        let schema = try #require(JSONFormSchemas.shared.messages["TransactionBody"])
        var taken = 0
        let rounds = Seeds.cases(3_000)
        for round in 0..<rounds {
            var bytes = Array(
                JSONText.write(random(schema, &generator), indented: round % 2 == 0).utf8)
            for _ in 0..<Int.random(in: 1...3, using: &generator) {
                mutate(&bytes, &generator)
            }
            do throws(JSONFormFault) {
                let message = try TransactionBody(jsonForm: bytes)
                taken += 1
                let again = try TransactionBody(jsonForm: Array(message.jsonForm().utf8))
                #expect(again == message, "round \(round)")
            } catch {
                #expect(!error.problem.isEmpty && !error.remedy.isEmpty)
            }
        }
        // Neither all nor none, or the mutations test nothing.
        #expect(taken > rounds / 100 && taken < rounds * 2 / 3)
    }

    @Test("no mutation of encoded bytes crashes the strict decoder or the writer")
    func mutatedBytes() throws {
        var generator = SeededGenerator(seed: 20_201_201)
        let schema = try #require(JSONFormSchemas.shared.messages["BlockResult"])
        var taken = 0
        let rounds = Seeds.cases(3_000)
        for _ in 0..<rounds {
            let text = JSONText.write(random(schema, &generator), indented: false)
            var bytes = try BlockResult(jsonForm: Array(text.utf8)).encoded
            mutate(&bytes, &generator)
            do throws(MessageFault) {
                let message = try BlockResult(strict: bytes)
                taken += 1
                #expect(!message.jsonForm().isEmpty)
            } catch {
                #expect(!error.description.isEmpty)
            }
        }
        #expect(taken > rounds / 30 && taken < rounds * 29 / 30)
    }

    private func mutate(_ bytes: inout [UInt8], _ generator: inout SeededGenerator) {
        guard !bytes.isEmpty else { return }
        let place = Int.random(in: 0..<bytes.count, using: &generator)
        switch Int.random(in: 0..<5, using: &generator) {
        case 0: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
        case 1: bytes.remove(at: place)
        case 2: bytes.insert(UInt8.random(in: 0...255, using: &generator), at: place)
        case 3: bytes.removeSubrange(place...)
        default:
            let signs = Array("{}[]\",:0123456789\\untrefals-.+ ".utf8)
            bytes[place] = signs.randomElement(using: &generator) ?? 0
        }
    }
}
