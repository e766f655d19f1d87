internal import Model
internal import Plugins

/// What the preprocessor does to a batch: what `preprocessor.rules` lists, in that order, and provenance at the end.
/// The one place that makes processors.
struct ProcessorList {
    var rules: [RuleSettings]
    let pipelineVersion: String
    let metrics: PreprocessorMetrics
    var fault: PluginFault?

    func chain(locations: [ExactText: String]) -> ProcessorChain {
        // A list that was written for ranges alone costs nobody the locations.
        let listed = rules.contains(.location) ? rules : rules + [.location]
        var processors = listed.map { processor($0, locations: locations) }
        processors.append(ProvenanceStamp(pipelineVersion: pipelineVersion))
        return ProcessorChain(processors.map { fault.applied(to: $0) }, stage: "preprocessor")
    }

    private func processor(_ rule: RuleSettings, locations: [ExactText: String]) -> any Processor {
        switch rule {
        case .range(let settings):
            RangeRule(
                sensor: settings.sensor, range: settings.range, action: settings.action,
                clamped: settings.action == .clamp ? metrics.clamped(settings.sensor) : nil)
        case .location: LocationEnrichment(locations: locations)
        }
    }
}
