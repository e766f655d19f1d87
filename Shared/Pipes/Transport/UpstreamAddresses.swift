internal import Foundation

/// Where an inbound pipe finds its upstreams. The set may change while it runs.
public enum UpstreamAddresses: Hashable, Sendable {
    /// `tcp://host:port`; a host name stands for every address that it resolves to, now and later.
    case fixed([String])
    /// `*.json` in a directory, one a running instance: those whose `name` is the service and that have a `pipe`.
    case registry(directory: String, service: String)

    /// How often to look again.
    var interval: Duration {
        switch self {
        case .fixed: .seconds(3)
        case .registry: .seconds(1)
        }
    }

    /// Looks once. Blocks on files and name servers, and so leaves the caller's thread.
    ///
    /// - Returns: endpoints for `zmq_connect`; nil when the source cannot be asked now.
    @concurrent
    func resolve() async -> Set<String>? {
        switch self {
        case .fixed(let endpoints): await NameResolver.resolve(endpoints)
        case .registry(let directory, let service): Self.read(directory, service)
        }
    }

    private struct Entry: Decodable {
        var name: String
        var pipe: String?
    }

    private static func read(_ directory: String, _ service: String) -> Set<String>? {
        guard let files = try? FileManager.default.contentsOfDirectory(atPath: directory) else { return nil }
        var found = Set<String>()
        for file in files where file.hasSuffix(".json") {
            // A file that vanishes or is half written while we look is read the next time.
            guard let data = FileManager.default.contents(atPath: "\(directory)/\(file)"),
                let entry = try? JSONDecoder().decode(Entry.self, from: data), entry.name == service,
                let pipe = entry.pipe
            else { continue }
            found.insert(pipe)
        }
        return found
    }
}
