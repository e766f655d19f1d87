import Foundation
import TestServers
import Testing

/// What `compose/swarm/stack` prints, on an engine that only plays one: what it was asked, and what it is told.
struct SwarmTests {
    private let folder: URL

    init() throws {
        folder = URL(filePath: try TestDirectory.make())
        let files = [
            "secrets/broker/users": "devices:planted", "secrets/stage/known/other.pub": "public",
            "settings.yaml": "{}", "docker": Self.engine,
        ]
        for (file, text) in files { try write(text, to: file) }
        try write(Self.composed.replacing("FOLDER", with: folder.path), to: "composed.json")
        try #require(chmod(folder.appending(path: "docker").path, 0o755) == 0)
    }

    private func write(_ text: String, to file: String) throws {
        let url = folder.appending(path: file)
        try FileManager.default.createDirectory(
            at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        try text.write(to: url, atomically: true, encoding: .utf8)
    }

    private func stack() async throws -> SwarmStack {
        let printed = try await Shell.run(
            Manifests.folder.appending(path: "../swarm/stack"), [],
            environment: ["PATH": "\(folder.path):/usr/bin:/bin", "FOLDER": folder.path])
        try #require(printed.status == 0, "\(printed)")
        #expect(!printed.output.contains("planted"))
        return try JSONDecoder().decode(SwarmStack.self, from: Data(printed.output.utf8))
    }

    private func asked() throws -> String {
        try String(contentsOf: folder.appending(path: "asked"), encoding: .utf8)
    }

    @Test func `nothing is left in it that a stack has no word for`() async throws {
        let stack = try await stack()
        #expect(Set(stack.services.keys) == ["broker", "stage"])
        let unknown = ["build", "depends_on", "profiles", "restart", "security_opt", "shm_size", "tmpfs"]
        for service in stack.services.values { #expect(service.keys.intersection(unknown).isEmpty) }
        #expect(stack.volumes.keys.sorted() == ["data"])
        // Nodes speak over networks that others may listen to.
        #expect(stack.networks.values.allSatisfy { $0.driver_opts["encrypted"] == "true" })
        #expect(stack.networks["pipeline"]?.internal == true)
    }

    @Test func `what keeps state or publishes a port stays on its node, and a name is all instances`() async throws {
        let stack = try await stack()
        let broker = try #require(stack.services["broker"]), stage = try #require(stack.services["stage"])
        #expect(broker.deploy.placement?.constraints == ["node.labels.sluice.state == true"])
        #expect(stage.deploy.placement == nil)
        #expect(broker.deploy.endpoint_mode == "dnsrr" && stage.deploy.endpoint_mode == "dnsrr")
        #expect(broker.ports?.map(\.published) == [8883] && broker.ports?.map(\.mode) == ["host"])
        #expect(broker.volumes?.map(\.target) == ["/data", "/tmp", "/dev/shm"])
        #expect(stage.deploy.update_config.order == "stop-first")
    }

    @Test func `a secret that changes has another name, and one that does not is made once`() async throws {
        let first = try await stack()
        let users = try #require(first.services["broker"]?.secrets?.first)
        #expect(users.target == "users" && first.services["stage"]?.secrets?.map(\.target) == ["known/other.pub"])
        #expect(try await stack().services["broker"]?.secrets?.first == users)
        #expect(try asked().components(separatedBy: "secret create \(users.source) -").count == 2)
        try write("devices:planted anew", to: "secrets/broker/users")
        let other = try #require(try await stack().services["broker"]?.secrets?.first)
        #expect(other.source != users.source && other.target == "users")
    }

    @Test func `the names of the broker's certificate are those of the settings`() async throws {
        _ = try await stack()
        #expect(try asked().contains("--env SLUICE_MQTT_NAMES=broker.example.org "))
    }

    /// Notes what it is asked, and answers as an engine would that has these files in the volume of secrets.
    private static let engine = """
        #!/bin/sh
        echo "$*" >> "$FOLDER/asked"
        case $1 in
            compose) cat "$FOLDER/composed.json" ;;
            run) cat > /dev/null; tar -C "$FOLDER/secrets" -cf - . ;;
            secret)
                case $2 in
                    ls) cat "$FOLDER/known" 2>/dev/null || true ;;
                    create) cat > /dev/null; echo "$3" >> "$FOLDER/known" ;;
                esac ;;
        esac
        """

    private static let composed = """
        { "services": {
            "secrets": { "image": "sluice", "environment": { "SLUICE_MQTT_NAMES": "broker.example.org" } },
            "broker": {
              "image": "broker", "build": {}, "depends_on": {}, "restart": "unless-stopped", "profiles": ["x"],
              "security_opt": ["no-new-privileges:true"], "shm_size": "268435456", "tmpfs": ["/tmp:mode=0700,size=1m"],
              "ports": [{ "target": 8883, "published": "8883", "host_ip": "127.0.0.1", "protocol": "tcp" }],
              "configs": [{ "source": "settings", "target": "/settings" }],
              "volumes": [
                { "type": "volume", "source": "data", "target": "/data" },
                { "type": "volume", "source": "secrets", "target": "/run/secrets", "volume": { "subpath": "broker" } }
              ] },
            "stage": {
              "image": "stage", "depends_on": {}, "deploy": { "resources": {} },
              "volumes": [
                { "type": "volume", "source": "secrets", "target": "/run/secrets", "volume": { "subpath": "stage" } }
              ] } },
          "networks": { "pipeline": { "internal": true }, "devices": {} },
          "configs": { "settings": { "file": "FOLDER/settings.yaml" } },
          "volumes": { "secrets": {}, "data": {} } }
        """
}

private struct SwarmStack: Decodable {
    struct Service: Decodable {
        struct Port: Decodable {
            var published: Int
            var mode: String
        }

        struct Mount: Decodable {
            var target: String
        }

        struct Secret: Decodable, Equatable {
            var source: String
            var target: String
        }

        struct Deployment: Decodable {
            struct Placement: Decodable {
                var constraints: [String]
            }

            struct Update: Decodable {
                var order: String
            }

            var endpoint_mode: String
            var placement: Placement?
            var update_config: Update
        }

        private enum CodingKeys: String, CodingKey {
            case ports, volumes, secrets, deploy
        }

        /// All that it has.
        let keys: Set<String>
        let ports: [Port]?
        let volumes: [Mount]?
        let secrets: [Secret]?
        let deploy: Deployment

        init(from decoder: any Decoder) throws {
            keys = Set(try [String: Anything](from: decoder).keys)
            let container = try decoder.container(keyedBy: CodingKeys.self)
            ports = try container.decodeIfPresent([Port].self, forKey: .ports)
            volumes = try container.decodeIfPresent([Mount].self, forKey: .volumes)
            secrets = try container.decodeIfPresent([Secret].self, forKey: .secrets)
            deploy = try container.decode(Deployment.self, forKey: .deploy)
        }
    }

    struct Network: Decodable {
        var driver_opts: [String: String]
        var `internal`: Bool
    }

    struct Anything: Decodable {
        init(from decoder: any Decoder) {}
    }

    var services: [String: Service]
    var networks: [String: Network]
    var volumes: [String: Anything]
}
