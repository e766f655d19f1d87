import IOLoop
import Model
import Redis

/// What Redis shows of readings that are stored.
@IOThread
struct TraceRedis {
    private static let patience = Duration.seconds(3)

    let connection: RedisConnection

    init(url: String) throws {
        connection = RedisConnection(try RedisConfiguration(url: url))
    }

    func complete(_ traces: inout [Trace]) async throws {
        connection.start()
        defer { connection.close() }
        let answers = await connection.isConnected(within: Self.patience)
        for index in traces.indices where traces[index].row != nil {
            traces[index].redis = answers ? await place(of: traces[index]) : .unreachable
        }
    }

    private func place(of trace: Trace) async -> Trace.RedisPlace {
        let sensor = trace.sensor ?? ""
        do throws(RedisError) {
            let shown = try await connection.send("HGET", "sensor:\(trace.device):\(sensor)", "timestamp")
            guard let time = shown.text else { return .absent }
            // Texts of a fixed width: their order is that of time.
            if time > trace.time { return .superseded }
            return time == trace.time ? .latest : .behind
        } catch {
            return .unreachable
        }
    }
}
