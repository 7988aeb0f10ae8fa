import Synchronization

/// Which methods a path takes, for answers to others.
final class RouteTable: Sendable {
    private struct Route {
        var method: String
        var parts: [Substring]

        func matches(_ path: [Substring]) -> Bool {
            if parts.last == "**" {
                return path.count >= parts.count - 1
                    && zip(parts.dropLast(), path).allSatisfy { Self.matches($0, $1) }
            }
            return parts.count == path.count && zip(parts, path).allSatisfy { Self.matches($0, $1) }
        }

        private static func matches(_ part: Substring, _ text: Substring) -> Bool {
            guard let open = part.firstIndex(of: "{"), let close = part.lastIndex(of: "}") else {
                return part == text || part.first == ":" || part == "*"
            }
            return text.hasPrefix(part[..<open])
                && text.hasSuffix(part[part.index(after: close)...])
        }
    }

    private let routes = Mutex<[Route]>([])

    func fill(_ all: [(method: String, path: String)]) {
        routes.withLock { routes in
            routes = all.map { Route(method: $0.method, parts: $0.path.split(separator: "/")) }
        }
    }

    /// Sorted; empty when no route has this path.
    func methods(at path: String) -> [String] {
        let parts = path.split(separator: "/")
        let found = routes.withLock { $0.filter { $0.matches(parts) }.map(\.method) }
        return Set(found + (found.contains("GET") ? ["HEAD"] : [])).sorted()
    }
}
