// One value each. `documentation` is a sentence for `config print`; a value outside `range` is a problem.
extension SettingsReader {
    public func string(
        _ key: String, default value: String, _ documentation: String, reload: ReloadPolicy = .restart
    ) -> String {
        scalar(key, .text, documentation, reload, default: value) ?? value
    }

    public func string(_ key: String, _ documentation: String, reload: ReloadPolicy = .restart) -> String? {
        scalar(key, .text, documentation, reload)
    }

    /// Empty, and a problem, when nothing is written.
    public func requiredString(_ key: String, _ documentation: String, reload: ReloadPolicy = .restart) -> String {
        if let text = scalar(key, .text, documentation, reload) { return text }
        reject(at: nil, path: defaultPath(key), "is required: \(documentation)")
        return ""
    }

    public func int(
        _ key: String, default value: Int, in range: ClosedRange<Int>? = nil, _ documentation: String,
        reload: ReloadPolicy = .restart
    ) -> Int {
        scalar(key, .integer, documentation, reload, range: range, default: value) ?? value
    }

    public func int(
        _ key: String, in range: ClosedRange<Int>? = nil, _ documentation: String, reload: ReloadPolicy = .restart
    ) -> Int? {
        scalar(key, .integer, documentation, reload, range: range)
    }

    /// Never NaN or infinite.
    public func double(
        _ key: String, default value: Double, in range: ClosedRange<Double>? = nil, _ documentation: String,
        reload: ReloadPolicy = .restart
    ) -> Double {
        scalar(key, .number, documentation, reload, range: range, default: value) ?? value
    }

    public func double(
        _ key: String, in range: ClosedRange<Double>? = nil, _ documentation: String, reload: ReloadPolicy = .restart
    ) -> Double? {
        scalar(key, .number, documentation, reload, range: range)
    }

    public func bool(
        _ key: String, default value: Bool, _ documentation: String, reload: ReloadPolicy = .restart
    ) -> Bool {
        scalar(key, .truth, documentation, reload, default: value) ?? value
    }

    public func bool(_ key: String, _ documentation: String, reload: ReloadPolicy = .restart) -> Bool? {
        scalar(key, .truth, documentation, reload)
    }

    public func duration(
        _ key: String, default value: Duration, in range: ClosedRange<Duration>? = nil, _ documentation: String,
        reload: ReloadPolicy = .restart
    ) -> Duration {
        scalar(key, .duration, documentation, reload, range: range, default: value) ?? value
    }

    public func duration(
        _ key: String, in range: ClosedRange<Duration>? = nil, _ documentation: String,
        reload: ReloadPolicy = .restart
    ) -> Duration? {
        scalar(key, .duration, documentation, reload, range: range)
    }

    public func bytes(
        _ key: String, default value: ByteCount, in range: ClosedRange<ByteCount>? = nil, _ documentation: String,
        reload: ReloadPolicy = .restart
    ) -> ByteCount {
        scalar(key, .size, documentation, reload, range: range, default: value) ?? value
    }

    public func bytes(
        _ key: String, in range: ClosedRange<ByteCount>? = nil, _ documentation: String,
        reload: ReloadPolicy = .restart
    ) -> ByteCount? {
        scalar(key, .size, documentation, reload, range: range)
    }

    /// One word of an enumeration, written as its raw value.
    public func choice<Value: RawRepresentable<String> & CaseIterable>(
        _ key: String, default value: Value, _ documentation: String, reload: ReloadPolicy = .restart
    ) -> Value {
        scalar(key, .choice, documentation, reload, default: value) ?? value
    }

    public func choice<Value: RawRepresentable<String> & CaseIterable>(
        _ key: String, _ documentation: String, reload: ReloadPolicy = .restart
    ) -> Value? {
        scalar(key, .choice, documentation, reload)
    }
}

extension SettingsReader {
    /// Nil when the value is absent (and has no default) or wrong.
    private func scalar<Value>(
        _ key: String, _ format: ScalarFormat<Value>, _ documentation: String, _ reload: ReloadPolicy,
        range: ClosedRange<Value>?, default fallback: Value? = nil
    ) -> Value? {
        let value = scalar(key, format, documentation, reload, default: fallback)
        guard let value, let range, !range.contains(value) else { return value }
        let bounds = "between \(format.text(range.lowerBound)) and \(format.text(range.upperBound))"
        let nearest = value < range.lowerBound ? range.lowerBound : range.upperBound
        reject(
            key, "\(format.text(value)) is out of range", suggestion: "\(bounds), for example \(format.text(nearest))")
        return nil
    }

    private func scalar<Value>(
        _ key: String, _ format: ScalarFormat<Value>, _ documentation: String, _ reload: ReloadPolicy,
        default fallback: Value? = nil
    ) -> Value? {
        guard let found = find(key) else {
            note(fallback.map(format.text), at: defaultPath(key), .defaults, documentation, reload)
            return fallback
        }
        guard case .scalar(let text) = found.node.content, let value = format.parse(text) else {
            let suggestion =
                if case .scalar(let text) = found.node.content { format.suggest(text) } else { String?.none }
            let message = "expected \(format.expectation), found \(found.node.kind)"
            reject(at: found.node.origin, path: found.path, message, suggestion: suggestion)
            return nil
        }
        note(format.text(value), at: found.path, found.node.origin, documentation, reload)
        return value
    }

    func note(
        _ value: String?, at path: String, _ origin: SettingsOrigin, _ documentation: String, _ reload: ReloadPolicy
    ) {
        record.note(
            EffectiveSetting(
                path: path, value: value.map(Redaction.withoutPassword), origin: origin, documentation: documentation,
                reload: reload, fingerprint: value.hashValue))
    }
}
