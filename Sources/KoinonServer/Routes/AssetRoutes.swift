import HTTPTypes
import Hummingbird
import KoinonProtocol
import NIOCore

/// Style, scripts, texts and pictures of the web page, from inside the program.
struct AssetRoutes {
    private struct Asset {
        var type: String
        var tag: String
        var bytes: ByteBuffer
    }

    private let assets: [String: Asset]

    private static let types = [
        "css": "text/css; charset=utf-8", "js": "text/javascript; charset=utf-8",
        "json": "application/json", "svg": "image/svg+xml", "txt": "text/plain; charset=utf-8",
    ]

    init() {
        var assets: [String: Asset] = [:]
        for path in WebFiles.paths {
            let ending = path.split(separator: ".").last.map(String.init) ?? ""
            guard let type = Self.types[ending], let data = WebFiles.bytes(at: path) else {
                continue
            }
            let tag = "\"\(Hash256.sha256(Array(data)).hex.prefix(32))\""
            assets[path] = Asset(type: type, tag: tag, bytes: ByteBuffer(data: data))
        }
        self.assets = assets
    }

    func add(to router: Router<KoinonRequestContext>) {
        router.get("/assets/**") { request, requestContext in
            try answer(
                requestContext.parameters.getCatchAll().joined(separator: "/"), request)
        }
        router.get("/robots.txt") { request, _ in try answer("robots.txt", request) }
    }

    /// A browser asks again whether what it has is current, so that a new program's page is
    /// never run with the script of the one before.
    private func answer(_ path: String, _ request: Request) throws -> Response {
        guard let asset = assets[path] else { throw Problem.page(path) }
        let headers: HTTPFields = [
            .cacheControl: "no-cache", .eTag: asset.tag,
        ]
        if request.headers[.ifNoneMatch] == asset.tag {
            return Response(status: .notModified, headers: headers)
        }
        return Answer.bytes(asset.bytes, type: asset.type, headers: headers)
    }
}
