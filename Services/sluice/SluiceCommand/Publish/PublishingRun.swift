import IOLoop
import MQTT

/// The frame of the publishing commands: connect, publish, wait for the broker, report; Ctrl-C ends it early.
@IOThread
enum PublishingRun {
    /// - Parameter body: publishes everything; told to stop, its publisher publishes nothing more.
    /// - Throws: ``MQTTError``, or what the body throws.
    static func run(
        _ options: MQTTOptions, qos: MQTTQoS, _ body: @IOThread (Publisher) async throws -> Void
    ) async throws -> PublishReport {
        let publisher = try Publisher(options, qos: qos)
        let signals = TerminationSignals()
        let requests = signals.requests
        let listener = Task { for await _ in requests { publisher.stop() } }
        defer { listener.cancel() }
        try await publisher.waitForConnection()
        try await IOThread.staying { try await body(publisher) }
        await publisher.finish()
        Console.progress("")
        withExtendedLifetime(signals) {}
        return publisher.report
    }
}
