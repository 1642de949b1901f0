import Netlink

extension Ruleset {
  /// Buckets of the list of local endpoints are numbered from here.
  static let localBank: UInt32 = 0x10000

  /// The name of the chain that picks one of so many endpoints: `lb4-5`, `np6-3-local-sticky-10800`.
  static func balanceChainName(_ action: FrontendAction, _ family: IPAddress.Family) -> String {
    var name = "\(action.isNodePort ? "np" : "lb")\(family.rawValue)-\(action.count)"
    if action.isLocalList { name += "-local" }
    if action.affinitySeconds > 0 { name += "-sticky-\(action.affinitySeconds)" }
    return name
  }

  /// The chain that picks an endpoint. There is one for each number of endpoints in use, not for each service.
  static func balanceChain(_ action: FrontendAction, _ family: IPAddress.Family) -> Chain {
    let steps = Steps(family)
    let width = steps.addressRegisters
    let name = balanceChainName(action, family)
    let set = (action.isNodePort ? SetName.nodePortEndpoints : .endpoints).name(family)
    // A key is laid out from this register: [source] destination protocol port bucket, and the value behind it.
    func pick(from start: Int, into value: Int) -> [NFExpression] {
      let bucket = start + (action.isNodePort ? 2 : width + 2)
      return [
        .numgen(
          .random, modulus: UInt32(action.count), offset: action.isLocalList ? localBank : 0, into: NFRegister(bucket)),
        .lookup(set: set, key: NFRegister(start), into: NFRegister(value)),
      ]
    }
    let key: [NFExpression] =
      action.isNodePort
      ? [steps.transport(0), steps.port(1)]
      : [steps.destination(0), steps.transport(width), steps.port(width + 1)]
    let plain = steps.isFamily + key + pick(from: 0, into: 0) + [steps.translate(0)]
    guard action.affinitySeconds > 0 else { return Chain(name, [plain]) }

    let client: [NFExpression] = [
      steps.source(0), steps.destination(width), steps.transport(2 * width), steps.port(2 * width + 1),
    ]
    let affinity = SetName.affinity.name(family)
    let timeout = UInt64(action.affinitySeconds) * 1000
    func remember(_ value: Int) -> NFExpression {
      .dynset(.update, set: affinity, key: 0, data: NFRegister(value), timeout: timeout)
    }
    let known = 2 * width + 2
    let fresh = 2 * width + 3
    let start = action.isNodePort ? 2 * width : width
    return Chain(
      name,
      [
        // A client that was here before gets its endpoint, and its time begins anew.
        steps.isFamily + client + [
          .lookup(set: affinity, key: 0, into: NFRegister(known)), remember(known), steps.translate(known),
        ],
        steps.isFamily + client + pick(from: start, into: fresh) + [remember(fresh), steps.translate(fresh)],
        // When no more clients can be remembered.
        plain,
      ])
  }
}
