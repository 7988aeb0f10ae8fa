import Foundation
import KoinonProtocol
import Testing

@testable import KoinonReplay

@Suite("The plan in the ledger's words")
struct ReplayActionsTests {
    @Test func `a bike is registered and offered on its operator's terms`() throws {
        let plan = try TripPlan([healthyRide()])
        let index = try #require(plan.resources.firstIndex { $0.serial == "70259" })
        let registered = plan.registration(ofResource: index).resources.registerResource
        #expect(registered.kind == "bicycle")
        #expect(registered.title == "Bike 70259")
        #expect(registered.serial == "70259")
        #expect(registered.capacity == 1)

        let id = try #require(ResourceID(Array(repeating: 7, count: 20)))
        let offer = plan.offer(ofResource: index, as: id).market.publishOffer
        #expect(offer.resource == Data(repeating: 7, count: 20))
        #expect(offer.title == "Bike 70259")
        #expect(offer.process == "lease")
        #expect(offer.unit == "usd")
        #expect(offer.platform == "healthyride")
        #expect(offer.tariff.priceMinor == 200)
        #expect(offer.tariff.stepMs == 1_800_000)
        #expect(offer.tariff.minimumSteps == 1)
        #expect(offer.depositMinor == 2_000)
        #expect(offer.reducedDeposit.afterSettled == 25)
        #expect(offer.reducedDeposit.depositMinor == 500)
        #expect(offer.platformFee.numerator == 5)
        #expect(offer.platformFee.denominator == 100)
        // Its first trip began at station 1022, Liberty Ave & S Millvale Ave.
        #expect(offer.place.latitudeE7 == 404_598_120)
        #expect(offer.place.longitudeE7 == -799_455_480)
    }

    @Test func `what a mapping leaves out is left out of the offer`() throws {
        let plan = try plan(["a,0,60,b,r"])
        let id = try #require(ResourceID(Array(repeating: 7, count: 20)))
        let offer = plan.offer(ofResource: 0, as: id).market.publishOffer
        #expect(!offer.hasReducedDeposit)
        #expect(!offer.hasPlatformFee)
        #expect(!offer.hasPlace)
    }

    @Test func `a trip is booked for the agreed period from now on`() throws {
        let plan = try plan(["a,0,3601,b,r"])
        let id = try #require(OfferID(Array(repeating: 9, count: 20)))
        let booking = plan.booking(ofTrip: 0, on: id).agreements.openAgreement
        #expect(booking.offer == Data(repeating: 9, count: 20))
        #expect(booking.startMs == 0)
        #expect(booking.durationMs == 14_400_000)
    }

    @Test func `titles fit the ledger, whatever the stations are called`() throws {
        let csv = "id,from,to,station\na,0,1,S1\nb,0,1,S2\nc,0,1,S3\n"
        let long = String(repeating: "日", count: 30)
        let mapping = try mapping([
            "columns.bike": nil, "columns.rider": nil, "columns.start_station": "station",
            "pooled_riders": ["start_station"], "resources.capacity": 2,
            "resources.title_prefix": "At ",
            "stations": ["file": "s.csv", "station": "s", "title": "t"],
        ])
        let stations = try StationTable(
            #require(mapping.stations), csv: bytes("s,t\nS1,\(long)\nS2,\"two\nlines\"\n"))
        let plan = try TripPlan([
            TripFile(csv: bytes(csv), name: "t.csv", mapping: mapping, stations: stations)
        ])
        #expect(
            plan.resources.map(\.title)
                == ["At " + String(repeating: "日", count: 20), "At S2", "At S3"])
    }
}
