import EdgeProcessor
import Model
import Testing

struct ProcessingRulesTests {
    @Test func `the standard rules can be followed`() throws {
        try ProcessingRules().check()
    }

    @Test(arguments: [
        (Smoothing.lowPass(order: 9, cutoff: 0.1), "the order of a low-pass is 1…8, not 9"),
        (.lowPass(order: 3, cutoff: 1), "the cutoff of a low-pass is between 0 and 1, not 1.0"),
        (.lowPass(order: 6, cutoff: 0.3), "a low-pass of order 6 needs a buffer of more than 21, not 21"),
    ]) func `a filter that cannot be built is refused`(smoothing: Smoothing, problem: String) {
        var rules = ProcessingRules()
        rules.bufferCapacity = 21
        rules.sensors["tilt"] = SensorRules(smoothing: smoothing)
        #expect(throws: InvalidRules(sensor: "tilt", problem: problem)) { try rules.check() }
    }

    @Test func `a filter whose coefficients need more digits is refused`() {
        var rules = ProcessingRules()
        rules.otherwise = SensorRules(smoothing: .lowPass(order: 8, cutoff: 0.005))
        let error = #expect(throws: InvalidRules.self) { try DeviceProcessor(device: "d", rules: rules) }
        #expect(
            error?.description
                == "rules for *: a low-pass of order 8 with cutoff 0.005 needs more digits than there are; lower the order"
        )
    }

    @Test(arguments: [
        TransmissionRule.original(relativeChange: -0.1), .original(relativeChange: .nan), .original(every: 0),
        .deadBand(.absolute(.infinity), heartbeat: nil), .deadBand(.relative(-1), heartbeat: nil),
        .deadBand(.absolute(1), heartbeat: .zero), .swingingDoor(deviation: -1, heartbeat: nil),
        .swingingDoor(deviation: 1, heartbeat: .seconds(-1)),
    ]) func `a rule of transmission that makes no sense is refused`(rule: TransmissionRule) {
        var rules = ProcessingRules()
        rules.otherwise.transmission = rule
        #expect(throws: InvalidRules.self) { try rules.check() }
    }

    @Test func `a buffer that is too small for the anomaly score is refused`() {
        var rules = ProcessingRules()
        rules.bufferCapacity = 19
        #expect(throws: InvalidRules.self) { try rules.check() }
        rules.bufferCapacity = 20
        #expect(throws: Never.self) { try rules.check() }
    }

    @Test func `a deviation floor of nothing is refused`() {
        var rules = ProcessingRules()
        rules.otherwise.deviationFloor = 0
        #expect(throws: InvalidRules.self) { try rules.check() }
    }
}
