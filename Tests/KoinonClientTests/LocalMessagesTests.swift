import KoinonLedger
import KoinonProtocol
import Testing

@testable import KoinonClient

@Suite("Messages of the local socket")
struct LocalMessagesTests {
    let envelope = SigningKey(seed: Array(repeating: 3, count: 32))!.sign([1, 2], as: .transaction)

    private func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

    @Test("requests come back as they were sent")
    func requests() throws {
        for request in [
            .status, .submit([], waitsUntilDurable: false),
            .submit([envelope, envelope], waitsUntilDurable: true),
        ] as [LocalRequest] {
            #expect(try LocalRequest(encoded: request.encoded) == request)
        }
        #expect(try text(LocalRequest.status.encoded) == #"{"request":"status"}"#)
        let submit = LocalRequest.submit([envelope], waitsUntilDurable: true)
        let packed = Hex.encode(envelope.packed)
        #expect(
            try text(submit.encoded)
                == "{\"request\":\"submit\",\"transactions\":[\"\(packed)\"],\"wait\":true}")
    }

    @Test("responses come back as they were sent")
    func responses() throws {
        let chain = ChainID(Array(repeating: 1, count: 32))!
        let status = LocalStatus(
            chain: chain, allianceName: "Ride/Share", height: Height(4), finalHeight: Height(3),
            time: Timestamp(milliseconds: 9), now: Timestamp(milliseconds: 10),
            hostedMembers: [MemberID(rawValue: "a")!])
        let submissions = [
            LocalSubmission(id: envelope.bodyHash, outcome: .done, height: Height(5)),
            LocalSubmission(
                id: envelope.bodyHash, outcome: .refused, reason: "wrongChain", message: "m"),
        ]
        for response in [
            .status(status), .submitted(submissions), .submitted([]), .failed("why"),
        ] as [LocalResponse] {
            #expect(try LocalResponse(encoded: response.encoded) == response)
        }
        #expect(
            try text(LocalResponse.status(status).encoded)
                == """
                {"status":{"alliance":"Ride/Share","chain":"\(chain)","final_height":3,\
                "height":4,"hosts":["a"],"now_ms":10,"time_ms":9}}
                """)
    }

    @Test(
        "what is no request is refused",
        arguments: [
            "", "{}", "[]", "\u{0}", #"{"request":"stop"}"#, #"{"request":"status","wait":true}"#,
            #"{"request":"submit"}"#, #"{"request":"submit","transactions":[],"wait":1}"#,
            #"{"request":"submit","transactions":["0g"],"wait":true}"#,
            #"{"request":"submit","transactions":["00"],"wait":true}"#,
            String(repeating: "[", count: 100_000),
        ])
    func badRequests(text: String) {
        let fault = #expect(throws: LocalSocketFault.self) {
            try LocalRequest(encoded: Array(text.utf8))
        }
        guard case .malformed = fault else {
            Issue.record("\(fault.debugDescription)")
            return
        }
    }

    @Test("a response is exactly one thing")
    func badResponses() {
        for text in ["{}", #"{"failed":"a","submitted":[]}"#, #"{"failed":1}"#] {
            #expect(throws: LocalSocketFault.self) {
                try LocalResponse(encoded: Array(text.utf8))
            }
        }
    }

    @Test("a request that no node would take is not sent")
    func tooLarge() {
        let large = SigningKey.generate().sign(
            Array(repeating: 0, count: 1 << 20), as: .transaction)
        #expect(throws: LocalSocketFault.self) {
            try LocalRequest.submit([large], waitsUntilDurable: true).encoded
        }
    }

    @Test("the path of a socket has a limit, with the remedy")
    func pathLimit() throws {
        let path = "/" + String(repeating: "a", count: 106)
        try LocalAddress.with(path: path) { _, _ in }
        #expect(throws: LocalSocketFault.pathTooLong(path: path + "b")) {
            try LocalAddress.with(path: path + "b") { _, _ in }
        }
    }
}
