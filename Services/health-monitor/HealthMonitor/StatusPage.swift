import HTTPEndpoints
import Model

/// What programs ask for.
enum StatusPage {
    /// - Parameter freshness: what was seen longer ago says nothing of now.
    static func routes(for watch: FleetWatch, freshness: Duration) -> [HTTPRoute] {
        [
            HTTPRoute("/api/status") { _ in .json(await watch.status.json()) },
            HTTPRoute("/api/ready") { _ in
                PipelineReadiness(await watch.status, at: .now(), freshness: freshness).answer
            },
        ]
    }
}
