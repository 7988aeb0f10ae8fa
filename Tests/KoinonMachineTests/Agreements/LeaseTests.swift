import KoinonProtocol
import Testing

@testable import KoinonMachine

/// Every way through the lease process, with the exact money at its end.
@Suite struct LeaseTests {
    private let minute = LeaseScene.minute
    private let hour = LeaseScene.hour

    @Test func `booked, started and finished in time, the use is charged and the rest returned`()
        throws
    {
        let scene = try LeaseScene()
        let id = try scene.book(for: hour)
        #expect(scene.state(of: id) == "booked")
        #expect(scene.held(in: id) == 2_000 + 200)
        try scene.take("start", id)
        #expect(scene.state(of: id) == "active")
        #expect(scene.resourceRow.quantityInUse == 1)
        try scene.take("finish", id, at: scene.at(31 * minute))
        #expect(scene.state(of: id) == "settled")
        // Two half hours begun: 2.00, of which 5% go to the platform.
        #expect(scene.money == [190, 99_800, 10])
        #expect(scene.agreement(id).usedFromMs == scene.begin.milliseconds)
        #expect(scene.agreement(id).usedUntilMs == scene.at(31 * minute).milliseconds)
        #expect(Agreements.record(of: scene.bea.account, in: scene.ledger.state).settled == 1)
        try scene.ledger.checkReplay()
    }
}
