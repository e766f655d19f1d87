import ArgumentParser
import IOLoop
import MQTT
import Model

/// `sluice simulate`
struct SimulateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "simulate", abstract: "Publish the readings of simulated sensors.",
        discussion: """
            Each device has a temperature, a humidity and a pressure sensor, with daily rhythm, noise, drift and \
            faults. The same seed gives the same sensors. Ends after --count readings or --duration, or at Ctrl-C.

            EXAMPLES
              sluice simulate --devices 10 --rate 1000
              sluice simulate --count 100000 --batch 10 --anomaly-every 1000 --json
            """)

    @OptionGroup var broker: BrokerOptions

    @Option(help: "Number of devices.")
    var devices = 50

    @Option(help: "Readings a second in all; 0 is as fast as the broker acknowledges. [default: one a sensor]")
    var rate: Double?

    @Option(help: "How long, as in 30s, 10m or 2h.")
    var duration: DurationOption?

    @Option(help: "How many readings in all.")
    var count: Int?

    @Option(help: "MQTT quality of service: 0, 1 or 2.")
    var qos = QoSOption(.atLeastOnce)

    @Option(help: "Readings in a message.")
    var batch = 1

    @Option(help: "Make one reading in so many anomalous; 0 makes none.")
    var anomalyEvery = 0

    @Option(help: "Seed of the sensors.")
    var seed: UInt64 = 1

    @Flag(help: "Number the readings in metadata.n, from --first-number on.")
    var numbered = false

    @Option(help: "The first number.")
    var firstNumber = 1

    @Option(help: "Devices are called PREFIX-1, PREFIX-2 and so on.")
    var devicePrefix = "device"

    @Flag(help: "Report as JSON.")
    var json = false

    func validate() throws {
        guard devices > 0, batch > 0 else { throw ValidationError("--devices and --batch begin at 1.") }
        guard (rate ?? 0) >= 0, (count ?? 0) >= 0, anomalyEvery >= 0 else {
            throw ValidationError("--rate, --count and --anomaly-every cannot be negative.")
        }
    }

    func run() async throws {
        var options = try broker.options(purpose: "simulate")
        // Exactly once over a reconnect needs a broker that remembers which messages are half-way.
        if qos.value == .exactlyOnce { options.session = .persistent(expiry: .seconds(600)) }
        let report = try await PublishingRun.run(options, qos: qos.value) { publisher in
            try await publish(with: publisher)
        }
        Console.say(json ? try jsonLine(report) : report.text)
        if !report.isComplete { throw ExitCode(1) }
    }

    @IOThread
    private func publish(with publisher: Publisher) async throws {
        let start = ContinuousClock.now
        let rate = rate ?? Double(devices * SensorProfile.all.count)
        var fleet = SimulatedFleet(
            devices: devices, prefix: devicePrefix, anomalyEvery: anomalyEvery, start: .now(), seed: seed)
        var sent = 0
        while !publisher.isStopped, sent < count ?? .max, duration.map({ .now - start < $0.value }) ?? true {
            let size = min(batch, (count ?? .max) - sent)
            let number = numbered ? firstNumber + sent : nil
            let due = rate > 0 ? start + .seconds(Double(sent) / rate) : nil
            try await publisher.publish(at: due) {
                fleet.nextMessage(readings: size, at: .now(), firstNumber: number)
            }
            sent += size
        }
    }
}
