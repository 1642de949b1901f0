import ArgumentParser
import Netlink

/// `HOST:PORT`, with an IPv6 host in brackets.
struct TelemetryAddress: ExpressibleByArgument, CustomStringConvertible {
  var host: String
  var port: Int

  init(host: String, port: Int) {
    self.host = host
    self.port = port
  }

  init?(argument: String) {
    guard let colon = argument.lastIndex(of: ":"), let port = Int(argument[argument.index(after: colon)...]),
      (0...65_535).contains(port)
    else { return nil }
    var host = argument[..<colon]
    if host.hasPrefix("["), host.hasSuffix("]") { host = host.dropFirst().dropLast() }
    guard !host.isEmpty else { return nil }
    self.init(host: String(host), port: port)
  }

  /// Reads an address with or without a port.
  init?(_ text: String, defaultPort: Int) {
    if let address = TelemetryAddress(argument: text), IPAddress(text) == nil {
      self = address
    } else if let address = IPAddress(text) {
      self.init(host: "\(address)", port: defaultPort)
    } else {
      return nil
    }
  }

  var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}
