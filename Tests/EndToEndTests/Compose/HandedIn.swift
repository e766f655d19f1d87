import Foundation
import TestServers
import Testing
import Yams

/// What `make-secrets` prints, and what a pod would find of it.
struct HandedIn {
    private let manifests: [Manifest]
    private let keys: String

    init() async throws {
        keys = "\(try TestDirectory.make())/keys"
        let authority = "\(try TestDirectory.make())/ca.pem"
        try Data("authority\n".utf8).write(to: URL(filePath: authority))
        try await Shell.succeed(Shell.product("sluice"), ["keygen", "--all", "--directory", keys])
        let text = try await Shell.succeed(
            Manifests.folder.appending(path: "make-secrets"), [],
            environment: ["MQTT": "m-1", "POSTGRES": "p'2", "REDIS": "r 3", "CA": authority, "KEYS": keys])
        manifests = try Yams.load_all(yaml: text).compactMap { $0 as? [String: Any] }.map(Manifest.init)
    }

    func data(of kind: String, _ section: String) throws -> [String: Data] {
        let manifest = try #require(manifests.first { $0.kind == kind })
        return try #require(manifest[section] as? [String: String]).mapValues {
            try #require(Data(base64Encoded: $0))
        }
    }

    func publicKey(of service: String) throws -> Data {
        try Data(contentsOf: URL(filePath: "\(keys)/known/\(service).pub"))
    }

    /// Gives a service its files, by their names, and lets it look at its settings.
    func mount(_ files: [String: String], for service: String) async throws {
        let folder = try TestDirectory.make()
        let secret = try data(of: "Secret", "data")
        for (file, key) in files { try #require(secret[key]).write(to: URL(filePath: "\(folder)/\(file)")) }
        for file in try FileManager.default.contentsOfDirectory(atPath: folder) where file == "pipe-key" {
            try #require(chmod("\(folder)/\(file)", 0o440) == 0)
        }
        let settings = try String(contentsOf: Manifests.folder.appending(path: "settings.yaml"), encoding: .utf8)
            .replacing("/run/secrets", with: folder).replacing("/run/known-keys", with: "\(keys)/known")
        let file = "\(folder)/sluice.yaml"
        try Data(settings.utf8).write(to: URL(filePath: file))
        try await Shell.succeed(Shell.product(service), ["--validate", "--config", file])
    }
}
