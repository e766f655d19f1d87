import FoundationEssentials

/// A service that `sluice up` runs.
struct ServiceKind: Sendable, Hashable {
    /// Of the executable, and of the instances with `-1`, `-2` … behind it.
    let name: String
    /// Its section in `sluice.yaml`.
    var section: String { name.replacing("-", with: "_") }

    /// In the order in which readings flow, which is the order of stopping.
    static let flow = [
        ingest, ServiceKind(name: "preprocessor"), ServiceKind(name: "anomaly-detector"),
        ServiceKind(name: "storage-writer"), ServiceKind(name: "aggregator"), monitor,
    ]

    /// Those that are joined by pipes.
    static let withPipes = flow.filter { $0 != monitor }

    /// All that read settings: those that `sluice up` runs, and what runs on gateways.
    static let all = flow + [edge]

    static let edge = ServiceKind(name: "edge-processor")
    static let ingest = ServiceKind(name: "mqtt-ingest")
    static let monitor = ServiceKind(name: "health-monitor")
}

/// One instance of a service.
struct ServiceInstance: Sendable, Hashable {
    let kind: ServiceKind
    let number: Int

    var name: String { "\(kind.name)-\(number)" }

    /// All instances in flow order, with the counts asked for and one of every other service.
    static func all(scale: [String: Int]) -> [ServiceInstance] {
        ServiceKind.flow.flatMap { kind in
            (0..<(scale[kind.name] ?? 1)).map { ServiceInstance(kind: kind, number: $0 + 1) }
        }
    }
}

/// The folder of the service executables.
struct ServiceFolder: Sendable {
    let path: String

    /// Where this command itself lies.
    static var besideThisCommand: ServiceFolder {
        ServiceFolder(path: URL(filePath: ownExecutable).deletingLastPathComponent().path(percentEncoded: false))
    }

    static var ownExecutable: String {
        let path = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        return path ?? CommandLine.arguments[0]
    }

    /// - Throws: ``MissingExecutable``.
    func executable(of kind: ServiceKind) throws -> String {
        let file = URL(filePath: path).appending(path: kind.name).path(percentEncoded: false)
        guard FileManager.default.isExecutableFile(atPath: file) else { throw MissingExecutable(path: file) }
        return file
    }
}

struct MissingExecutable: Error, CustomStringConvertible {
    let path: String

    var description: String { "cannot find \(path): build it with: swift build" }
}
