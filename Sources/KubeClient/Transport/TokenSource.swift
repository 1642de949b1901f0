import FoundationEssentials
import Synchronization

/// The bearer token that counts now. A token file is read again once its content is a minute old.
final class TokenSource: Sendable {
  private static let lifetime: Duration = .seconds(60)

  private let token: ClientConfiguration.Token
  private let cached = Mutex<(text: String, readAt: ContinuousClock.Instant)?>(nil)

  init(_ token: ClientConfiguration.Token) { self.token = token }

  func current() throws -> String {
    switch token {
    case .value(let text): return text
    case .file(let path):
      let now = ContinuousClock.now
      return try cached.withLock { cached in
        if let cached, now - cached.readAt < Self.lifetime { return cached.text }
        let text: String
        do {
          text = String(decoding: try Data(contentsOf: URL(filePath: path)), as: UTF8.self)
        } catch {
          throw ConfigurationError(message: "cannot read the token file \(path): \(error)")
        }
        let line = String(text.drop { $0.isWhitespace }.prefix { !$0.isWhitespace })
        guard !line.isEmpty else { throw ConfigurationError(message: "the token file \(path) is empty") }
        cached = (line, now)
        return line
      }
    }
  }
}
