import Foundation
import TestServers
import Testing

/// What `compose/secrets/make` hands to each container; here without one.
struct ComposeSecretsTests {
    private let folder: String
    private let compose = Manifests.folder.appending(path: "..").standardizedFileURL

    init() throws {
        folder = "\(try TestDirectory.make())/secrets"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    }

    @discardableResult
    private func make(_ arguments: String...) async throws -> CommandResult {
        let path = "\(Shell.products.path):/usr/bin:/bin"
        return try await Shell.run(
            compose.appending(path: "secrets/make"), [folder] + arguments, environment: ["PATH": path])
    }

    private func text(_ file: String) throws -> String {
        try String(contentsOfFile: "\(folder)/\(file)", encoding: .utf8)
    }

    @Test func `each service takes its settings with what it is given, and what is there stays`() async throws {
        let first = try await make()
        #expect(first.status == 0, "\(first)")
        let files = ["all/operators", "keys/preprocessor.key", "tls/ca.key", "tls/mosquitto.pem"]
        let before = try files.map(text)
        // A volume of an older version lacks some of it.
        try FileManager.default.removeItem(atPath: "\(folder)/keys/aggregator.key")
        try FileManager.default.removeItem(atPath: "\(folder)/keys/known/aggregator.pub")
        try await make()
        #expect(try files.map(text) == before)
        let settings = try String(contentsOf: compose.appending(path: "services.yaml"), encoding: .utf8)
        let stages = ["mqtt-ingest", "preprocessor", "anomaly-detector", "storage-writer", "aggregator"]
        for service in stages + ["health-monitor", "edge-processor"] {
            let file = "\(folder)/\(service)/sluice.yaml"
            try settings.replacing("/run/secrets", with: "\(folder)/\(service)")
                .write(toFile: file, atomically: true, encoding: .utf8)
            // Under /run/secrets an engine decides who may read; here the file's modes do.
            if stages.contains(service) { try #require(chmod("\(folder)/\(service)/pipe-key", 0o600) == 0) }
            try await Shell.succeed(Shell.product(service), ["--validate", "--config", file])
            guard stages.contains(service) else { continue }
            #expect(try text("\(service)/pipe-key") == text("keys/\(service).key"))
            #expect(try FileManager.default.contentsOfDirectory(atPath: "\(folder)/\(service)/known").count == 5)
        }
    }

    @Test func `certificates of another authority stay, also in their last days`() async throws {
        try await make()
        let tls = URL(filePath: "\(folder)/tls")
        for file in ["ca.key", "mosquitto.names", "postgres.names"] {
            try FileManager.default.removeItem(at: tls.appending(path: file))
        }
        let openssl = URL(filePath: "/usr/bin/openssl")
        try await Shell.succeed(
            openssl,
            [
                "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "5",
                "-subj",
                "/CN=mosquitto", "-keyout", tls.appending(path: "mosquitto.key").path, "-out",
                tls.appending(path: "mosquitto.pem").path,
            ])
        let before = try text("tls/mosquitto.pem")
        let again = try await make()
        #expect(again.status == 0, "\(again)")
        #expect(try text("tls/mosquitto.pem") == before && text("mosquitto/server.pem") == before)
        #expect(again.errors.contains("tls/mosquitto.pem ends within 30 days"))
        #expect(!again.errors.contains("tls/postgres.pem ends"))
        // Authorities of servers elsewhere are for those who ask them, and no word about devices.
        try "elsewhere".write(to: tls.appending(path: "outside.pem"), atomically: true, encoding: .utf8)
        try await make()
        #expect(try text("storage-writer/ca.pem") == text("tls/ca.pem") + "elsewhere")
        #expect(try text("mosquitto/ca.pem") == text("tls/ca.pem"))
        try FileManager.default.removeItem(at: tls.appending(path: "postgres.pem"))
        let missing = try await make()
        #expect(missing.status == 65 && missing.errors.contains("put tls/postgres.pem and tls/postgres.key there"))
    }

    @Test func `a device gets a certificate of the same authority, and no user's name`() async throws {
        try await make()
        let device = try await make("device", "boiler-1")
        #expect(device.status == 0 && device.output.contains("PRIVATE KEY"))
        let file = "\(folder)/boiler-1.pem"
        try device.output.write(toFile: file, atomically: true, encoding: .utf8)
        try await Shell.succeed(
            URL(filePath: "/usr/bin/openssl"),
            ["verify", "-purpose", "sslclient", "-CAfile", "\(folder)/tls/ca.pem", file])
        let asServer = try await Shell.run(
            URL(filePath: "/usr/bin/openssl"),
            ["verify", "-purpose", "sslserver", "-CAfile", "\(folder)/tls/ca.pem", file])
        #expect(asServer.status != 0)
        for name in ["sluice", "", "a/b"] {
            let refused = try await make("device", name)
            #expect(refused.status == 64 && refused.output.isEmpty)
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: "\(folder)/tls").count == 8)
    }
}
