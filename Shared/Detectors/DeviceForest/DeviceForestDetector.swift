internal import Model
public import Plugins

/// `isolation-forest` with `scope: device`: an anomaly is a moment of a device, the values of all its sensors and how they changed,
/// that random splits set apart sooner than they do the moments that were learnt. So it finds what no sensor shows by itself: a combination
/// that does not occur.
///
/// What a moment is says ``DeviceVector``. A sensor joins when it is first heard: the window is then begun anew, while a forest
/// that there is goes on judging the sensors that it knows. One that has been silent for long counts as what goes best with the others. The rest is as with the forest
/// of a series (``IsolationForestDetector``): warming, active, and learnt anew after many anomalies.
///
/// The anomaly is of the reading that made the moment whole; the sensor that goes least with the others is in its sentence.
public final class DeviceForestDetector: DeviceDetector {
    public struct Configuration: Hashable, Sendable {
        /// Windows, thresholds and trees; what it says of readings is of moments here.
        public var forest = IsolationForestDetector.Configuration()
        /// Readings of different sensors that were measured within so long a time are of one moment.
        public var moment = Duration.seconds(1)
        /// A sensor that was silent for so long is not known any more.
        public var staleAfter = Duration.seconds(3_600)

        public init() {}
    }

    public let name: String
    private let configuration: IsolationForestDetector.Configuration
    private let pace: DeviceVector.Pace
    /// When all devices are judged by one from a file.
    private let model: DeviceForest?
    private let modelSensors: [ExactText]
    /// By slot; nil for a device that was never heard.
    private var states: [DeviceForestState?] = []
    private var batchNumber: UInt64 = 0
    private var due = DueForests()

    /// Learns a forest for each device.
    ///
    /// - Precondition: what ``IsolationForestDetector/Configuration`` says of its figures; no time is below zero.
    public init(name: String = "isolation-forest", _ configuration: Configuration = Configuration()) {
        configuration.forest.check()
        self.name = name
        self.configuration = configuration.forest
        pace = DeviceVector.Pace(configuration)
        (model, modelSensors) = (nil, [])
    }

    /// Judges all devices by one model. A moment is judged while all of its sensors are known.
    ///
    /// - Parameter model: its features are `value:SENSOR` and `change:SENSOR` of some sensors, `time_of_day_sin` and `time_of_day_cos`.
    /// - Throws: ``PluginError`` when it wants another feature.
    public init(
        name: String = "isolation-forest", model: IsolationForest, _ configuration: Configuration = Configuration()
    ) throws(PluginError) {
        self.name = name
        self.configuration = configuration.forest
        pace = DeviceVector.Pace(configuration)
        do {
            modelSensors = try DeviceFeature.sensors(of: model.featureNames)
            self.model = try DeviceForest(model: model, of: modelSensors)
        } catch {
            throw PluginError(plugin: name, what: error.what, isRetriable: false)
        }
    }

    public func reserveSlots(_ count: Int) {
        guard count > states.count else { return }
        states.append(contentsOf: repeatElement(nil, count: count - states.count))
    }

    public func reset(slot: Int) {
        states[slot] = nil
    }

    public func detect(_ input: DetectorInput, into findings: inout DetectorFindings) {
        batchNumber &+= 1
        DeviceScratch.with(series: input.batch.series.count) { scratch in
            var growths = configuration.growthsPerBatch
            // Only a plugin can make a value that is not finite; it would be in every checkpoint from now on.
            for row in input.batch.value.indices
            where input.learning(atRow: row) != .ignore && input.batch.value[row].isFinite {
                let state = state(ofSlot: input.slot(ofRow: row))
                grow(state, &growths)
                guard let column = column(row, input, state, scratch) else { continue }
                let reading = Reading(row: row, column: column, input)
                if reading.isNew {
                    learn(reading, state, scratch, &findings)
                } else {
                    state.repeats(in: batchNumber)
                    judgeAgain(reading, state, scratch, &findings)
                }
                // At once, so that the next moment is judged even when others have grown by then.
                grow(state, &growths)
            }
        }
    }

    private func state(ofSlot slot: Int) -> DeviceForestState {
        if let state = states[slot] { return state }
        let state = DeviceForestState(sensors: modelSensors)
        states[slot] = state
        return state
    }

    private func grow(_ state: DeviceForestState, _ growths: inout Int) {
        guard state.learning.mustGrow, growths > 0 else { return }
        state.learning.grow(configuration)
        growths -= 1
    }

    /// Looked up once a batch and series. Nil for one that is not among the device's.
    private func column(
        _ row: Int, _ input: DetectorInput, _ state: DeviceForestState, _ scratch: DeviceScratch
    ) -> Int? {
        let series = Int(input.batch.seriesIndex[row])
        if scratch.columns[series] == DeviceScratch.unresolved {
            let sensor = ExactText(input.batch.series[series].sensor)
            let mayJoin = model == nil && input.learning[series] == .learn
            let column = state.vector.column(of: sensor) ?? (mayJoin ? state.vector.add(sensor) : nil)
            scratch.columns[series] = column.map(Int32.init) ?? DeviceScratch.none
        }
        let column = scratch.columns[series]
        return column == DeviceScratch.none ? nil : Int(column)
    }

    // MARK: A reading

    private struct Reading {
        var row: Int
        var column: Int
        var value: Double
        /// In µs since 1970 UTC.
        var time: Int64
        var isNew: Bool

