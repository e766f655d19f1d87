import Testing

/// The promise under every fault that the simulation knows. A failure names its seed: put it into `formerFailures`.
struct FlowSimulationTests {
    private static let formerFailures: [UInt64] = []
    private static let seeds: ClosedRange<UInt64> = 1...2_000

    @Test func `nothing acknowledged is lost or stored twice, nothing is learnt twice, and it comes to rest`() async {
        let halves = await withTaskGroup(of: (published: Int, complaints: [String]).self) { group in
            for half in 0..<2 as Range<UInt64> { group.addTask { Self.run(Self.seeds.filter { $0 / 2 % 2 == half }) } }
            group.addTask { Self.run(Self.formerFailures) }
            return await group.reduce(into: (published: 0, complaints: [String]())) {
                $0.published += $1.published
                $0.complaints += $1.complaints
            }
        }
        #expect(halves.complaints == [])
        #expect(halves.published > 150 * Self.seeds.count)
    }

    private static func run(_ seeds: [UInt64]) -> (published: Int, complaints: [String]) {
        var sum = (published: 0, complaints: [String]())
        for seed in seeds where sum.complaints.isEmpty {
            let simulation = FlowSimulation(seed: seed)
            sum.complaints += simulation.complaints()
            sum.published += simulation.published
        }
        return sum
    }

    @Test func `the same seed gives the same run`() {
        let runs = (0..<2).map { _ in FlowSimulation(seed: 7, sabotage: .storesRepetitions).complaints() }
        #expect(runs[0] == runs[1])
    }

    @Test(arguments: Sabotage.allCases)
    func `what is broken is found`(sabotage: Sabotage) {
        let found = (1...500).contains { !FlowSimulation(seed: $0, sabotage: sabotage).complaints().isEmpty }
        #expect(found)
    }
}
