import Model
import Testing

struct ExactTextTests {
    private let composed = "caf\u{e9}"
    private let decomposed = "cafe\u{301}"

    @Test func `texts are equal when their bytes are, and only then`() {
        #expect(composed == decomposed)
        #expect(ExactText(composed) != ExactText(decomposed))
        #expect(ExactText(composed) == ExactText("caf\u{e9}"))
        #expect(ExactText("") == ExactText("") && ExactText("") != ExactText("a"))
        #expect(Set([composed, decomposed, ""].map { ExactText($0) }).count == 3)
    }

    @Test(arguments: [0, 1, 2]) func `a series with another spelling in any of its names is another series`(place: Int)
    {
        var names = [composed, composed, composed]
        let one = series(names)
        names[place] = decomposed
        #expect(one == series([composed, composed, composed]))
        #expect(one != series(names))
        #expect(Set([one, series(names), one]).count == 2)
    }

    @Test func `sensors whose device or type is spelled otherwise are others`() {
        let names = [
            SensorName(device: composed, sensor: "t"), SensorName(device: decomposed, sensor: "t"),
            SensorName(device: "t", sensor: composed), SensorName(device: "t", sensor: decomposed),
        ]
        #expect(Set(names + names).count == 4)
    }

    private func series(_ names: [String]) -> Series {
        Series(device: names[0], sensor: names[1], unit: names[2], partition: Partition(rawValue: 1))
    }
}
