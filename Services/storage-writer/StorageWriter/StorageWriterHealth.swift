internal import IOLoop
internal import Observability
internal import Pipes
internal import PostgreSQL
internal import StageRuntime

/// Ready means that readings come in and can be stored. Other sinks and the aggregator may be away.
@IOThread
struct StorageWriterHealth {
    private let postgres: HealthCheck
    private let upstream: UpstreamHealth
    private let flow: FlowCheck

    init(board: HealthBoard, limits: HealthLimits) {
        postgres = board.check("postgres")
        flow = FlowCheck(FlowWatch(verb: "committed"), board: board, limits: limits)
        upstream = UpstreamHealth(board: board, giver: "anomaly-detector")
    }

    func connection(_ state: PostgreSQLSession.State) {
        switch state {
        case .idle: break
        case .connected: postgres.report(.ok)
        case .failing(let error, _): postgres.report(.fail, error.description)
        }
    }

    func stored(failing error: PostgreSQLError?) {
        postgres.report(error == nil ? .ok : .fail, error?.description ?? "")
    }

    func look(at inbound: InboundPipe, storing: CommitLoop.Storing?) {
        upstream.look(at: inbound.links)
        let culprit = storing.map {
            "the transaction with \(PlainText.count($0.readings)) of them began \(PlainText.time(.now - $0.since)) ago"
        }
        flow.look(FlowSample(inbound.counters), culprit: culprit)
    }
}
