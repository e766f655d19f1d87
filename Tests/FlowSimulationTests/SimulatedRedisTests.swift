import IOLoop
import Model
import Redis
import TestServers
import Testing

@testable import AnomalyDetector

/// The simulation is worth what its model of Redis is: this one gives the answers of the real scripts.
@IOThread
struct SimulatedRedisTests {
    /// Time does not move in the model, so leases either last or are over at once.
    @Test(arguments: [Duration.seconds(600), .zero], [Duration.seconds(600), .zero])
    func `it answers like the scripts`(lease: Duration, settling: Duration) async throws {
        try await withRedis { url in try await compare(url, lease, settling) }
    }

    private func compare(_ url: String, _ lease: Duration, _ settling: Duration) async throws {
        let world = SimulatedWorld(seed: 5, sabotage: nil)
        let model = SimulatedRedis(world, lease: lease, settling: settling)
        let connection = RedisConnection(try RedisConfiguration(url: url), scripts: RedisScript.leaseScripts)
        connection.start()
        defer { connection.close() }
        #expect(await connection.isConnected(within: .seconds(10)))
        let holders = ["a", "b", "c"]
        let stores = holders.map { LeaseStore(connection, holder: $0, lease: lease, settling: settling) }
        var granted = 0
        for _ in 0..<300 {
            let place = Int.random(in: 0..<3, using: &world.random)
            let all = FlowSimulation.partitions.all.shuffled(using: &world.random)
            let count = Int.random(in: 1...4, using: &world.random)
            if world.chance(perMille: 250) {
                try await stores[place].release(Array(all.prefix(count)))
                model.release(Array(all.prefix(count)), by: holders[place])
            } else {
                let split = Int.random(in: 0...count, using: &world.random)
                let question = LeaseMachine.Question(
                    wanted: Array(all.prefix(split)), kept: Array(all[split..<count]))
                let answers = try await stores[place].claim(wanted: question.wanted, kept: question.kept)
                #expect(answers == model.claim(question, by: holders[place]))
                granted += answers.count(where: \.isGranted)
            }
        }
        #expect(granted > 50)
    }
}
