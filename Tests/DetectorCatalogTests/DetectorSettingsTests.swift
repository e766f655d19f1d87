import Alerting
import DetectorCatalog
import Detectors
import Foundation
import Plugins
import Settings
import Testing

struct DetectorSettingsTests {
    private struct Section: SettingsSection {
        static let section = "anomaly_detector"
        let detectors: [DetectorSettings]

        init(from reader: SettingsReader) {
            detectors = DetectorSettings.list("detectors", from: reader)
        }
    }

    private func detectors(_ yaml: String) throws -> [DetectorSettings] {
        try SettingsDocument(yaml: yaml, environment: [:], overrides: []).decode(Section.self).detectors
    }

    @Test func `without a list it is tailsum and missing, over everything`() throws {
        let standard = try #require(try detectors("{}").first)
        #expect(try detectors("{}").map(\.name) == ["tailsum", "missing"])
        #expect(try detectors("{}").allSatisfy(\.scope.isEverything))
        #expect(standard.name == "tailsum")
        #expect(standard.scope.isEverything)
        guard case .tailSum(let settings) = standard.configuration else { return #expect(Bool(false)) }
        #expect(settings == TailSum.Configuration())
    }

    @Test func `an alert's life is told beside its detector`() throws {
        let list = try detectors(
            """
            anomaly_detector:
              detectors:
                - type: threshold
                  above: 90
                  alert:
                    severity: critical
                    for: 5m
                    keep_firing_for: 10m
                    min_breaches: 3
                    of_readings: 5
                    repeat_interval: 0s
                    message_limit: 5
                    flapping: { enabled: false }
                - { type: missing, factor: 5, minimum: 30s, warm_up: 10, forget_after: 1d }
            """)
        var policy = AlertPolicy(.condition)
        (policy.severity, policy.pendingFor, policy.keepFiringFor) = (.critical, .seconds(300), .seconds(600))
        (policy.minBreaches, policy.ofReadings, policy.messageLimit) = (3, 5, 5)
        (policy.repeatInterval, policy.flapping) = (nil, nil)
        #expect(list[0].policy == policy)
        #expect(list[1].policy == .absence)
        guard case .missing(let settings) = list[1].configuration else { return #expect(Bool(false)) }
        #expect(settings.factor == 5 && settings.minimum == .seconds(30))
        #expect(settings.warmUp == 10 && settings.forgetAfter == .seconds(86_400))
    }

    @Test func `every kind can be made, with its own settings`() throws {
        let list = try detectors(
            """
            anomaly_detector:
              detectors:
                - { type: tailsum, threshold: 1.6, warm_up: 500 }
                - { type: running-zscore, threshold: 4, learn_after: 10 }
                - { type: window-zscore, window: 30 }
                - { type: threshold, name: too-hot, sensors: [temp*], devices: [boiler-*], above: 90, clear_above: 85 }
                - { type: rate-of-change, limit: 6, per: 1m, longest_gap: 10m }
                - { type: flat-line, readings: 100, for: 30m, tolerance: 0.01 }
                - { type: isolation-forest, trees: 50, window: 300 }
            """)
        #expect(
            try list.map { try $0.makeDetector().name } == [
                "tailsum", "running-zscore", "window-zscore", "too-hot", "rate-of-change", "flat-line",
                "isolation-forest",
            ])
        guard case .threshold(let hot) = list[3].configuration, case .rateOfChange(let rate) = list[4].configuration,
            case .flatLine(let flat) = list[5].configuration
        else { return #expect(Bool(false)) }
        #expect(hot.above == 90 && hot.clearAbove == 85 && hot.below == nil)
        #expect(rate.limit == 6 && rate.interval == .seconds(60) && rate.longestGap == .seconds(600))
        #expect(flat.readings == 100 && flat.duration == .seconds(1_800) && flat.tolerance == 0.01)
    }

    @Test func `a forest may be of devices, learnt or from a file`() throws {
        let file = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().appending(
            path: "DetectorsTests/Fixtures/isolation-forest/device.json")
        let list = try detectors(
            """
            anomaly_detector:
              detectors:
                - { type: isolation-forest, name: alone, scope: series, window: 100 }
                - { type: isolation-forest, scope: device, window: 300, moment: 5s, stale_after: 10m }
                - { type: isolation-forest, name: model, scope: device, devices: [oven-*], model: "\(file.path)" }
            """)
        #expect(list.map(\.judgesDevices) == [false, true, true])
        guard case .deviceForest(let settings, nil) = list[1].configuration else { return #expect(Bool(false)) }
        #expect(settings.forest.window == 300 && settings.moment == .seconds(5) && settings.staleAfter == .seconds(600))
        #expect(try list.map { try $0.makeDetector() is any DeviceDetector } == [false, true, true])
    }

    @Test(arguments: [
        ("{ type: tailsum, scope: device }", "scope", "a tailsum judges each series by itself"),
        ("{ type: isolation-forest, scope: fleet }", "scope", "expected one of series, device"),
        ("{ type: isolation-forest, moment: 5s }", "moment", "is of a forest over a device's sensors"),
        ("{ type: isolation-forest, scope: device, model: /no/such }", "model", "there is no such file"),
    ])
    func `a scope where it cannot be is refused, and why`(entry: String, key: String, why: String) {
        let error = #expect(throws: InvalidSettings.self) {
            try detectors("anomaly_detector: { detectors: [\(entry)] }")
        }
        let problems = error?.problems.map(\.description) ?? []
        #expect(problems.count == 1 && problems[0].contains("detectors[0].\(key): "), "\(problems)")
        #expect(problems.first?.contains(why) == true, "\(problems)")
    }

    @Test(arguments: [
        "{ type: threshold }", "{ type: threshold, above: 5, clear_above: 6 }",
        "{ type: threshold, below: 5, clear_below: 4 }", "{ type: threshold, clear_above: 4, below: 1 }",
        "{ type: threshold, above: 10, below: 90 }", "{ type: threshold, above: 90, below: 10, clear_above: 5 }",
        "{ type: rate-of-change }", "{ type: tailsum, name: '' }", "{ type: rate-of-change, limit: 0 }",
        "{ type: window-zscore, window: 64 }",
        "{ type: tailsum, learn_after: 3 }", "{ type: flat-line, factor: 0.5 }", "{ type: none-such }",
        "{ type: tailsum, sensors: temperature: }", "{ type: isolation-forest, model: /no/such/model.json }",
    ])
    func `a mistake is refused`(entry: String) {
        #expect(throws: InvalidSettings.self) { try detectors("anomaly_detector: { detectors: [\(entry)] }") }
    }

    @Test func `two of the same name, and too many, are refused`() {
        let many = (0..<64).map { "{ type: tailsum, name: d\($0) }" }.joined(separator: ", ")
        for list in ["{ type: flat-line }, { type: flat-line }", many] {
            #expect(throws: InvalidSettings.self) { try detectors("anomaly_detector: { detectors: [\(list)] }") }
        }
    }
}
