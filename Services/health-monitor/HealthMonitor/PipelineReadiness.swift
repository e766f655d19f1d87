import HTTPEndpoints
import Model

/// Whether readings can flow from the broker to the rollups: what `/api/ready` answers.
///
/// Each service on the path has an instance that works, and no instance is stalled or gone without a word. One that is
/// degraded works; one that starts, drains or has left is nobody's trouble as long as another works.
struct PipelineReadiness {
    static let path = ["mqtt-ingest", "preprocessor", "anomaly-detector", "storage-writer", "aggregator"]

    /// A sentence each; empty when the pipeline is ready.
    let complaints: [String]

    /// - Parameter freshness: what was seen longer ago says nothing of now.
    init(_ status: FleetStatus, at now: Timestamp, freshness: Duration = .seconds(10)) {
        var complaints: [String] = []
        for service in Self.path where !status.instances.contains(where: { $0.name == service && $0.works }) {
            complaints.append("no \(service) works")
        }
        for instance in status.instances where instance.state == .stalled || instance.state == .down {
            complaints.append(
                "\(instance.instance) is \(instance.state.rawValue) since \(instance.since): \(instance.detail)")
        }
        if let seen = Timestamp(iso8601: status.time), now.since(seen) > freshness {
            complaints.append("nobody has looked since \(status.time)")
        }
        self.complaints = complaints
    }

    var answer: HTTPAnswer {
        if complaints.isEmpty { return .text("ok\n") }
        var answer = HTTPAnswer.text(complaints.joined(separator: "\n") + "\n", status: 503)
        answer.headers["Retry-After"] = "1"
        return answer
    }
}

extension FleetStatus.Instance {
    fileprivate var works: Bool { state == .ready || state == .degraded }
}
