internal import HTTPTypes
internal import Hummingbird
internal import NIOCore
internal import Observability
internal import Settings

/// Puts routes on Hummingbird's router.
struct OperatorRouter {
    private let gate: OperatorGate
    private let version: HTTPSettings.VersionAudience
    private let refused: RefusedRequests

    /// - Parameter settings: without a token, what needs it stays shut.
    init(_ settings: HTTPSettings, _ refused: RefusedRequests) {
        gate = OperatorGate(settings)
        version = settings.version
        self.refused = refused
    }

    func make(_ pages: OperatorPages, _ routes: [HTTPRoute]) -> Router<OperatorRequestContext> {
        let router = Router(context: OperatorRequestContext.self, options: .autoGenerateHeadEndpoints)
        let byPath = Dictionary(grouping: pages.routes + routes, by: \.path)
        for (path, routes) in byPath {
            for route in routes {
                router.on(RouterPath(path), method: route.method.onTheWire) { request, context in
                    Self.response(try await answer(request, context, route), to: request, on: context.channel)
                }
            }
            refuseOthers(RouterPath(path), than: routes.map(\.method), on: router)
        }
        return router
    }

    private func answer(
        _ request: Request, _ context: OperatorRequestContext, _ route: HTTPRoute
    ) async throws -> HTTPAnswer {
        let authorization = request.headers[.authorization]
        var caller = gate.caller(authorization: authorization, host: request.head.authority)
        caller.mayKnowVersion = version == .everybody || caller.hasToken || caller.mayReadWithoutToken
        // Before anything is read: what a stranger sends costs nothing.
        if let refusal = gate.refusal(caller, to: route.access, authorization: authorization) {
            let cause = authorization == nil ? refused.noToken : refused.wrongToken
            cause.emit(context.channel, path: request.uri.path)
            return refusal
        }
        if route.method != .get, let refusal = ChangeGuard.refusal(request) { return refusal }
        guard let parameters = Self.parameters(context) else {
            return .error("the path is no UTF-8, or not percent-encoded", status: 400)
        }
        let pairs = request.uri.queryParameters.map { (String($0.key), String($0.value)) }
        var question = HTTPQuestion(
            path: request.uri.path, parameters: parameters, query: Dictionary(pairs) { _, last in last },
            caller: caller)
        if route.method != .get {
            do {
                question.body = Array(buffer: try await request.body.collect(upTo: HTTPRoute.longestBody.bytes))
            } catch is NIOTooManyBytesError {
                refused.bodyTooLarge.emit(context.channel, path: request.uri.path)
                return .error("the body is longer than \(HTTPRoute.longestBody)", status: 413)
            }
        }
        return await route.answer(question)
    }

    private static func parameters(_ context: OperatorRequestContext) -> [String: String]? {
        var parameters: [String: String] = [:]
        for (name, raw) in context.parameters {
            guard let decoded = PercentText.decode(raw) else { return nil }
            parameters[String(name)] = decoded
        }
        return parameters
    }

    /// Whoever takes the wrong method learns the right one, rather than that there is nothing.
    private func refuseOthers(
        _ path: RouterPath, than methods: [HTTPRoute.Method], on router: Router<OperatorRequestContext>
    ) {
        var taken = methods.map(\.onTheWire)
        if methods.contains(.get) { taken.append(.head) }
        let allowed = taken.map(\.rawValue).sorted().joined(separator: ", ")
        for method in Self.standardMethods where !taken.contains(method) {
            router.on(path, method: method) { request, context in
                var answer = HTTPAnswer.error("it takes \(allowed)", status: 405)
                answer.headers = ["Allow": allowed]
                return Self.response(answer, to: request, on: context.channel)
            }
        }
    }

    private static let standardMethods: [HTTPRequest.Method] = [
        .get, .head, .post, .put, .delete, .patch, .options, .trace, .connect, query,
    ]

    /// A question with a body: https://www.ietf.org/archive/id/draft-ietf-httpbis-safe-method-w-body-11.html
    private static let query = HTTPRequest.Method("QUERY")!

    private static func response(
        _ answer: HTTPAnswer, to request: Request, on channel: any Channel
    ) -> Response {
        var headers = HTTPFields()
        headers[.contentType] = answer.contentType
        // States of a moment: a cache between would show the past.
        headers[.cacheControl] = "no-store"
        headers[.xContentTypeOptions] = "nosniff"
        for (name, value) in answer.headers {
            if let name = HTTPField.Name(name) { headers[name] = value }
        }
        let body =
            answer.chunks.map { ResponseBody($0, for: request, on: channel) }
            ?? ResponseBody(byteBuffer: ByteBuffer(string: answer.body))
        return Response(status: .init(code: answer.status), headers: headers, body: body)
    }
}

extension HTTPRoute.Method {
    fileprivate var onTheWire: HTTPRequest.Method {
        switch self {
        case .get: .get
        case .post: .post
        case .delete: .delete
        }
    }
}
