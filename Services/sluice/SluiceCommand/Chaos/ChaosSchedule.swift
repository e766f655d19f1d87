import Model

/// One fault, and when it comes.
struct ChaosEvent: Codable, Equatable, Sendable {
    /// Since the beginning.
    var milliseconds: Int
    var fault: ChaosFault
    /// An instance, a service to scale, or a server.
    var target: String
    /// How long it is frozen, in milliseconds, or how many there are to be.
    var amount: Int?

    var text: String {
        let time = "\(milliseconds / 1_000).\(String(milliseconds % 1_000 + 1_000).dropFirst()) s"
        return switch fault {
        case .stop: "\(time)  stop \(target) for \(amount ?? 0) ms"
        case .scale: "\(time)  scale \(target)=\(amount ?? 1)"
        default: "\(time)  \(fault.rawValue) \(target)"
        }
    }
}

/// All faults of a run: the same for the same seed, duration and list.
enum ChaosSchedule {
    /// mosquitto forgets shared subscriptions when it restarts, and what devices publish until each mqtt-ingest has
    /// subscribed again finds no subscriber. That is the broker's loss; so a run that restarts it keeps one mqtt-ingest.
    static func draw(seed: UInt64, duration: Duration, faults: [ChaosFault]) -> [ChaosEvent] {
        var random = SplitMix64(seed: seed)
        var counts = Dictionary(uniqueKeysWithValues: ServiceKind.flow.map { ($0.name, 1) })
        let fixed = [ServiceKind.monitor] + (faults.contains(.restartMQTT) ? [.ingest] : [])
        let scalable = ServiceKind.flow.filter { !fixed.contains($0) }.map(\.name)
        let end = Int(duration / .milliseconds(1))
        var events: [ChaosEvent] = []
        var time = Int.random(in: 1_000...3_000, using: &random)
        while time < end, let fault = faults.randomElement(using: &random) {
            events.append(event(fault, at: time, of: scalable, &counts, &random))
            time += Int.random(in: 1_500...5_000, using: &random)
        }
        return events
    }

    private static func event(
        _ fault: ChaosFault, at time: Int, of scalable: [String], _ counts: inout [String: Int],
        _ random: inout SplitMix64
    ) -> ChaosEvent {
        if let server = fault.server { return ChaosEvent(milliseconds: time, fault: fault, target: server) }
        if fault == .scale {
            let service = scalable[Int.random(in: 0..<scalable.count, using: &random)]
            let others = (1...3).filter { $0 != counts[service] }
            let count = others[Int.random(in: 0..<others.count, using: &random)]
            counts[service] = count
            return ChaosEvent(milliseconds: time, fault: fault, target: service, amount: count)
        }
        let instances = ServiceInstance.all(scale: counts).map(\.name)
        let target = instances[Int.random(in: 0..<instances.count, using: &random)]
        let frozen = fault == .stop ? Int.random(in: 1_000...8_000, using: &random) : nil
        return ChaosEvent(milliseconds: time, fault: fault, target: target, amount: frozen)
    }
}
