import ArgumentParser
import DetectorCatalog
import Settings

/// The detectors that can be asked for: those that the settings describe, and each kind with its defaults.
struct DetectorChoice {
    /// `nil`: there is none, and the service would run on its defaults.
    let file: String?
    let configured: [DetectorSettings]

    /// - Throws: ``InvalidSettings``.
    init(config: String?, environment: [String: String]) throws {
        file = SettingsFile.path(config, environment: environment)
        configured = try SettingsFile.document(config, environment: environment).decode(DetectorSection.self)
            .detectors
    }

    /// - Throws: `ValidationError` that lists what there is.
    func named(_ name: String) throws -> DetectorSettings {
        if let settings = configured.first(where: { $0.name == name }) { return settings }
        if let kind = DetectorKind(rawValue: name) { return try Self.standard(kind) }
        let known = configured.map(\.name).joined(separator: ", ")
        throw ValidationError(
            "No detector is called '\(name)'. \(file ?? "The default") has \(known); kinds are \(Self.kinds).")
    }

    /// Like ``named(_:)``, of those that judge readings.
    func judging(_ name: String) throws -> DetectorSettings {
        let settings = try named(name)
        guard !settings.watchesSilences else {
            throw ValidationError(
                """
                '\(name)' cannot be tried on stored readings: it looks at the clock, and finds what did not come. Those \
                that can be tried are \(Self.kinds).
                """)
        }
        return settings
    }

    /// Those that can be tried.
    static var kinds: String {
        DetectorKind.allCases.filter { $0 != .missing }.map(\.rawValue).joined(separator: ", ")
    }

    private static func standard(_ kind: DetectorKind) throws -> DetectorSettings {
        let yaml = "anomaly_detector: {detectors: [{type: \(kind.rawValue)}]}"
        do throws(InvalidSettings) {
            return try SettingsDocument(yaml: yaml, environment: [:]).decode(DetectorSection.self).detectors[0]
        } catch {
            let problems = error.problems.map {
                [$0.message, $0.suggestion].compactMap(\.self).joined(separator: "; ")
            }
            throw ValidationError(
                "\(problems.joined(separator: "; ")). Describe it in a file, and name that with --config.")
        }
    }
}

/// `anomaly_detector.detectors`.
private struct DetectorSection: SettingsSection {
    static let section = "anomaly_detector"
    let detectors: [DetectorSettings]

    init(from reader: SettingsReader) {
        detectors = DetectorSettings.list("detectors", from: reader)
        // The other keys are the service's: whoever asks for a key makes it known. `sluice validate` names mistakes.
        for key in reader.keys { _ = reader.contains(key) }
    }
}
