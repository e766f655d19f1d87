import HTTPEndpoints
import Settings
import Synchronization
import Testing

/// Answers that come in pieces.
@Suite(.timeLimit(.minutes(2))) struct HTTPStreamTests {
    private struct Enough: Error {}

    /// How many pieces were asked for, and whether somebody still asks.
    private final class Source: Sendable {
        struct State { var pieces = 0, isOver = false }
        let state = Mutex(State())
        private let ended = AsyncStream.makeStream(of: Void.self)

        /// Endless pieces of so many bytes, or after `count` of them silence; to each reader.
        func chunks(of bytes: Int, then count: Int = .max, patience: Duration = .seconds(60)) -> HTTPChunks {
            let piece = HTTPChunk([UInt8](repeating: UInt8(ascii: "x"), count: bytes))
            return HTTPChunks(Pieces(source: self, piece: piece, count: count), patience: patience)
        }

        func end() {
            state.withLock { $0.isOver = true }
            ended.continuation.finish()
        }

        func waitForTheEnd() async {
            for await _ in ended.stream {}
        }
    }

    private struct Pieces: AsyncSequence, Sendable {
        let source: Source
        let piece: HTTPChunk
        let count: Int

        final class AsyncIterator: AsyncIteratorProtocol {
            let pieces: Pieces
            private var number = 0
            init(_ pieces: Pieces) { self.pieces = pieces }

            func next() async -> HTTPChunk? {
                pieces.source.state.withLock { $0.pieces += 1 }
                number += 1
                if number <= pieces.count { return Task.isCancelled ? nil : pieces.piece }
                // Nothing comes any more, until somebody cancels.
                try? await Task.sleep(for: .seconds(3_600))
                return nil
            }

            deinit { pieces.source.end() }
        }

        func makeAsyncIterator() -> AsyncIterator { AsyncIterator(self) }
    }

    private func route(_ source: Source, of bytes: Int, then count: Int = .max) -> HTTPRoute {
        HTTPRoute("/stream") { _ in
            .stream(source.chunks(of: bytes, then: count), contentType: "text/event-stream")
        }
    }

    @Test func `pieces come one by one, and the end comes`() async throws {
        let pieces = AsyncStream { continuation in
            for text in ["one", "two", "three"] { continuation.yield(HTTPChunk(text)) }
            continuation.finish()
        }
        let route = HTTPRoute("/stream") { _ in .stream(HTTPChunks(pieces), contentType: "text/plain") }
        try await Served.with(routes: [route]) { (served: Served) async throws in
            var text = ""
            let status = try await OperatorClient().stream(
                "/stream", host: served.server.host, port: served.server.port, connectingWithin: .seconds(30)
            ) { _, piece in text += String(decoding: piece, as: UTF8.self) }
            #expect(status == 200 && text == "onetwothree")
        }
    }

    @Test func `a stream that waits ends when its reader goes`() async throws {
        let source = Source()
        try await Served.with(routes: [route(source, of: 10, then: 1)]) { (served: Served) async throws in
            await #expect(throws: Enough.self) {
                try await OperatorClient().stream(
                    "/stream", host: served.server.host, port: served.server.port, connectingWithin: .seconds(30)
                ) { _, _ in throw Enough() }
            }
            await source.waitForTheEnd()
        }
    }

    @Test func `a reader that does not read makes the source wait, and does not hold up the stop`() async throws {
        let source = Source()
        let served = try await Served(routes: [route(source, of: 64 << 10)])
        let reader = try RawConnection(port: served.server.port)
        try reader.send("GET /stream HTTP/1.1\r\nHost: x\r\n\r\n")
        var before = 0
        // Until the socket's buffers are full and nothing more is asked for.
        while before == 0 || source.state.withLock({ $0.pieces }) != before {
            before = source.state.withLock { $0.pieces }
            try await Task.sleep(for: .milliseconds(300))
        }
        #expect((1...500).contains(before))
        let clock = ContinuousClock()
        let duration = await clock.measure { await served.server.stop() }
        #expect(duration < .seconds(10))
        await source.waitForTheEnd()
        reader.close()
    }

    @Test func `a reader that takes nothing for long is given up`() async throws {
        let source = Source()
        let route = HTTPRoute("/stream") { _ in
            .stream(source.chunks(of: 64 << 10, patience: .milliseconds(300)), contentType: "text/plain")
        }
        try await Served.with(routes: [route]) { (served: Served) async throws in
            let reader = try RawConnection(port: served.server.port)
            try reader.send("GET /stream HTTP/1.1\r\nHost: x\r\n\r\n")
            await source.waitForTheEnd()
            reader.close()
        }
    }

    @Test func `the stop of the server ends a stream that waits, at once and in order`() async throws {
        let source = Source()
        let served = try await Served(routes: [route(source, of: 10, then: 1)])
        let first = AsyncStream.makeStream(of: Void.self)
        let (host, port) = (served.server.host, served.server.port)
        let reader = Task {
            try await OperatorClient().stream("/stream", host: host, port: port, connectingWithin: .seconds(30)) {
                _, _ in first.continuation.finish()
            }
        }
        for await _ in first.stream {}
        await served.server.stop()
        // The last, empty piece has come: the answer is whole.
        #expect(try await reader.value == 200)
        await source.waitForTheEnd()
    }

    @Test func `HEAD gets the headers and asks for no piece`() async throws {
        let source = Source()
        try await Served.with(routes: [route(source, of: 10)]) { (served: Served) async throws in
            let (status, body, headers) = try await served.ask("/stream", method: "HEAD")
            #expect(status == 200 && body.isEmpty)
            #expect(headers["content-type"] == "text/event-stream")
        }
        #expect(source.state.withLock { $0.pieces } == 0)
    }

    @Test func `a hundred readers stream at a time, and the server answers others`() async throws {
        let source = Source()
        try await Served.with(routes: [route(source, of: 10, then: 1)]) { (served: Served) async throws in
            let (host, port) = (served.server.host, served.server.port)
            await withTaskGroup(of: Void.self) { group in
                for _ in 0..<100 {
                    group.addTask {
                        _ = try? await OperatorClient().stream(
                            "/stream", host: host, port: port, connectingWithin: .seconds(30)
                        ) { _, _ in throw Enough() }
                    }
                }
            }
            #expect(try await served.ask("/livez").0 == 200)
        }
    }
}
