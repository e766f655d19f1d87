internal import IOLoop
internal import Observability
internal import Pipes
internal import StageRuntime

/// Ready means that readings can flow: somebody gives them, and somebody takes them.
@IOThread
struct FlowHealth {
    private let upstream: HealthCheck
    private let downstream: HealthCheck

    init(board: HealthBoard) {
        upstream = board.check("upstream")
        downstream = board.check("downstream")
    }

    func look(at stage: Stage) {
        let live = stage.links.filter { $0.state == .live }.count
        let refused = stage.links.compactMap(\.refusal).first
        if let refused {
            upstream.report(.fail, refused)
        } else {
            upstream.report(live > 0 ? .ok : .fail, live > 0 ? "\(live) connected" : "no mqtt-ingest is connected")
        }
        let workers = stage.workers.filter { !$0.isDraining }.count
        downstream.report(
            workers > 0 ? .ok : .fail, workers > 0 ? "\(workers) connected" : "no anomaly-detector is connected")
    }
}

extension LinkStatus {
    /// Why this link can never be used, as it is configured now.
    fileprivate var refusal: String? {
        guard case .refused(let why) = state else { return nil }
        return "\(address): \(why)"
    }
}
