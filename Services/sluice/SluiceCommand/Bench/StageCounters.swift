import HTTPEndpoints
import Observability

/// What a service counts, read from its `/metrics`.
struct StageCounters {
    private let address: HTTPAddress

    /// - Parameter url: as `sluice status` shows it; nil when it names no port.
    init?(url: String) {
        guard let address = HTTPAddress(url: url) else { return nil }
        self.address = address
    }

    /// Readings that it has taken from upstream since it began.
    ///
    /// - Throws: ``HTTPNoReply``, or ``BenchFailure`` when it does not count them.
    func received() async throws -> Int {
        let reply = try await OperatorClient().get(
            ["/metrics"], from: address, within: .seconds(10))[0]
        guard reply.status == 200, let sum = MetricSamples(prometheusText: reply.body).sum(Self.name) else {
            throw BenchFailure(description: "\(address)/metrics has no \(Self.name)")
        }
        return Int(sum)
    }

    private static let name = "sluice_received_readings_total"
}
