import Foundation
import Glibc
import Processes
import Settings
import TestServers
import Testing
import ZeroMQ

struct KeygenTests {
    private struct Pair: Decodable {
        var name: String
        var public_key: String
        var secret_key_file: String
        var public_key_file: String
        var new: Bool
    }

    private let folder: String

    init() throws {
        folder = "\(try TestDirectory.make())/keys"
    }

    private func keygen(_ arguments: [String]) async throws -> (Processes.ExitStatus, String) {
        try await Command(Stage.sluice, ["keygen", "--directory", folder] + arguments).run()
    }

    private func mode(_ file: String) -> mode_t? {
        var status = stat()
        return stat(file, &status) == 0 ? status.st_mode & 0o777 : nil
    }

    @Test func `each service gets a pair, the secret one for its owner alone`() async throws {
        let (status, text) = try await keygen(["--all", "--json"])
        #expect(status.isSuccess)
        let pairs = try JSONDecoder().decode([Pair].self, from: Data(text.utf8))
        #expect(
            pairs.map(\.name) == ["mqtt-ingest", "preprocessor", "anomaly-detector", "storage-writer", "aggregator"])
        #expect(Set(pairs.map(\.public_key)).count == 5)
        for pair in pairs {
            let secret = try String(contentsOfFile: pair.secret_key_file, encoding: .utf8).trimmingCharacters(
                in: .newlines)
            #expect(try CurveKeyPair(secretKey: secret).publicKey == pair.public_key)
            #expect(try String(contentsOfFile: pair.public_key_file, encoding: .utf8) == pair.public_key + "\n")
            #expect(mode(pair.secret_key_file) == 0o600 && mode(pair.public_key_file) == 0o644)
            #expect(!text.contains(secret))
        }
    }

    @Test func `keys that are there stay as they are`() async throws {
        #expect(try await keygen(["preprocessor"]).0.isSuccess)
        let before = try String(contentsOfFile: "\(folder)/preprocessor.key", encoding: .utf8)
        let (status, text) = try await keygen(["--all"])
        #expect(status == .exited(1) && text.contains("\(folder)/preprocessor.key is there already"), "\(text)")
        #expect(try String(contentsOfFile: "\(folder)/preprocessor.key", encoding: .utf8) == before)
        #expect(mode("\(folder)/mqtt-ingest.key") == nil)
        #expect(try await keygen(["preprocessor-next"]).0.isSuccess)
    }

    @Test func `what is missing is made, again and again, and what is there stays`() async throws {
        #expect(try await keygen(["preprocessor"]).0.isSuccess)
        let before = try String(contentsOfFile: "\(folder)/preprocessor.key", encoding: .utf8)
        let publicFile = "\(folder)/known/aggregator.pub"
        for run in 1...3 {
            let (status, text) = try await keygen(["--all", "--missing", "--json"])
            #expect(status.isSuccess, "\(text)")
            let pairs = try JSONDecoder().decode([Pair].self, from: Data(text.utf8))
            let new = pairs.filter(\.new).map(\.name)
            #expect(pairs.count == 5 && new.count == [4, 0, 1][run - 1] && !new.contains("preprocessor"))
            // As if it had been killed between the two files of a pair.
            if run == 2 { try FileManager.default.removeItem(atPath: publicFile) }
        }
        #expect(try String(contentsOfFile: "\(folder)/preprocessor.key", encoding: .utf8) == before)
        let secret = try String(contentsOfFile: "\(folder)/aggregator.key", encoding: .utf8)
        let derived = try CurveKeyPair(secretKey: secret.trimmingCharacters(in: .newlines)).publicKey
        #expect(try String(contentsOfFile: publicFile, encoding: .utf8) == derived + "\n")
        let left = try FileManager.default.subpathsOfDirectory(atPath: folder).filter { $0.hasSuffix(".new") }
        #expect(left.isEmpty)
    }

    @Test func `halves that do not belong together are told, and stay`() async throws {
        #expect(try await keygen(["preprocessor", "aggregator"]).0.isSuccess)
        let (own, others) = ("\(folder)/known/preprocessor.pub", "\(folder)/known/aggregator.pub")
        try FileManager.default.removeItem(atPath: own)
        try FileManager.default.copyItem(atPath: others, toPath: own)
        let mixed = try await keygen(["--all", "--missing"])
        #expect(mixed.0 == .exited(1) && mixed.1.contains("\(own) is not the public key of"), "\(mixed.1)")
        try FileManager.default.removeItem(atPath: "\(folder)/preprocessor.key")
        let half = try await keygen(["--all", "--missing"])
        #expect(half.0 == .exited(1) && half.1.contains("\(own) is there and"), "\(half.1)")
        #expect(mode("\(folder)/preprocessor.key") == nil)
    }

    @Test(arguments: [[], ["--all", "preprocessor"], ["../preprocessor"], ["a", "a"], ["a/b"]])
    func `what is no name of a service is refused`(arguments: [String]) async throws {
        let (status, _) = try await keygen(arguments)
        #expect(status == .exited(64))
        #expect(!FileManager.default.fileExists(atPath: folder))
    }
}
