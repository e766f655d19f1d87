import HTTPTypes
import Hummingbird

/// Puts routes on Hummingbird's router; GET and HEAD.
enum OperatorRouter {
    static func make(_ pages: OperatorPages, _ routes: [HTTPRoute]) -> Router<BasicRequestContext> {
        let router = Router(options: .autoGenerateHeadEndpoints)
        for route in pages.routes + routes {
            router.get(RouterPath(route.path)) { request, _ in
                response(await route.answer(question(request)))
            }
        }
        router.get("/readyz/{check}") { _, context in
            response(pages.readiness(of: context.parameters.get("check") ?? ""))
        }
        return router
    }

    private static func question(_ request: Request) -> HTTPQuestion {
        let pairs = request.uri.queryParameters.map { (String($0.key), String($0.value)) }
        return HTTPQuestion(path: request.uri.path, query: Dictionary(pairs) { _, last in last })
    }

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
