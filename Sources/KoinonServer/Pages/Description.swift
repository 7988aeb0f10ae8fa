import KoinonProtocol

/// A description as docs/content.md has it: paragraphs, and lines that show a picture of the
/// content store.
struct Description: Equatable {
    struct Picture: Equatable {
        /// 64 hexadecimal digits.
        var hash: String
        /// What it shows, for who cannot see it.
        var words: String

        var address: String { "/v1/content/\(hash)" }
        /// As it stands in a description.
        var line: String { "![\(words)](\(address))" }
    }

    private(set) var paragraphs: [String] = []
    private(set) var pictures: [Picture] = []

    /// More are not shown: a page must not load what somebody else makes it.
    static let maximumPictures = 6

    init(_ text: String) {
        var lines: [Substring] = []
        func end(_ paragraphs: inout [String]) {
            let words = lines.joined(separator: "\n")
            if !words.allSatisfy(\.isWhitespace) { paragraphs.append(words) }
            lines = []
        }
        for line in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline) {
            if let picture = Self.picture(line) {
                if pictures.count < Self.maximumPictures { pictures.append(picture) }
            } else if line.allSatisfy(\.isWhitespace) {
                end(&paragraphs)
            } else {
                lines.append(line)
            }
        }
        end(&paragraphs)
    }

    /// Of a line that is a picture of the content store and nothing else. Any other address
    /// stays text: a page loads nothing from elsewhere.
    private static func picture(_ line: Substring) -> Picture? {
        let line = line.drop(while: \.isWhitespace)
        guard line.hasPrefix("!["), let close = line.firstIndex(of: "]") else { return nil }
        let words = line[line.index(line.startIndex, offsetBy: 2)..<close]
        var rest = line[line.index(after: close)...]
        guard rest.hasPrefix("(/v1/content/") else { return nil }
        rest = rest.dropFirst("(/v1/content/".count)
        let hash = rest.prefix(64)
        let end = rest.dropFirst(64)
        guard Hash256(hex: String(hash)) != nil, end.first == ")",
            end.dropFirst().allSatisfy(\.isWhitespace)
        else { return nil }
        return Picture(hash: hash.lowercased(), words: String(words))
    }

    /// - Parameter name: of what is described, for pictures without words.
    func model(name: String) -> PageModel {
        [
            "paragraphs": paragraphs.map { ["text": $0] as PageModel },
            "has_pictures": !pictures.isEmpty,
            "pictures": pictures.map { picture -> PageModel in
                [
                    "src": picture.address, "words": picture.words.isEmpty ? name : picture.words,
                    "line": picture.line, "hash": picture.hash,
                ]
            },
        ]
    }
}

extension PageRenderer {
    /// A text of the content store; nil when this node does not have it.
    func text(_ hash: String?) -> String? {
        guard let hash = hash.flatMap({ Hash256(hex: $0) }), let content = context.content else {
            return nil
        }
        if !content.has(hash) { missing?.add(hash) }
        return content.text(hash)
    }

    /// What a page shows of a description: itself, or that it is not here.
    func description(_ hash: String?, name: String) -> PageModel {
        guard let hash else { return [:] }
        guard let words = text(hash) else { return ["description_elsewhere": true] }
        return ["description": Description(words).model(name: name)]
    }

    /// The first picture of a description.
    func picture(_ hash: String?, name: String) -> PageModel? {
        guard let words = text(hash), let picture = Description(words).pictures.first else {
            return nil
        }
        return ["src": picture.address, "words": picture.words.isEmpty ? name : picture.words]
    }

    /// Something that was given with its hash alone: shown as far as this node has it.
    func content(_ hash: String?) -> PageModel? {
        guard let hash, let id = Hash256(hex: hash) else { return nil }
        var model: PageModel = ["hash": hash, "hash_short": Texts.short(hash), "words": []]
        if context.content?.has(id) == false {
            missing?.add(id)
        } else if context.content?.isPicture(id) == true {
            model["here"] = true
            model["picture"] = "/v1/content/\(hash)"
        } else if let words = context.content?.text(id) {
            model["here"] = true
            model["words"] = Description(words).paragraphs.map { ["text": $0] as PageModel }
        }
        return model
    }
}
