import DatabaseRoutes
import DeadLetters
import HTTPEndpoints
import IOLoop
import MQTT
import PostgreSQL
import Redis
import StageRuntime

/// PostgreSQL and Redis, and the routes that answer from them. Each works without the other, and the monitor without both.
@IOThread
final class Store {
    let postgres: PostgreSQLConfiguration
    let routes: [HTTPRoute]
    private let live: LiveReadings
    private let desks: [DatabaseDesk]

    /// How long PostgreSQL may work on one question.
    private static let statementLimit = Duration.seconds(5)

    /// - Throws: `RedisError` for a URL that cannot be used.
    init(_ configuration: HealthMonitorConfiguration, _ context: ServiceContext) throws {
        let postgres = PostgreSQLConfiguration(
            configuration.postgres, applicationName: "sluice \(context.instance)")
        self.postgres = postgres
        let live = LiveReadings(RedisConfiguration(configuration.redis))
        self.live = live
        // A question that takes long must not hold up those that do not.
        let desks = (0..<3).map { _ in DatabaseDesk(postgres, statementLimit: Self.statementLimit) }
        self.desks = desks
        let replay = DeadLetterReplay(
            MQTTOptions(configuration.mqtt, clientID: "sluice-\(context.instance)-replay"))
        let letters = DeadLetterRoutes(desks[0], replays: desks[2], replay: replay, logger: context.logger)
        let readings = DeviceRoutes(desks[0], live: live).routes + SeriesRoutes(desks[1]).routes
        routes = AlertRoutes(desks[0], reads: .openOnLoopback).routes + readings + letters.routes
    }

    func start() { live.start() }

    func close() {
        live.close()
        for desk in desks { desk.close() }
    }
}
