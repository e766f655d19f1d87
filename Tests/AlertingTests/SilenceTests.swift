import Model
import Testing

@testable import Alerting

struct SilenceTests {
    private let alert = AlertFingerprint(
        series: SensorName(device: "boiler-1", sensor: "temperature"), detector: "rate-of-change")

    @Test(arguments: [
        ("device=boiler-1", true), ("device=boiler", false), ("device!=boiler-1", false), ("device!=pump", true),
        ("device~boiler-*", true), ("device~boiler-[2-9]", false), ("device!~boiler-[2-9]", true),
        ("device!~*", false), ("sensor=temperature", true), ("sensor~temp?rature", true), ("sensor=", false),
        ("detector~rate*", true), ("severity=warning", true), ("severity=info", false), ("severity~[wc]*", true),
        ("device=a=b", false),
    ])
    func `a matcher says what it matches`(text: String, matches: Bool) throws {
        let matcher = try AlertMatcher(text)
        #expect(matcher.matches(alert, .warning) == matches)
        #expect(matcher.description == text)
    }

    @Test func `names are compared by bytes`() throws {
        let composed = AlertFingerprint(series: SensorName(device: "caf\u{e9}", sensor: "s"), detector: "d")
        #expect(try !AlertMatcher("device=cafe\u{301}").matches(composed, .info))
    }

    @Test(arguments: [
        ("boiler-1", "matcher 'boiler-1' has no comparison: it is written as device=boiler-1, with one of = != ~ !~"),
        (
            "colour=red",
            "matcher 'colour=red' is of nothing that an alert has: there are device, sensor, detector, severity"
        ), ("severity=urgent", "'urgent' is no severity: there are info, warning, critical"),
        ("", "matcher '' has no comparison: it is written as device=boiler-1, with one of = != ~ !~"),
    ])
    func `a matcher that cannot be meant is refused with a sentence`(text: String, complaint: String) {
        let error = #expect(throws: InvalidMuting.self) { try AlertMatcher(text) }
        #expect(error?.description == complaint)
    }

    private func silence(
        id: String = "s1", _ matchers: [String] = ["device=d"], owner: String = "ada", reason: String = "maintenance",
        from starts: Int64 = 0, to expires: Int64 = 60
    ) throws -> Silence {
        try Silence(
            id: id, matchers: matchers.map { try AlertMatcher($0) }, owner: owner, reason: reason,
            starts: Timestamp(seconds: starts), expires: Timestamp(seconds: expires))
    }

    private func complaint(_ make: () throws -> Silence) -> String? {
        #expect(throws: InvalidMuting.self) { try make() }?.description
    }

    @Test func `a silence that cannot be meant is refused with a sentence`() {
        #expect(complaint { try silence(id: " ") } == "a silence has no id")
        #expect(complaint { try silence([]) } == "silence s1 has no matcher: it would silence everything")
        #expect(complaint { try silence(owner: "") } == "silence s1 has no owner: nobody could be asked about it")
        #expect(complaint { try silence(reason: "\n") } == "silence s1 has no reason")
        let backwards = complaint { try silence(from: 60, to: 60) }
        #expect(backwards?.hasPrefix("silence s1 expires at 1970-01-01T00:01:00") == true)
        #expect(backwards?.contains("which is not after it starts") == true)
    }

    @Test func `an inhibition needs a name and a source`() throws {
        let source = [try AlertMatcher("detector=missing")]
        #expect(throws: InvalidMuting.nameless(.inhibition)) { try Inhibition(name: "", source: source) }
        let error = #expect(throws: InvalidMuting.self) { try Inhibition(name: "offline", source: []) }
        #expect(error?.description == "inhibition offline has no source: every alert would inhibit the others")
        #expect(InvalidMuting.nameless(.inhibition).description == "an inhibition has no name")
    }

    @Test func `a silence holds from its start until just before its end, where all matchers match`() throws {
        let silence = try silence(["device~boiler*", "detector=rate-of-change"], from: 10, to: 20)
        #expect([9, 10, 19, 20].map { silence.isActive(at: Timestamp(seconds: $0)) } == [false, true, true, false])
        #expect(silence.matches(alert, .info))
        var other = alert
        other.detector = "threshold"
        #expect(!silence.matches(other, .info))
    }

    @Test func `severities are in order and have names`() {
        #expect(AlertSeverity.info < .warning && AlertSeverity.warning < .critical)
        for severity in AlertSeverity.allCases { #expect(AlertSeverity(name: severity.name) == severity) }
        #expect(AlertSeverity(name: "urgent") == nil)
        #expect(AlertState.allCases.map(\.name) == ["pending", "firing", "acknowledged", "resolved"])
    }

    @Test(arguments: ["device=boiler-*", "sensor!=temp?", "detector=[a-c]"])
    func `a pattern where names are compared is refused, and says how it is written`(matcher: String) {
        let error = #expect(throws: InvalidMuting.self) { try AlertMatcher(matcher) }
        #expect(error?.description.contains("compares names as they are") == true)
        #expect(error?.description.contains("~") == true)
    }
}
