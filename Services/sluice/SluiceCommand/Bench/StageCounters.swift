import Foundation
import HTTPEndpoints

/// What a service counts, read from its `/metrics`.
struct StageCounters {
    private let host: String
    private let port: Int

    /// - Parameter url: as `sluice status` shows it; nil when it names no port.
    init?(url: String) {
        guard let parts = URLComponents(string: url), let host = parts.host, let port = parts.port else { return nil }
        (self.host, self.port) = (host, port)
    }

    /// Readings that it has taken from upstream since it began.
    ///
    /// - Throws: ``HTTPNoReply``, or ``BenchFailure`` when it does not count them.
    func received() async throws -> Int {
        let reply = try await OperatorClient().get(["/metrics"], host: host, port: port, within: .seconds(10))[0]
        guard reply.status == 200, let sum = Self.sum(Self.name, in: reply.body) else {
            throw BenchFailure(description: "http://\(host):\(port)/metrics has no \(Self.name)")
        }
        return Int(sum)
    }

    private static let name = "sluice_received_readings_total"

    /// Over all labels; nil when there is none of the name in Prometheus' text.
    static func sum(_ name: String, in text: String) -> Double? {
        let values = text.split(separator: "\n").compactMap { line -> Double? in
            guard line.hasPrefix(name), let next = line.dropFirst(name.count).first, next == " " || next == "{" else {
                return nil
            }
            return line.split(separator: " ").last.flatMap { Double($0) }
        }
        return values.isEmpty ? nil : values.reduce(0, +)
    }
}
