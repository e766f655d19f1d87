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

    /// Until the task is cancelled. Without PostgreSQL there is nothing to tell, and the routes say why.
    func run() async {
        while !Task.isCancelled {
            if let text = try? await look(), text != told {
                told = text
                events.publish(.alerts, text)
            }
            try? await Task.sleep(for: Self.interval)
        }
        session.close()
    }

    /// `{"open":3,"firing":2,"latest":[…]}`
    private func look() async throws -> String {
        let table = AlertTable(connection: try await session.connection())
        let open = AlertFilter(states: [.pending, .firing, .acknowledged])
        var json = JSONText()
        json.beginObject()
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
