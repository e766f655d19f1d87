import Dispatch
import Glibc

/// Requests to look at the ``ScaleRequest`` in the data directory.
final class ScaleSignals {
    static let number = SIGUSR1

    let requests: AsyncStream<Void>
    private let source: any DispatchSourceSignal

    init() {
        let (requests, continuation) = AsyncStream.makeStream(of: Void.self)
        self.requests = requests
        // Dispatch only sees what the default action has not already dealt with.
        signal(Self.number, SIG_IGN)
        source = DispatchSource.makeSignalSource(signal: Self.number)
        source.setEventHandler { continuation.yield() }
        source.resume()
    }
}
