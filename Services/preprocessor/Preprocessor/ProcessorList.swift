internal import Model
internal import Plugins

/// What the preprocessor does to a batch, in this order: the configured rules, then location, then provenance. The one
/// list of processors that are compiled in.
struct ProcessorList {
    let rules: [RuleSettings]
    let pipelineVersion: String
    let metrics: PreprocessorMetrics

    func chain(locations: [String: String]) -> ProcessorChain {
        var processors: [any Processor] = rules.map { rule in
            RangeRule(
                sensor: rule.sensor, range: rule.range, action: rule.action,
                clamped: rule.action == .clamp ? metrics.clamped(rule.sensor) : nil)
        }
        processors.append(LocationEnrichment(locations: locations))
        processors.append(ProvenanceStamp(pipelineVersion: pipelineVersion))
        return ProcessorChain(processors, stage: "preprocessor")
    }
}
