import Synchronization

/// What a process tells of its state when an operator asks: by topic, over a socket that only its owner may open.
///
/// `GET /explain/dns?name=web.default.svc.cluster.local&type=A` asks topic `dns` with two arguments.
public final class Explanations: Sendable {
  /// Why a question has no answer, for whoever asked it.
  public struct Refusal: Error, Sendable {
    public var reason: String
    public init(_ reason: String) { self.reason = reason }
  }

  /// Gets the arguments, and returns the text to show.
  public typealias Topic = @Sendable (_ arguments: [String: String]) async throws -> String

  private let topics = Mutex<[String: Topic]>([:])

  public init() {}

  /// Adds a topic. One of the same name takes the place of the earlier.
  public func register(_ name: String, _ topic: @escaping Topic) { topics.withLock { $0[name] = topic } }

  /// The answer to a request's path and query; `nil` where the path is none of an explanation.
  public func answer(path: String, query: String) async -> (status: Int, text: String)? {
    guard path.hasPrefix("/explain/") else { return nil }
    let name = String(path.dropFirst("/explain/".count))
    guard let topic = topics.withLock({ $0[name] }) else {
      return (404, "this daemon knows nothing of \(name)\n")
    }
    do {
      return (200, try await topic(Self.arguments(query)))
    } catch let refusal as Refusal {
      return (400, refusal.reason + "\n")
    } catch {
      return (500, "\(error)\n")
    }
  }

  /// The arguments of a query, with `%xx` read.
  static func arguments(_ query: String) -> [String: String] {
    var arguments: [String: String] = [:]
    for part in query.split(separator: "&") {
      let pair = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      arguments[decoded(pair[0])] = pair.count > 1 ? decoded(pair[1]) : ""
    }
    return arguments
  }

  private static func decoded(_ text: Substring) -> String {
    var bytes: [UInt8] = []
    var rest = text.utf8[...]
    while let byte = rest.popFirst() {
      if byte == UInt8(ascii: "%"), let value = UInt8(Substring(rest.prefix(2)), radix: 16), rest.count >= 2 {
        bytes.append(value)
        rest = rest.dropFirst(2)
      } else {
        bytes.append(byte)
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
