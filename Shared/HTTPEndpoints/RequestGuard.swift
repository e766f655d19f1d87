internal import HTTPTypes
internal import NIOCore
internal import NIOHTTP1
internal import NIOHTTPTypes
internal import Observability

/// What one connection may cost: a peer that is slow, or whose head is too long, loses it. Lives on the event loop of its
/// connection, behind HTTP's decoder.
final class RequestGuard: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    private let limits: RequestLimits
    private let refused: RefusedRequests
    private var timer: Scheduled<Void>?
    /// Heads that came and were not answered to the end.
    private var open = 0
    private var isReading = false
    private var isRefused = false

    init(_ limits: RequestLimits, _ refused: RefusedRequests) {
        self.limits = limits
        self.refused = refused
    }

    func handlerAdded(context: ChannelHandlerContext) {
        close(context, after: limits.head, counting: refused.tooSlow)
    }

    func channelInactive(context: ChannelHandlerContext) {
        timer?.cancel()
        context.fireChannelInactive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head:
            open += 1
            isReading = true
            close(context, after: limits.body, counting: refused.tooSlow)
        case .body: break
        case .end:
            isReading = false
            timer?.cancel()
            waitForNext(context)
        }
        context.fireChannelRead(data)
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        if case .end = unwrapOutboundIn(data) {
            open -= 1
            waitForNext(context)
        }
        context.write(data, promise: promise)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard case .headerOverflow? = error as? HTTPParserError else { return context.fireErrorCaught(error) }
        guard !isRefused else { return }
        isRefused = true
        refused.headersTooLarge.add()
        let fields: HTTPFields = [.connection: "close", .contentLength: "0"]
        let head = HTTPResponse(status: .requestHeaderFieldsTooLarge, headerFields: fields)
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        // What is still under way would have the system throw the answer away, were the connection closed now.
        close(context, after: .milliseconds(500), counting: nil)
    }

    /// An idle connection is nobody's fault.
    private func waitForNext(_ context: ChannelHandlerContext) {
        if open == 0, !isReading, !isRefused { close(context, after: limits.idle, counting: nil) }
    }

    private func close(_ context: ChannelHandlerContext, after limit: TimeAmount, counting counter: Counter?) {
        timer?.cancel()
        let channel = context.channel
        timer = context.eventLoop.scheduleTask(in: limit) {
            counter?.add(1)
            channel.close(promise: nil)
        }
    }
}

/// How much a stranger may ask for.
struct RequestLimits: Sendable {
    /// For a first head, TLS's handshake included.
    var head = TimeAmount.seconds(10)
    var body = TimeAmount.seconds(30)
    /// Between an answer and the whole next head.
    var idle = TimeAmount.seconds(75)
    /// Bytes of all fields together.
    var headerBytes = 16 << 10
    var headerCount = 100
    /// The kernel keeps further ones waiting.
    var connections = 512
}

/// Requests that were not answered as asked, by their cause.
struct RefusedRequests: Sendable {
    let headersTooLarge: Counter
    let bodyTooLarge: Counter
    let tooSlow: Counter
    let noToken: Counter
    let wrongToken: Counter

    init(in registry: MetricsRegistry) {
        func counter(_ cause: String) -> Counter {
            registry.counter(
                "sluice_http_refused_requests_total", "HTTP requests refused for their size, pace or token.",
                labels: ["cause": cause])
        }
        headersTooLarge = counter("headers_too_large")
        bodyTooLarge = counter("body_too_large")
        tooSlow = counter("too_slow")
        noToken = counter("no_token")
        wrongToken = counter("wrong_token")
    }
}
