internal import Model
internal import Settings

extension ProcessingRules {
    /// `buffer`, `sensors` by sensor type, and `other_sensors`; what is not said is as in the original system.
    init(from reader: SettingsReader) {
        self.init()
        bufferCapacity = reader.int(
            "buffer", default: bufferCapacity, in: 20...10_000, "Values that are kept of each sensor type.")
        for (name, section) in reader.sections("sensors") {
            let sensor = ExactText(name)
            sensors[sensor] = SensorRules(from: section, default: sensors[sensor] ?? otherwise)
        }
        otherwise = SensorRules(from: reader.section("other_sensors"), default: otherwise)
        do throws(InvalidRules) {
            try check()
        } catch {
            reader.reject(error.sensor == nil ? "buffer" : "sensors", "\(error)")
        }
    }
}

extension SensorRules {
    private enum SmoothingKind: String, CaseIterable {
        case none
        case lowPass = "low-pass"
        case mean
        case median
    }

    private enum TransmissionKind: String, CaseIterable {
        case original
        case deadBand = "dead-band"
        case swingingDoor = "swinging-door"
    }

    init(from reader: SettingsReader, default usual: SensorRules) {
        let smoothing = Self.smoothing(reader, usual.smoothing)
        let transmission = Self.transmission(reader)
        self.init(
            smoothing: smoothing, transmission: transmission,
            compared: reader.choice(
                "compared", default: usual.compared, "Which value the rule compares, and bounds: raw or processed."),
            deviationFloor: reader.double(
                "deviation_floor", default: usual.deviationFloor, in: 1e-12...1e12,
                "The smallest standard deviation that the anomaly score divides by, in the unit of the readings."))
    }

    private static func smoothing(_ reader: SettingsReader, _ usual: Smoothing) -> Smoothing {
        let kind: SmoothingKind =
            switch usual {
            case .none: .none
            case .lowPass: .lowPass
            case .meanOfLast5: .mean
            case .medianOfLast3: .median
            }
        let wanted = reader.choice(
            "smoothing", default: kind,
            "none, low-pass (Butterworth, forwards and backwards), mean of 5 or median of 3.")
        switch wanted {
        case .none: return .none
        case .mean: return .meanOfLast5
        case .median: return .medianOfLast3
        case .lowPass:
            return .lowPass(
                order: reader.int("order", default: 3, in: 1...8, "Of the low-pass."),
                cutoff: reader.double(
                    "cutoff", default: 0.1, in: 1e-6...0.999_999,
                    "Of the low-pass, a fraction of half the sampling rate."))
        }
    }

    private static func transmission(_ reader: SettingsReader) -> TransmissionRule {
        let kind = reader.choice(
            "transmission", default: TransmissionKind.original,
            "Which readings are sent: original, dead-band or swinging-door.")
        switch kind {
        case .original:
            return .original(
                relativeChange: reader.double(
                    "relative_change", default: 0.1, in: 0...1e9,
                    "A reading that differs by more from the last sent one is sent."),
                every: reader.int("every", default: 10, in: 1...1_000_000_000, "And each so many-th one."))
        case .deadBand:
            let relative = reader.double(
                "relative_band", in: 0...1e9, "The band as a fraction of the last sent reading.")
            let absolute = reader.double("band", in: 0...1e300, "The band in the unit of the readings.")
            if (relative == nil) == (absolute == nil) {
                reader.reject("transmission", "a dead-band needs either `band` or `relative_band`")
            }
            let bound = absolute.map(ErrorBound.absolute) ?? .relative(relative ?? 0)
            return .deadBand(bound, heartbeat: heartbeat(reader))
        case .swingingDoor:
            let deviation = reader.double(
                "deviation", in: 0...1e300, "How far a reading may be from the line between sent ones.")
            if deviation == nil { reader.reject("transmission", "a swinging door needs its `deviation`") }
            return .swingingDoor(deviation: deviation ?? 0, heartbeat: heartbeat(reader))
        }
    }

    private static func heartbeat(_ reader: SettingsReader) -> Duration? {
        let heartbeat = reader.duration(
            "heartbeat", default: .seconds(600), in: .zero ... .seconds(30 * 86_400),
            "Sent at the latest after so long, by the readings' own times; 0s: never.")
        return heartbeat > .zero ? heartbeat : nil
    }
}
