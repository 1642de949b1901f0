import CNetlink

/// A filter on what comes in by an interface (its ``QueueingDiscipline/Kind/ingress``): every packet is sent to another one.
///
/// It is a `u32` that compares nothing and an action `mirred`, which any kernel with traffic control has; `matchall` is
/// younger and often left out.
public struct RedirectFilter: Sendable, Hashable {
  public var interface: Int32
  /// The interface that packets go to; 0 where that is gone, and packets are dropped.
  public var target: Int32
  /// Filters of lower numbers come first.
  public var priority: UInt16

  public init(interface: Int32, to target: Int32, priority: UInt16 = 1) {
    self.interface = interface
    self.target = target
    self.priority = priority
  }

  private static let everyProtocol: UInt16 = 0x0003  // ETH_P_ALL
  private static let isTerminal: UInt8 = 1  // TC_U32_TERMINAL
  private static let selectorSize = 16  // struct tc_u32_sel
  private static let stolen: Int32 = 4  // TC_ACT_STOLEN
  private static let egressRedirect: Int32 = 1  // TCA_EGRESS_REDIR

  var header: TrafficControlHeader {
    TrafficControlHeader(
      interface: interface, parent: QueueingDiscipline.ingressHandle,
      information: UInt32(priority) << 16 | UInt32(Self.everyProtocol.bigEndian))
  }

  func message(_ type: some BinaryInteger, flags: Int32) -> RouteMessage {
    var message = RouteMessage(type, flags: flags)
    header.append(to: &message)
    message.attribute(TCA_KIND, string: "u32")
    message.nest(TCA_OPTIONS) { options in
      // One key with a mask of zero: it holds for every packet.
      options.attribute(
        TCA_U32_SEL,
        bytes: [Self.isTerminal, 0, 1] + [UInt8](repeating: 0, count: Self.selectorSize - 3 + 16))
      options.nest(TCA_U32_ACT) { actions in
        actions.nest(1) { action in
          action.attribute(TCA_ACT_KIND, string: "mirred")
          action.nest(TCA_ACT_OPTIONS) { $0.attribute(TCA_MIRRED_PARMS, bytes: parameters) }
        }
      }
    }
    return message
  }

  /// `struct tc_mirred`
  private var parameters: [UInt8] {
    var bytes: [UInt8] = []
    for number in [0, 0, Self.stolen, 0, 0, Self.egressRedirect, target] {
      withUnsafeBytes(of: number) { bytes.append(contentsOf: $0) }
    }
    return bytes
  }

  /// Reads a filter; `nil` where it is another kind of filter or does another thing.
  init?(payload: ArraySlice<UInt8>) {
    guard let header = TrafficControlHeader(payload: payload) else { return nil }
    var name = ""
    var target: Int32?
    for (type, value) in AttributeSequence(payload.dropFirst(TrafficControlHeader.size)) {
      switch Int(type) {
      case Int(TCA_KIND): name = value.string
      case Int(TCA_OPTIONS): target = Self.target(value)
      default: break
      }
    }
    // The kernel also lists its hash tables, which redirect nothing.
    guard name == "u32", let target else { return nil }
    self.init(interface: header.interface, to: target, priority: UInt16(header.information >> 16))
  }

  private static func target(_ options: ArraySlice<UInt8>) -> Int32? {
    func first(_ type: some BinaryInteger, in bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
      AttributeSequence(bytes).first { Int($0.type) == Int(type) }?.payload
    }
    guard let actions = first(TCA_U32_ACT, in: options),
      let action = AttributeSequence(actions).first(where: { _ in true })?.payload,
      first(TCA_ACT_KIND, in: action)?.string == "mirred", let nested = first(TCA_ACT_OPTIONS, in: action),
      let parameters = first(TCA_MIRRED_PARMS, in: nested), parameters.load(Int32.self, at: 20) == egressRedirect
    else { return nil }
    return parameters.load(Int32.self, at: 24)
  }
}

extension RedirectFilter: CustomStringConvertible {
  public var description: String { "redirection from link number \(interface) to \(target)" }
}
