/// Which service the others wait for.
struct Bottleneck: Hashable, Sendable {
    /// A stage that works for so much of its time has no time left to catch up.
    static let busy = 0.85

    let service: String?
    let sentence: String

    /// - Parameters:
    ///   - stages: all on the path of readings, in flow order.
    ///   - idle: those of which no instance works.
    init(_ stages: [FlowPicture.Service], _ links: [FlowPicture.Link], idle: Set<String>) {
        guard stages.contains(where: { $0.instances > 0 }) else {
            self.init(nil, "no service of the pipeline runs")
            return
        }
        if let missing = stages.last(where: { idle.contains($0.name) }) {
            let trouble =
                missing.instances == 0 ? "no \(missing.name) runs" : "\(missing.name) is \(missing.state.rawValue)"
            self.init(missing.name, "\(trouble): readings wait for it")
            return
        }
        let busiest = stages.filter { $0.utilization != nil }.max { ($0.utilization ?? 0) < ($1.utilization ?? 0) }
        if let busiest, let utilization = busiest.utilization, utilization >= Self.busy {
            let sentence = "\(busiest.name) is the bottleneck: busy \(Self.percent(utilization)) of the time"
            self.init(busiest.name, sentence)
        } else if let link = links.last(where: { $0.isExhausted }) {
            self.init(link.to, "\(link.to) is the bottleneck: \(link.from) waits for it with all that it may send")
        } else if let busiest, let utilization = busiest.utilization {
            let sentence = "nothing holds readings up; the busiest is \(busiest.name), \(Self.percent(utilization))"
            self.init(nil, sentence)
        } else {
            self.init(nil, "nothing holds readings up")
        }
    }

    private init(_ service: String?, _ sentence: String) {
        (self.service, self.sentence) = (service, sentence)
    }

    private static func percent(_ share: Double) -> String { "\(Int((share * 100).rounded())) %" }
}

extension FlowPicture.Link {
    /// Much is under way, and nothing more may be sent.
    fileprivate var isExhausted: Bool { (credit ?? 1) <= 0 && (inFlight ?? 0) > 0 }
}
