import Hummingbird
import NIOCore

/// The description of the interface, as machines read it.
struct DescriptionRoutes {
    func add(to router: Router<KoinonRequestContext>) {
        router.get("/openapi.yaml") { _, _ in
            guard let bytes = WebFiles.bytes(at: "openapi.yaml") else {
                throw Problem.notFound("openapi.yaml", remedy: "build the node anew")
            }
            return Answer.bytes(
                ByteBuffer(data: bytes), type: "application/yaml",
                headers: [.cacheControl: "max-age=300"])
        }
    }
}
