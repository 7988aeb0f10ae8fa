import Foundation
import KoinonClient
import KoinonLedger
import KoinonMachine
import KoinonNode
import KoinonProtocol
import KoinonReplay
import KoinonStore

extension DemoStage {
    static let hour: UInt64 = 3_600_000

    /// What a shared ledger is for; every step is staged, on the real trips' ledger.
    mutating func actTwo() async throws {
        guard let summary else { return }
        print("\n\nAct two: what a shared ledger is for (staged, after the last real trip)")
        let staged = try Scene(plan: plan, summary: summary)
        try await carryHistory(staged)
        try await refuseDoubleBooking(staged)
        let sale = try await sellOldBike(staged)
        let before = standing(of: staged.rider)
        try await reviewEachOther(staged, sale)
        try await refuseFlagged(staged)
        explainStanding(of: staged.rider, before: before)
        let proof = try writeProof(staged)
        // The last two work on files at rest.
        try await close()
        try await alterOneByte(staged)
        try checkProof(proof)
    }

    /// Who and what the scenes are about.
    struct Scene {
        /// The rider of the second operator with the most settled trips.
        let rider: Int
        let riderTrips: Int
        /// Another rider of the same operator.
        let otherRider: Int
        /// A pooled account of the first operator with few trips.
        let newcomer: Int
        /// The first operator's two busiest bikes.
        let bike: Int
        let secondBike: Int
        /// Of the first operator's bikes with ten rides or more, the one not ridden for longest.
        let oldBike: Int
        let lastRide: Timestamp
        /// A settled trip of that rider and the transaction that finished it.
        let trip: Int
        let finishing: Hash256

        init(plan: TripPlan, summary: ReplaySummary) throws {
            var settled = Array(repeating: 0, count: plan.riders.count)
            for trip in summary.finishing.keys { settled[plan.trips[trip].rider] += 1 }
            let second = plan.riders.indices.filter { plan.riders[$0].operator == 1 }
                .sorted { (settled[$1], $0) < (settled[$0], $1) }
            let first = plan.riders.indices.filter { plan.riders[$0].operator == 0 }
                .sorted { (settled[$0], $0) < (settled[$1], $1) }
            let bikes = summary.sides[0].busiest.map(\.resource)
            let rides = Dictionary(
                grouping: summary.finishing.keys.map { plan.trips[$0] }.filter { $0.operator == 0 },
                by: \.resource)
            let lastRides = rides.filter { $0.value.count >= 10 }
                .compactMapValues { $0.map(\.end).max() }
            guard let unused = lastRides.min(by: { ($0.value, $0.key) < ($1.value, $1.key) }),
                second.count > 1, let newcomer = first.first, bikes.count > 1,
                let finished = summary.finishing.filter({ plan.trips[$0.key].rider == second[0] })
                    .max(by: { $0.key < $1.key })
            else {
                throw ReplayFault(description: "too few riders, bikes or trips to stage anything")
            }
            rider = second[0]
            riderTrips = settled[second[0]]
            otherRider = second[1]
            self.newcomer = newcomer
            (bike, secondBike) = (bikes[0], bikes[1])
            (oldBike, lastRide) = (unused.key, unused.value)
            (trip, finishing) = (finished.key, finished.value)
        }
    }

    func account(of rider: Int) -> AccountID {
        replay.script.builder(of: .rider(rider)).sender
    }

    func agreement(_ id: AgreementID) throws -> Agreement {
        guard let found = node.replica.read({ Agreements.agreement(id, in: $0.state) }) else {
            throw ReplayFault(description: "agreement \(id) is not there")
        }
        return found
    }

    mutating func lend(
        _ rider: Int, _ bike: Int, offer: OfferID? = nil, start: Timestamp? = nil
    ) async throws -> (AgreementID, Receipt) {
        let id: AgreementID = replay.script.builder(of: .rider(rider)).nextID(ofAction: 0)
        let action = Action.openAgreement(
            offer: offer ?? replay.script.offers[bike], start: start,
            durationMilliseconds: Self.hour)
        return (id, try await send(.rider(rider), [action]).receipt)
    }

    // MARK: One account, two platforms

