import Alerting
import DetectorCatalog
import Detectors
import IOLoop
import Model
import Plugins
import Testing

@testable import AnomalyDetector

/// Series and devices that fall silent, by a clock of the test's own.
@IOThread
struct SilenceWatchTests {
    @Test func `a device that falls silent is one alert, and its sensors are not told beside it`() {
        let run = SilenceRun()
        run.speak(for: 60, ["a": ["t", "h"], "b": ["t"]])
        run.speak(for: 30, ["b": ["t"]])
        #expect(run.told == ["a missing firing"])
        #expect(Set(run.suppressed) == ["a/t", "a/h"])
        run.speak(for: 90, ["a": ["t", "h"], "b": ["t"]])
        #expect(run.told == ["a missing firing", "a missing resolved"])
        #expect(run.memory.book.alerts.allSatisfy { $0.state == .resolved })
    }

    @Test func `a sensor that falls silent is its own alert while its device is heard`() {
        let run = SilenceRun()
        run.speak(for: 60, ["a": ["t", "h"], "b": ["t"]])
        run.speak(for: 30, ["a": ["t"], "b": ["t"]])
        #expect(run.told == ["a/h missing firing"])
    }

    @Test func `when nobody is heard it is one alert, and none when all come back`() {
        let run = SilenceRun()
        let devices = Dictionary(uniqueKeysWithValues: (0..<50).map { ("d\($0)", ["t"]) })
        run.speak(for: 60, devices)
        run.wait(for: 300)
        #expect(run.told == ["$broker missing firing"])
        run.speak(for: 90, devices)
        #expect(run.told == ["$broker missing firing", "$broker missing resolved"])
    }

    @Test func `while the broker is away nobody else is to blame, and it is one alert`() {
        let run = SilenceRun()
        let devices = ["a": ["t"], "b": ["t"]]
        run.speak(for: 60, devices)
        run.brokerAway = "connection refused"
        run.wait(for: 120)
        run.brokerAway = nil
        run.speak(for: 90, devices)
        #expect(run.told == ["$broker missing firing", "$broker missing resolved"])
    }

    @Test func `while nothing can be heard here, no silence counts`() {
        let run = SilenceRun()
        run.speak(for: 60, ["a": ["t"], "b": ["t"]])
        run.isListening = false
        run.wait(for: 300)
        run.isListening = true
        run.speak(for: 5, ["b": ["t"]])
        #expect(run.told.isEmpty)
        run.speak(for: 30, ["b": ["t"]])
        #expect(run.told == ["a missing firing"])
    }

    @Test func `what another instance owns is none of this one's business`() {
        let run = SilenceRun()
        run.speak(for: 60, ["a": ["t"], "b": ["t"]])
        run.isOwner = false
        run.speak(for: 60, ["b": ["t"]])
        #expect(run.told.isEmpty)
    }

    @Test func `a presence message moves the state at once, either way`() {
        let run = SilenceRun()
        run.speak(for: 60, ["a": ["t"], "b": ["t"]])
        run.say("a", "offline")
        #expect(run.told == ["a missing firing"])
        run.say("a", "offline")
        run.say("a", "online")
        run.speak(for: 70, ["a": ["t"], "b": ["t"]])
        #expect(run.told == ["a missing firing", "a missing resolved"])
    }

    @Test func `a last will counts though it was written before the connection that it ends`() {
        let run = SilenceRun()
        run.speak(for: 60, ["a": ["t"], "b": ["t"]])
        run.say("a", "online")
        run.say("a", "offline", before: 10)
        #expect(run.told == ["a missing firing"])
    }

    @Test func `a device that never says that it is online has a last will more than once`() {
        let run = SilenceRun()
        run.speak(for: 60, ["a": ["t"], "b": ["t"]])
        run.say("a", "offline")
        run.speak(for: 4_000, ["a": ["t"], "b": ["t"]])
        run.say("a", "offline")
        #expect(run.told == ["a missing firing", "a missing resolved", "a missing firing"])
    }

