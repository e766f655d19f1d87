import Foundation
import HTTPEndpoints
import LocalServers
import Testing

extension EndToEnd {
    /// Distinct secrets in every place that takes one, and a search for them in all that a process shows.
    struct PlantedSecretsTests {
        private static let right = Passwords(mqtt: "pl4nted-mqtt", postgres: "pl4nted-postgres", redis: "pl4nted-redis")
        private static let wrong = Passwords(
            mqtt: "pl4nted-wrong-mqtt", postgres: "pl4nted-wrong-postgres", redis: "pl4nted-wrong-redis")

        struct Passwords {
            var mqtt: String
            var postgres: String
            var redis: String
        }

        @Test func `with right passwords everything works, and no secret shows`() async throws {
            try await withServers { servers in
                let keys = try await Self.makeKeys()
                let fleet = try GuardedFleet { Self.settings(Self.right, servers, keys: keys, folder: $0) }
                let works = try await eventually(within: 120) { try await flows(through: fleet, servers) }
                let told = await eventually(within: 60) { fleet.logText("anomaly-detector").contains("webhook") }
                let refused = try await fleet.post(
                    "health-monitor", "/api/silences?token=pl4nted-query", token: "pl4nted-wrong-token",
                    body: #"{"by":"pl4nted-body"}"#)
                #expect(refused == "401")
                #expect(fleet.logText("health-monitor").contains("its token is not the operators'"))
                let shown = await fleet.everythingShown()
                #expect(shown.contains { $0.place.hasPrefix("health-monitor/api/alerts/") })
                await fleet.stop()
                #expect(works, "\(shown.filter { $0.place.contains("readyz") })")
                #expect(told, "no webhook was tried")
                try expectNothing(in: shown, keys)
            }
        }

        @Test func `with wrong passwords and keys every service says so, and no secret shows`() async throws {
            try await withServers { servers in
                let (keys, others) = (try await Self.makeKeys(), try await Self.makeKeys())
                try FileManager.default.removeItem(atPath: "\(keys)/aggregator.key")
                try FileManager.default.copyItem(
                    atPath: "\(others)/aggregator.key", toPath: "\(keys)/aggregator.key")
                // It knows itself, and whom it wants to connect to, who does not know it.
                try FileManager.default.removeItem(atPath: "\(others)/known/storage-writer.pub")
                try FileManager.default.copyItem(
                    atPath: "\(keys)/known/storage-writer.pub", toPath: "\(others)/known/storage-writer.pub")
                let fleet = try GuardedFleet {
                    Self.settings(Self.wrong, servers, keys: keys, aggregatorKnows: "\(others)/known", folder: $0)
                }
                let refused = [
                    ("mqtt-ingest", "ot authori"), ("edge-processor", "ot authori"), ("anomaly-detector", "WRONGPASS"),
                    ("preprocessor", "WRONGPASS"), ("storage-writer", "password authentication failed"),
                    ("health-monitor", "password authentication failed"),
                ]
                for (service, words) in refused {
                    let isSaid = await eventually(within: 60) {
                        // health-monitor connects to its database when somebody asks for what is in it.
                        let data = service == "health-monitor" ? await fleet.page(service, "/api/devices")?.body : nil
                        let pages = [await fleet.page(service, "/healthz")?.body, data, fleet.logText(service)]
                        return pages.contains { $0?.contains(words) == true }
                    }
                    #expect(isSaid, "\(service) does not say \(words): \(fleet.logText(service).suffix(2_000))")
                }
                #expect(
                    await eventually(within: 60) {
                        fleet.logText("storage-writer").contains("refused a peer of the pipe")
                            && fleet.logText("aggregator").contains("cannot open the pipe to an upstream")
                    })
                let counted = await fleet.page("storage-writer", "/metrics")?.body ?? ""
                #expect(counted.firstMatch(of: /error_type="pipe_peer_refused"\} [1-9]/) != nil)
                let shown = await fleet.everythingShown()
                await fleet.stop()
                try expectNothing(in: shown, keys)
            }
        }

