import Testing

@testable import KoinonServer

@Suite("The files in the program")
struct WebFilesTests {
    @Test func `are those of the folder and the description of the API`() throws {
        #expect(WebFiles.text(at: "openapi.yaml")?.hasPrefix("openapi: 3.1") == true)
        #expect(WebFiles.paths.contains("robots.txt"))
        #expect(WebFiles.bytes(at: "nothing.txt") == nil)
    }
}
