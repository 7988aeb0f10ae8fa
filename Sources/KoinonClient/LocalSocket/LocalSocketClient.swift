/// Asks the node of a home on the same machine.
public struct LocalSocketClient: Sendable {
    public let path: String

    public init(home: String) {
        path = LocalAddress.path(home: home)
    }

    /// Sends one request and waits for its answer.
    ///
    /// - Parameter timeout: for everything together.
    /// - Throws: ``LocalSocketFault``. After ``LocalSocketFault/timedOut(waitingFor:)`` and
    ///   ``LocalSocketFault/closed`` the node may have taken the transactions.
    public func send(
        _ request: LocalRequest, timeout: Duration = .seconds(60)
    ) async throws(LocalSocketFault) -> LocalResponse {
        let bytes = try request.encoded
        let deadline = ContinuousClock.now.advanced(by: timeout)
        let answer = try await LocalThreads.run { [path] () throws(LocalSocketFault) -> [UInt8] in
            let connection = try LocalConnection.open(path: path, before: deadline)
            try connection.writeFrame(bytes, before: deadline, waitingFor: "the node to read")
            return try connection.readFrame(
                limit: LocalResponse.maximumBytes, before: deadline,
                waitingFor: "the node's answer")
        }
        return try LocalResponse(encoded: answer)
    }
}
