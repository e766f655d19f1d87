public import Model

extension Timestamp {
    /// A time as devices and recordings write it: ISO 8601 (UTC without a zone), or a Unix time of at least nine
    /// digits whose unit is told from its size.
    public init?(deviceText text: String) {
        var text = text
        let time = text.withUTF8 { TimestampText.microseconds(UnsafeRawBufferPointer($0)) }
        guard let time, time > .min, time < .max else { return nil }
        self.init(microseconds: time)
    }
}
