import Foundation
import Glibc
import Processes
import TestServers

/// Machines on a network of their own: a namespace each, joined by a bridge that stands in one more. Nothing of it is in
/// the network of this machine.
final class HostNetwork: Sendable {
    let hosts: [NetworkHost]
    private let middle: String

    /// Namespaces bear the pid of the tests, so that the next run finds what a killed one left behind.
    private static let prefix = "sluice-tests-"

    /// - Parameter names: of the hosts, which get the addresses 10.77.0.1, 10.77.0.2 …
    /// - Throws: ``CommandFailure``; nothing stays behind.
    init(_ names: [String]) throws {
        Self.removeAbandoned()
        let run = "\(Self.prefix)\(getpid())"
        middle = "\(run)-middle"
        hosts = names.enumerated().map { index, name in
            NetworkHost(
                name: name, namespace: "\(run)-\(name)", address: "10.77.0.\(index + 1)",
                hardware: "02:00:00:00:00:0\(index + 1)")
        }
        ExitCleanup.add { [weak self] in self?.remove() }
        do {
            try build()
        } catch {
            remove()
            throw error
        }
    }

    deinit { remove() }

    private func build() throws {
        try IPCommand.run("netns add", middle)
        try IPCommand.run("-n", middle, "link add name lan type bridge")
        try IPCommand.run("-n", middle, "link set lan up")
        for host in hosts {
            try IPCommand.run("netns add", host.namespace)
            try IPCommand.run("-n", host.namespace, "link set lo up")
            try IPCommand.run("-n", middle, "link add", host.name, "type veth peer name eth0 netns", host.namespace)
            try IPCommand.run("-n", host.namespace, "link set eth0 address", host.hardware)
            try IPCommand.run("-n", host.namespace, "addr add", "\(host.address)/24 dev eth0")
            try IPCommand.run("-n", host.namespace, "link set eth0 up")
            try heal(host)
        }
        for host in hosts { try introduce(host) }
    }

    /// As behind a router: that a host is gone shows by its silence, and not by ARP, which would say so within seconds.
    private func introduce(_ host: NetworkHost) throws {
        for other in hosts where other.name != host.name {
            try IPCommand.run(
                "-n", host.namespace, "neigh add", other.address, "lladdr", other.hardware, "nud permanent dev eth0")
        }
    }

    subscript(name: String) -> NetworkHost {
        guard let host = hosts.first(where: { $0.name == name }) else { preconditionFailure("no host \(name)") }
        return host
    }

    /// Pulls the plug at the far end: what is sent vanishes, and no host is told.
    func cut(_ host: NetworkHost) throws {
        try IPCommand.run("-n", middle, "link set", host.name, "nomaster")
    }

    func heal(_ host: NetworkHost) throws {
        try IPCommand.run("-n", middle, "link set", host.name, "master lan up")
    }

    func remove() {
        for namespace in hosts.map(\.namespace) + [middle] { Self.remove(namespace) }
    }

    private static func remove(_ namespace: String) {
        try? FileManager.default.removeItem(atPath: "/etc/netns/\(namespace)")
        // What was never made, or is removed already, cannot be removed.
        try? IPCommand.run("netns delete", namespace)
    }

    private static func removeAbandoned() {
        let names = ["/run/netns", "/etc/netns"].flatMap {
            (try? FileManager.default.contentsOfDirectory(atPath: $0)) ?? []
        }
        for name in Set(names) where name.hasPrefix(prefix) {
            let pid = name.dropFirst(prefix.count).prefix { $0.isNumber }
            guard let pid = Int32(pid), ProcessIdentity(of: pid) == nil else { continue }
            remove(name)
        }
    }
}

extension HostNetwork {
    /// Why hosts cannot be made here; nil where they can.
    static let obstacle: String? = {
        do {
            let network = try HostNetwork(["probe"])
            network.remove()
            return nil
        } catch {
            return "\(error)"
        }
    }()

    /// As root in CI the right to make namespaces is part of the gate, and missing it fails the test.
    static var isRequired: Bool {
        ProcessInfo.processInfo.environment["CI"] == "true" && UserAccount.isSuperuser
    }
}
