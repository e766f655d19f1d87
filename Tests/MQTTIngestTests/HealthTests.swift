import Foundation
import IOLoop
import LocalServers
import Pipes
import Processes
import TestServers
import Testing

/// What the built service says of itself, and takes over while it runs.
@Suite @IOThread struct HealthTests {
    /// Takes batches and settles none of them.
    private func sluggard(_ ingest: IngestProcess) -> InboundPipe {
        let pipe = InboundPipe(
            InboundPipeConfiguration(stage: "preprocessor", instance: "sluggard-1"),
            from: .registry(directory: ingest.registry, service: "mqtt-ingest")
        ) { _ in }
        pipe.start()
        return pipe
    }

    private func says(_ ingest: IngestProcess, _ wanted: String...) async throws {
        var page = ""
        let deadline = ContinuousClock.now + .seconds(60)
        while !wanted.allSatisfy(page.contains) {
            try #require(ContinuousClock.now < deadline, "\(wanted) is not in\n\(page)")
            page = try await ingest.readiness()
            await EventLoop.sleep(for: .milliseconds(50))
        }
    }

    @Test func `a flow that has stalled is red though the broker and the downstream are connected`() async throws {
        try await withPrivateMosquitto { broker in
            let ingest = try IngestProcess(broker: broker.server.port)
            let child = try ingest.start(settings: ["health.stall_after=2s"])
            try await says(ingest, "[+]mqtt ok", "[+]flow ok", "[+]downstream ok: degraded", "readyz check passed")

            let pipe = sluggard(ingest)
            try await says(ingest, "[+]downstream ok\n")
            try await publish(0..<10, to: broker.server.port)
            try await says(
                ingest, "[+]mqtt ok", "[+]downstream ok\n",
                "[-]flow failed: 10 readings wait and none was acknowledged for", "; sluggard-1 has 10 of them",
                "readyz check failed")
            pipe.close()

            let downstream = Downstream(registry: ingest.registry)
            try await says(ingest, "[+]flow ok", "readyz check passed")
            #expect(downstream.rows.count == 10)
            downstream.close()
            await child.stop(within: .seconds(60))
        }
    }

    /// The limit that a reload raises is the way out when nobody can take anything.
    @Test func `a full spool is red until there is room, and a reload makes room`() async throws {
        try await withPrivateMosquitto { broker in
            let ingest = try IngestProcess(broker: broker.server.port)
            let file = "\(ingest.directory)/sluice.yaml"
            func write(limit: String) throws {
                let yaml = """
                    http: { operator_token: abc }
                    mqtt_ingest: { batch_readings: 10, linger: 0s, spool: { limit: \(limit) } }
                    """
                try yaml.write(toFile: file, atomically: true, encoding: .utf8)
            }
            try write(limit: "64KiB")
            let child = try ingest.start(file: file)
            try await ingest.ready()
            try await publish(0..<200, to: broker.server.port, padding: 1_000)
            try await says(
                ingest, "[-]spool failed: ", "[-]mqtt failed: disconnected on purpose",
                "[-]flow failed: ", "no preprocessor is connected", "[+]downstream ok: degraded")

            try write(limit: "2MiB")
            #expect(try await ingest.reload(token: "abc").contains(#""applied":["mqtt_ingest.spool.limit"]"#))
            try await says(ingest, "[+]spool ok", "[+]mqtt ok")
            let downstream = Downstream(registry: ingest.registry)
            try await eventually { downstream.rows.count == 200 }
            try await says(ingest, "[+]flow ok", "readyz check passed")
            downstream.close()
            await child.stop(within: .seconds(60))
        }
    }

    @Test func `a reload applies the log's level, leaves the port to a restart, and refuses an unknown key`()
        async throws
    {
        try await withPrivateMosquitto { broker in
            let ingest = try IngestProcess(broker: broker.server.port)
            let file = "\(ingest.directory)/sluice.yaml"
            func write(_ yaml: String) throws {
                try "http: { operator_token: abc }\n\(yaml)".write(toFile: file, atomically: true, encoding: .utf8)
            }
            try write("log: { level: info }")
            let child = try ingest.start(file: file)
            try await ingest.ready()

            try write("log: { level: debug }\nmqtt_ingest: { bind: 'tcp://127.0.0.1:5999' }")
            let applied = try await ingest.reload(token: "abc")
            #expect(
                applied.hasPrefix(#"{"applied":["log.level"],"requires_restart":["mqtt_ingest.bind"],"rejected":[],"#))

            try write("log: { level: error }\nmqtt_ingest: { linger: 7ms, batchreadings: 5 }")
            let rejected = try await ingest.reload(token: "abc")
            #expect(
                rejected.contains(
                    #"{"applied":[],"requires_restart":[],"rejected":[{"path":"mqtt_ingest.batchreadings""#))
            #expect(rejected.contains("sluice.yaml:3:"))
            let shown = try await ingest.text("/config")
            #expect(shown.contains("level: debug") && shown.contains("linger: 5ms"))
            #expect(shown.contains("# rejected: mqtt_ingest.batchreadings: "))
            #expect(try await ingest.reload(token: "wrong").contains("this is not the operators' token"))

            try write("log: { level: warning }")
            child.signal(SIGHUP)
            try await eventually { try await ingest.text("/config").contains("level: warning") }
            #expect(ingest.log.contains("settings reloaded"))
            #expect(ingest.log.contains("settings rejected, nothing is applied"))
            await child.stop(within: .seconds(60))
        }
    }
}
