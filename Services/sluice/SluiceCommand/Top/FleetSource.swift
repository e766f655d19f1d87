import FoundationEssentials
import HTTPEndpoints
import Processes
import Settings

/// An instance that is to be looked at.
struct FleetMember: Hashable, Sendable {
    /// Empty until it is known, of instances that are named by their address.
    var service: String
    var instance: String
    /// Nil while it does not listen.
    var address: HTTPAddress?
}

/// Who is to be looked at; asked again for each look, since instances come and go.
enum FleetSource: Sendable {
    case directory(DataDirectory)
    case addresses([HTTPAddress])

    /// - Throws: ``NothingRuns``; ``SystemCallError`` when the folder is somebody else's; ``FileTrust/Breach`` when others may write to
    ///   the registry.
    func members() throws -> [FleetMember] {
        switch self {
        case .addresses(let addresses):
            return addresses.map { FleetMember(service: "", instance: "\($0)", address: $0) }
        case .directory(let directory):
            if let breach = FileTrust.written.breach(of: directory.registry) { throw breach }
            let members = Self.members(
                supervised: try SupervisorState.readable(directory), recorded: RegistryEntry.all(in: directory))
            guard !members.isEmpty else { throw NothingRuns(directory: directory.path) }
            return members
        }
    }

    /// Those that `sluice up` keeps alive, in the order of the flow, then others that have written down where they are.
    static func members(supervised state: SupervisorState?, recorded: [RegistryEntry]) -> [FleetMember] {
        let supervised = (state?.supervisor.isAlive == true ? state?.services ?? [] : []).map { process in
            FleetMember(
                service: process.name, instance: process.instance, address: process.url.flatMap(HTTPAddress.init(url:)))
        }
        let known = Set(supervised.map(\.instance))
        let others = recorded.filter { !known.contains($0.instance) }.map { entry in
            FleetMember(
                service: entry.name, instance: entry.instance, address: entry.url.flatMap(HTTPAddress.init(url:)))
        }
        return supervised + others
    }
}

/// What an instance writes down of itself in `registry/`. Those of processes that are gone are left out, and so are those that others
/// may write: they say who is sent the operators' token.
struct RegistryEntry: Decodable, Sendable {
    var name: String
    var instance: String
    var pid: Int32
    var url: String?

    static func all(in directory: DataDirectory) -> [RegistryEntry] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: directory.registry)) ?? []
        return names.filter { $0.hasSuffix(".json") }.sorted().compactMap { name in
            guard let (text, breach) = FileTrust.written.read("\(directory.registry)/\(name)"), breach == nil else {
                return nil
            }
            return try? JSONDecoder().decode(RegistryEntry.self, from: Data(text.utf8))
        }.filter { ProcessIdentity(of: $0.pid) != nil }
    }
}
