internal import Glibc
internal import Model

/// A plugin that a test makes fail: `SLUICE_FAULT=plugin:NAME:FILE`, while the file is there.
///
/// Only the environment can ask for it, once at the start; without it nothing is ever looked for.
public struct PluginFault: Sendable {
    let plugin: String
    let file: String

    public init?(in environment: [String: String]) {
        let parts = environment["SLUICE_FAULT"]?.split(separator: ":", maxSplits: 2) ?? []
        guard parts.count == 3, parts[0] == "plugin" else { return nil }
        (plugin, file) = (String(parts[1]), String(parts[2]))
    }

    fileprivate func strike() throws(PluginError) {
        guard access(file, F_OK) == 0 else { return }
        throw PluginError(plugin: plugin, what: "\(file) is there, as a test wanted it", isRetriable: false)
    }
}

extension PluginFault? {
    /// The detector itself, unless it is the one to fail.
    public func applied(to detector: any Detector) -> any Detector {
        guard let self, detector.name == self.plugin else { return detector }
        return FaultyDetector(detector, self)
    }

    /// The processor itself, unless it is the one to fail.
    public func applied(to processor: any Processor) -> any Processor {
        guard let self, processor.name == self.plugin else { return processor }
        return FaultyProcessor(processor: processor, fault: self)
    }
}

private struct FaultyProcessor: Processor {
    let processor: any Processor
    let fault: PluginFault

    var name: String { processor.name }

    func process(_ batch: inout ReadingBatch, verdicts: inout Verdicts, at now: Timestamp) throws {
        try fault.strike()
        try processor.process(&batch, verdicts: &verdicts, at: now)
    }
}

private final class FaultyDetector: Detector {
    private let detector: any Detector
    private let fault: PluginFault

    init(_ detector: any Detector, _ fault: PluginFault) {
        (self.detector, self.fault) = (detector, fault)
    }

    var name: String { detector.name }

    func detect(_ input: DetectorInput, into findings: inout DetectorFindings) throws {
        try fault.strike()
        try detector.detect(input, into: &findings)
    }

    func reserveSlots(_ count: Int) { detector.reserveSlots(count) }
    func reset(slot: Int) { detector.reset(slot: slot) }
    func exportState(slot: Int) -> [UInt8] { detector.exportState(slot: slot) }
    func importState(_ state: [UInt8], slot: Int) throws { try detector.importState(state, slot: slot) }
    func summary(slot: Int) -> SeriesSummary? { detector.summary(slot: slot) }
    func phase(slot: Int) -> DetectorPhase { detector.phase(slot: slot) }
    func catchUp() -> Bool { detector.catchUp() }
    func catchUp(slot: Int) -> Bool { detector.catchUp(slot: slot) }
}
