internal import IOLoop
internal import Observability
internal import Pipes
internal import PostgreSQL

/// Ready means that readings come in and can be stored. Redis and the aggregator may be away.
@IOThread
struct StorageWriterHealth {
    private let postgres: HealthCheck
    private let redis: HealthCheck
    private let upstream: HealthCheck

    init(board: HealthBoard) {
        postgres = board.check("postgres")
        redis = board.check("redis", initially: .degraded)
        upstream = board.check("upstream")
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

    func look(at inbound: InboundPipe, cache: RedisSink) {
        switch cache.status {
        case .ok: redis.report(.ok)
        case .degraded(let why): redis.report(.degraded, why)
        }
        let live = inbound.links.count { $0.state == .live }
        upstream.report(live > 0 ? .ok : .fail, live > 0 ? "" : "no anomaly-detector is connected")
    }
}
