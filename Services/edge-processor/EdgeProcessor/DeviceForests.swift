internal import Detectors
internal import FoundationEssentials
internal import Model
internal import Plugins

/// The original's models: an isolation forest for each device that has a file, and another for all others.
///
/// What series learn here is in memory, 135 kB each, and begins anew with the process.
final class DeviceForests {
    private struct Place {
        var detector: Int
        var slot: Int32
    }

    private let settings: ForestSettings
    private let onFailure: (String) -> Void
    private var detectors: [IsolationForestDetector] = []
    private var slotsTaken: [Int32] = []
    /// Which of them judges a device.
    private var chosen: [ExactText: Int] = [:]
    private var places: [Series: Place] = [:]
    /// For devices without a file.
    private var common: Int?

    /// - Parameter onFailure: told of a model file that cannot be used; the device is then judged like those without one.
    init(_ settings: ForestSettings, onFailure: @escaping (String) -> Void) {
        self.settings = settings
        self.onFailure = onFailure
    }

    /// One score for each row, 0…1; none when no forest is wanted.
    func scores(of batch: ReadingBatch) -> [Float] {
        guard settings.mode != .off, batch.count > 0 else { return [] }
        let found = batch.series.map(place)
        var findings = DetectorFindings(rows: batch.count)
        for (index, detector) in detectors.enumerated() {
            let own = found.map { $0?.detector == index }
            guard own.contains(true) else { continue }
            detector.detect(
                DetectorInput(
                    batch: batch, slots: found.map { $0?.slot ?? 0 }, learning: own.map { $0 ? .learn : .ignore },
                    now: Timestamp(microseconds: batch.timestamp[0])), into: &findings)
        }
        return findings.scores
    }

    private func place(of series: Series) -> Place? {
        if let known = places[series] { return known }
        guard let detector = detector(for: series.device) else { return nil }
        let place = Place(detector: detector, slot: slotsTaken[detector])
        slotsTaken[detector] += 1
        detectors[detector].reserveSlots(Int(slotsTaken[detector]))
        places[series] = place
        return place
    }

    private func detector(for device: String) -> Int? {
        let name = ExactText(device)
        if let known = chosen[name] { return known }
        let own = model(named: device).map(add)
        let detector = own ?? commonDetector()
        chosen[name] = detector
        return detector
    }

    private func commonDetector() -> Int? {
        if let common { return common }
        if let model = model(named: "default") {
            common = add(model)
        } else if settings.mode == .learn {
            common = add(IsolationForestDetector())
        }
        return common
    }

    private func add(_ detector: IsolationForestDetector) -> Int {
        detectors.append(detector)
        slotsTaken.append(0)
        return detectors.count - 1
    }

    private func model(named name: String) -> IsolationForestDetector? {
        guard let directory = settings.directory, !name.contains("/"), !name.contains("\0") else { return nil }
        let path = "\(directory)/\(name).json"
        guard FileManager.default.fileExists(atPath: path) else { return nil }
        do throws(PluginError) {
            return try IsolationForestDetector(model: try IsolationForest(modelFile: path))
        } catch {
            onFailure(error.what)
            return nil
        }
    }
}
