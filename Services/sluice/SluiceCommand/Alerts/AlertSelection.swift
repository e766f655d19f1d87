import AlertRecords
import Alerting
import ArgumentParser

/// Which alerts are meant; those that are not over without any of these.
struct AlertSelection: ParsableArguments {
    @Option(
        parsing: .upToNextOption, help: "In these states: pending, firing, acknowledged or resolved.",
        transform: Self.state)
    var state: [AlertState] = []

    @Option(
        help: "Of the devices of this name or pattern, as in boiler-*; may be repeated.",
        completion: Completions.devices)
    var device: [String] = []

    @Option(help: "Of the sensors of this name or pattern; may be repeated.")
    var sensor: [String] = []

    @Option(help: "Found by the detectors of this name or pattern; may be repeated.")
    var detector: [String] = []

    @Option(help: "At least so severe: info, warning or critical.", transform: Self.severity)
    var severity: AlertSeverity?

    @Option(help: "Since then: 2026-11-01, 2026-11-01T06:00:00Z, or 2h ago.")
    var since: TimeOption?

    @Flag(help: "Also those that are over.")
    var all = false

    var filter: AlertFilter {
        let open = Set(AlertState.allCases).subtracting([.resolved])
        return AlertFilter(
            states: state.isEmpty ? (all ? [] : open) : Set(state), devices: device, sensors: sensor,
            detectors: detector, severity: severity, since: since?.timestamp)
    }

    private static func state(_ name: String) throws -> AlertState {
        if let state = AlertState.allCases.first(where: { $0.name == name }) { return state }
        let names = AlertState.allCases.map(\.name).joined(separator: ", ")
        throw ValidationError("'\(name)' is no state: there are \(names).")
    }

    private static func severity(_ name: String) throws -> AlertSeverity {
        if let severity = AlertSeverity(name: name) { return severity }
        let names = AlertSeverity.allCases.map(\.name).joined(separator: ", ")
        throw ValidationError("'\(name)' is no severity: there are \(names).")
    }
}
