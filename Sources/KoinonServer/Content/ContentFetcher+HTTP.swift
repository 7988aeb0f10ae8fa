import AsyncHTTPClient
import KoinonClient
import NIOCore

extension ContentFetcher {
    /// Asks by HTTP, five seconds at most for each.
    public static let http: Fetch = { url, maximumBytes in
        let response = try await HTTPClient.oneTry.execute(
            HTTPClientRequest(url: url), timeout: .seconds(5))
        guard response.status == .ok else { return nil }
        let body = try await response.body.collect(upTo: maximumBytes)
        return Array(body.readableBytesView)
    }
}
