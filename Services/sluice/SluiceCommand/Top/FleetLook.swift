import HTTPEndpoints
import Model
import Observability

/// What one instance answered at one moment.
struct InstanceLook: Sendable {
    enum Answer: Sendable {
        case samples(MetricSamples)
        /// Why there are none.
        case none(String)
    }

    var member: FleetMember
    var answer: Answer
    /// When it answered: those that do not make the others wait for their deadline.
    var at: Timestamp
}

/// Asks all instances for their metrics at once.
struct FleetLook: Sendable {
    var client = OperatorClient()
    /// For each of them; who needs longer is shown as silent.
    var deadline: Duration

    /// In the order of the members.
    func looks(at members: [FleetMember]) async -> [InstanceLook] {
        await withTaskGroup(of: (Int, InstanceLook).self) { group in
            for (index, member) in members.enumerated() {
                group.addTask { (index, await look(at: member)) }
            }
            var looks: [Int: InstanceLook] = [:]
            for await (index, look) in group { looks[index] = look }
            return members.indices.compactMap { looks[$0] }
        }
    }

    private func look(at member: FleetMember) async -> InstanceLook {
        guard let address = member.address else {
            return InstanceLook(member: member, answer: .none("does not run"), at: .now())
        }
        do {
            let replies = try await client.get(["/metrics"], from: address, within: deadline)
            guard replies[0].status == 200 else {
                return InstanceLook(
                    member: member, answer: .none("/metrics answered \(replies[0].status)"), at: .now())
            }
            let answered = Timestamp.now()
            let samples = MetricSamples(prometheusText: replies[0].body)
            return InstanceLook(member: member.named(by: samples), answer: .samples(samples), at: answered)
        } catch {
            return InstanceLook(member: member, answer: .none(error.reason), at: .now())
        }
    }
}

extension FleetMember {
    /// By what it says of itself, where only its address was known.
    fileprivate func named(by samples: MetricSamples) -> FleetMember {
        guard service.isEmpty, let info = samples["sluice_build_info"].first?.labels else { return self }
        var named = self
        named.service = info["service"] ?? ""
        named.instance = info["instance"] ?? instance
        return named
    }
}
