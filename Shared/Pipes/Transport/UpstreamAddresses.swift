internal import FoundationEssentials
internal import Settings

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
    @concurrent
    func resolve() async -> Found {
        switch self {
        case .fixed(let endpoints): Found(endpoints: await NameResolver.resolve(endpoints))
        case .registry(let directory, let service): Self.read(directory, service)
        }
    }

    struct Found: Sendable {
        /// For `zmq_connect`; nil when the source cannot be asked now.
        var endpoints: Set<String>?
        /// What was left out since others could have written it.
        var faults: [String] = []
    }

    private struct Entry: Decodable {
        var name: String
        var pipe: String?
    }

    private static func read(_ directory: String, _ service: String) -> Found {
        if let breach = FileTrust.written.breach(of: directory) { return Found(endpoints: [], faults: ["\(breach)"]) }
        guard let files = try? FileManager.default.contentsOfDirectory(atPath: directory) else { return Found() }
        var found = Found(endpoints: [])
        for file in files where file.hasSuffix(".json") {
            // A file that vanishes or is half written while we look is read the next time.
            guard let (text, breach) = FileTrust.written.read("\(directory)/\(file)"),
                let entry = try? JSONDecoder().decode(Entry.self, from: Data(text.utf8)), entry.name == service,
                let pipe = entry.pipe
            else { continue }
            if let breach { found.faults.append("\(breach)") } else { found.endpoints?.insert(pipe) }
        }
        return found
    }
}
