import Foundation
import Testing
import Yams

/// What kustomize makes of `compose/kubernetes`.
struct Manifests {
    let text: String
    let all: [Manifest]

    static let folder = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../../../compose/kubernetes").standardizedFileURL

    /// Of `.ci/install-kubernetes-tools`.
    static func tool(_ name: String) throws -> URL {
        let environment = ProcessInfo.processInfo.environment
        let cache = environment["XDG_CACHE_HOME"] ?? "\(environment["HOME"] ?? "/root")/.cache"
        let folders = try FileManager.default.contentsOfDirectory(atPath: "\(cache)/sluice")
        let folder = try #require(folders.sorted().last { $0.hasPrefix("kubernetes-tools-") }, "run make test-packages")
        return URL(filePath: "\(cache)/sluice/\(folder)/bin/\(name)")
    }

    static func load() async throws -> Manifests {
        let text = try await Shell.succeed(try tool("kubectl"), ["kustomize", folder.path])
        let documents = try Yams.load_all(yaml: text).compactMap { $0 as? [String: Any] }
        return Manifests(text: text, all: documents.map(Manifest.init))
    }

    func of(_ kind: String) -> [Manifest] { all.filter { $0.kind == kind } }

    var workloads: [Manifest] { of("Deployment") + of("StatefulSet") }

    func find(_ kind: String, _ name: String) throws -> Manifest {
        try #require(of(kind).first { $0.name == name }, "no \(kind) \(name)")
    }
}

struct Manifest {
    let content: [String: Any]

    var kind: String { content["kind"] as? String ?? "" }
    var name: String { self["metadata", "name"] as? String ?? "" }

    /// By keys and places in lists.
    subscript(_ path: any Hashable...) -> Any? {
        path.reduce(content as Any?) { value, step in
            if let key = step as? String { return (value as? [String: Any])?[key] }
            guard let list = value as? [Any], let index = step as? Int, list.indices.contains(index) else { return nil }
            return list[index]
        }
    }

    func list(_ path: String...) -> [[String: Any]] {
        path.reduce(content as Any?) { ($0 as? [String: Any])?[$1] } as? [[String: Any]] ?? []
    }
}
