import Testing

@testable import KoinonNode

@Suite("a bounded queue") struct BoundedQueueTests {
    @Test("is full by weight: one element may go beyond, the next one waits")
    func weight() async {
        let queue = BoundedQueue<Int>(capacity: 10) { $0 }
        await queue.push(9)
        await queue.push(100)
        let pushing = Task { await queue.push(1) }
        for _ in 0..<100 { await Task.yield() }
        #expect(await queue.drain(limit: 1) == [9])
        // Still full with what is left.
        for _ in 0..<100 { await Task.yield() }
        #expect(await queue.drain(limit: 5) == [100])
        #expect(await pushing.value)
        #expect(await queue.drain(limit: 5) == [1])
        queue.finish()
        #expect(await queue.drain(limit: 5) == nil)
    }

    @Test("tells whoever fills it, also one that waits for room, that nothing more is taken")
    func finished() async {
        let queue = BoundedQueue<Int>(capacity: 1)
        #expect(await queue.push(1))
        let pushing = Task { await queue.push(2) }
        for _ in 0..<100 { await Task.yield() }
        queue.finish()
        #expect(await !pushing.value)
        #expect(await !queue.push(3))
        #expect(await queue.drain(limit: 5) == [1])
        #expect(await queue.drain(limit: 5) == nil)
    }
}
