import HTTPEndpoints
import Model
import Observability
import Settings
import StageRuntime
import Testing

@testable import HealthMonitor

@Suite(.timeLimit(.minutes(2))) struct EventFeedTests {
    @Test func `a reader gets the newest of each kind, then what comes`() async throws {
        let feed = EventFeed()
        feed.publish(.status, "1")
        feed.publish(.ledger, "[\n2\n]")
        feed.publish(.status, "3")
        #expect(await feed.events(after: 0).map(\.id) == [2, 3])
        let coming = Task { await feed.events(after: 3) }
        feed.publish(.history, "4")
        #expect(await coming.value.map(\.id) == [4])
    }

    @Test func `a slow reader skips what is old, and nothing is kept for it`() async throws {
        let feed = EventFeed()
        for number in 0..<1_000 { feed.publish(.status, "\(number)") }
        #expect(await feed.events(after: 1).map(\.id) == [1_000])
    }

    @Test func `a reader that waits ends when it is cancelled`() async throws {
        let feed = EventFeed()
        let reader = Task { await feed.events(after: 0) }
        reader.cancel()
        #expect(await reader.value.isEmpty)
    }

    @Test func `places are bounded, and given back`() async throws {
        let feed = EventFeed(mostReaders: 2)
        var streams = [try #require(feed.join()), try #require(feed.join())]
        #expect(feed.join() == nil)
        streams.removeLast()
        #expect(feed.readers == 1)
        #expect(feed.join() != nil)
        withExtendedLifetime(streams) {}
    }

    private struct Section: SettingsSection {
        static let section = "http"
        let http: HTTPSettings
        init(from reader: SettingsReader) { http = HTTPSettings(from: reader) }
    }

    private struct Enough: Error {}

    /// A server with the routes that need no database.
    private func withServer(_ board: StatusBoard, _ body: (OperatorServer) async throws -> Void) async throws {
        let configuration = try SettingsDocument(yaml: "", environment: [:]).decode(HealthMonitorConfiguration.self)
        let watch = FleetWatch(
            InstanceDiscovery(directory: nil, targets: []), configuration, HealthMonitorMetrics(in: MetricsRegistry()),
            board: board)
        let routes = RouteTable()
        for route in StatusRoutes.make(watch, LedgerWatch(watch, within: .seconds(1)), board, freshness: .seconds(10)) {
            routes.add(route)
        }
        let pages = OperatorPages(
            identity: ServiceIdentity(service: "health-monitor", instance: "h-1"), health: HealthBoard(),
            metrics: MetricsRegistry())
        let settings = try SettingsDocument(yaml: "", environment: [:]).decode(Section.self).http
        let server = try await OperatorServer.start(on: settings, pages: pages, routes: routes)
        do {
            try await body(server)
        } catch {
            await server.stop()
            throw error
        }
        await server.stop()
    }

    @Test func `a hundred readers get one event, and one too many learns why it gets none`() async throws {
        let board = StatusBoard(events: EventFeed(mostReaders: 100))
        board.take(FleetStatus(state: .ready, time: "2026-01-01T00:00:00Z", instances: []), at: .now())
        try await withServer(board) { server in
            let arrived = AsyncStream.makeStream(of: Void.self)
            let readers = (0..<100).map { _ in
                Task {
                    var text = ""
                    try await OperatorClient().stream(
                        "/api/events", host: server.host, port: server.port, connectingWithin: .seconds(30)
                    ) { _, piece in
                        let hadStatus = text.contains("event: status")
                        text += String(decoding: piece, as: UTF8.self)
                        if !hadStatus, text.contains("event: status") { arrived.continuation.yield() }
                        if text.contains("\"balanced\"") { throw Enough() }
                    }
                }
            }
            var count = 0
            for await _ in arrived.stream {
                count += 1
                if count == 100 { break }
            }
            let refused = try await OperatorClient().get(
                ["/api/events"], host: server.host, port: server.port, within: .seconds(30))
            #expect(refused[0].status == 503)
            #expect(refused[0].body.contains("there are 100 event streams"))
            board.events.publish(.ledger, #"{"state":"balanced"}"#)
            for reader in readers {
                await #expect(throws: Enough.self) { try await reader.value }
            }
        }
        #expect(board.events.readers == 0)
    }

    @Test func `status, history, session and ledger answer without a database`() async throws {
        let board = StatusBoard()
        try await withServer(board) { server in
            let paths = [
                "/api/status", "/api/history?minutes=5", "/api/session", "/api/ledger", "/api/history?minutes=0",
                "/ledger",
            ]
            let replies = try await OperatorClient().get(
                paths, host: server.host, port: server.port, within: .seconds(30))
            #expect(replies.map(\.status) == [200, 200, 200, 200, 400, 200])
            #expect(replies[0].body.contains(#""state":"starting""#))
            #expect(replies[1].body.hasPrefix(#"{"interval_seconds":5,"times":[],"received_per_second":[],"#))
            #expect(replies[2].body == #"{"reads":"open","changes":"shut","authorized":false}"# + "\n")
            // One answer for both paths, while it is fresh.
            #expect(replies[5].body == replies[3].body)
            #expect(replies[4].body == #"{"error":"'0' is no minutes: it is a number from 1 to 60"}"# + "\n")
        }
    }
}
