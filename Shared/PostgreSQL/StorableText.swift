extension String {
    /// PostgreSQL's text cannot hold NUL. What explains a reading that was given up must not be refused itself.
    public var storable: String {
        utf8.contains(0) ? String(map { $0 == "\0" ? "\u{FFFD}" : $0 }) : self
    }
}
