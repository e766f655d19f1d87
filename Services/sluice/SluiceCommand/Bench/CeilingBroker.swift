import FoundationEssentials
import LocalServers
import Processes

/// A second private broker, with nobody on it but a publisher and an empty subscriber.
struct CeilingBroker {
    let port: UInt16
    private let directory: String

    /// For the output of publishers.
    var log: String { "\(directory)/publisher.log" }
    private let running: RunningServer

    static func start() async throws -> CeilingBroker {
        let directory = FileManager.default.temporaryDirectory
            .appendingPathComponent("sluice-ceiling-\(UUID().uuidString.prefix(8))").path
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        let port = try PortReservation.freePort()
        do {
            let running = try await RunningServer.start(
                try MosquittoServer(directory: directory, port: port), log: LogFile(path: "\(directory)/log"))
            return CeilingBroker(port: port, directory: directory, running: running)
        } catch {
            try FileManager.default.removeItem(atPath: directory)
            throw error
        }
    }

    func stop() async throws {
        await running.stop()
        try FileManager.default.removeItem(atPath: directory)
    }
}
