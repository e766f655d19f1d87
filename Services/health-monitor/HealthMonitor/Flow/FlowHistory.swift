import Model

/// What flowed over the last hour: the means of every five seconds, in memory of a fixed size.
struct FlowHistory: Sendable {
    static let interval: Int64 = 5
    static let length = 720
    /// More names than services have; nobody can fill our memory with names.
    private static let mostColumns = 64

    /// Of the whole.
    static let figures = [
        "received_per_second", "stored_per_second", "e2e_p50_seconds", "e2e_p99_seconds", "spool_readings",
    ]
    /// Of each service.
    static let serviceFigures = ["received_per_second", "utilization"]

    struct Name: Hashable, Sendable {
        /// Empty for the whole.
        var service: String
        var figure: String
    }

    private struct Mean {
        var sum = 0.0
        var count = 0.0

        var value: Double { count > 0 ? sum / count : .nan }

        mutating func add(_ value: Double) {
            sum += value
            count += 1
        }
    }

    /// By the slot's number modulo ``length``; NaN: nothing is known.
    private var columns: [Name: [Double]] = [:]
    private var firstSlot: Int64?
    /// The one that is being filled.
    private var slot: Int64 = 0
    private var means: [Name: Mean] = [:]

    init() {
        for figure in Self.figures { columns[Name(service: "", figure: figure)] = Self.nothing }
    }

    private static let nothing = [Double](repeating: .nan, count: length)

    /// - Returns: the point that is complete now, as JSON; nil while it is not.
    mutating func take(_ status: FleetStatus, at now: Timestamp) -> JSONText? {
        let current = now.microseconds.flooredQuotient(Self.interval * 1_000_000)
        var complete: JSONText?
        if firstSlot == nil || current < slot {
            // A clock that was set back begins anew.
            (firstSlot, slot, means) = (current, current, [:])
        } else if current > slot {
            complete = close(until: current)
        }
        for (name, value) in Self.values(status) { means[name, default: Mean()].add(value) }
        return complete
    }

    private mutating func close(until next: Int64) -> JSONText {
        for name in means.keys where columns[name] == nil && columns.count < Self.mostColumns {
            columns[name] = Self.nothing
        }
        for name in columns.keys { columns[name]?[Self.place(slot)] = means[name]?.value ?? .nan }
        let point = point(slot)
        // Slots in which nobody looked: all of them after a long sleep, this one's place included.
        for missed in (slot + 1)..<min(next, slot + 1 + Int64(Self.length)) {
            for name in columns.keys { columns[name]?[Self.place(missed)] = .nan }
        }
        (slot, means) = (next, [:])
        return point
    }

    private static func values(_ status: FleetStatus) -> [(Name, Double)] {
        let flow = status.flow
        let whole = zip(
            figures,
            [
                flow?.receivedPerSecond, flow?.storedPerSecond, flow?.e2eP50Seconds, flow?.e2eP99Seconds,
                flow?.spoolReadings,
            ]
        ).map { (Name(service: "", figure: $0), $1) }
        let services = (status.services ?? []).flatMap { service in
            zip(serviceFigures, [service.receivedPerSecond, service.utilization])
                .map { (Name(service: service.name, figure: $0), $1) }
        }
        return (whole + services).compactMap { name, value in value.map { (name, $0) } }
    }

    private static func place(_ slot: Int64) -> Int { Int(slot.flooredRemainder(Int64(length))) }
}

extension FlowHistory {
    /// `{"interval_seconds":5,"times":[…],"received_per_second":[…],…,"services":{"preprocessor":{…}}}`; null for what is not known.
    ///
    /// - Parameter minutes: 1 to 60, the last of them.
    func json(minutes: Int) -> JSONText {
        let first = firstSlot.map { max($0, slot - Int64(min(minutes * 60 / Int(Self.interval), Self.length))) } ?? slot
        let slots = first..<max(first, slot)
        var json = JSONText()
        json.beginObject()
        json.key("interval_seconds")
        json.number(Self.interval)
        json.key("times")
        json.raw("[\(slots.map { String($0 * Self.interval) }.joined(separator: ","))]")
        write(to: &json) { column in
            "[\(slots.map { Self.text(column[Self.place($0)]) }.joined(separator: ","))]"
        }
        json.endObject()
        return json
    }

    private func point(_ slot: Int64) -> JSONText {
        var json = JSONText()
        json.beginObject()
        json.key("time")
        json.number(slot * Self.interval)
        write(to: &json) { column in Self.text(column[Self.place(slot)]) }
        json.endObject()
        return json
    }

    private func write(to json: inout JSONText, _ text: ([Double]) -> String) {
        for figure in Self.figures {
            json.key(figure)
            json.raw(text(columns[Name(service: "", figure: figure)] ?? Self.nothing))
        }
        json.key("services")
        json.beginObject()
        for service in Set(columns.keys.map(\.service)).subtracting([""]).sorted() {
            json.key(service)
            json.beginObject()
            for figure in Self.serviceFigures {
                json.key(figure)
                json.raw(text(columns[Name(service: service, figure: figure)] ?? Self.nothing))
            }
            json.endObject()
        }
        json.endObject()
    }

    /// To the microsecond, or the millionth of a reading: nobody draws finer.
    private static func text(_ value: Double) -> String {
        value.isFinite ? ((value * 1e6).rounded() / 1e6).description : "null"
    }
}
