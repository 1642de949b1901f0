import Netlink

/// The names and Ethernet addresses of a pod's veth, all derived from the attachment: what made a link can be found
/// again without being written down.
struct PodLink: Sendable, Hashable {
  /// Of every node-side interface; rules match it.
  static let prefix = "skf"
  /// Ends the rule unless a pod sent the packet. Uses register 0.
  static let isSender: [NFExpression] = [.meta(.inputName, into: 0), .compare(0, .equal, Array(prefix.utf8))]
  /// Ends the rule unless the packet leaves to a pod. Uses register 0.
  static let isReceiver: [NFExpression] = [.meta(.outputName, into: 0), .compare(0, .equal, Array(prefix.utf8))]
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
    link.name.hasPrefix(prefix) ? named(by: link) : nil
  }

  /// Links of ours that something has given another name, by attachment.
  static func renamed(_ links: [Link]) -> [CNIRequest.Attachment: Link] {
    let ours = links.filter { $0.kind == "veth" }.compactMap { link in named(by: link).map { ($0, link) } }
    return Dictionary(ours.filter { PodLink($0).hostName != $1.name }) { first, _ in first }
  }

  private static func named(by link: Link) -> CNIRequest.Attachment? {
    guard let alias = link.alias, alias.hasPrefix(mark),
      let slash = alias.lastIndex(of: "/")
    else { return nil }
    return CNIRequest.Attachment(
      container: String(alias[..<slash].dropFirst(mark.count)), interface: String(alias[alias.index(after: slash)...]))
  }
}
