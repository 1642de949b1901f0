import Netlink

extension Proxy.Configuration.NodePortAddresses {
  /// Reads kube-proxy's list: CIDRs, `primary` for the Node's own addresses, `all`. `localhost` is left out, for node
  /// ports never answer on loopback here.
  ///
  /// - Throws: ``SettingsError`` that names what is neither.
  public init(texts: [String]) throws(SettingsError) {
    self = .all
    var isAll = texts.isEmpty
    for text in texts {
      switch text {
      case "primary": includesPrimary = true
      case "all": isAll = true
      case "localhost": break
      default:
        guard let prefix = IPPrefix(text) else {
          throw SettingsError("\"\(text.prefix(64))\" is no range of node port addresses: write CIDRs, primary or all")
        }
        prefixes.append(prefix)
      }
    }
    if isAll {
      self = .all
    } else if !includesPrimary, prefixes.isEmpty {
      throw SettingsError("node ports cannot answer on localhost alone: name other addresses, too")
    }
  }
}
