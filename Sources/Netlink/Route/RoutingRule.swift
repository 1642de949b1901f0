import CNetlink
import Glibc

/// A rule that sends packets from some addresses to a routing table (`RTM_NEWRULE`, linux/fib_rules.h).
public struct RoutingRule: Sendable, Hashable {
  /// The packets' sources; `nil` in a rule that asks for something else as well or instead.
  public var source: IPPrefix?
  public var family: IPAddress.Family
  public var table: UInt32
  /// Rules are asked from the lowest number up; the table `main` has 32766.
  public var priority: UInt32
  /// Who made it (`RTPROT_*`).
  public var origin: Route.Origin

  public init(from source: IPPrefix, table: UInt32, priority: UInt32, origin: Route.Origin) {
    self.source = source
    family = source.family
    self.table = table
    self.priority = priority
    self.origin = origin
  }

  /// `fib_rule_hdr` has the layout of `rtmsg`.
  private static let headerSize = Route.headerSize

  init?(payload: ArraySlice<UInt8>) {
    guard payload.count >= RoutingRule.headerSize else { return nil }
    let header = Array(payload.prefix(RoutingRule.headerSize))
    guard let family = IPAddress.Family(socketFamily: header[0]) else { return nil }
    self.family = family
    table = UInt32(header[4])
    priority = 0
    origin = Route.Origin(rawValue: 0)
    for (type, value) in AttributeSequence(payload.dropFirst(RoutingRule.headerSize)) {
      switch Int(type) {
      case Int(FRA_SRC): source = IPAddress(bytes: value).map { IPPrefix($0, length: Int(header[2])) }
      case Int(FRA_TABLE): table = value.load(UInt32.self) ?? table
      case Int(FRA_PRIORITY): priority = value.load(UInt32.self) ?? 0
      case Int(FRA_PROTOCOL): origin = Route.Origin(rawValue: value.first ?? 0)
      default: break
      }
    }
  }

  func message(_ type: some BinaryInteger, flags: Int32) -> RouteMessage {
    var message = RouteMessage(type, flags: flags)
    message.append(family.socketFamily)
    message.append(UInt8(0))  // destination prefix length
    message.append(UInt8(source?.length ?? 0))
    message.append(UInt8(0))  // type of service
    message.append(table < 256 ? UInt8(table) : UInt8(RT_TABLE_UNSPEC.rawValue))
    message.append(UInt16(0))
    message.append(UInt8(FR_ACT_TO_TBL))
    message.append(UInt32(0))
    if let source { message.attribute(FRA_SRC, source.address) }
    message.attribute(FRA_TABLE, table)
    message.attribute(FRA_PRIORITY, priority)
    message.attribute(FRA_PROTOCOL, origin.rawValue)
    return message
  }
}

extension RoutingRule: CustomStringConvertible {
  public var description: String { "from \(source.map { "\($0)" } ?? "any") lookup \(table) priority \(priority)" }
}

extension RouteSocket {
  /// The rules of a family, by priority; of one origin, or of all.
  public func rules(
    _ family: IPAddress.Family, origin: Route.Origin? = nil
  ) throws(NetlinkError) -> [RoutingRule] {
    var message = RouteMessage(RTM_GETRULE)
    message.append(family.socketFamily)
    message.append(UInt8(0))
    message.append(UInt16(0))
    message.append(UInt64(0))
    return try dump("list", "routing rules", message) { type, payload in
      guard type == RTM_NEWRULE, let rule = RoutingRule(payload: payload), rule.family == family else { return nil }
      return origin == nil || rule.origin == origin ? rule : nil
    }
  }

  /// Adds a rule. `EEXIST` where one like it is there.
  public func add(_ rule: RoutingRule) throws(NetlinkError) {
    try request("add routing rule", "\(rule)", rule.message(RTM_NEWRULE, flags: NLM_F_CREATE | NLM_F_EXCL))
  }

  /// Deletes a rule. `ENOENT` where there is none like it.
  public func delete(_ rule: RoutingRule) throws(NetlinkError) {
    try request("delete routing rule", "\(rule)", rule.message(RTM_DELRULE, flags: 0))
  }
}
