import Model
import Observability

/// One picture of everything, as scripts read it.
struct TopFrame: Encodable, Sendable {
    struct Instance: Encodable, Sendable {
        var instance: String
        /// Why there are no figures: it does not answer.
        var silent: String?
        var figures: StageFigures?
    }

    struct Service: Encodable, Sendable {
        var service: String
        /// Of all its instances that answer.
        var total: StageFigures
        var instances: [Instance]
    }

    /// ISO 8601.
    var time: String
    var services: [Service]
    var links: [LinkFigures]
}

/// Makes frames of what instances answered, from one to the next. A pure state machine: time is passed in.
struct TopHistory: Sendable {
    private struct Seen: Sendable {
        var samples: MetricSamples
        var at: Timestamp
    }

    /// The last answer of each instance.
    private var seen: [String: Seen] = [:]

    mutating func frame(_ looks: [InstanceLook], at now: Timestamp) -> TopFrame {
        var services: [(name: String, instances: [TopFrame.Instance])] = []
        var links: [LinkFigures] = []
        for look in looks {
            let (instance, found) = take(look)
            links += found
            if let index = services.firstIndex(where: { $0.name == look.member.service }) {
                services[index].instances.append(instance)
            } else {
                services.append((look.member.service, [instance]))
            }
        }
        return TopFrame(
            time: now.iso8601,
            services: services.map { name, instances in
                TopFrame.Service(
                    service: name, total: StageFigures(adding: instances.compactMap(\.figures)), instances: instances)
            }, links: links)
    }

    private mutating func take(_ look: InstanceLook) -> (TopFrame.Instance, [LinkFigures]) {
        let name = look.member.instance
        guard case .samples(let samples) = look.answer else {
            guard case .none(let reason) = look.answer else { return (TopFrame.Instance(instance: name), []) }
            return (TopFrame.Instance(instance: name, silent: reason), [])
        }
        let earlier = seen[name]
        seen[name] = Seen(samples: samples, at: look.at)
        let elapsed = earlier.map { look.at.since($0.at) } ?? .zero
        let figures = StageFigures(samples, since: earlier?.samples, elapsed: elapsed)
        let links = LinkFigures.links(into: name, samples, since: earlier?.samples, elapsed: elapsed)
        return (TopFrame.Instance(instance: name, figures: figures), links)
    }
}
