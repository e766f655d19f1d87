import Model

/// All simulated sensors, who take turns.
struct SimulatedFleet: Sendable {
    private var sensors: [SimulatedSensor]
    private var turn = 0
    private var readings = 0
    /// Every so-many-th reading of the fleet is far off; none when zero.
    private let anomalyEvery: Int

    init(devices: Int, prefix: String, anomalyEvery: Int, start: Timestamp, seed: UInt64) {
        var seeds = SplitMix64(seed: seed)
        self.anomalyEvery = anomalyEvery
        sensors = (1...max(devices, 1)).flatMap { number in
            SensorProfile.all.map { profile in
                SimulatedSensor(device: "\(prefix)-\(number)", profile: profile, start: start, seed: seeds.next())
            }
        }
    }

    /// One message of the sensor whose turn it is.
    ///
    /// - Parameter time: of the first reading; the others follow by a microsecond each, since a series holds one
    ///   value at a time.
    mutating func nextMessage(readings count: Int, at time: Timestamp, firstNumber: Int?) -> OutgoingMessage {
        defer { turn = (turn + 1) % sensors.count }
        var payload = ReadingPayload()
        for index in 0..<count {
            let moment = Timestamp(microseconds: time.microseconds + Int64(index))
            payload.append(
                value: nextValue(at: moment), unit: sensors[turn].unit, timestamp: moment,
                number: firstNumber.map { $0 + index })
        }
        return OutgoingMessage(topic: sensors[turn].topic, payload: payload.bytes, readings: count)
    }

    private mutating func nextValue(at time: Timestamp) -> Double {
        readings += 1
        let anomalous = anomalyEvery > 0 && readings % anomalyEvery == 0
        return sensors[turn].measure(at: time, anomalous: anomalous)
    }
}
