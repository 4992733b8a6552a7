import Generation
import Toolkit

extension ContextLimit {
    /// Refuses a prompt that leaves no room for an answer.
    func check(_ request: Request) throws { try check(request.past.count + request.tokens.count) }

    /// The request with an answer that ends at the limit: the last token of an answer is not fed any more.
    func applied(to request: Request) -> Request {
        guard let tokens else { return request }
        var result = request
        result.maxTokens = max(0, min(request.maxTokens, tokens - request.past.count - request.tokens.count + 1))
        return result
    }
}
