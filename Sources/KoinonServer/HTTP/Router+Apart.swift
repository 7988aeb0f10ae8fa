import Hummingbird
import KoinonNode

extension Router where Context == KoinonRequestContext {
    /// A GET whose answer is made on a thread of its own: for whatever asks the index or the
    /// store, which may wait for the disk, or walks many rows.
    func getApart(
        _ path: RouterPath,
        _ answer:
            @escaping @Sendable (Request, KoinonRequestContext) throws -> some ResponseGenerator
    ) {
        get(path) { request, context -> Response in
            try await OwnThread.run {
                try answer(request, context).response(from: request, context: context)
            }
        }
    }
}
