import KoinonProtocol
import Testing

@testable import KoinonServer

@Suite struct DescriptionTextTests {
    private static let hash = String(repeating: "0a", count: 32)

    @Test func `Words come as paragraphs, pictures by their lines`() {
        let described = Description(
            """
            Two oars.
            And a bell.

            ![The boat](/v1/content/\(Self.hash))
              ![](/v1/content/\(Self.hash.uppercased()))

            Ask me.
            """)
        #expect(described.paragraphs == ["Two oars.\nAnd a bell.", "Ask me."])
        #expect(described.pictures.map(\.words) == ["The boat", ""])
        #expect(described.pictures.map(\.hash) == [Self.hash, Self.hash])
    }

    /// A page shows what strangers wrote, and loads nothing but from the node itself.
    @Test(arguments: [
        "![a](https://evil.example/\(hash))", "![a](//evil.example/v1/content/\(hash))", "![a](/v9/content/\(hash))",
        "![a](/v1/content/\(hash)?x)", "![a](/v1/content/\(hash.dropLast()))",
        "![a](/v1/content/\(hash)) and more", "![a](/v1/content/\(hash.dropLast(2))zz)",
        "text ![a](/v1/content/\(hash))", "![a", "![", "![](", "![a](/v1/content/",
    ])
    func `Anything else stays text`(line: String) {
        let described = Description(line)
        #expect(described.pictures == [])
        #expect(described.paragraphs == [line])
    }

    @Test func `No more pictures are shown than a page should load`() {
        let line = "![a](/v1/content/\(Self.hash))\n"
        let described = Description(String(repeating: line, count: 100))
        #expect(described.pictures.count == Description.maximumPictures)
        #expect(described.paragraphs == [])
        #expect(Description("").paragraphs == [])
    }

    @Test func `A line that the page writes is read again`() {
        let picture = Description.Picture(hash: Self.hash, words: "The boat")
        #expect(Description(picture.line).pictures == [picture])
    }
}