    @Test func `sensors alone that are watched are not to blame either when nobody is heard`() {
        let run = SilenceRun(sensors: ["t"])
        run.speak(for: 60, ["a": ["t"], "b": ["t"]])
        run.wait(for: 300)
        #expect(run.told == ["$broker missing firing"])
    }

    @Test func `while this process stood still nobody was silent`() {
        let run = SilenceRun()
        run.speak(for: 60, ["a": ["t"], "b": ["t"]])
        run.standStill(for: 600)
        run.wait(for: 5)
        run.speak(for: 60, ["a": ["t"], "b": ["t"]])
        #expect(run.told.isEmpty)
    }

    @Test func `who speaks seldom is waited for longer`() {
        let run = SilenceRun()
        for _ in 0..<30 {
            run.speak(for: 1, ["slow": ["t"], "fast": ["t"]])
            run.speak(for: 59, ["fast": ["t"]])
        }
        run.speak(for: 90, ["fast": ["t"]])
        #expect(run.told.isEmpty)
        run.speak(for: 60, ["fast": ["t"]])
        #expect(run.told == ["slow missing firing"])
    }

    @Test func `who has hardly spoken is not missed`() {
        let run = SilenceRun()
        run.speak(for: 60, ["b": ["t"]])
        run.speak(for: 5, ["a": ["t"], "b": ["t"]])
        run.speak(for: 600, ["b": ["t"]])
        #expect(run.told.isEmpty)
    }

    @Test func `a restart neither raises nor clears anything`() {
        let run = SilenceRun()
        run.speak(for: 60, ["a": ["t"], "b": ["t"]])
        run.speak(for: 30, ["b": ["t"]])
        #expect(run.told == ["a missing firing"])
        let next = run.restarted(after: 3_600)
        next.wait(for: 5)
        next.speak(for: 60, ["b": ["t"]])
        #expect(next.told.isEmpty)
        #expect(next.memory.book.alerts.contains { $0.fingerprint.device == "a" && $0.state == .firing })
        next.speak(for: 90, ["a": ["t"], "b": ["t"]])
        #expect(next.told == ["a missing resolved"])
    }

    @Test func `what is gone for good is no longer waited for, and its alert ends`() {
        let run = SilenceRun(forgetAfter: .seconds(600))
        run.speak(for: 60, ["a": ["t"], "b": ["t"]])
        run.speak(for: 700, ["b": ["t"]])
        #expect(run.told == ["a missing firing", "a missing resolved"])
    }
}

/// One owner of all partitions, seconds that pass, and devices that send a reading of each of their sensors every second.
@IOThread
private final class SilenceRun {
    let memory: SeriesMemory
    private let watch: SilenceWatch
    private let forgetAfter: Duration
    private var clock: ContinuousClock.Instant
    private var wall: Timestamp
    private var sequence: UInt64 = 0
    private var transitions: [AlertTransition] = []
    var isListening = true
    var isOwner = true
    var brokerAway: String?

    init(
        sensors: [String] = [], forgetAfter: Duration = .seconds(7 * 86_400), clock: ContinuousClock.Instant = .now,
        wall: Timestamp = .now()
    ) {
        self.forgetAfter = forgetAfter
        self.clock = clock
        self.wall = wall
        var configuration = MissingReadings.Configuration()
        configuration.forgetAfter = forgetAfter
        var book = AlertBook(policies: ["missing": .absence])
        book.inhibitions = (try? [.offline()]) ?? []
        var scope = SeriesScope.everything
        scope.sensors = sensors
        let member = DetectorChain.Member(MissingReadings(configuration), for: scope)
        memory = SeriesMemory(DetectorChain([member]), alerts: book)
        watch = SilenceWatch(memory, partitions: .standard, now: clock)
        var new: [Int32] = []
        _ = memory.slot(for: SilenceWatch.broker, watch.partition, new: &new)
    }

