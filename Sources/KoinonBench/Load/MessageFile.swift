import Foundation
import Glibc
import KoinonLedger

/// Signed transactions in a file, so that a benchmark's own load takes no memory: each
/// is its length as a native 32-bit integer, then its packed form.
public final class MessageFile {
    public let path: String
    public private(set) var count = 0
    /// Of the packed forms.
    public private(set) var bytes = 0
    private var output: UnsafeMutablePointer<FILE>?

    /// Begins an empty file.
    public init(creating url: URL) throws {
        path = url.path
        output = fopen(path, "wb")
        if output == nil { throw BenchFault("\(path): cannot be written") }
    }

    deinit {
        if let output { fclose(output) }
    }

    public func append(_ envelopes: [Envelope]) throws {
        guard let output else { throw BenchFault("\(path): is closed") }
        for envelope in envelopes {
            let packed = envelope.packed
            var length = UInt32(packed.count)
            guard fwrite(&length, 4, 1, output) == 1,
                fwrite(packed, 1, packed.count, output) == packed.count
            else { throw BenchFault("\(path): the disk takes no more") }
            count += 1
            bytes += packed.count
        }
    }

    /// No more is appended; readers see everything.
    public func finish() {
        if let output { fclose(output) }
        output = nil
    }

    public func reader() throws -> Reader { try Reader(path: path) }

    /// Reads the file once, from its beginning.
    public final class Reader {
        private let input: UnsafeMutablePointer<FILE>

        init(path: String) throws {
            guard let input = fopen(path, "rb") else {
                throw BenchFault("\(path): cannot be read")
            }
            self.input = input
        }

        deinit { fclose(input) }

        /// The next transactions, at most `limit`; none at the end.
        public func next(_ limit: Int) throws -> [Envelope] {
            var envelopes: [Envelope] = []
            var length = UInt32(0)
            while envelopes.count < limit, fread(&length, 4, 1, input) == 1 {
                let packed = [UInt8](unsafeUninitializedCapacity: Int(length)) { buffer, count in
                    count = fread(buffer.baseAddress, 1, Int(length), input)
                }
                guard packed.count == Int(length) else {
                    throw BenchFault("the file of signed transactions is cut short")
                }
                envelopes.append(try Envelope(packed: packed))
            }
            return envelopes
        }
    }
}

/// A benchmark that cannot be carried out; says what to do.
public struct BenchFault: Error, Equatable, CustomStringConvertible {
    public var description: String

    public init(_ description: String) {
        self.description = description
    }
}
