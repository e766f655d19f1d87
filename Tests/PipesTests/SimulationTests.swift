import Model
import Testing

@testable import Pipes

extension UpstreamMachine {
    /// No partition is in flight at two workers.
    var heldByOneWorkerEach: Bool {
        var holder: [UInt16: PeerIdentity] = [:]
        for part in inFlight.values {
            for partition in part.partitions {
                if let other = holder[partition.rawValue], other != part.peer { return false }
                holder[partition.rawValue] = part.peer
            }
        }
        return true
    }
}

/// The two machines against each other, many thousand steps a seed. A failure names its seed.
struct SimulationTests {
    /// Whether everything is settled within a time that faults cannot explain any more.
    private func finish(_ network: inout NetworkSimulation) -> Bool {
        for _ in 0..<4_000 where !network.upstream.isIdle { network.step(sending: false) }
        return network.upstream.isIdle
    }

    @Test(arguments: 1...5)
    func `nothing acknowledged is lost and all is done once the faults stop`(seed: UInt64) {
        var network = NetworkSimulation(seed: seed)
        for _ in 0..<800 { network.step(sending: true) }
        network.faults = false
        network.restarts = false
        for slot in network.processes.indices { network.processes[slot].isStalled = false }
        let finished = finish(&network)
        #expect(finished)
        let settledOnce = network.settled.count { $0.value == 1 }
        #expect(network.complaints.prefix(3) == [])
        #expect(settledOnce == Int(network.sent))
        #expect(settledOnce > 100)
    }

    @Test(arguments: 1...3)
    func `while nothing fails every partition sees its batches once and in order`(seed: UInt64) {
        var network = NetworkSimulation(seed: seed)
        network.faults = false
        network.restarts = false
        for _ in 0..<800 { network.step(sending: true) }
        let finished = finish(&network)
        #expect(finished)
        let redelivered = network.upstream.status.redeliveredBatches
        let disordered = network.arrivals.values.count { Array(Set($0)).sorted() != $0 }
        #expect(redelivered == 0)
        #expect(disordered == 0)
    }
}
