import KoinonProtocol
import Testing

@testable import KoinonMachine

/// Processes come onto the ledger once, and are kept in memory without any effect.
@Suite struct AdoptedProcessTests {
    private let hour = LeaseScene.hour

    private func scene(_ change: (inout ProcessDefinition) -> Void) throws -> LeaseScene {
        try LeaseScene(process: .small(change))
    }

    @Test func `ledgers with different processes of one id do not mix them up`() throws {
        let one = try scene { $0.definitions[0].expression = "price" }
        let two = try scene { $0.definitions[0].expression = "price * 2" }
        #expect(one.held(in: try one.book()) == 2_100)
        #expect(two.held(in: try two.book()) == 2_200)
        #expect(one.held(in: try one.book(start: one.at(2 * hour))) == 2_100)
        try one.ledger.checkReplay()
    }

    @Test func `what is kept follows the row, not the key`() {
        let kept = DerivedValues()
        func derive(_ row: [UInt8]) -> Int {
            kept.value(key: [1], row: row) { row in row.count }
        }
        #expect(derive([1, 2]) == 2)
        #expect(derive([1, 2, 3]) == 3)
        #expect(derive([1, 2]) == 2)
        #expect(kept.value(key: [1], row: [1, 2]) { _ in "another kind" } == "another kind")
    }

    @Test func `a process adopted by vote can be offered from then on`() throws {
        let scene = try LeaseScene()
        let early = try scene.ledger.send(
            scene.provider,
            .market(.publishOffer(LeaseScene.offer(on: scene.resource, process: "small"))))
        #expect(early.code == MarketRejection.unknownProcess.rawValue)
        let events = try scene.ledger.done(
            scene.ledger.member("alfa"),
            .alliance(
                .propose(
                    .with {
                        $0.title = "A small process"
                        $0.adoptProcess = .small()
                    })))
        guard case .proposalMade(let made) = events.first?.alliance.event else {
            throw TestLedger.Missing.event
        }
        try scene.ledger.done(
            scene.ledger.member("bravo"),
            .alliance(
                .vote(
                    .with {
                        $0.proposal = made.proposal; $0.yes = true
                    })))
        #expect(Agreements.process("small", in: scene.ledger.state) == .small())
        let offer = try scene.ledger.publish(
            LeaseScene.offer(on: scene.resource, process: "small"), by: scene.provider)
        try scene.ledger.done(scene.bea, .open(offer, for: hour))
        try scene.ledger.checkReplay()
    }

    @Test func `a genesis document with a faulty process is refused at its place`() {
        let faulty = ProcessDefinition.small { $0.transitions[3].guards = $0.transitions[1].guards }
        #expect {
            try TestLedger(processes: [LeaseProcess.definition, faulty])
        } throws: { error in
            let rejection = (error as? GenesisRefused)?.rejection
            return rejection?.code == AgreementsRejection.processFaulty.rawValue
                && rejection?.field == "processes[1].transitions[3].guards"
                && rejection?.detail == "timersAreUnguarded"
        }
    }
}
