import Foundation
import Glibc

/// What a benchmark says while it runs.
public struct BenchNotes: Sendable {
    private let onProgress: @Sendable (_ what: String, _ done: Int, _ of: Int) -> Void

    public init(
        _ onProgress: @escaping @Sendable (_ what: String, _ done: Int, _ of: Int) -> Void = {
            _, _, _ in
        }
    ) {
        self.onProgress = onProgress
    }

    func progress(_ what: String, _ done: Int, _ total: Int) { onProgress(what, done, total) }
    /// A step without parts.
    func say(_ what: String) { onProgress(what, 0, 0) }
}

/// On what a report was measured: without it figures mean little.
public struct MachineDescription: Codable, Sendable {
    public var processor: String
    public var cores: Int
    public var memoryBytes: UInt64
    public var kernel: String

    public init() {
        let processor = try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)
            .split(separator: "\n").first { $0.hasPrefix("model name") }?
            .split(separator: ":").last.map { $0.trimmingCharacters(in: .whitespaces) }
        self.processor = processor ?? "unknown"
        cores = ProcessInfo.processInfo.activeProcessorCount
        memoryBytes = ProcessInfo.processInfo.physicalMemory
        kernel = ProcessInfo.processInfo.operatingSystemVersionString
    }
}

/// Reports as text: snake_case keys, ascending.
public enum BenchReportText {
    public static func json(_ report: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(report), as: UTF8.self)
    }
}
