import KoinonLedger
import KoinonProtocol
import Testing

@testable import KoinonNode

@Suite("The board of outcomes") struct OutcomeBoardTests {
    private let ids = (1...2).map { Hash256.sha256([$0]) }

    private func kinds(_ settlements: [OutcomeBoard.Settlement]) -> [String] {
        settlements.map {
            switch $0 {
            case .outcome: "outcome"
            case .open: "open"
            case .nothing: "nothing"
            }
        }
    }

    @Test func `gives whoever waits what is there when the waiting is ended, and who comes later`()
        async
    {
        let board = OutcomeBoard()
        let ticket = board.draw(for: ids)
        board.post([(ids[0], .expired)])
        async let waiting = board.redeem(ticket)
        board.endWaiting(within: .milliseconds(20))
        #expect(kinds(await waiting) == ["outcome", "open"])
        let late = board.draw(for: [ids[1]])
        #expect(kinds(await board.redeem(late, within: .seconds(600))) == ["open"])
    }

    @Test func `tells of an outcome that comes before the waiting is over`() async {
        let board = OutcomeBoard()
        let ticket = board.draw(for: ids)
        board.endWaiting(within: .seconds(600))
        async let waiting = board.redeem(ticket)
        board.post(ids.map { ($0, .expired) })
        #expect(kinds(await waiting) == ["outcome", "outcome"])
    }
}
