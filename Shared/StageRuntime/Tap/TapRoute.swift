internal import HTTPEndpoints
internal import Observability

/// `/tap`: the readings that pass a stage, one JSON object a line, for as long as somebody reads.
///
/// `?device=`, `?sensor=` (patterns) and `?anomalies` choose. `{"dropped":N,"stage":…,"instance":…}` says how many matching
/// readings were left out because the reader was too slow. An empty line says that nothing came; so one is sent first of all, and each second.
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
        // At most one of those who ask at the same time gets the last place.
        guard let tap = OpenTap(taps, filter) else {
            return .error("\(ReadingTaps.limit) look on already; close one of these taps", status: 503)
        }
        return .stream(HTTPChunks(TapLines(tap: tap, identity: identity)), contentType: Self.contentType)
    }
}

/// A place among the onlookers; given back when nobody holds it any more, which is also when an answer is dropped unread.
private final class OpenTap: Sendable {
    private let taps: ReadingTaps
    let tap: ReadingTap

    init?(_ taps: ReadingTaps, _ filter: TapFilter) {
        guard let tap = taps.open(filter) else { return nil }
        (self.taps, self.tap) = (taps, tap)
    }

    deinit { taps.close(tap) }
}

/// What a tap shows, a piece every now and then.
private struct TapLines: AsyncSequence, Sendable {
    /// Asked for, rather than told by the I/O thread: waking somebody costs more than a batch.
    static let pause = Duration.milliseconds(50)
    static let heartbeat = Duration.seconds(1)

    let tap: OpenTap
    let identity: ServiceIdentity

    func makeAsyncIterator() -> AsyncIterator { AsyncIterator(self) }

    final class AsyncIterator: AsyncIteratorProtocol {
        private let lines: TapLines
        private var lastPiece: ContinuousClock.Instant?

        init(_ lines: TapLines) {
            self.lines = lines
        }

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
            let (readings, dropped) = lines.tap.tap.take()
            let identity = lines.identity
            var text = readings.map { $0.line(stage: identity.service, instance: identity.instance) }.joined()
            if dropped > 0 {
                text += TappedReading.line(dropped: dropped, stage: identity.service, instance: identity.instance)
            }
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
