public import ZeroMQ

/// Why a pipe could not be opened.
///
/// Reads aloud: "cannot open the pipe of preprocessor-1: cannot bind tcp://*:5601: address already in use (…)".
public struct PipeError: Error, Hashable, CustomStringConvertible, Sendable {
    /// The instance whose pipe it is.
    public var instance: String
    public var cause: ZeroMQError

    public init(instance: String, cause: ZeroMQError) {
        self.instance = instance
        self.cause = cause
    }

    public var description: String { "cannot open the pipe of \(instance): \(cause)" }

    public var isRetriable: Bool { cause.isRetriable }
}
