import HTTPEndpoints
import Ledger
import Model
import Synchronization

/// What was seen last, encoded once, and the events that tell of it.
final class StatusBoard: Sendable {
    private struct State {
        var status = FleetStatus(state: .starting, time: Timestamp.now().iso8601, instances: [])
        var text = ""
        var history = FlowHistory()
        var ledger: LedgerSummary?
    }

    let events: EventFeed
    private let state = Mutex(State())

    init(events: EventFeed = EventFeed()) {
        self.events = events
        state.withLock { $0.text = $0.status.json() }
    }

    /// As `/api/status` answers it.
    var status: String { state.withLock { $0.text } }

    func history(minutes: Int) -> String {
        state.withLock { $0.history }.json(minutes: minutes).text + "\n"
    }

    func take(_ status: FleetStatus, at now: Timestamp) {
        var status = status
        status.ledger = state.withLock { $0.ledger }
        let text = status.json()
        let point = state.withLock { state in
            state.status = status
            state.text = text
            return state.history.take(status, at: now)
        }
        events.publish(.status, text)
        if let point { events.publish(.history, point.text) }
    }

    func take(_ report: LedgerReport) {
        let summary = LedgerSummary(report)
        state.withLock { $0.ledger = summary }
        events.publish(.ledger, SnakeCase.json(summary))
    }
}
