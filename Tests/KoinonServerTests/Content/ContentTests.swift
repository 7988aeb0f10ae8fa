import Foundation
import KoinonLedger
import KoinonProtocol
import Synchronization
import Testing

@testable import KoinonServer

@Suite("The content store")
struct ContentTests {
    /// A folder that goes away with it.
    private final class Folder: Sendable {
        let url = FileManager.default.temporaryDirectory
            .appending(path: "koinon-content-\(UUID().uuidString)", directoryHint: .isDirectory)
        deinit { try? FileManager.default.removeItem(at: url) }
    }

    private static let png: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, 1, 2, 3]
    private let folder = Folder()

    @Test func `keeps what it is given, under its hash`() throws {
        let store = try ContentStore(home: folder.url)
        let text = Array("A *blue* boat.\nWith oars.".utf8)
        let content = try store.put(text)
        #expect(content.hash == Hash256.sha256(text))
        #expect(content.type == .text)
        #expect(try store.get(content.hash)?.bytes == text)
        #expect(try store.put(text) == content)
        #expect(store.totalBytes == text.count)
        let again = try ContentStore(home: folder.url)
        #expect(again.totalBytes == text.count)
        #expect(again.text(content.hash) == "A *blue* boat.\nWith oars.")
        #expect(try store.get(.zero) == nil)
        let picture = try store.put(Self.png)
        #expect(store.isPicture(picture.hash))
        #expect(store.text(picture.hash) == nil)
        #expect(!store.isPicture(content.hash))
        #expect(!store.isPicture(.zero))
    }

    @Test func `believes bytes, not what is said of them`() {
        #expect(ContentType(sniffing: Self.png) == .png)
        #expect(ContentType(sniffing: [0xFF, 0xD8, 0xFF, 0xE0]) == .jpeg)
        #expect(ContentType(sniffing: Array("RIFF0000WEBPVP8 ".utf8)) == .webP)
        #expect(ContentType(sniffing: Array("<script>alert(1)</script>".utf8)) == .text)
        #expect(ContentType(sniffing: []) == nil)
        #expect(ContentType(sniffing: [0xC3, 0x28]) == nil)
        #expect(ContentType(sniffing: Array("%PDF-1.7\u{0}".utf8)) == nil)
        #expect(ContentType(sniffing: [0x50, 0x4B, 3, 4]) == nil)
        #expect(ContentType(sniffing: Array("RIFF0000WAVE".utf8)) == .text)
    }

    @Test func `takes no more than its limits`() throws {
        var limits = ContentStore.Limits()
        limits.textBytes = 10
        limits.pictureBytes = 20
        limits.totalBytes = 25
        let store = try ContentStore(home: folder.url, limits: limits)
        #expect(throws: ContentStore.Fault.tooLarge(limit: 10)) {
            try store.put(Array("eleven bytes".utf8))
        }
        #expect(throws: ContentStore.Fault.tooLarge(limit: 20)) {
            try store.put(Self.png + [UInt8](repeating: 0, count: 10))
        }
        #expect(throws: ContentStore.Fault.unknownType) { try store.put([0, 1, 2]) }
        try store.put(Self.png)
        try store.put(Array("ten bytes.".utf8))
        #expect(throws: ContentStore.Fault.full(limit: 25)) { try store.put(Array("five.".utf8)) }
        #expect(store.totalBytes == 21)
        try store.put(Array("four".utf8))
        #expect(store.totalBytes == 25)
    }

    @Test func `forgets for good what was deleted`() throws {
        let store = try ContentStore(home: folder.url)
        let content = try store.put(Self.png)
        #expect(try store.delete(content.hash))
        #expect(try store.get(content.hash) == nil)
        #expect(store.totalBytes == 0)
        #expect(throws: ContentStore.Fault.deleted) { try store.put(Self.png) }
        #expect(try !store.delete(content.hash))
        #expect(try ContentStore(home: folder.url).isDeleted(content.hash))
    }

    @Test func `gives out nothing that the disk has changed`() throws {
        let store = try ContentStore(home: folder.url)
        let content = try store.put(Array("what was written".utf8))
        let name = content.hash.hex
        let file = folder.url.appending(path: "content/\(name.prefix(2))/\(name)")
        try Data("what was changed".utf8).write(to: file)
        #expect(try store.get(content.hash) == nil)
    }

    @Test func `takes the same from many at once`() async throws {
        let store = try ContentStore(home: folder.url)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<32 { group.addTask { try store.put(Self.png) } }
            try await group.waitForAll()
        }
        #expect(store.totalBytes == Self.png.count)
    }

    // MARK: Other nodes

    @Test func `fetches from other nodes, and checks the hash`() async throws {
        let store = try ContentStore(home: folder.url)
        let wanted = Array("a description".utf8)
        let hash = Hash256.sha256(wanted)
        let asked = Mutex<[String]>([])
        let fetcher = ContentFetcher(
            store: store, sources: ["https://a.example/", "https://b.example", "https://c.example"]
        ) { url, _ in
            asked.withLock { $0.append(url) }
            if url.hasPrefix("https://a") { throw ContentStore.Fault.unknownType }
            // The second lies.
            return url.hasPrefix("https://b") ? Array("something else".utf8) : wanted
        }
        #expect(try await fetcher.content(hash)?.bytes == wanted)
        #expect(
            asked.withLock { $0 }
                == ["a", "b", "c"].map {
                    "https://\($0).example/v1/content/\(hash.hex)?local=true"
                })
        #expect(store.has(hash))
        _ = try await fetcher.content(hash)
        #expect(asked.withLock { $0.count } == 3)
    }

    @Test func `fetches a few pieces at a time, each once, and all that are asked for`()
        async throws
    {
        let store = try ContentStore(home: folder.url)
        let pieces = (0..<12).map { Array("piece \($0)".utf8) }
        let asked = Mutex((now: 0, most: 0, all: 0))
        let fetcher = ContentFetcher(store: store, sources: ["https://a.example"]) { url, _ in
            asked.withLock {
                $0.now += 1
                $0.all += 1
                $0.most = max($0.most, $0.now)
            }
            for _ in 0..<100 { await Task.yield() }
            asked.withLock { $0.now -= 1 }
            return pieces.first { url.contains(Hash256.sha256($0).hex) }
        }
        try await withThrowingTaskGroup(of: Bool.self) { group in
            for piece in pieces + pieces {
                group.addTask {
                    try await fetcher.content(Hash256.sha256(piece))?.bytes == piece
                }
            }
            for try await isRight in group { #expect(isRight) }
        }
        #expect(asked.withLock { $0.all } == pieces.count)
        #expect(asked.withLock { $0.most } <= ContentFetcher.lanes)
    }

    @Test func `does not ask again at once for what nobody has`() async throws {
        let store = try ContentStore(home: folder.url)
        let asked = Mutex(0)
        let fetcher = ContentFetcher(store: store, sources: ["https://a.example"]) { _, _ in
            asked.withLock { $0 += 1 }
            return nil
        }
        for _ in 0..<5 { #expect(try await fetcher.content(.zero) == nil) }
        #expect(asked.withLock { $0 } == 1)
        try store.delete(Hash256.sha256(Self.png))
        #expect(try await fetcher.content(Hash256.sha256(Self.png)) == nil)
        #expect(asked.withLock { $0 } == 1)
    }
}