    private mutating func carryHistory(_ scene: Scene) async throws {
        let unit = plan.operators[0].lease.unit
        let purse = Amount(minor: 10_000)
        _ = try await mustSend(
            .member(0),
            [scene.rider, scene.otherRider, scene.newcomer].map {
                .issue(unit: unit.id, to: account(of: $0), amount: purse)
            })
        let record = node.replica.read {
            Agreements.record(of: account(of: scene.rider), in: $0.state)
        }
        let (veteran, first) = try await lend(scene.rider, scene.bike)
        let (novice, second) = try await lend(scene.newcomer, scene.secondBike)
        guard first.code == 0, second.code == 0 else {
            throw ReplayFault(
                description:
                    "a staged booking was \(ReceiptText.outcome(first)), \(ReceiptText.outcome(second))"
            )
        }
        let lower = unit.text(Amount(minor: try agreement(veteran).depositMinor))
        let full = unit.text(Amount(minor: try agreement(novice).depositMinor))
        let after =
            plan.operators[0].lease.reducedDeposit.map { "\($0.afterSettled)" } ?? "no number of"
        print(
            """

              1  One account, two platforms
                 \(account(of: scene.rider)), a real rider of \(plan.operators[1].title), takes
                 \(plan.resources[scene.bike].title) at \(plan.operators[0].title) with the same account.
                 Her history came along: \(Text.number(record.settled)) agreements settled, \(Text.number(record.settledLate)) late.
                 \(plan.operators[0].title)'s offers ask less of people after \(after) settled in a row:
                 deposit \(lower); a newcomer leaves \(full).
            """)
        for (rider, agreement) in [(scene.rider, veteran), (scene.newcomer, novice)] {
            _ = try await mustSend(
                .rider(rider),
                [
                    .takeTransition("start", of: agreement),
                    .takeTransition("finish", of: agreement),
                ])
        }
    }

    // MARK: One bike, two platforms

    private mutating func refuseDoubleBooking(_ scene: Scene) async throws {
        let planned = plan.resources[scene.bike]
        let offer = plan.offer(
            ofResource: scene.bike, as: replay.script.resources[scene.bike],
            through: plan.operators[1].member)
        let second: OfferID = replay.script.builder(of: .fleet(0)).nextID(ofAction: 0)
        _ = try await mustSend(.fleet(0), [offer])
        let tomorrow = Timestamp(
            milliseconds: (node.now.milliseconds / 86_400_000 + 1) * 86_400_000 + 15 * Self.hour)
        let (_, first) = try await lend(scene.rider, scene.bike, start: tomorrow)
        let (_, refused) = try await lend(
            scene.otherRider, scene.bike, offer: second, start: tomorrow)
        guard first.code == 0, refused.code != 0 else {
            throw ReplayFault(description: "the staged double booking was not refused")
        }
        print(
            """

              2  One bike, two platforms
                 \(planned.title) is now also offered through \(plan.operators[1].title). It is booked
                 for \(tomorrow.iso8601) through \(plan.operators[0].title): done.
                 The same hour through \(plan.operators[1].title): \(ReceiptText.outcome(refused))
            """)
    }

    // MARK: One byte

    private func alterOneByte(_ scene: Scene) async throws {
        let copy = home.url.appending(path: "altered", directoryHint: .isDirectory)
        let files = FileManager.default
        try files.createDirectory(at: copy, withIntermediateDirectories: true)
        for name in ["genesis.json", "ledger.sqlite"] {
            try files.copyItem(
                at: home.url.appending(path: name), to: copy.appending(path: name))
        }
        let signed = try LedgerStore(opening: home.url, readOnly: true).read { reader in
            try reader.signedTransaction(scene.finishing)
        }
        guard let (envelope, height) = signed else {
            throw ReplayFault(description: "the staged trip is not in the ledger")
        }
        let file = copy.appending(path: "ledger.sqlite")
        var bytes = try Data(contentsOf: file)
        // In an entry the signature follows body and key; the byte before them is the body's last.
        guard let found = bytes.range(of: Data(envelope.signature.bytes)) else {
            throw ReplayFault(description: "the staged trip's bytes are not in one piece on disk")
        }
        bytes[found.lowerBound] ^= 1
        try bytes.write(to: file)
        let line = ProgressLine("verifying")
        var verdict = "nothing, which must not be"
        do {
            let store = try LedgerStore(opening: copy, readOnly: true)
            _ = try await Verification.run(store, genesis: genesis) { height, tip in
                line.show(done: height.rawValue, of: tip.rawValue)
            }
        } catch let finding as Verification.Finding {
            verdict = "\(finding)"
        }
        line.finish()
        print(
            """

              7  One byte
                 In a copy of the ledger one bit of the stored trip in block \(height) is changed.
                 koinon verify says: \(verdict)
            """)
        try files.removeItem(at: copy)
    }

    // MARK: One proof

    private func writeProof(_ scene: Scene) throws -> URL {
        let file = home.url.appending(path: "trip.proof.json")
        let proof = try node.store.prove(transaction: scene.finishing, genesis: genesis)
        try Data((proof.json + "\n").utf8).write(to: file)
        return file
    }

    private func checkProof(_ file: URL) throws {
        let bytes = try Array(Data(contentsOf: file))
        let checked = try ProofFile(json: bytes).check(genesis: genesis)
        let signers = checked.attesters.map(\.rawValue).joined(separator: " and ")
        print(
            """

              8  One proof
                 \(file.relativePath), \(Text.number(bytes.count)) bytes, proves that trip to anyone who has
                 genesis.json: block \(checked.header.height), signed by \(signers). Checked offline: ✓ it holds.
                 koinon check-proof --genesis \(home.path)/genesis.json \(home.path)/trip.proof.json
            """)
    }
}
