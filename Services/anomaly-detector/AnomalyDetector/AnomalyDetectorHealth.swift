internal import IOLoop
internal import MQTT
internal import Observability
internal import Plugins
internal import PostgreSQL
internal import Redis
internal import StageRuntime

/// Ready means that readings come in and go on. Redis, PostgreSQL and the broker may be away: the detectors then begin
/// cold, and what is said of alerts waits.
@IOThread
struct AnomalyDetectorHealth {
    private let flow: FlowHealth
    private let partitions: HealthCheck
    private let redis: HealthCheck
    private let mqtt: HealthCheck
    private let postgres: HealthCheck
    private let plugins: PluginCheck
    private let redisIsUp: Gauge
    private let postgresIsUp: Gauge
    private let mqttIsUp: Gauge

    init(board: HealthBoard, limits: HealthLimits, registry: MetricsRegistry) {
        flow = FlowHealth(board: board, limits: limits, giver: "preprocessor", taker: "storage-writer")
        partitions = board.check("partitions", initially: .ok)
        redis = board.check("redis", initially: .degraded)
        mqtt = board.check("mqtt", initially: .degraded)
        postgres = board.check("postgres", initially: .degraded)
        plugins = PluginCheck(.detector, on: board)
        redisIsUp = registry.connection(to: "redis")
        postgresIsUp = registry.connection(to: "postgresql")
        mqttIsUp = registry.connection(to: "mqtt")
    }

    func redis(_ state: RedisConnectionState) {
        redisIsUp.set(state.isConnected ? 1 : 0)
        switch state {
        case .connected: redis.report(.ok)
        case .disconnected(let error): redis.report(.degraded, error.message)
        case .connecting, .closed: break
        }
    }

    func postgres(_ state: PostgreSQLSession.State) {
        switch state {
        case .connected:
            postgresIsUp.set(1)
            postgres.report(.ok)
        case .failing(let error, _):
            postgresIsUp.set(0)
            postgres.report(.degraded, "\(error)")
        case .idle: break
        }
    }

    func mqtt(_ event: MQTTEvent) {
        switch event {
        case .connected:
            mqttIsUp.set(1)
            mqtt.report(.ok)
        case .disconnected(let error):
            mqttIsUp.set(0)
            mqtt.report(.degraded, error.map { "\($0)" } ?? "disconnected")
        }
    }

    /// Not ready while another instance keeps what this one has to work on.
    func look(at leases: PartitionLeases) {
        if let obstacle = leases.obstacle {
            partitions.report(.fail, obstacle)
        } else {
            partitions.report(.ok, "learns from \(leases.count)")
        }
    }

    func look(at detectors: PluginTroubles) {
        plugins.look(at: detectors)
    }

    func look(at stage: Stage) {
        flow.look(at: stage)
    }
}
