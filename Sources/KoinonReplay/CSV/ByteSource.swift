import Foundation

/// Where a reader takes its bytes from, piece by piece.
package protocol ByteSource {
    /// The next piece, never empty; nil at the end.
    mutating func next() throws(CSVFault) -> [UInt8]?
}

/// Bytes that are already in memory.
struct MemorySource: ByteSource {
    private var rest: [UInt8]?

    init(_ bytes: [UInt8]) { rest = bytes.isEmpty ? nil : bytes }

    mutating func next() -> [UInt8]? {
        defer { rest = nil }
        return rest
    }
}

/// A file, read in pieces of 256 KiB.
struct FileSource: ByteSource {
    private let file: String
    private let handle: FileHandle

    /// - Throws: ``CSVFault/Problem/cannotRead(_:)`` when it cannot be opened.
    init(path: String) throws(CSVFault) {
        file = path
        do {
            handle = try FileHandle(forReadingFrom: URL(fileURLWithPath: path))
        } catch {
            throw CSVFault(file: path, problem: .cannotRead(error.localizedDescription))
        }
    }

    mutating func next() throws(CSVFault) -> [UInt8]? {
        do {
            guard let piece = try handle.read(upToCount: 256 * 1024), !piece.isEmpty else {
                return nil
            }
            return Array(piece)
        } catch {
            throw CSVFault(file: file, problem: .cannotRead(error.localizedDescription))
        }
    }
}

/// Passes plain bytes on and unpacks gzip, told apart by its first two bytes
/// (RFC 1952 §2.3.1); counts against the limit of the whole file.
struct UnpackingSource: ByteSource {
    private var source: any ByteSource
    private let file: String
    private let limit: Int
    private var total = 0
    private var inflater: GzipInflater?
    private var begun = false

    init(_ source: any ByteSource, file: String, limit: Int) {
        self.source = source
        self.file = file
        self.limit = limit
    }

    mutating func next() throws(CSVFault) -> [UInt8]? {
        guard let piece = try nextPiece() else { return nil }
        total += piece.count
        guard total <= limit else {
            throw CSVFault(file: file, problem: .fileTooLong(limit: limit))
        }
        return piece
    }

    private mutating func nextPiece() throws(CSVFault) -> [UInt8]? {
        if !begun {
            begun = true
            guard var first = try source.next() else { return nil }
            // A first piece of one byte cannot be told apart yet.
            if first.count == 1, let more = try source.next() { first += more }
            guard first.starts(with: GzipInflater.magic) else { return first }
            inflater = try GzipInflater(file: file)
            inflater?.feed(first)
        }
        guard let inflater else { return try source.next() }
        while true {
            let piece = try inflater.inflate()
            if !piece.isEmpty { return piece }
            guard let more = try source.next() else {
                try inflater.finish()
                return nil
            }
            inflater.feed(more)
        }
    }
}