    /// `device[/sensor] detector state` of each message.
    var told: [String] {
        transitions.filter(\.isTold).map { "\(Self.name($0)) \($0.fingerprint.detector) \($0.to.name)" }
    }

    var suppressed: [String] { transitions.filter { $0.suppressedBy != nil }.map(Self.name) }

    private static func name(_ transition: AlertTransition) -> String {
        let (device, sensor) = (transition.fingerprint.device, transition.fingerprint.sensor)
        return sensor.isEmpty ? device : "\(device)/\(sensor)"
    }

    func speak(for seconds: Int, _ devices: [String: [String]]) {
        for _ in 0..<seconds {
            pass()
            hear(devices)
            look()
        }
    }

    func wait(for seconds: Int) {
        for _ in 0..<seconds {
            pass()
            look()
        }
    }

    func say(_ device: String, _ status: String, before seconds: Int = 0) {
        pass()
        let change = PresenceChange(
            position: 0, partition: Partition(device: device, of: .standard), device: device, status: status,
            at: wall.advanced(by: .seconds(-seconds)), attributes: nil)
        guard let slot = memory.slot(of: SensorName(device: device, sensor: "")) else { return }
        memory.touch(slot, at: clock)
        watch.heard(change, slot: slot, wall: wall, into: &transitions)
    }

    func standStill(for seconds: Int) {
        clock += .seconds(seconds)
        wall = wall.advanced(by: .seconds(seconds))
    }

    /// Another process with the saved states, so many seconds later.
    func restarted(after seconds: Int) -> SilenceRun {
        let next = SilenceRun(
            forgetAfter: forgetAfter, clock: clock + .seconds(seconds), wall: wall.advanced(by: .seconds(seconds)))
        var new: [Int32] = []
        for slot in memory.known {
            let entry = memory.entries[Int(slot)]
            let place = next.memory.slot(for: entry.name, entry.partition, new: &new)
            next.memory.touch(place, at: next.clock)
            let refusals = next.memory.adopt(
                memory.state(of: slot), revision: 1, slot: place, into: &next.transitions)
            #expect(refusals.isEmpty)
        }
        return next
    }

    private func pass() {
        clock += .seconds(1)
        wall = wall.advanced(by: .seconds(1))
    }

    private func hear(_ devices: [String: [String]]) {
        sequence += 1
        var batch = ReadingBatch(identity: BatchIdentity(producer: "p", sequence: sequence))
        for (device, sensors) in devices.sorted(by: { $0.key < $1.key }) {
            for sensor in sensors {
                let index = UInt32(batch.series.count)
                batch.series.append(
                    Series(
                        device: device, sensor: sensor, unit: "", partition: Partition(device: device, of: .standard)))
                batch.appendReading(
                    seriesIndex: index, timestamp: wall.microseconds, value: 1, receivedAt: wall.microseconds,
                    position: index)
            }
        }
        var new: [Int32] = []
        let slots = memory.slots(of: batch, new: &new)
        for slot in memory.known where slots.contains(slot) || slots.contains(where: { isDevice(slot, of: $0) }) {
            memory.touch(slot, at: clock)
        }
        let learning = memory.apply(batch, slots: slots)
        _ = memory.chain.detect(DetectorInput(batch: batch, slots: slots, learning: learning, now: wall)) {
            Issue.record("\($0)")
        }
        memory.book.take([], of: batch, slots: slots, now: wall, into: &transitions)
        watch.heard(batch, slots: slots, at: clock, wall: wall, into: &transitions)
    }

    private func isDevice(_ slot: Int32, of series: Int32) -> Bool { memory.entries[Int(series)].device == slot }

    private func look() {
        memory.book.tick(wall, into: &transitions)
        watch.look(
            at: clock, wall: wall, isListening: isListening, brokerAway: brokerAway,
            isOwned: { [isOwner] _ in isOwner },
            into: &transitions)
        for slot in watch.givenUp(at: wall) {
            memory.book.giveUp(slot: slot, because: "gone", now: wall, into: &transitions)
        }
    }
}
