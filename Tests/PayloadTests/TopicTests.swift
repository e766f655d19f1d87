import Model
import Payload
import Testing

@Suite struct TopicTests {
    private static let longName = String(repeating: "d", count: 256)

    @Test(arguments: [
        "sensors//temperature", "sensors/boiler-7/", "sensors//", "sensors/boiler-7", "sensors",
        "sensors/boiler-7/temperature/extra", "/boiler-7/temperature", "Sensors/boiler-7/temperature",
        "devices/boiler-7/temperature", "devices//status", "alerts/boiler-7/temperature", "",
        "sensors/\(longName)/temperature",
    ])
    func `a topic that names no sensor is a dead letter`(topic: String) {
        let batch = decode([Array(#"{"value":1}"#.utf8)], topic: topic)
        #expect(batch.count == 0)
        #expect(batch.deadLetters.map(\.reason) == [.invalidTopic])
        #expect(batch.deadLetters.map(\.topic) == [topic])
        #expect(batch.deadLetters.map(\.payload) == [Array(#"{"value":1}"#.utf8)])
    }

    @Test(arguments: [
        ([0xff] as [UInt8], DiscardReason.invalidTopic, "\u{fffd}"), ([0x61, 0], .textContainsNUL, "a\u{2400}"),
    ])
    func `a topic that is no text is kept as readable text`(device: [UInt8], reason: DiscardReason, shown: String) {
        let decoder = PayloadDecoder()
        var builder = BatchBuilder()
        decoder.decode(
            topic: Array("sensors/".utf8) + device + Array("/t".utf8), payload: Array(#"{"value":1}"#.utf8),
            into: &builder)
        let batch = builder.finish(identity: BatchIdentity(producer: "p", sequence: 1))
        #expect(batch.deadLetters.map(\.reason) == [reason])
        #expect(batch.deadLetters.map(\.topic) == ["sensors/\(shown)/t"])
    }

    @Test func `series are interned by device, sensor and unit, afresh in each batch`() {
        let decoder = PayloadDecoder()
        var builder = BatchBuilder()
        for _ in 0..<2 {
            for unit in ["C", "F", "C"] {
                decoder.decode(
                    topic: "sensors/a/t", payload: Array(#"{"value":1,"unit":"\#(unit)"}"#.utf8), into: &builder)
            }
            decoder.decode(topic: "sensors/b/t", payload: Array(#"{"value":1}"#.utf8), into: &builder)
            decoder.decode(topic: "sensors/a/u", payload: Array(#"{"value":1,"unit":"C"}"#.utf8), into: &builder)
            let batch = builder.finish(identity: BatchIdentity(producer: "p", sequence: 1))
            #expect(batch.series.map { "\($0.device)/\($0.sensor) \($0.unit)" } == ["a/t C", "a/t F", "b/t ", "a/u C"])
            #expect(batch.seriesIndex == [0, 1, 0, 2, 3])
            #expect(batch.series.allSatisfy { $0.partition == Partition(device: $0.device, of: .standard) })
            #expect(builder.isEmpty)
        }
    }

    @Test func `a device that invents units is still told right`() {
        let decoder = PayloadDecoder()
        var builder = BatchBuilder()
        for number in 0..<2_000 {
            let payload = Array(#"[{"value":1,"unit":"u\#(number)"},{"value":1,"unit":"C"}]"#.utf8)
            decoder.decode(topic: "sensors/a/t", payload: payload, into: &builder)
        }
        let batch = builder.finish(identity: BatchIdentity(producer: "p", sequence: 1))
        let units = batch.seriesIndex.map { batch.series[Int($0)].unit }
        #expect(units == (0..<2_000).flatMap { ["u\($0)", "C"] })
    }

    @Test func `more topics than the cache holds are still told apart`() {
        let decoder = PayloadDecoder()
        var builder = BatchBuilder()
        let count = 70_000
        for number in 0..<count {
            decoder.decode(topic: "sensors/d\(number)/t", payload: Array(#"{"value":1}"#.utf8), into: &builder)
        }
        let batch = builder.finish(identity: BatchIdentity(producer: "p", sequence: 1))
        #expect(batch.seriesIndex == (0..<UInt32(count)).map { $0 })
        #expect(batch.series.last?.device == "d\(count - 1)")
    }
}
