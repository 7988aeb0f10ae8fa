import Hummingbird
import HummingbirdTesting
import Testing

@testable import KoinonServer
@testable import TestNodes

@Suite("A page of what is wrong")
struct ErrorPageTests {
    @Test func `tells of an address that cannot be used in the reader's language`() async throws {
        try await PageWorld.with { world in
            for path in ["/explorer?from=x", "/explorer?from=-1", "/explorer?from=%3Cb%3E"] {
                for (language, title, detail) in [
                    ("en", "This address cannot be used.", "What it says for “from” cannot be."),
                    (
                        "de", "Diese Adresse ist nicht brauchbar.",
                        "Was sie für „from“ nennt, gibt es nicht."
                    ),
                ] {
                    let page = try await world.page(path, language: language)
                    #expect(page.status == .badRequest)
                    #expect(page.headers[.contentType] == "text/html; charset=utf-8")
                    #expect(PageCheck.problems(of: page.text) == [])
                    #expect(page.text.contains("<h1>\(title)</h1><p>\(detail)</p>"))
                    // No words for programs.
                    #expect(!page.text.contains("is no height"))
                }
            }
        }
    }

    /// A node without an index finds nothing.
    @Test func `tells what went wrong in the reader's language`() async throws {
        try await Served.with { served in
            let page = try await served.get(
                "/find", headers: [.acceptLanguage: "de", .accept: "text/html"])
            #expect(page.status == .serviceUnavailable)
            #expect(page.text.contains("<h1>Das hat nicht geklappt.</h1>"))
        }
    }
}
