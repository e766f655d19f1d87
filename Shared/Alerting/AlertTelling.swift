/// Whether people get a message about a transition, and why not.
public enum AlertTelling: Hashable, Sendable {
    case told
    /// They would have got one.
    case suppressed(Suppression)
    case quiet(Quiet)

    /// Why there is nothing to say.
    public enum Quiet: UInt8, Hashable, Sendable, CaseIterable {
        /// It never came to firing.
        case pending
        /// They were told that it fires, and not that it was over.
        case known
        /// They were never told that it fires.
        case untold
        /// ``AlertPolicy/messageLimit`` is reached.
        case limit
    }
}

/// What keeps a message back.
public enum Suppression: Hashable, Sendable, CustomStringConvertible {
    /// The ``Silence/id``.
    case silence(String)
    /// The ``Inhibition/name``, and the alert that is open.
    case inhibition(String, by: String)

    public var description: String {
        switch self {
        case .silence(let id): "silence \(id)"
        case .inhibition(let name, let alertID): "inhibition \(name) by alert \(alertID)"
        }
    }
}
