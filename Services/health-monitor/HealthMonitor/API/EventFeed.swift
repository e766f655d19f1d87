import HTTPEndpoints
import Model
import Synchronization

/// What goes to everybody who reads `/api/events`: of each kind the last event, encoded once for all readers. Whoever is slow
/// finds the newest when it comes back, and what was between is gone: nothing is kept for it.
///
/// Source of the form: https://html.spec.whatwg.org/multipage/server-sent-events.html
final class EventFeed: Sendable {
    enum Kind: String, CaseIterable {
        case status
        case history
        case alerts
        case ledger
        /// Keeps proxies from closing a connection that nobody uses.
        case comment
    }

    struct Event: Sendable {
        var id: UInt64
        var chunk: HTTPChunk
    }

    private struct State {
        var lastID: UInt64 = 0
        var latest: [Kind: Event] = [:]
        var waiting: [UInt64: CheckedContinuation<Void, Never>] = [:]
        var lastTicket: UInt64 = 0
        var readers = 0
    }

    private let state = Mutex(State())
    let mostReaders: Int

    init(mostReaders: Int = 200) {
        self.mostReaders = mostReaders
    }

    /// - Parameter data: JSON; its line breaks, which are between its elements, are left out.
    func publish(_ kind: Kind, _ data: String = "") {
        let waiting = state.withLock { state in
            state.lastID += 1
            state.latest[kind] = Event(id: state.lastID, chunk: Self.chunk(kind, data, id: state.lastID))
            defer { state.waiting = [:] }
            return state.waiting
        }
        for continuation in waiting.values { continuation.resume() }
    }

    private static func chunk(_ kind: Kind, _ data: String, id: UInt64) -> HTTPChunk {
        if kind == .comment { return HTTPChunk(": still here\n\n") }
        return HTTPChunk("event: \(kind.rawValue)\nid: \(id)\ndata: \(data.replacing("\n", with: ""))\n\n")
    }

    /// A reader's stream, from the newest event of each kind on; nil: there are as many readers as there may be.
    func join() -> EventStream? {
        let isIn = state.withLock { state in
            guard state.readers < mostReaders else { return false }
            state.readers += 1
            return true
        }
        return isIn ? EventStream(place: Place(feed: self)) : nil
    }

    var readers: Int { state.withLock { $0.readers } }

    /// Of a reader; given back when nobody holds it any more.
    final class Place: Sendable {
        let feed: EventFeed

        init(feed: EventFeed) { self.feed = feed }

        deinit { feed.state.withLock { $0.readers -= 1 } }
    }

    /// What is newer, in order; waits while nothing is. Empty when the task is cancelled.
    func events(after id: UInt64) async -> [Event] {
        while !Task.isCancelled {
            let newer = state.withLock { Self.newer(than: id, $0) }
            if !newer.isEmpty { return newer }
            await waitForEvent(after: id)
        }
        return []
    }

    private static func newer(than id: UInt64, _ state: State) -> [Event] {
        state.latest.values.filter { $0.id > id }.sorted { $0.id < $1.id }
    }

    private func waitForEvent(after id: UInt64) async {
        let ticket = state.withLock { state in
            state.lastTicket += 1
            return state.lastTicket
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let mustWait = state.withLock { state in
                    guard Self.newer(than: id, state).isEmpty, !Task.isCancelled else { return false }
                    state.waiting[ticket] = continuation
                    return true
                }
                if !mustWait { continuation.resume() }
            }
        } onCancel: {
            state.withLock { $0.waiting.removeValue(forKey: ticket) }?.resume()
        }
    }
}

/// What one reader gets.
struct EventStream: AsyncSequence, Sendable {
    let place: EventFeed.Place

    struct AsyncIterator: AsyncIteratorProtocol {
        let place: EventFeed.Place
        private var seen: UInt64 = 0
        private var pending: [EventFeed.Event] = []
        private var hasBegun = false

        init(_ place: EventFeed.Place) { self.place = place }

        mutating func next() async -> HTTPChunk? {
            guard hasBegun else {
                hasBegun = true
                return HTTPChunk("retry: 1000\n\n")
            }
            if pending.isEmpty { pending = await place.feed.events(after: seen) }
            guard let event = pending.first else { return nil }
            pending.removeFirst()
            seen = event.id
            return event.chunk
        }
    }

    func makeAsyncIterator() -> AsyncIterator { AsyncIterator(place) }
}
