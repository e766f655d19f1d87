import Glibc
import IOLoop
import Testing
import ZeroMQ

@IOThread
struct EventLoopTests {
    @Test func `async code on the I/O thread stays on its thread`() async {
        let before = pthread_self()
        await EventLoop.sleep(for: .milliseconds(5))
        #expect(pthread_self() == before)
    }

    @Test func `a timer fires again until it is cancelled`() async throws {
        var turns = 0
        let timer = EventLoop.schedule(every: .milliseconds(1)) { turns += 1 }
        try await eventually { turns >= 3 }
        timer.cancel()
        let atCancel = turns
        // Twenty turns that must not come.
        await EventLoop.sleep(for: .milliseconds(20))
        #expect(turns == atCancel)
    }

    @Test func `a watched descriptor tells when it can be read`() async throws {
        var ends: [Int32] = [0, 0]
        #expect(pipe(&ends) == 0)
        var received: [UInt8] = []
        let watch = EventLoop.watch(descriptor: ends[0], for: .readable) { _ in
            var byte: UInt8 = 0
            if read(ends[0], &byte, 1) == 1 { received.append(byte) }
        }
        var byte: UInt8 = 7
        #expect(write(ends[1], &byte, 1) == 1)
        try await eventually { !received.isEmpty }
        watch.cancel()
        close(ends[0])
        close(ends[1])
        #expect(received == [7])
    }

    @Test func `a closed descriptor is reported once and the loop goes on`() async throws {
        var ends: [Int32] = [0, 0]
        #expect(pipe(&ends) == 0)
        var failures = 0
        _ = EventLoop.watch(descriptor: ends[0], for: .readable) { if $0.contains(.failed) { failures += 1 } }
        close(ends[0])
        close(ends[1])
        try await eventually { failures > 0 }
        // Time for a second report, which must not come.
        await EventLoop.sleep(for: .milliseconds(10))
        #expect(failures == 1)
    }

    @Test func `a message goes from dealer to router and back`() async throws {
        let context = Context()
        let router = try Socket(.router, context: context)
        let dealer = try Socket(.dealer, context: context)
        try router.bind("tcp://127.0.0.1:*")
        try dealer.connect(try router.lastEndpoint())
        var replies: [[[UInt8]]] = []
        let routerWatch = EventLoop.watch(socket: router) {
            while let parts = try? router.receive() { _ = try? router.send(parts) }
        }
        let dealerWatch = EventLoop.watch(socket: dealer) {
            while let parts = try? dealer.receive() { replies.append(parts) }
        }
        #expect(try dealer.send([[1, 2], [], [3]]))
        try await eventually { !replies.isEmpty }
        routerWatch.cancel()
        dealerWatch.cancel()
        #expect(replies == [[[1, 2], [], [3]]])
    }

    /// The socket's descriptor is edge-triggered: it says nothing of what was left behind, nor of what a call on the socket took.
    @Test func `messages that a handler leaves in the socket bring it back without another signal`() async throws {
        let context = Context()
        let router = try Socket(.router, context: context)
        let dealer = try Socket(.dealer, context: context)
        try router.bind("tcp://127.0.0.1:*")
        try dealer.connect(try router.lastEndpoint())
        for number in 0..<UInt8(100) { #expect(try dealer.send([[number]])) }
        // All of them are there before anybody watches.
        try await eventually { router.hasMessage() }
        await EventLoop.sleep(for: .milliseconds(50))
        var received: [UInt8] = []
        let watch = EventLoop.watch(socket: router) {
            if let parts = try? router.receive() { received.append(parts[1][0]) }
        }
        try await eventually { received.count == 100 }
        watch.cancel()
        #expect(received == Array(0..<100))
    }

    @Test func `a message that comes while the socket sends is not overlooked`() async throws {
        let context = Context()
        let router = try Socket(.router, context: context)
        let dealer = try Socket(.dealer, context: context)
        try router.bind("tcp://127.0.0.1:*")
        try dealer.connect(try router.lastEndpoint())
        // Ping-pong with sends outside of the handlers: each send may take the signal of the message that has just come.
        var peer: [UInt8] = []
        var pings = 0
        var pongs = 0
        let routerWatch = EventLoop.watch(socket: router) {
            while let parts = try? router.receive() {
                peer = parts[0]
                pings += 1
            }
        }
        let dealerWatch = EventLoop.watch(socket: dealer) {
            while (try? dealer.receive()) != nil { pongs += 1 }
        }
        for round in 1...500 {
            #expect(try dealer.send([[1]]))
            try await eventually { pings == 2 * round - 1 }
            #expect(try router.send([peer, [2]]))
            #expect(try dealer.send([[3]]))
            try await eventually { pings == 2 * round && pongs == round }
        }
        routerWatch.cancel()
        dealerWatch.cancel()
    }

    @Test func `tasks of the I/O thread never leave it, whatever they wait for`() async throws {
        let threads = await IOThread.task {
            var threads: Set<UInt> = []
            for _ in 0..<20 {
                await EventLoop.sleep(for: .milliseconds(1))
                threads.insert(await Self.currentThread())
            }
            return threads
        }.value
        #expect(threads == [UInt(pthread_self())])
    }

    /// Not isolated: a plain task runs it on the global executor.
    @concurrent
    private nonisolated static func currentThread() async -> UInt { UInt(pthread_self()) }

    @Test func `binding a taken address says what and why`() throws {
        let context = Context()
        let first = try Socket(.router, context: context)
        try first.bind("tcp://127.0.0.1:*")
        let endpoint = try first.lastEndpoint()
        let second = try Socket(.router, context: context)
        let error = #expect(throws: ZeroMQError.self) { try second.bind(endpoint) }
        #expect(error?.description == "cannot bind \(endpoint): Address already in use (zmq_bind, errno 98)")
        #expect(error?.isRetriable == true)
    }
}
