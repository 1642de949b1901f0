import Netlink

/// hosts(5).
enum HostsFile {
  /// The names with their addresses, in the order of the file. Lines that cannot be read are stepped over, as every
  /// reader of this file does.
  static func hosts(_ text: String) -> [StaticHost] {
    var hosts: [StaticHost] = []
    var places: [WireName: Int] = [:]
    for line in text.split(whereSeparator: \.isNewline) {
      let words = line.prefix { $0 != "#" }.split(whereSeparator: \.isWhitespace)
      guard let first = words.first, let address = IPAddress(first) else { continue }
      for word in words.dropFirst() {
        guard let name = ConfigurationValue.name(String(word)) else { continue }
        if let place = places[name] {
          if !hosts[place].addresses.contains(address) { hosts[place].addresses.append(address) }
        } else {
          places[name] = hosts.count
          hosts.append(StaticHost(name: name, addresses: [address]))
        }
      }
    }
    return hosts
  }
}
