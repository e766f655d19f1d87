import Foundation
import IOLoop
import Pipes
import Settings
import StageRuntime
import TestServers
import Testing
import ZeroMQ

private struct Stage: SettingsSection {
    static let section = "preprocessor"
    let pipes: PipeSettings

    init(from reader: SettingsReader) { pipes = PipeSettings(from: reader) }
}

/// Keys that cannot be right are told at the start: later, each neighbour would refuse the service without a word to it.
@IOThread
struct PipeSecurityTests {
    private let folder: String
    private let own: CurveKeyPair

    nonisolated init() throws {
        folder = try TestDirectory.make()
        own = try CurveKeyPair()
        try know(own, as: "preprocessor")
        try know(try CurveKeyPair(), as: "mqtt-ingest")
        try know(try CurveKeyPair(), as: "anomaly-detector")
    }

    private nonisolated func know(_ pair: CurveKeyPair, as name: String) throws {
        try (pair.publicKey + "\n").write(toFile: "\(folder)/\(name).pub", atomically: true, encoding: .utf8)
    }

    private func security(_ secretKey: String) throws -> PipeSecurity {
        let yaml = "pipes: { curve: { secret_key: '\(secretKey)', known_keys: '\(folder)' } }"
        // Not the name of a file that may be here.
        let document = SettingsDocument(yaml: yaml, file: "\(folder)/sluice.yaml", environment: [:])
        return try PipeSecurity(
            try document.decode(Stage.self).pipes, ServiceContext(service: "preprocessor", instance: "preprocessor-1"))
    }

    private func inbound() -> InboundPipeConfiguration {
        InboundPipeConfiguration(stage: "preprocessor", instance: "preprocessor-1")
    }

    private func outbound() -> OutboundPipeConfiguration {
        OutboundPipeConfiguration(bind: "tcp://127.0.0.1:0", instance: "preprocessor-1")
    }

    @Test func `a service with its own key knows its neighbours`() throws {
        let security = try security(own.secretKey)
        #expect(try security.inbound(inbound(), from: "mqtt-ingest").socket.curve != nil)
        #expect(try security.outbound(outbound(), to: "anomaly-detector").socket.curve != nil)
    }

    @Test func `the key of another service is refused`() throws {
        let other = try CurveKeyPair()
        let error = #expect(throws: InvalidSettings.self) { _ = try security(other.secretKey) }
        let text = "\(try #require(error))"
        #expect(text.contains("pipes.curve.secret_key: is not the key of \(folder)/preprocessor.pub"), "\(text)")
        #expect(!text.contains(other.secretKey) && !text.contains(own.secretKey))
        // While keys are being exchanged, it may have the next one.
        try know(other, as: "preprocessor-next")
        _ = try security(other.secretKey)
    }

    @Test(arguments: ["preprocessor", "mqtt-ingest", "anomaly-detector"])
    func `a neighbour without a key is told`(missing: String) throws {
        try FileManager.default.removeItem(atPath: "\(folder)/\(missing).pub")
        let error = #expect(throws: InvalidSettings.self) {
            let security = try security(own.secretKey)
            _ = try security.inbound(inbound(), from: "mqtt-ingest")
            _ = try security.outbound(outbound(), to: "anomaly-detector")
        }
        let text = "\(try #require(error))"
        #expect(text.contains("pipes.curve.known_keys: ") && text.contains("\(missing)"), "\(text)")
    }
}
