import Model
import Testing

@testable import SluiceCommand

struct SimulatedSensorTests {
    private let start = Timestamp(seconds: 1_700_000_000)

    @Test func `the same seed gives the same readings, another seed others`() {
        let day = hours(24, seed: 7)
        #expect(day == hours(24, seed: 7))
        #expect(day != hours(24, seed: 8))
    }

    @Test func `readings follow the day and stay near the truth`() throws {
        let values = hours(48, seed: 3)
        let swing = try #require(values.max()) - (try #require(values.min()))
        let temperature = SensorProfile.all[0]
        #expect(swing > temperature.dailyAmplitude * 1.5)
        #expect(swing < temperature.dailyAmplitude * 4)
        #expect(values.allSatisfy { abs($0 - temperature.mean) < 10 })
    }

    @Test(arguments: SensorProfile.all.indices)
    func `anomalies are far off, and still what such a sensor could measure`(_ index: Int) {
        let profile = SensorProfile.all[index]
        let limits: [ClosedRange<Double>] = [-50...150, 0...100, 800...1200]
        for seed in 0..<50 {
            var sensor = SimulatedSensor(device: "d", profile: profile, start: start, seed: UInt64(seed))
            for hour in 0..<24 {
                let time = start.advanced(by: .seconds(hour * 3600))
                let normal = sensor.measure(at: time, anomalous: false)
                let anomalous = sensor.measure(at: time, anomalous: true)
                #expect(limits[index].contains(normal) && limits[index].contains(anomalous))
                #expect(anomalous - normal > 5 * profile.dailyAmplitude)
            }
        }
    }

    @Test func `now and then a sensor is at fault, and recovers`() {
        var sensor = SimulatedSensor(device: "d", profile: SensorProfile.all[0], start: start, seed: 5)
        var repeats = 0
        var longest = 0
        var last = 0.0
        for second in 0..<(SimulatedSensor.readingsPerFault * 10) {
            let value = sensor.measure(at: start.advanced(by: .seconds(second)), anomalous: false)
            repeats = value == last ? repeats + 1 : 0
            longest = max(longest, repeats)
            last = value
        }
        #expect((15...110).contains(longest))
    }

    @Test func `sensors take turns, and numbers run over all of them`() {
        var fleet = SimulatedFleet(devices: 2, prefix: "p", anomalyEvery: 0, start: start, seed: 1)
        let messages = (0..<7).map { fleet.nextMessage(readings: 1, at: start, firstNumber: $0 + 10) }
        #expect(messages.first?.topic == "sensors/p-1/temperature")
        #expect(messages[3].topic == "sensors/p-2/temperature")
        #expect(messages[6].topic == messages[0].topic)
        #expect(Set(messages.map(\.topic)).count == 6)
        #expect(String(decoding: messages[6].payload, as: UTF8.self).hasSuffix(",\"metadata\":{\"n\":16}}"))
    }

    @Test func `a batch is one array with times that differ`() {
        var fleet = SimulatedFleet(devices: 1, prefix: "p", anomalyEvery: 0, start: start, seed: 1)
        let message = fleet.nextMessage(readings: 3, at: start, firstNumber: 1)
        let text = String(decoding: message.payload, as: UTF8.self)
        #expect(text.hasPrefix("[{\"value\":") && text.hasSuffix("{\"n\":3}}]"))
        #expect(text.contains("20.000000Z") && text.contains("20.000001Z") && text.contains("20.000002Z"))
    }

    private func hours(_ count: Int, seed: UInt64) -> [Double] {
        var sensor = SimulatedSensor(device: "d", profile: SensorProfile.all[0], start: start, seed: seed)
        return (0..<count).map { sensor.measure(at: start.advanced(by: .seconds($0 * 3600)), anomalous: false) }
    }
}
