import Foundation
import Hummingbird
import HummingbirdTesting
import KoinonClient
import KoinonLedger
import KoinonProtocol
import Testing

@testable import KoinonServer
@testable import TestNodes

@Suite("What a page shows of another member's content")
struct ContentPageTests {
    private static let png: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, 1, 2, 3]
    private static let picture = Hash256.sha256(png)
    private static let words = Array("Two oars.\n\n![The boat](/v1/content/\(picture))".utf8)

    /// A bike whose description lies at another node.
    private static func with(
        fetch: @escaping ContentFetcher.Fetch,
        _ body: @Sendable (Served, ResourceID) async throws -> Void
    ) async throws {
        try await Served.with { context, home in
            let store = try ContentStore(home: home.home.directory)
            context.content = store
            context.contentFetcher = ContentFetcher(
                store: store, sources: ["https://bravo.example"], fetch: fetch)
        } _: { served in
            let world = try await LeaseWorld(on: served.node, of: served.home)
            try await world.paul.done(
                .updateResource(
                    world.resource, title: "A bike", capacity: 1,
                    descriptionHash: Hash256.sha256(words)), to: served.node)
            try await body(served, world.resource)
        }
    }

    private static func piece(_ url: String) -> [UInt8]? {
        [words, png].first { url.contains(Hash256.sha256($0).hex) }
    }

    @Test func `is its words at once, and its pictures`() async throws {
        try await Self.with { url, _ in
            Self.piece(url)
        } _: { served, resource in
            let page = try await served.get("/resource/\(resource)")
            #expect(page.text.contains("Two oars."))
            #expect(page.text.contains("<img src=\"/v1/content/\(Self.picture)\""))
            #expect(PageCheck.problems(of: page.text) == [])
            let picture = try await served.get("/v1/content/\(Self.picture)")
            #expect(picture.status == .ok)
            #expect(picture.headers[.contentType] == "image/png")
        }
    }

    @Test func `is not waited for long, and shown when it has come`() async throws {
        let (gate, opening) = AsyncStream<Void>.makeStream()
        try await Self.with { url, _ in
            for await _ in gate {}
            return Self.piece(url)
        } _: { served, resource in
            let early = try await served.get("/resource/\(resource)").text
            #expect(early.contains("No node has given the description yet."))
            opening.finish()
            while try await !served.get("/resource/\(resource)").text.contains("Two oars.") {
                await Task.yield()
            }
        }
    }

    @Test func `is missing where nobody has it, or what comes is something else`() async throws {
        for given: [UInt8]? in [nil, Array("Three oars.".utf8)] {
            try await Self.with { _, _ in
                given
            } _: { served, resource in
                let page = try await served.get("/resource/\(resource)")
                #expect(page.status == .ok)
                #expect(page.text.contains("No node has given the description yet."))
                #expect(!page.text.contains("oars"))
            }
        }
    }
}
