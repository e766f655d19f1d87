import Hummingbird
import HummingbirdCore
import HummingbirdTLS
import Logging
import NIOCore
import NIOPosix
import ServiceLifecycle
public import Settings
import Synchronization

/// Serves ``OperatorPages`` and a service's own routes over HTTP, on one event loop thread beside the I/O thread.
public final class OperatorServer: Sendable {
    /// The address cannot be listened on; another process may be there.
    public struct BindFailure: Error, CustomStringConvertible {
        public let host: String
        public let port: Int
        public let reason: String
        public var isRetriable: Bool { true }
        public var description: String { "cannot listen on http://\(host):\(port): \(reason)" }
    }

    private let group: ServiceGroup
    private let running: Task<Void, any Error>
    private let eventLoops: MultiThreadedEventLoopGroup
    /// As it was bound: with the real port.
    public let host: String
    public let port: Int

    private let scheme: String

    /// `http://127.0.0.1:9101`; a server on all addresses is named by the loopback one.
    public var url: String {
        let reachable = ["0.0.0.0", "::"].contains(host) ? "127.0.0.1" : host
        return "\(scheme)://\(reachable.contains(":") ? "[\(reachable)]" : reachable):\(port)"
    }

    /// Listens, and returns when requests are answered.
    ///
    /// - Throws: ``BindFailure``, ``UnusableCertificate``.
    public static func start(
        on settings: HTTPSettings, pages: OperatorPages, routes: RouteTable = RouteTable()
    ) async throws -> OperatorServer {
        try await start(on: settings, pages: pages, routes: routes, limits: RequestLimits())
    }

    static func start(
        on settings: HTTPSettings, pages: OperatorPages, routes: RouteTable = RouteTable(), limits: RequestLimits
    ) async throws -> OperatorServer {
        let refused = RefusedRequests(in: pages.metrics, logger: pages.logger)
        let router = OperatorRouter(settings, refused).make(pages, routes.all)
        return try await OperatorServer(settings, router, try connections(settings, limits, refused))
    }

    /// What each connection goes through.
    private static func connections(
        _ settings: HTTPSettings, _ limits: RequestLimits, _ refused: RefusedRequests
    ) throws -> HTTPServerBuilder {
        let decoder = HTTP1Channel.Configuration.DecoderConfiguration(
            maxHeaderFieldSize: limits.headerBytes, maxHeaderListSize: limits.headerBytes,
            maxHeaderFieldCount: limits.headerCount)
        let open = OpenConnections(limit: limits.connections, sparing: limits.spared)
        let plain = HTTPServerBuilder.http1(
            configuration: HTTP1Channel.Configuration(
                additionalChannelHandlers: [RequestGuard(limits, refused, open)], httpDecoderConfiguration: decoder))
        guard let tls = settings.tls else { return plain }
        return try .tls(plain, tlsConfiguration: UnusableCertificate.guarding(tls))
    }

    private init(
        _ settings: HTTPSettings, _ router: Router<OperatorRequestContext>, _ connections: HTTPServerBuilder
    ) async throws {
        // A scrape a second and a probe now and then: more threads would only cost memory.
        let eventLoops = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let bound = AsyncStream.makeStream(of: Int.self)
        let address = BindAddress.hostname(settings.host, port: settings.port)
        var logger = Logger(label: "http")
        logger.logLevel = .warning
        let application = Application(
            router: router, server: connections,
            configuration: ApplicationConfiguration(address: address),
            onServerRunning: { channel in
                bound.continuation.yield(channel.localAddress?.port ?? settings.port)
            }, eventLoopGroupProvider: .shared(eventLoops), logger: logger)
        let group = ServiceGroup(configuration: .init(services: [application], logger: logger))
        let running = Task {
            defer { bound.continuation.finish() }
            try await group.run()
        }
        var ports = bound.stream.makeAsyncIterator()
        guard let port = await ports.next() else {
            throw await Self.failure(of: running, settings, eventLoops)
        }
        (self.group, self.running, self.eventLoops, self.host, self.port) =
            (group, running, eventLoops, settings.host, port)
        scheme = settings.tls == nil ? "http" : "https"
    }

    private static func failure(
        of running: Task<Void, any Error>, _ settings: HTTPSettings, _ eventLoops: MultiThreadedEventLoopGroup
    ) async -> BindFailure {
        var reason = "the server ended"
        if case .failure(let error) = await running.result { reason = "\(error)" }
        endLater(eventLoops)
        return BindFailure(host: settings.host, port: settings.port, reason: reason)
    }

    /// Answers what is being asked, then closes.
    public func stop() async {
        await group.triggerGracefulShutdown()
        _ = await running.result
        Self.endLater(eventLoops)
    }

    /// What belongs to a connection is released by its task, which may be a moment after the server has ended, and tells its event
    /// loop; one that has ended by then complains on standard error.
    private static func endLater(_ eventLoops: MultiThreadedEventLoopGroup) {
        eventLoops.any().scheduleTask(in: .milliseconds(200)) { eventLoops.shutdownGracefully { _ in } }
    }
}
