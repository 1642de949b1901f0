import CNetlink

/// A queueing discipline of an interface (`RTM_NEWQDISC`).
public struct QueueingDiscipline: Sendable, Hashable {
  public enum Kind: Sendable, Hashable {
    case tokenBucket(TokenBucket)
    /// Not a queue: the place of filters for what comes in.
    case ingress
    /// One that this library does not make, by the kernel's name.
    case other(String)

    var name: String {
      switch self {
      case .tokenBucket: "tbf"
      case .ingress: "ingress"
      case .other(let name): name
      }
    }
  }

  public var interface: Int32
  public var kind: Kind
  /// Its number; major in the upper half. 0 lets the kernel choose, and is what the kernel's own have.
  public var handle: UInt32
  /// What it hangs on: ``root``, or for ``Kind/ingress`` ``ingressParent``.
  public var parent: UInt32

  /// TC_H_ROOT
  public static let root: UInt32 = 0xffff_ffff
  /// TC_H_INGRESS
  public static let ingressParent: UInt32 = 0xffff_fff1
  /// The number that an ingress discipline has, and its filters as their parent.
  public static let ingressHandle: UInt32 = 0xffff_0000

  public init(interface: Int32, _ kind: Kind, handle: UInt32 = 0) {
    self.interface = interface
    self.kind = kind
    self.handle = kind == .ingress ? Self.ingressHandle : handle
    parent = kind == .ingress ? Self.ingressParent : Self.root
  }

  func message(_ type: some BinaryInteger, flags: Int32) -> RouteMessage {
    var message = RouteMessage(type, flags: flags)
    TrafficControlHeader(interface: interface, handle: handle, parent: parent).append(to: &message)
    message.attribute(TCA_KIND, string: kind.name)
    if case .tokenBucket(let bucket) = kind { message.nest(TCA_OPTIONS) { bucket.append(to: &$0) } }
    return message
  }

  init?(payload: ArraySlice<UInt8>) {
    guard let header = TrafficControlHeader(payload: payload) else { return nil }
    var name = ""
    var options: ArraySlice<UInt8> = []
    for (type, value) in AttributeSequence(payload.dropFirst(TrafficControlHeader.size)) {
      switch Int(type) {
      case Int(TCA_KIND): name = value.string
      case Int(TCA_OPTIONS): options = value
      default: break
      }
    }
    guard !name.isEmpty else { return nil }
    interface = header.interface
    handle = header.handle
    parent = header.parent
    switch name {
    case "ingress": kind = .ingress
    case "tbf": kind = TokenBucket(attributes: options).map { .tokenBucket($0) } ?? .other(name)
    default: kind = .other(name)
    }
  }
}

extension QueueingDiscipline: CustomStringConvertible {
  public var description: String { "\(kind.name) of link number \(interface)" }
}
