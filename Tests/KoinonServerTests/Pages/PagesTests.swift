import Foundation
import Hummingbird
import HummingbirdTesting
import KoinonLedger
import KoinonProtocol
import Testing

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
            #expect(known.contains("4 × 1.00 USD, half an hour each"))
            #expect(known.contains("<strong><data class=\"money\" value=\"2400\""))
            #expect(!known.contains("This cannot be booked."))
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

    @Test func `What went wrong is told in the reader's language`() async throws {
        try await PageWorld.with { world in
            let german = try await world.page("/explorer?from=x", language: "de")
            #expect(german.status == .badRequest)
            #expect(german.text.contains("<h1>Das hat nicht geklappt.</h1>"))
            #expect(german.text.contains("<p>Eine Angabe lässt sich so nicht verwenden.</p>"))
            let english = try await world.page("/explorer?from=x")
            #expect(english.status == .badRequest)
            #expect(english.text.contains("<h1>A field is wrong</h1>"))
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
            for (path, target) in [
                ("/s/\(world.lease.offer)", "/offer/\(world.lease.offer)"),
                ("/s/\(world.lease.bea.account)", "/account/\(world.lease.bea.account)"),
                ("/lookup?q=\(world.settled)", "/agreement/\(world.settled)"),
                ("/lookup?q=3", "/explorer/block/3"),
            ] {
                let response = try await world.page(path)
                #expect(response.status == .seeOther, "\(path)")
                #expect(response.headers[.location] == target, "\(path)")
            }
        }
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
