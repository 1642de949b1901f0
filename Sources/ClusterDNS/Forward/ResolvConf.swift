import Netlink

/// The name servers that resolv.conf(5) lists.
enum ResolvConf {
  /// Addresses behind `nameserver`, in order, each once. A zone (`fe80::1%eth0`) cannot be used and is left out.
  static func nameServers(_ text: String) -> [IPAddress] {
    var servers: [IPAddress] = []
    for line in text.split(whereSeparator: \.isNewline) {
      let words = line.prefix { $0 != "#" && $0 != ";" }.split(whereSeparator: \.isWhitespace)
      guard words.count >= 2, words[0] == "nameserver", let address = IPAddress(words[1]) else { continue }
      if !servers.contains(address) { servers.append(address) }
    }
    return servers
  }

  /// The domains behind the last `search`.
  static func searchDomains(_ text: String) -> [WireName] {
    var domains: [WireName] = []
    for line in text.split(whereSeparator: \.isNewline) {
      let words = line.prefix { $0 != "#" && $0 != ";" }.split(whereSeparator: \.isWhitespace)
      guard words.first == "search" else { continue }
      domains = words.dropFirst().compactMap { ConfigurationValue.name(String($0)) }
    }
    return domains
  }
}
