internal import HTTPEndpoints
internal import Observability

/// `/tap`: the readings that pass a stage, one JSON object a line, for as long as somebody reads.
///
/// `?device=`, `?sensor=` (patterns) and `?anomalies` choose. `{"dropped":N}` says how many matching readings were left out
/// because the reader was too slow. An empty line says that nothing came; so one is sent first of all, and each second.
struct TapRoute: Sendable {
    static let contentType = "application/x-ndjson"

    let taps: ReadingTaps
    let identity: ServiceIdentity

    var route: HTTPRoute {
        HTTPRoute("/tap", access: .requiresToken) { question in answer(question.query) }
    }

    private func answer(_ query: [String: String]) -> HTTPAnswer {
        let filter: TapFilter
        do {
            filter = try TapFilter(query: query)
        } catch {
            return .error("\(error)", status: 400)
        }
        guard !taps.isFull else {
            return .error("\(ReadingTaps.limit) look on already; close one of these taps", status: 503)
        }
        return .stream(
            HTTPChunks(TapLines(taps: taps, filter: filter, identity: identity)), contentType: Self.contentType)
    }
}

/// What a tap shows, a piece every now and then. The tap is open from the first question for a piece to the end of the iterator.
private struct TapLines: AsyncSequence, Sendable {
    /// Asked for, rather than told by the I/O thread: waking somebody costs more than a batch.
    static let pause = Duration.milliseconds(50)
    static let heartbeat = Duration.seconds(1)

    let taps: ReadingTaps
    let filter: TapFilter
    let identity: ServiceIdentity

    func makeAsyncIterator() -> AsyncIterator { AsyncIterator(self) }

    final class AsyncIterator: AsyncIteratorProtocol {
        private let lines: TapLines
        private let tap: ReadingTap
        private var lastPiece: ContinuousClock.Instant?

        init(_ lines: TapLines) {
            self.lines = lines
            tap = lines.taps.open(lines.filter)
        }

        deinit { lines.taps.close(tap) }

        func next() async -> HTTPChunk? {
            while !Task.isCancelled {
                if let text = text() {
                    lastPiece = .now
                    return HTTPChunk(text)
                }
                // A cancelled sleep ends early, and so does the loop.
                try? await Task.sleep(for: TapLines.pause)
            }
            return nil
        }

        private func text() -> String? {
            let (readings, dropped) = tap.take()
            var text = readings.map { $0.line(stage: lines.identity.service, instance: lines.identity.instance) }
                .joined()
            if dropped > 0 { text += "{\"dropped\":\(dropped)}\n" }
            if !text.isEmpty { return text }
            let isDue = lastPiece.map { .now - $0 >= TapLines.heartbeat } ?? true
            return isDue ? "\n" : nil
        }
    }
}

extension ServiceContext {
    /// Adds `/tap` for one place of the data path; to be called while composing.
    public func makeTaps() -> ReadingTaps {
        let taps = ReadingTaps()
        routes.add(TapRoute(taps: taps, identity: identity).route)
        return taps
    }
}
