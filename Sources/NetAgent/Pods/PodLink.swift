import Netlink

/// The names and Ethernet addresses of a pod's veth, all derived from the attachment: what made a link can be found
/// again without being written down.
struct PodLink: Sendable, Hashable {
  /// Of every node-side interface; rules match it.
  static let prefix = "skf"
  /// Of the blocks that pods' packets wait in.
  static let blockPrefix = "ski"
  private static let mark = "skiff pod "

  var hostName: String
  var hostAddress: HardwareAddress
  var podAddress: HardwareAddress
  /// Set on the node-side interface: says whose it is.
  var alias: String
  /// Where the pod's packets wait if it may not send at any speed.
  var blockName: String { Self.blockPrefix + hostName.dropFirst(Self.prefix.count) }

  init(_ attachment: CNIRequest.Attachment) {
    let text = attachment.description
    let digits = String(StableHash.of(text) & 0xffff_ffff_ffff, radix: 16)
    hostName = Self.prefix + String(repeating: "0", count: 12 - digits.count) + digits
    hostAddress = .local(StableHash.of("host " + text))
    podAddress = .local(StableHash.of("pod " + text))
    alias = Self.mark + text
  }

  /// The attachment that an interface's alias names; `nil` where the interface is not ours.
  static func attachment(of link: Link) -> CNIRequest.Attachment? {
    guard link.name.hasPrefix(prefix), let alias = link.alias, alias.hasPrefix(mark),
      let slash = alias.lastIndex(of: "/")
    else { return nil }
    return CNIRequest.Attachment(
      container: String(alias[..<slash].dropFirst(mark.count)), interface: String(alias[alias.index(after: slash)...]))
  }
}
