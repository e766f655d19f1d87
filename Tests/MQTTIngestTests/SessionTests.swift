import Foundation
import IOLoop
import LocalServers
import Processes
import TestServers
import Testing

/// What a broker remembers of an mqtt-ingest, and what it forgets.
@Suite(.serialized)
@IOThread
struct SessionTests {
    @Test func `changed topics are exchanged in the session, and the log says which`() async throws {
        try await withPrivateMosquitto { broker in
            let port = broker.server.port
            let ingest = try IngestProcess(broker: port)
            try await ingest.establishSession()
            // The broker queues it under the old topics.
            try await publish(0..<50, to: port, topic: "sensors/old/counter")
            let child = try ingest.start(settings: ["mqtt_ingest.subscriptions=[sensors/new/+, devices/+/status]"])
            try await ingest.ready()
            try await eventually { ingest.log.contains("the subscriptions of the session change") }
            let line = ingest.log.split(separator: "\n").last {
                $0.contains("the subscriptions of the session change")
            }
            #expect(line?.contains("sensors/new/+") == true && line?.contains("sensors/+/+") == true, "\(line ?? "")")

            try await publish(50..<100, to: port, topic: "sensors/old/counter")
            try await publish(100..<200, to: port, topic: "sensors/new/counter")
            let downstream = Downstream(registry: ingest.registry)
            try await eventually { downstream.rows.count >= 150 }
            let expected = Array(0..<50) + Array(100..<200)
            #expect(downstream.values == expected.map(Double.init))
            await child.stop(within: .seconds(60))
            downstream.close()
        }
    }

    /// Packet ids begin anew with a session, and the spool knows those of the old one.
    @Test func `a session that the broker has lost begins anew, and nothing is taken for a repetition`() async throws {
        try await withPrivateMosquitto { broker in
            let port = broker.server.port
            let ingest = try IngestProcess(broker: port)
            let child = try ingest.start()
            try await ingest.ready()
            try await publish(0..<200, to: port)
            let downstream = Downstream(registry: ingest.registry)
            try await eventually { downstream.rows.count >= 200 }

            await broker.stop()
            let server = try #require(broker.server as? MosquittoServer)
            try FileManager.default.removeItem(atPath: "\(server.directory)/mosquitto.db")
            let successor = try await RunningServer.start(
                broker.server, log: LogFile(path: "\(ingest.directory)/broker.log"))
            // Once when it was new, and once more now.
            try await eventually {
                ingest.log.components(separatedBy: "the subscriptions of the session change").count == 3
            }
            try await ingest.ready()
            // The same payloads again, under the same packet ids: other messages all the same.
            try await publish(0..<200, to: port)
            try await publish(200..<300, to: port)
            try await eventually { downstream.rows.count >= 500 }
            let expected: [Int] = (0..<200).flatMap { [$0, $0] } + Array(200..<300)
            #expect(downstream.values == expected.map(Double.init))
            await child.stop(within: .seconds(60))
            downstream.close()
            await successor.stop()
        }
    }
}