        @Test(arguments: [true, false])
        func `sluice up, and what looks at it, show no secret`(areRight: Bool) async throws {
            try await withServers { servers in
                let passwords = areRight ? Self.right : Self.wrong
                let folder = FileManager.default.temporaryDirectory.appendingPathComponent("up-\(UUID().uuidString)")
                    .path
                try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
                defer { try? FileManager.default.removeItem(atPath: folder) }
                let file = "\(folder)/sluice.yaml"
                try Self.sharedSettings.write(toFile: file, atomically: true, encoding: .utf8)
                func sluice(_ arguments: [String]) async throws -> (String, String) {
                    let arguments = arguments + ["--data-dir", "\(folder)/data"]
                    let result = try await Shell.run(Shell.product("sluice"), arguments)
                    return (arguments.joined(separator: " "), "\(result.output)\(result.errors)")
                }
                func port(_ server: RunningServer) -> UInt16 { server.server.port }
                let external = [
                    "--external-mqtt", "mqtt://sluice:\(passwords.mqtt)@127.0.0.1:\(port(servers.broker))",
                    "--external-postgres",
                    "postgres://sluice:\(passwords.postgres)@127.0.0.1:\(port(servers.postgres))/sluice",
                    "--external-redis", "redis://sluice:\(passwords.redis)@127.0.0.1:\(port(servers.redis))",
                ]
                let limit = ["--start-limit", areRight ? "120" : "15"]
                let up = try await sluice(["up", "--config", file, "--base-port", "0", "--detach"] + limit + external)
                #expect(!up.1.isEmpty)
                var shown = [("what sluice up says", up.1)]
                for arguments in [
                    ["status"], ["status", "--json"], ["top", "--once"],
                    ["ledger", "--config", file, "--patience", "0s"],
                ] { shown.append(try await sluice(arguments)) }
                if areRight { #expect(shown[1].1.contains("storage-writer-1")) }
                shown.append(try await sluice(["down"]))
                let files = FileManager.default.enumerator(atPath: "\(folder)/data")?.compactMap { $0 as? String } ?? []
                let logs = files.filter { $0.hasSuffix(".log") }
                #expect(logs.count >= 6)
                for log in logs {
                    shown.append((log, try String(contentsOfFile: "\(folder)/data/\(log)", encoding: .utf8)))
                }
                for (place, text) in shown where text.contains("pl4nted") {
                    let line = text.split(separator: "\n").first { $0.contains("pl4nted") } ?? ""
                    Issue.record("a secret shows in \(place.prefix(40)): \(line.prefix(400))")
                }
            }
        }

        private static let sharedSettings = """
            http: { operator_token: pl4nted-token }
            anomaly_detector:
              webhooks:
                - name: hook
                  url: 'http://user:pl4nted-user@127.0.0.1:1/pl4nted-path?token=pl4nted-query'
                  secret: pl4nted-webhook
            """

        @Test(arguments: [
            "mqtt: { password: [pl4nted] }", "mqtt: { password: { a: pl4nted } }", "mqtt: { passwort: pl4nted }",
            "mqtt: { url: 'http://sluice:pl4nted@broker' }", "mqtt: { url: 'mqtt://sluice:pl4nted@broker:port' }",
            "postgres: { url: 'mysql://sluice:pl4nted@db/sluice' }", "postgres: { url: 'postgres://a:pl4nted@@db/x' }",
            "redis: { url: 'redis://sluice:pl4nted@cache/base' }", "redis: { url: 'rediss://sluice:pl4nted@cache' }",
            "http: { operator_token: 'pl4nted with spaces' }", "http: { operator_token: { pl4nted: pl4nted } }",
            "pipes: { curve: { secret_key: pl4nted } }", "mqtt: { password: \"pl4nted\n", "mqtt: { password: ${pl4nted",
            "anomaly_detector: { webhooks: [{ name: hook, url: 'ftp://u:pl4nted@h/pl4nted', secret: [pl4nted] }] }",
            "mqtt: { password: pl4nted, password_file: /nowhere }",
        ])
        func `settings that cannot be used do not repeat a secret`(yaml: String) async throws {
            let file = FileManager.default.temporaryDirectory.appendingPathComponent(
                "planted-\(UUID().uuidString).yaml")
            try yaml.write(to: file, atomically: true, encoding: .utf8)
            defer { try? FileManager.default.removeItem(at: file) }
            let validated = try await Shell.run(Shell.product("sluice"), ["validate", file.path])
            #expect(validated.status == 78, "\(validated)")
            let printed = try await Shell.run(Shell.product("sluice"), ["config", "print", "--config", file.path])
            let started = try await Shell.run(Shell.product("anomaly-detector"), ["--config", file.path, "--validate"])
            for result in [validated, printed, started] {
                #expect(!(result.output + result.errors).contains("pl4nted"), "\(result)")
            }
        }

        // MARK: What it is made of

        private func withServers(_ body: (GuardedServers) async throws -> Void) async throws {
            let right = Self.right
            let servers = try await GuardedServers.start(
                mqtt: right.mqtt, postgres: right.postgres, redis: right.redis)
            do {
                try await body(servers)
            } catch {
                await servers.stop()
                throw error
            }
            await servers.stop()
        }

        private static func makeKeys() async throws -> String {
            let keys = FileManager.default.temporaryDirectory.appendingPathComponent("sluice-keys-\(UUID().uuidString)")
            try await Shell.succeed(Shell.product("sluice"), ["keygen", "--all", "--directory", keys.path])
            return keys.path
        }

        /// A reading that is worth an alert is published, and stored.
        private func flows(through fleet: GuardedFleet, _ servers: GuardedServers) async throws -> Bool {
            for service in GuardedFleet.services where await !fleet.isReady(service) { return false }
            try await Shell.succeed(
                URL(filePath: "/usr/bin/mosquitto_pub"),
                ["-p", "\(servers.broker.server.port)", "-u", "sluice", "-P", Self.right.mqtt, "-q", "1"]
                    + ["-t", "sensors/boiler-1/temperature", "-m", #"{"value": 95}"#])
            let url = "postgres://sluice:\(Self.right.postgres)@127.0.0.1:\(servers.postgres.server.port)/sluice"
            return try await eventually(within: 10) {
                try await Shell.succeed(
                    URL(filePath: "/usr/bin/psql"), [url, "-At", "-c", "SELECT count(*) FROM alerts"]) != "0\n"
            }
        }

        private static func settings(
            _ passwords: Passwords, _ servers: GuardedServers, keys: String, aggregatorKnows: String? = nil,
            folder: String
        ) -> String {
            func curve(_ service: String, knows folder: String? = nil) -> String {
                let known = folder ?? "\(keys)/known"
                return "pipes: { curve: { secret_key_file: '\(keys)/\(service).key', known_keys: '\(known)' } }"
            }
            let broker = "url: 'mqtt://127.0.0.1:\(servers.broker.server.port)', username: sluice"
            return """
                http: { operator_token: pl4nted-token }
                mqtt: { \(broker), password: \(passwords.mqtt) }
                postgres: { url: 'postgres://sluice:\(passwords.postgres)@127.0.0.1:\(servers.postgres.server.port)/sluice' }
                redis: { url: 'redis://sluice:\(passwords.redis)@127.0.0.1:\(servers.redis.server.port)' }
                mqtt_ingest:
                  spool: { directory: '\(folder)/spool' }
                  \(curve("mqtt-ingest"))
                preprocessor:
                  \(curve("preprocessor"))
                anomaly_detector:
                  \(curve("anomaly-detector"))
                  detectors: [{ type: threshold, name: too-hot, above: 90 }]
                  webhooks:
                    - name: hook
                      url: 'http://user:pl4nted-user@127.0.0.1:1/pl4nted-path?token=pl4nted-query'
                      secret: pl4nted-webhook
                storage_writer:
                  \(curve("storage-writer"))
                aggregator:
                  \(curve("aggregator", knows: aggregatorKnows))
                edge_processor:
                  local: { \(broker), password: \(passwords.mqtt) }
                  uplink: { \(broker), password: \(passwords.mqtt) }
                  subscriptions: ['gateway/+/+']
                  spool: { file: '\(folder)/edge.sqlite' }
                """
        }

        private func expectNothing(in shown: [(place: String, text: String)], _ keys: String) throws {
            #expect(shown.count > 60, "\(shown.map(\.place))")
            var secrets = ["pl4nted"]
            for service in ["mqtt-ingest", "preprocessor", "anomaly-detector", "storage-writer", "aggregator"] {
                let key = try String(contentsOfFile: "\(keys)/\(service).key", encoding: .utf8)
                secrets.append(key.trimmingCharacters(in: .newlines))
            }
            for (place, text) in shown {
                for secret in secrets {
                    guard let found = text.range(of: secret) else { continue }
                    let line = text[text.lineRange(for: found)]
                    Issue.record("\(secret) shows in \(place): \(line.prefix(400))")
                }
            }
        }
    }
}
