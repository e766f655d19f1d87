import Dispatch
import Glibc

/// Requests to stop: Ctrl-C, `kill`, and the terminal going away.
final class TerminationSignals {
    let requests: AsyncStream<Void>
    private let sources: [any DispatchSourceSignal]

    init() {
        let (requests, continuation) = AsyncStream.makeStream(of: Void.self)
        self.requests = requests
        sources = [SIGINT, SIGTERM, SIGHUP].map { number in
            // Dispatch only sees what the default action has not already dealt with.
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number)
            source.setEventHandler { continuation.yield() }
            source.resume()
            return source
        }
    }
}
