/// The parts of an API server's URL that the client needs.
struct ServerURL: Hashable {
  var isTLS: Bool
  /// Without brackets, where it is an IPv6 address.
  var host: String
  var port: Int
  /// Empty, or with a leading and no trailing slash.
  var prefix: String

  /// `nil` for what is not `http://` or `https://` with a host. A bare `host:port` is taken for https, as kubectl does.
  init?(_ text: String) {
    var rest = Substring(text)
    if rest.hasPrefix("https://") {
      isTLS = true
      rest = rest.dropFirst(8)
    } else if rest.hasPrefix("http://") {
      isTLS = false
      rest = rest.dropFirst(7)
    } else if !rest.contains("://") {
      isTLS = true
    } else {
      return nil
    }
    guard !rest.contains("@"), !rest.contains("?"), !rest.contains("#"), !rest.contains(" ") else { return nil }
    let authority = rest.prefix { $0 != "/" }
    prefix = String(rest.dropFirst(authority.count))
    while prefix.hasSuffix("/") { prefix.removeLast() }
    var port = isTLS ? "443" : "80"
    if authority.hasPrefix("[") {
      guard let end = authority.firstIndex(of: "]") else { return nil }
      host = String(authority[authority.index(after: authority.startIndex)..<end])
      let tail = authority[authority.index(after: end)...]
      if !tail.isEmpty {
        guard tail.hasPrefix(":") else { return nil }
        port = String(tail.dropFirst())
      }
    } else {
      let parts = authority.split(separator: ":", omittingEmptySubsequences: false)
      guard parts.count <= 2 else { return nil }
      host = String(parts[0])
      if parts.count == 2 { port = String(parts[1]) }
    }
    guard !host.isEmpty, let number = Int(port), (1...65_535).contains(number) else { return nil }
    self.port = number
  }

  var text: String {
    let name = host.contains(":") ? "[\(host)]" : host
    return "\(isTLS ? "https" : "http")://\(name):\(port)\(prefix)"
  }
}
