import Foundation
import Hummingbird
import HummingbirdTesting
import KoinonClient
import KoinonLedger
import KoinonMachine
import KoinonProtocol
import KoinonStore
import Testing

@testable import KoinonNode
@testable import KoinonServer
@testable import TestNodes

@Suite struct PagesTests {
    @Test func `Every page is whole, well-formed, and asks for nothing from elsewhere`()
        async throws
    {
        try await PageWorld.with { world in
            for language in Texts.languages {
                for path in world.paths {
                    let response = try await world.page(path, language: language)
                    #expect(response.status == .ok, "\(path)")
                    #expect(
                        response.headers[.contentSecurityPolicy] == SecurityHeaders.pagePolicy,
                        "\(path)")
                    let html = response.text
                    #expect(html.contains("<html lang=\"\(language)\">"), "\(path)")
                    #expect(PageCheck.problems(of: html) == [], "\(path) in \(language)")
                }
            }
        }
    }

    @Test func `A page shows what the ledger has`() async throws {
        try await PageWorld.with { world in
            let offer = try await world.page("/offer/\(world.lease.offer)").text
            #expect(offer.contains("By the half hour"))
            #expect(offer.contains("<p class=\"eyebrow\">Bicycle"))
            #expect(offer.contains("data-text=\"1.00\" data-unit=\"usd\">1.00 USD</data>"))
            #expect(offer.contains("href=\"/resource/\(world.lease.resource)\""))
            let agreement = try await world.page("/agreement/\(world.settled)").text
            #expect(agreement.contains("Returned and paid · here now"))
            #expect(agreement.contains("Seal my review"))
            let disputed = try await world.page("/agreement/\(world.disputed)").text
            #expect(disputed.contains("50 % to the borrower, 50 % to the owner"))
            let account = try await world.page("/account/\(world.lease.bea.account)").text
            #expect(account.contains("never delivered"))
            #expect(account.contains("/agreement/\(world.settled)"))
            let alliance = try await world.page("/alliance").text
            // Who is drawn finds what waits for a decision.
            #expect(alliance.contains("/agreement/\(world.disputed)"))
            #expect(account.contains("/request/\(world.request)"))
            let request = try await world.page("/request/\(world.request)").text
            #expect(request.contains("A &lt;bike&gt; for a day"))
            #expect(request.contains("My bike"))
            #expect(alliance.contains("A &lt;day&gt; &amp; a half"))
            #expect(alliance.contains("2 of 2 signatures make a block final."))
        }
    }

    @Test func `A page about one row of the state names its proof and the hash that is proven`()
        async throws
    {
        try await PageWorld.with { world in
            await world.served.node.untilIdle()
            let paths = [
                "/offer/\(world.lease.offer)", "/resource/\(world.lease.resource)",
                "/agreement/\(world.disputed)", "/account/\(world.lease.bea.account)",
                "/request/\(world.request)",
            ]
            for path in paths {
                let html = try await world.page(path).text
                let shown = try #require(
                    html.firstMatch(of: /data-proven="hash" data-claimed="([0-9a-f]{64})"/),
                    "\(path)")
                let link = try #require(
                    html.firstMatch(of: /href="(\/v1\/proofs\/state\/[0-9a-f]+)"/), "\(path)")
                let answer = try await world.served.get(String(link.1))
                let proof = try ProofFile(json: Array(buffer: answer.body))
                guard
                    case .state(_, let value) = try proof.check(genesis: world.served.home.genesis)
                        .content
                else {
                    Issue.record("\(path): nothing stands there")
                    continue
                }
                #expect(Hash256.sha256(value).hex == shown.1, "\(path)")
            }
            let absent = try await world.page("/explorer/state/00").text
            #expect(absent.contains("data-proven=\"hash\" data-claimed=\"\""))
            let block = try await world.page("/explorer/block/3").text
            #expect(block.contains("href=\"/v1/proofs/blocks/3\""))
        }
    }

    @Test func `What is set aside is reckoned by the ledger, and said why`() async throws {
        try await PageWorld.with { world in
            let path =
                "/book/\(world.lease.offer)?length=100&length_unit=minutes&start=2026-03-09T10:00"
            let known = try await world.page("\(path)&account=\(world.lease.bea.account)").text
            // Four half hours begun at 1.00, and the deposit of 20.00.
            #expect(known.contains("4 × 1.00 USD, for each half hour begun"))
            // By which the script writes the amount as those beside it.
            #expect(known.contains("data-amount=\"1.00 USD\" data-text=\"1.00\" data-unit=\"usd\""))
            #expect(known.contains("<strong><data class=\"money\" value=\"2400\""))
            #expect(!known.contains("This cannot be booked."))
            let never = try await world.page(
                "/book/\(world.lease.offer)?length=1&start=never", language: "de")
            #expect(never.text.contains("Beginn: Ein Datum und eine Uhrzeit."))
            #expect(known.contains("name=\"start_ms\" value=\"1773050400000\""))
            let unknown = try await world.page(path).text
            #expect(unknown.contains("<strong><data class=\"money\" value=\"2400\""))
            let taken = try await world.page(
                "/book/\(world.lease.offer)?length=1&length_unit=hours&account=\(world.lease.bea.account)"
            ).text
            #expect(taken.contains("This cannot be booked."))
        }
    }

    @Test func `What is not there says so to people as a page, to programs as JSON`() async throws {
        try await PageWorld.with { world in
            for path in ["/offer/koioff1nothing", "/nowhere", "/explorer/block/999999", "/s/x"] {
                let page = try await world.page(path, language: "de")
                #expect(page.status == .notFound, "\(path)")
                #expect(page.headers[.contentType] == "text/html; charset=utf-8", "\(path)")
                #expect(PageCheck.problems(of: page.text) == [], "\(path)")
                #expect(
                    page.headers[.contentSecurityPolicy] == SecurityHeaders.pagePolicy,
                    "\(path)")
            }
            let json = try await world.served.get("/v1/nowhere")
            #expect(json.headers[.contentType] == "application/problem+json")
        }
    }

    @Test func `Words that name a role are right in German`() async throws {
        try await PageWorld.with { world in
            let disputed = try await world.page("/agreement/\(world.disputed)", language: "de")
            #expect(disputed.text.contains("Entleiher: 50 %, Besitzer: 50 %"))
            let offer = try await world.page("/offer/\(world.lease.offer)", language: "de")
            #expect(!offer.text.contains("Leihende"))
        }
    }

    @Test func `Short addresses and the search box lead to what they name`() async throws {
        try await PageWorld.with { world in
            let hash = try #require(
                try world.served.node.store.read { try $0.block(at: Height(3))?.hash })
            for (path, target) in [
                ("/s/\(world.lease.offer)", "/offer/\(world.lease.offer)"),
                ("/s/\(world.lease.bea.account)", "/account/\(world.lease.bea.account)"),
                ("/s/3", "/explorer/block/3"),
                ("/s/\(world.transaction)", "/explorer/transaction/\(world.transaction)"),
                ("/s/\(hash)", "/explorer/block/3"),
                ("/s/\(world.stateKey)", "/explorer/state/\(world.stateKey)"),
                ("/s/00", "/explorer/state/00"),
                ("/lookup?q=\(world.settled)", "/agreement/\(world.settled)"),
                ("/lookup?q=3", "/explorer/block/3"),
            ] {
                let response = try await world.page(path)
                #expect(response.status == .seeOther, "\(path)")
                #expect(response.headers[.location] == target, "\(path)")
            }
            let unknown = try await world.page("/s/\(Hash256.sha256([7]))")
            #expect(unknown.status == .notFound)
        }
    }

    @Test func `What the explorer shows can be taken along by a short address`() async throws {
        try await PageWorld.with { world in
            for (path, short) in [
                ("/explorer/block/3", "3"),
                ("/explorer/transaction/\(world.transaction)", world.transaction.hex),
                ("/explorer/state/\(world.stateKey)", world.stateKey),
            ] {
                for (language, title) in [("en", "Take it with you"), ("de", "Zum Mitnehmen")] {
                    let page = try await world.page(path, language: language).text
                    let card = try #require(page.firstRange(of: "<h2>\(title)</h2><svg"), "\(path)")
                    #expect(page[card.upperBound...].contains("href=\"/s/\(short)\""), "\(path)")
                }
            }
            // As a short address this would be that of a block.
            let number = try await world.page("/explorer/state/10").text
            #expect(!number.contains("Take it with you"))
        }
    }

    @Test func `What a timer did is told in its block with all fields`() async throws {
        try await PageWorld.with { world in
            world.served.home.clock.advance(25 * LeaseWorld.hour)
            try await world.served.home.member("bravo").done(
                .registerKind("room", title: "Room"), to: world.served.node)
            let (height, receipt) = try #require(try Self.timerWithEvents(world.served.node))
            for language in Texts.languages {
                let page = try await world.page("/explorer/block/\(height)", language: language)
                let html = page.text
                let fold = try #require(html.firstRange(of: "<details><summary>"))
                let fields = html[fold.upperBound...].replacing("&quot;", with: "\"")
                for event in receipt.events {
                    #expect(fields.contains("<pre tabindex=\"0\">\(event.jsonForm(pretty: true))<"))
                }
                #expect(PageCheck.problems(of: html) == [], "\(language)")
            }
        }
    }

    /// The first leaf of a block that is a timer's and has events.
    private static func timerWithEvents(_ node: Node) throws -> (Height, Receipt)? {
        try node.store.read { reader in
            for number in 1...(try reader.tip().header.height.rawValue) {
                let height = Height(number)
                let result = try reader.storedResult(at: height)
                for leaf in 0..<(try reader.executedTransactions(at: height).firstLeaf) {
                    let receipt = try result.receipt(at: leaf)
                    if !receipt.events.isEmpty { return (height, receipt) }
                }
            }
            return nil
        }
    }

    @Test func `Who is about to open an agreement sees the process, and that it begins here`()
        async throws
    {
        try await PageWorld.with { world in
            for (path, title) in [
                ("/book/\(world.lease.offer)", "id=\"way\""),
                ("/request/\(world.request)", "<h3>How it goes from here</h3>"),
            ] {
                let page = try await world.page(path).text
                let way = try #require(page.firstRange(of: title), "\(path)")
                let drawing = page[way.upperBound...]
                #expect(drawing.contains("Begin · here now</text>"), "\(path)")
                #expect(drawing.ranges(of: "class=\"halo\"").count == 1, "\(path)")
                #expect(drawing.contains(" (here now), "), "\(path)")
                let german = try await world.page(path, language: "de").text
                #expect(german.contains("Beginn · jetzt hier</text>"), "\(path)")
            }
            // Nobody stands anywhere in the rules of an offer or of the alliance.
            for path in ["/offer/\(world.lease.offer)", "/alliance"] {
                #expect(try await !world.page(path).text.contains("here now"), "\(path)")
            }
        }
    }

    @Test func `Whatever is looked up leads to a page for people, or to nothing`() async throws {
        try await PageWorld.with { world in
            let bea = world.lease.bea.account
            let block = try #require(
                try await world.served.get("/v1/blocks/3").json["block"] as? [String: Any])
            let (flag, answer) = world.served.node.look { reader in
                (
                    Reputation.openFlags(of: bea, in: reader.state).first?.id.text,
                    Market.answers(to: world.request, in: reader.state).first?.id.text
                )
            }
            for (text, target) in [
                (try #require(flag), "/account/\(bea)"),
                (try #require(answer), "/request/\(world.request)"),
                (world.transaction.hex, "/explorer/transaction/\(world.transaction)"),
                (world.stateKey, "/explorer/state/\(world.stateKey)"),
                (try #require(block["hash"] as? String), "/explorer/block/3"),
                ("ff00", "/explorer/state/ff00"),
            ] {
                let response = try await world.page("/lookup?q=\(text)")
                #expect(response.headers[.location] == target)
            }
            // Of 32 bytes, like many keys; but nothing stands under it.
            let response = try await world.page("/lookup?q=\(Hash256.sha256([7]))")
            #expect(response.status == .notFound)
            #expect(response.text.contains("Nothing on this ledger has this id or name."))
        }
    }

    @Test func `The explorer shows the headers of blocks that are given up`() async throws {
        let home = try TestHome()
        try await home.running { node in
            _ = try await LeaseWorld(on: node, of: home)
            await node.untilIdle()
        }
        let store = try LedgerStore(opening: home.home.directory)
        let tip = try store.read { try $0.tip().header.height }
        let height = try #require(try Pruning.highest(in: store, keeping: 1, finalHeight: tip))
        try Pruning.run(store, genesis: home.genesis, through: height)
        try store.close()
        try await Served.with(home: home) { served in
            for path in ["/explorer", "/explorer?from=\(height)"] {
                let page = try await served.get(path, headers: [.accept: "text/html"])
                #expect(page.status == .ok, "\(path): \(page.text)")
                #expect(page.text.contains("<th scope=\"row\">\(height)</th>"), "\(path)")
                #expect(!page.text.contains("href=\"/explorer/block/\(height)\""), "\(path)")
                #expect(PageCheck.problems(of: page.text) == [], "\(path)")
            }
        }
    }

    @Test func `A filter that cannot be used is named, and none is dropped silently`()
        async throws
    {
        let price = "Prices in different currencies do not compare. Choose one."
        let window = "A time needs a beginning and a later end."
        let cases = [
            ("max_price=5", "Currency: \(price)"), ("sort=price", "Currency: \(price)"),
            (
                "unit=usd&max_price=1.005",
                "Shortest booking costs at most: An amount. Decimal places at most: 2."
            ),
            ("sort=distance", "Order: A distance needs a place."),
            ("sort=best", "Order: Choose one from the list."),
            ("radius_km=3", "Within (km): A distance needs a place."),
            ("lat=1", "Longitude: A place needs both latitude and longitude."),
            ("lon=1", "Latitude: A place needs both latitude and longitude."),
            ("lat=x&lon=1", "Latitude: A number from -90 to 90."),
            ("from=2026-03-02T01:00", "Until: \(window)"),
            ("from=2026-03-02T02:00&to=2026-03-02T01:00", "From: \(window)"),
            ("from=never", "From: A date and a time."),
            ("min_standing=much", "Standing of the owner: A whole number from 0 to 1000000."),
        ]
        try await PageWorld.with { world in
            for (query, words) in cases {
                let page = try await world.page("/find?\(query)")
                #expect(page.status == .ok, "\(query)")
                #expect(page.text.contains("role=\"alert\">\(words)"), "\(query)")
                #expect(!page.text.contains("/offer/\(world.lease.offer)"), "\(query)")
                // Nothing was looked for, so nothing is said of what fits.
                #expect(!page.text.contains("Nothing fits."), "\(query)")
                let german = try await world.page("/find?\(query)", language: "de").text
                #expect(german.contains("role=\"alert\">") && !german.contains(words))
            }
        }
    }

    @Test func `Offers of somebody with an open warning say so in lists`() async throws {
        try await PageWorld.with { world in
            let warning = "Owner has an open warning"
            let before = try await world.page("/find").text
            #expect(!before.contains(warning))
            try await world.served.home.member("bravo").done(
                .raiseFlag(
                    on: world.lease.paul.account, evidenceHash: .sha256([1]),
                    reason: "never-delivered"),
                to: world.served.node)
            let after = try await world.page("/find").text
            #expect(after.contains(warning))
        }
    }

    @Test func `The newest reviews of an owner are shown, however many there are`() async throws {
        try await PageWorld.with { world in
            let newest = world.served.home.sender("newest").account
            try world.served.node.replica.read { replica in
                for number in 0..<300 {
                    let review = try Self.review(
                        number, of: world.lease.paul.account, kind: number < 299 ? "bike" : "room",
                        by: number == 298 ? newest : world.lease.bea.account,
                        at: replica.header.time.milliseconds - UInt64(300 - number) * 43_200_000)
                    replica.state.load(key: review.key, value: review.value)
                }
            }
            let page = try await world.page("/resource/\(world.lease.resource)").text
            let reviews = try #require(page.firstRange(of: "id=\"reviews\""))
            let after = page[reviews.upperBound...]
            let end = try #require(after.firstRange(of: "</ul>"))
            let list = after[..<end.lowerBound]
            #expect(list.ranges(of: "<li>").count == 20)
            #expect(list.ranges(of: "data-account=\"\(newest)\"").count == 1)
        }
    }

    @Test func `A list of an account that is long goes on on another page`() async throws {
        try await PageWorld.with { world in
            let bravo = world.served.home.member("bravo")
            for number in 0..<22 {
                try await bravo.done(
                    .registerResource(kind: "bike", title: "Bike \(number)", serial: "b\(number)"),
                    to: world.served.node)
            }
            try await world.served.context.index?.caughtUp()
            let first = try await world.page("/account/\(bravo.account)").text
            #expect(first.ranges(of: "href=\"/resource/").count == 20)
            #expect(PageCheck.problems(of: first) == [])
            let link = try #require(
                first.firstMatch(of: /href="(\/account\/\w+\?things=\d+)#things"/))
            let second = try await world.page(String(link.1)).text
            #expect(second.ranges(of: "href=\"/resource/").count == 2)
            #expect(second.contains("Bike 0<") && !second.contains("?things="))
            let back = "href=\"/account/\(bravo.account)#things\">To the beginning</a>"
            #expect(second.contains(back) && !first.contains(back))
        }
    }

    @Test func `Every step of where a thing has been can be reached from its page`() async throws {
        try await PageWorld.with { world in
            let (home, node) = (world.served.home, world.served.node)
            let (bravo, carla) = (home.member("bravo"), home.sender("carla"))
            let sponsor = try #require(MemberID(rawValue: "bravo"))
            let thing: ResourceID = bravo.builder.nextID(ofAction: 1)
            try await bravo.done(
                .openAccount(
                    consent: AccountConsent.signed(
                        by: carla.key, chain: home.chain, sponsor: sponsor)),
                .registerResource(kind: "bike", title: "Well travelled", serial: "w"), to: node)
            for _ in 0..<26 {
                try await bravo.done(.transferResource(thing, to: carla.account), to: node)
                try await carla.done(.transferResource(thing, to: bravo.account), to: node)
            }
            func steps(_ page: String) -> Int {
                page.ranges(of: "Registered by").count + page.ranges(of: "Given to").count
            }
            let first = try await world.page("/resource/\(thing)").text
            #expect(steps(first) == 50 && !first.contains("Registered by"))
            #expect(PageCheck.problems(of: first) == [])
            let link = try #require(
                first.firstMatch(of: /href="(\/resource\/\w+\?custody=\d+)#custody"/))
            let second = try await world.page(String(link.1)).text
            #expect(steps(second) == 3 && second.contains("Registered by"))
            // Whose it was may be "you", which languages decline.
            #expect(first.contains("<span data-you=\"account.you_to\">Given to "))
            #expect(second.contains("<span data-you=\"account.you_by\">Registered by "))
            #expect(PageCheck.problems(of: second) == [])
            #expect(!second.contains("?custody="))
            #expect(second.contains("href=\"/resource/\(thing)#custody\">To the beginning</a>"))
            let astray = try await world.page("/resource/\(thing)?custody=x").text
            #expect(steps(astray) == 50)
            #expect(astray.contains("The list does not go on from where the address says."))
        }
    }

    @Test func `Who signs is told with what each has signed last, and why one is silent`()
        async throws
    {
        let home = try TestHome(hosts: ["alfa"])
        func alliance(
            _ language: String = "en", after change: @Sendable (Served) async throws -> Void
        ) async throws -> String {
            try await Served.with(
                home: home,
                preparing: { context, home in
                    context.index = try SearchIndex(
                        home: home.home.directory, node: context.node, logger: context.logger,
                        text: { _ in nil })
                }
            ) { served in
                try await change(served)
                try await served.context.index?.catchUp()
                let page = try await served.get(
                    "/alliance", headers: [.acceptLanguage: language, .accept: "text/html"])
                #expect(PageCheck.problems(of: page.text) == [])
                return page.text
            }
        }
        let before = try await alliance { _ in }
        #expect(before.ranges(of: "None of the last 1024 blocks").count == 2)
        let after = try await alliance { served in
            try await served.home.member("alfa").done(
                .registerKind("bike", title: "Bicycle"), to: served.node)
            await served.node.untilIdle()
        }
        #expect(after.ranges(of: "<a href=\"/explorer/block/1\">Block 1</a>").count == 1)
        #expect(after.ranges(of: "None of the last 1024 blocks").count == 1)
        #expect(!after.contains("Signs nothing because"))
        try home.forgetGuards()
        let silent = try await alliance { _ in }
        #expect(silent.ranges(of: "Signs nothing because").count == 1)
        #expect(silent.contains("its record of what it has signed is lost."))
        let german = try await alliance("de") { _ in }
        #expect(german.contains("darüber, was es unterschrieben hat, fehlt."))
        #expect(german.contains("Zuletzt unterschrieben</dt><dd><a href=\"/explorer/block/1\">"))
    }

    @Test func `A reader without scripts is told what times mean and how else to check`()
        async throws
    {
        try await PageWorld.with { world in
            let book = try await world.page("/book/\(world.lease.offer)").text
            #expect(book.contains("data-utc>Times are in UTC."))
            for path in ["/offer/\(world.lease.offer)", "/explorer/block/3"] {
                let page = try await world.page(path, language: "de").text
                let told = try #require(page.firstRange(of: "<noscript>"), "\(path)")
                #expect(page[told.upperBound...].contains("koinon check-proof"), "\(path)")
            }
        }
    }

    @Test func `A drawn day is read out once, with its date`() async throws {
        try await PageWorld.with { world in
            let offer = try await world.page("/offer/\(world.lease.offer)").text
            let days = offer.matches(of: /<span class="visually-hidden">\d{4}-\d\d-\d\d: \w/)
            #expect(days.count == 35)
            #expect(offer.ranges(of: "<span class=\"words\" aria-hidden=\"true\">").count == 35)
        }
    }

    @Test func `An owner finds from a thing to its next offer`() async throws {
        try await PageWorld.with { world in
            let page = try await world.page("/resource/\(world.lease.resource)").text
            let own = try #require(page.firstRange(of: "id=\"yours\""))
            #expect(page[own.upperBound...].contains("href=\"/share?things=mine\""))
        }
    }

    @Test func `A list that does not go on where the address says begins anew, and says so`()
        async throws
    {
        try await PageWorld.with { world in
            let (english, german) = (
                "The list does not go on from where the address says. Here is its beginning.",
                "Die Liste geht nicht dort weiter, wo die Adresse es sagt. Hier ist ihr Anfang."
            )
            let (offer, account) = ("/offer/\(world.lease.offer)", world.lease.bea.account)
            for (path, shown) in [
                ("/find?cursor=nonsense", offer), ("/find?cursor=newest.0.9", offer),
                ("/find?cursor=relevance.0.0", offer), ("/requests?before=x", "/request/"),
                ("/requests?before=1", "/request/"), ("/alliance?proposals=-1", "A &lt;day"),
                ("/alliance?disputes=%20", "/agreement/\(world.disputed)"),
                ("/account/\(account)?agreements=1", "/agreement/\(world.settled)"),
                ("/account/\(account)?before=first", "/agreement/\(world.settled)"),
            ] {
                let page = try await world.page(path)
                #expect(page.status == .ok, "\(path)")
                #expect(page.text.contains(english), "\(path)")
                #expect(page.text.contains(shown), "\(path)")
                #expect(PageCheck.problems(of: page.text) == [], "\(path)")
                #expect(try await world.page(path, language: "de").text.contains(german))
            }
            for path in world.paths {
                #expect(try await !world.page(path).text.contains(english), "\(path)")
            }
        }
    }

    private static func review(
        _ number: Int, of account: AccountID, kind: String, by reviewer: AccountID, at time: UInt64
    ) throws -> (key: [UInt8], value: [UInt8]) {
        var bytes = [UInt8](repeating: 0, count: AgreementID.byteCount)
        (bytes[0], bytes[1]) = (UInt8(number >> 8), UInt8(number & 255))
        let agreement = try #require(AgreementID(bytes))
        let row = PublishedReview.with {
            $0.reviewer = Data(reviewer.bytes)
            $0.account = Data(account.bytes)
            $0.agreement = Data(agreement.bytes)
            $0.kind = kind
            $0.score = 5
            $0.publishedAtMs = time
        }
        return (Reputation.published.stateKey(Key3(account, time, agreement)), row.encoded)
    }

    @Test func `The reader chooses the language, and is led back to nowhere else`() async throws {
        try await PageWorld.with { world in
            let chosen = try await world.page("/language?to=de&back=%2Ffind%3Ftext%3Dx")
            #expect(chosen.headers[.location] == "/find?text=x")
            let cookie = try #require(chosen.headers[.setCookie])
            let page = try await world.served.get(
                "/", headers: [.cookie: String(cookie.prefix { $0 != ";" })])
            #expect(page.text.contains("<html lang=\"de\">"))
            let evil = try await world.page("/language?to=xx&back=%2F%2Fevil.example")
            #expect(evil.headers[.location] == "/")
            #expect(evil.headers[.setCookie] == nil)
        }
    }

    @Test(arguments: [
        ("", "en"), ("de", "de"), ("de-AT,en;q=0.9", "de"), ("en;q=0.4, de;q=0.6", "de"),
        ("fr, it", "en"), ("fr;q=1, de;q=0.1", "de"), (";;q=,,q=x", "en"),
    ])
    func `Languages are taken from the browser's list`(header: String, language: String) {
        #expect(PageLanguage.preferred(header) == language)
    }

    @Test func `Bookings come as a calendar`() async throws {
        try await PageWorld.with { world in
            let response = try await world.page("/account/\(world.lease.bea.account)/bookings.ics")
            #expect(response.headers[.contentType] == "text/calendar; charset=utf-8")
            let lines = response.text.components(separatedBy: "\r\n")
            #expect(lines.first == "BEGIN:VCALENDAR")
            #expect(lines.filter { $0 == "BEGIN:VEVENT" }.count == 2)
            #expect(lines.contains("DTSTART:20260302T000000Z"))
            #expect(lines.contains("DESCRIPTION:Returned and paid"))
            #expect(lines.allSatisfy { $0.utf8.count <= 75 })
            // Calendar programs send no list of languages: the address has it.
            let german = try await world.page(
                "/account/\(world.lease.bea.account)/bookings.ics?language=de")
            #expect(german.text.contains("DESCRIPTION:Zurückgebracht und bezahlt\r\n"))
        }
    }

    @Test func `Files of the page are given with their type, and not twice`() async throws {
        try await PageWorld.with { world in
            let script = try await world.served.get("/assets/js/main.js")
            #expect(script.headers[.contentType] == "text/javascript; charset=utf-8")
            let tag = try #require(script.headers[.eTag])
            let again = try await world.served.get(
                "/assets/js/main.js", headers: [.ifNoneMatch: tag])
            #expect(again.status == .notModified)
            // Templates are no files of the page.
            let template = try await world.served.get("/assets/templates/start.mustache")
            #expect(template.status == .notFound)
        }
    }
}
