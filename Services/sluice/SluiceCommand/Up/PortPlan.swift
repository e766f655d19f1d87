import FoundationEssentials
import LocalServers
import Processes

/// Who listens where. Written to the data directory, so that clients find everything at the same place next time.
struct PortPlan {
    enum Base: Equatable {
        /// The last ports of this data directory, or else the first free block from 9100 on.
        case automatic
        /// `--base-port 0`: the last ports of this data directory, or else any.
        case anyFree
        case fixed(UInt16)

        init(option: UInt16?) {
            self =
                switch option {
                case nil: .automatic
                case 0: .anyFree
                case let port?: .fixed(port)
                }
        }
    }

    private(set) var reservations: [String: PortReservation] = [:]

    var ports: [String: UInt16] { reservations.mapValues(\.port) }

    /// Reserves a port for each server anywhere, and for the services side by side, the monitor at the base.
    ///
    /// - Throws: ``SystemCallError`` when a port of a fixed base is taken, ``NoRoomForPorts`` when it is too high, or
    ///   the error of the file system.
    init(servers: [String], services: [ServiceInstance], base: Base, directory: DataDirectory) throws {
        let earlier = try readJSON([String: UInt16].self, from: directory.ports) ?? [:]
        for server in servers { reservations[server] = try Self.keep(earlier[server]) ?? .anyFree() }
        // The monitor first: its port is the base.
        let order = services.filter { $0.kind == .monitor } + services.filter { $0.kind != .monitor }
        let names = order.map(\.name)
        reservations.merge(try Self.reserve(names, base: base, earlier: earlier)) { $1 }
        try writeJSON(earlier.merging(ports) { $1 }, to: directory.ports)
    }

    /// Lets go of a port, for the process that it is meant for.
    mutating func release(_ name: String) {
        reservations[name] = nil
    }

    /// One more, at its port of last time or next to the others.
    ///
    /// - Returns: the port.
    mutating func add(_ name: String, in directory: DataDirectory) throws -> UInt16 {
        let earlier = try readJSON([String: UInt16].self, from: directory.ports) ?? [:]
        let reservation = try Self.keep(earlier[name]) ?? Self.after(earlier.values.max() ?? 9099)
        reservations[name] = reservation
        try writeJSON(earlier.merging([name: reservation.port]) { $1 }, to: directory.ports)
        return reservation.port
    }

    private static func reserve(
        _ names: [String], base: Base, earlier: [String: UInt16]
    ) throws -> [String: PortReservation] {
        if case .fixed(let first) = base { return try block(names, from: first) }
        var kept: [String: PortReservation] = [:]
        for name in names { kept[name] = keep(earlier[name]) }
        if kept.isEmpty, base == .automatic, let block = firstFreeBlock(names) { return block }
        for name in names where kept[name] == nil {
            kept[name] = try base == .automatic ? after(kept.values.map(\.port).max() ?? 9099) : .anyFree()
        }
        return kept
    }

    /// The port of last time, unless somebody has taken it since.
    private static func keep(_ port: UInt16?) -> PortReservation? {
        port.flatMap { try? PortReservation($0) }
    }

    private static func block(_ names: [String], from first: UInt16) throws -> [String: PortReservation] {
        guard Int(first) + names.count - 1 <= UInt16.max else { throw NoRoomForPorts(first: first, count: names.count) }
        var block: [String: PortReservation] = [:]
        for (offset, name) in names.enumerated() { block[name] = try PortReservation(first + UInt16(offset)) }
        return block
    }

    private static func firstFreeBlock(_ names: [String]) -> [String: PortReservation]? {
        stride(from: UInt16(9100), to: 9900, by: 20).lazy.compactMap { try? block(names, from: $0) }.first
    }

    /// Next to the others, for an instance that was not there last time.
    private static func after(_ last: UInt16) throws -> PortReservation {
        let near = (last...UInt16(clamping: Int(last) + 100)).dropFirst().lazy.compactMap { try? PortReservation($0) }
            .first
        return try near ?? .anyFree()
    }
}

/// A fixed base with fewer ports behind it than there are services.
struct NoRoomForPorts: Error, CustomStringConvertible {
    let first: UInt16
    let count: Int

    var description: String {
        "--base-port \(first) has no room for \(count) services: ports end at 65535, so \(65_536 - count) is the highest."
    }
}
