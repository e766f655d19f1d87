internal import HTTPTypes
internal import Hummingbird
internal import NIOCore
internal import Settings

/// Puts routes on Hummingbird's router.
struct OperatorRouter {
    private let gate: OperatorGate

    /// - Parameter token: nil keeps what needs it shut.
    init(token: Secret?) {
        gate = OperatorGate(token: token)
    }

    func make(_ pages: OperatorPages, _ routes: [HTTPRoute]) -> Router<BasicRequestContext> {
        let router = Router(options: .autoGenerateHeadEndpoints)
        let byPath = Dictionary(grouping: pages.routes + routes, by: \.path)
        for (path, routes) in byPath {
            for route in routes {
                router.on(RouterPath(path), method: route.method.onTheWire) { request, _ in
                    Self.response(try await answer(request, route))
                }
            }
            refuseOthers(RouterPath(path), than: routes.map(\.method), on: router)
        }
        router.get("/readyz/{check}") { _, context in
            Self.response(pages.readiness(of: context.parameters.get("check") ?? ""))
        }
        refuseOthers("/readyz/{check}", than: [.get], on: router)
        return router
    }

    private func answer(_ request: Request, _ route: HTTPRoute) async throws -> HTTPAnswer {
        // Before anything is read: what a stranger sends costs nothing.
        if route.access == .requiresToken, let refusal = gate.refusal(request.headers[.authorization]) {
            return refusal
        }
        let pairs = request.uri.queryParameters.map { (String($0.key), String($0.value)) }
        var question = HTTPQuestion(path: request.uri.path, query: Dictionary(pairs) { _, last in last })
        if route.method != .get {
            do {
                question.body = Array(buffer: try await request.body.collect(upTo: HTTPRoute.longestBody.bytes))
            } catch is NIOTooManyBytesError {
                return .text("the body is longer than \(HTTPRoute.longestBody)\n", status: 413)
            }
        }
        return await route.answer(question)
    }

    /// Whoever takes the wrong method learns the right one, rather than that there is nothing.
    private func refuseOthers(
        _ path: RouterPath, than methods: [HTTPRoute.Method], on router: Router<BasicRequestContext>
    ) {
        var taken = methods.map(\.onTheWire)
        if methods.contains(.get) { taken.append(.head) }
        let allowed = taken.map(\.rawValue).sorted().joined(separator: ", ")
        for method in Self.standardMethods where !taken.contains(method) {
            router.on(path, method: method) { _, _ in
                var answer = HTTPAnswer.text("it takes \(allowed)\n", status: 405)
                answer.headers = ["Allow": allowed]
                return Self.response(answer)
            }
        }
    }

    private static let standardMethods: [HTTPRequest.Method] = [
        .get, .head, .post, .put, .delete, .patch, .options, .trace,
    ]

    private static func response(_ answer: HTTPAnswer) -> Response {
        var headers = HTTPFields()
        headers[.contentType] = answer.contentType
        // States of a moment: a cache between would show the past.
        headers[.cacheControl] = "no-store"
        headers[.xContentTypeOptions] = "nosniff"
        for (name, value) in answer.headers {
            if let name = HTTPField.Name(name) { headers[name] = value }
        }
        let body = ResponseBody(byteBuffer: ByteBuffer(string: answer.body))
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
