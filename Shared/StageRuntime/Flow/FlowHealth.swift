public import IOLoop
public import Observability
public import Pipes

/// Whether readings flow, as three checks: somebody gives them (`upstream`), somebody takes them (`downstream`), and they do
/// move (`flow`).
@IOThread
public struct FlowHealth {
    private let upstream: UpstreamHealth
    private let downstream: HealthCheck
    private let flow: FlowCheck
    private let taker: String

    /// - Parameters:
    ///   - giver: the service above, as `/readyz` names it.
    ///   - taker: the service below.
    public init(board: HealthBoard, limits: HealthLimits = HealthLimits(), giver: String, taker: String) {
        upstream = UpstreamHealth(board: board, giver: giver)
        downstream = board.check("downstream")
        flow = FlowCheck(FlowWatch(), board: board, limits: limits)
        self.taker = taker
    }

    /// Called now and then.
    public func look(at stage: Stage) {
        upstream.look(at: stage.links)
        let workers = stage.workers.count { !$0.isDraining }
        downstream.report(
            workers > 0 ? .ok : .fail, workers > 0 ? "\(workers) connected" : "no \(taker) is connected")
        flow.look(FlowSample(stage.inboundCounters), culprit: WorkerStatus.culprit(among: stage.workers))
    }
}

extension FlowSample {
    /// Of what came over pipes.
    public init(_ counters: InboundPipeCounters) {
        self.init(
            arrived: counters.receivedReadings, done: counters.acknowledgedReadings, waiting: counters.openReadings,
            isListening: counters.links > 0)
    }
}

extension WorkerStatus {
    /// Who holds most of what was sent on; nil when nobody holds anything.
    public static func culprit(among workers: [WorkerStatus]) -> String? {
        guard let slowest = workers.max(by: { $0.inFlightReadings < $1.inFlightReadings }),
            slowest.inFlightReadings > 0
        else { return nil }
        return "\(slowest.instance) has \(PlainText.count(slowest.inFlightReadings)) of them"
    }
}

/// Whether somebody gives readings, as the check `upstream`: red without a connection, and when one is refused for good.
@IOThread
public struct UpstreamHealth {
    private let check: HealthCheck
    private let giver: String

    public init(board: HealthBoard, giver: String) {
        check = board.check("upstream")
        self.giver = giver
    }

    /// Called now and then.
    public func look(at links: [LinkStatus]) {
        if let refusal = links.lazy.compactMap(\.refusal).first { return check.report(.fail, refusal) }
        let live = links.count { $0.state == .live }
        check.report(live > 0 ? .ok : .fail, live > 0 ? "\(live) connected" : "no \(giver) is connected")
    }
}

extension LinkStatus {
    /// Why this link can never be used, as it is configured now.
    fileprivate var refusal: String? {
        guard case .refused(let why) = state else { return nil }
        return "\(address): \(why)"
    }
}
