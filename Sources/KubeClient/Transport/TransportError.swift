/// A request that got no answer, or not a whole one.
public struct TransportError: Error, CustomStringConvertible {
  public var method: String
  public var url: String
  public var message: String

  public init(method: String, url: String, message: String) {
    self.method = method
    self.url = url
    self.message = message
  }

  public var description: String { "\(method) \(url) failed: \(message)" }
}
