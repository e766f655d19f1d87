import AlertRecords
import Alerting
import IOLoop
import Model
import PostgreSQL

/// Looks at the open alerts every two seconds, and tells readers of `/api/events` when something has changed.
@IOThread
final class AlertWatch {
    private static let interval = Duration.seconds(2)
    private static let latest = 10

    private let session: PostgreSQLSession
    private let events: EventFeed
    private var told = ""

    init(_ configuration: PostgreSQLConfiguration, events: EventFeed) {
        session = PostgreSQLSession(
            configuration, prepare: { connection in try await connection.execute("SET statement_timeout = 2000") })
        self.events = events
    }

    /// Until the task is cancelled. Without PostgreSQL it tells that nothing is known, and the routes say why.
    func run() async {
        while !Task.isCancelled {
            tell((try? await look()) ?? Self.unknown)
            try? await Task.sleep(for: Self.interval)
        }
        session.close()
    }

    private func tell(_ text: String) {
        guard text != told, !Task.isCancelled else { return }
        told = text
        events.publish(.alerts, text)
    }

    /// PostgreSQL cannot be asked: what was told before is not to be believed any longer.
    private static let unknown = #"{"known":false}"#

    /// `{"known":true,"open":3,"firing":2,"latest":[…]}`
    private func look() async throws -> String {
        let table = AlertTable(connection: try await session.connection())
        let open = AlertFilter(states: [.pending, .firing, .acknowledged])
        var json = JSONText()
        json.beginObject()
        json.key("known")
        json.raw("true")
        json.key("open")
        json.number(Int64(try await table.count(open)))
        json.key("firing")
        json.number(Int64(try await table.count(AlertFilter(states: [.firing]))))
        json.key("latest")
        json.raw(try await table.list(open, limit: Self.latest).map(\.json).array)
        json.endObject()
        return json.text
    }
}