        init(row: Int, column: Int, _ input: DetectorInput) {
            (self.row, self.column) = (row, column)
            value = input.batch.value[row]
            time = input.batch.timestamp[row]
            isNew = input.learning(atRow: row) == .learn
        }
    }

    private func learn(
        _ reading: Reading, _ state: DeviceForestState, _ scratch: DeviceScratch, _ findings: inout DetectorFindings
    ) {
        guard state.vector.take(reading.value, of: reading.column, at: reading.time, pace) else { return }
        let verdict = judge(reading, state.vector, state, scratch, &findings)
        if model == nil { learn(reading.time, verdict, state, scratch) }
        state.vector.settle()
    }

    private func judgeAgain(
        _ reading: Reading, _ state: DeviceForestState, _ scratch: DeviceScratch, _ findings: inout DetectorFindings
    ) {
        guard state.repeated.take(reading.value, of: reading.column, at: reading.time, pace) else { return }
        _ = judge(reading, state.repeated, state, scratch, &findings)
        state.repeated.settle()
    }

    /// - Returns: nil when no forest judged the moment.
    private func judge(
        _ reading: Reading, _ vector: DeviceVector, _ state: DeviceForestState, _ scratch: DeviceScratch,
        _ findings: inout DetectorFindings
    ) -> ForestVerdict? {
        guard let forest = model ?? state.learning.forest,
            model == nil || vector.areAllKnown(at: reading.time, pace)
        else { return nil }
        let features = scratch.features(of: forest.sensors)
        write(vector, at: reading.time, to: features, forest)
        let score = forest.forest.score(UnsafeBufferPointer(features))
        findings.raise(row: reading.row, to: forest.forest.share(of: score))
        guard score < forest.forest.offset else { return .ordinary }
        let finding = DeviceFinding(
            vector: vector, column: reading.column,
            clock: TimeOfDay(minute: Timestamp(microseconds: reading.time).minute).clock, score: score,
            culprit: forest.culprit(features), endsForest: reading.isNew && endsForest(of: state))
        findings.anomalies.append(finding.anomaly(row: reading.row, detector: name, forest))
        return .anomaly
    }

    private func write(
        _ vector: DeviceVector, at time: Int64, to features: UnsafeMutableBufferPointer<Float>, _ forest: DeviceForest
    ) {
        vector.write(to: features, sensors: forest.sensors)
        TimeOfDay(minute: Timestamp(microseconds: time).minute).write(to: features, at: 2 * forest.sensors)
        var unknown: UInt64 = 0
        for column in 0..<forest.sensors where !vector.isKnown(column, at: time, pace) {
            unknown |= 1 << UInt64(column)
        }
        forest.fill(unknown, in: features)
    }

    private func learn(_ time: Int64, _ verdict: ForestVerdict?, _ state: DeviceForestState, _ scratch: DeviceScratch) {
        let pairs = scratch.pairs(of: state.vector.count)
        state.vector.write(to: pairs, sensors: state.vector.count)
        let row = DeviceWindow.Row(
            pairs: UnsafeBufferPointer(pairs), minute: Timestamp(microseconds: time).minute)
        let hadForest = !state.learning.learnt.isEmpty
        let isOutgrown = state.learning.learnt.sensors < state.vector.count
        state.learning.learn(row, verdict, configuration, isOutgrown: isOutgrown)
        guard hadForest, state.learning.learnt.isEmpty else { return }
        state.vector.dropUnknown(at: time, pace)
        scratch.forgetColumns()
    }

    /// Whether one more anomaly is the last of the device's own forest.
    private func endsForest(of state: DeviceForestState) -> Bool {
        model == nil && state.learning.excess(after: .anomaly) >= Double(configuration.learnAfter)
    }

    // MARK: States

    public func exportState(slot: Int) -> [UInt8] {
        (states[slot] ?? DeviceForestState(sensors: modelSensors)).encoded
    }

    public func importState(_ state: [UInt8], slot: Int) throws {
        states[slot] = nil
        guard let decoded = DeviceForestState(decoding: state) else { throw PluginError.unreadable(state, of: name) }
        guard model == nil || decoded.vector.sensors == modelSensors else {
            throw PluginError(plugin: name, what: "the state is of other sensors than the model", isRetriable: false)
        }
        states[slot] = decoded
        if decoded.learning.mustGrow { due.add(slot) }
    }

    /// Grows one of the forests of states that were taken back.
    public func catchUp() -> Bool {
        if let slot = due.next(where: { states[$0]?.learning.mustGrow == true }) {
            states[slot]?.learning.grow(configuration)
        }
        return !due.isEmpty
    }

    public func catchUp(slot: Int) -> Bool {
        guard due.remove(slot), let state = states[slot], state.learning.mustGrow else { return false }
        state.learning.grow(configuration)
        return true
    }

    /// A forest keeps no mean.
    public func summary(slot: Int) -> SeriesSummary? { nil }

    public func phase(slot: Int) -> DetectorPhase {
        guard model == nil else { return .active }
        guard let missing = (states[slot]?.learning ?? ForestLearning()).missing(configuration) else { return .active }
        return .warming(readingsToGo: missing)
    }
}

extension DeviceVector.Pace {
    fileprivate init(_ configuration: DeviceForestDetector.Configuration) {
        precondition(configuration.moment >= .zero && configuration.staleAfter >= .zero)
        moment = UInt64(configuration.moment.wholeMicroseconds)
        staleAfter = UInt64(configuration.staleAfter.wholeMicroseconds)
    }
}
