import Glibc
import Netlink
import ServiceProxy
import Testing

/// Walks packets through a ruleset as the kernel would, and says everything that may become of them: where the kernel
/// throws dice, all sides are followed.
///
/// It knows the rules' expressions and nothing of what this proxy means by them.
struct PacketWalk {
  let ruleset: LoadedRuleset
  /// The node's own addresses, those of loopback included.
  let nodeAddresses: Set<IPAddress>

  struct Unsupported: Error, CustomStringConvertible {
    var description: String
  }

  func outcomes(of packet: Packet) throws -> Set<Outcome> {
    var outcomes: Set<Outcome> = []
    let isOwn = packet.origin == .node
    for state in try pass(isOwn ? .output : .prerouting, State(packet)) {
      if let outcome = state.ended {
        outcomes.insert(outcome)
        continue
      }
      let target = state.translation?.address ?? packet.destination
      let isForNode = nodeAddresses.contains(target)
      // A packet to the node itself goes to `input`; one of its own passes `postrouting` before that.
      var left = [state]
      if isOwn || !isForNode {
        let hooks: [NFBaseChain.Hook] = isOwn ? [.postrouting] : [.forward, .postrouting]
        for hook in hooks { left = try left.flatMap { $0.ended == nil ? try pass(hook, $0) : [$0] } }
      }
      if isForNode { left = try left.flatMap { $0.ended == nil ? try pass(.input, $0) : [$0] } }
      for state in left { outcomes.insert(state.outcome) }
    }
    return outcomes
  }

  /// How far a packet has come.
  private struct State {
    let packet: Packet
    var translation: EndpointTarget?
    var isMasqueraded = false
    /// What was decided before it could be delivered.
    var ended: Outcome?
    var registers = [UInt8](repeating: 0, count: 64)

    init(_ packet: Packet) { self.packet = packet }

    var outcome: Outcome {
      ended ?? translation.map { .delivered($0, masqueraded: isMasqueraded) } ?? .untouched
    }

    mutating func load(_ bytes: [UInt8], _ register: NFRegister) {
      let start = Int(register.index) * 4
      for (index, byte) in bytes.enumerated() { registers[start + index] = byte }
      // The rest of a register is zero.
      for index in bytes.count..<(bytes.count + 3) & ~3 { registers[start + index] = 0 }
    }

    func bytes(_ register: NFRegister, _ count: Int) -> [UInt8] {
      let start = Int(register.index) * 4
      return Array(registers[start..<start + count])
    }
  }

  private func pass(_ hook: NFBaseChain.Hook, _ state: State) throws -> [State] {
    var states = [state]
    for chain in ruleset.entrances(at: hook) {
      states = try states.flatMap { $0.ended == nil ? try walk(chain, 0, [], $0) : [$0] }
    }
    return states
  }

  /// A place to go on at.
  private struct Place {
    var chain: String
    var rule: Int
  }

  private func walk(_ chain: String, _ first: Int, _ callers: [Place], _ state: State) throws -> [State] {
    let rules = ruleset.rules[chain] ?? []
    guard first < rules.count else {
      if let caller = callers.last { return try walk(caller.chain, caller.rule, callers.dropLast(), state) }
      guard ruleset.chains[chain]?.base?.policy == .drop else { return [state] }
      return [Self.ending(state, .dropped)]
    }
    var found: [State] = []
    // Registers do not carry over.
    var fresh = state
    fresh.registers = [UInt8](repeating: 0xa5, count: 64)
    for (state, verdict) in try evaluate(rules[first].expressions[...], fresh) {
      switch verdict {
      case .continue: found += try walk(chain, first + 1, callers, state)
      case .accept: found.append(state)
      case .drop: found.append(Self.ending(state, .dropped))
      case .jump(let target):
        found += try walk(target, 0, callers + [Place(chain: chain, rule: first + 1)], state)
      case .goto(let target): found += try walk(target, 0, callers, state)
      case .return: found += try walk(chain, rules.count, callers, state)
      }
    }
    return found
  }

  private static func ending(_ state: State, _ outcome: Outcome) -> State {
    var state = state
    state.ended = outcome
    return state
  }

  /// What a rule decides; `continue` where it does not match or says nothing.
  private func evaluate(_ expressions: ArraySlice<NFExpression>, _ state: State) throws -> [(State, NFVerdict)] {
    guard let expression = expressions.first else { return [(state, .continue)] }
    var state = state
    let rest = expressions.dropFirst()
    switch expression {
    case .numgen(_, let modulus, let offset, let register):
      var found: [(State, NFVerdict)] = []
      for number in offset..<offset + modulus {
        state.load(withUnsafeBytes(of: number) { Array($0) }, register)
        found += try evaluate(rest, state)
      }
      return found
    case .verdict(let verdict): return [(state, verdict)]
    case .verdictMap(let name, let key):
      guard case .verdict(let verdict) = try find(name, key, state)?.data else { return [(state, .continue)] }
      return [(state, verdict)]
    case .reject: return [(Self.ending(state, .rejected), .accept)]
    case .nat(.destination, let family, let address?, let port?, _):
      let width = family == .ipv4 ? 4 : 16
      guard let target = IPAddress(bytes: state.bytes(address, width)) else { throw Unsupported(description: "nat") }
      let number = state.bytes(port, 2)
      state.translation = EndpointTarget(target, UInt16(number[0]) << 8 | UInt16(number[1]))
      return [(state, .accept)]
    case .masquerade:
      state.isMasqueraded = true
      return [(state, .accept)]
    default:
      guard try match(expression, &state) else { return [(state, .continue)] }
      return try evaluate(rest, state)
    }
  }

  private func find(_ name: String, _ key: NFRegister, _ state: State) throws -> NFElement? {
    guard let set = ruleset.sets[name] else { throw Unsupported(description: "set \(name)") }
    return set.find(state.bytes(key, set.keyLength))
  }

  /// Loads or compares; false ends the rule.
  private func match(_ expression: NFExpression, _ state: inout State) throws -> Bool {
    switch expression {
    case .payload(let base, let offset, let length, let register):
      state.load(try payload(base, offset, length, state), register)
    case .meta(let key, let register): state.load(try meta(key, state.packet), register)
    case .conntrack(let key, let direction, let register):
      state.load(try conntrack(key, direction, state), register)
    case .compare(let register, let comparison, let bytes):
      let isEqual = state.bytes(register, bytes.count) == bytes
      guard comparison == .equal || comparison == .notEqual else { throw Unsupported(description: "\(comparison)") }
      return isEqual == (comparison == .equal)
    case .bitwise(let from, let into, let mask, let xor):
      let bytes = state.bytes(from, mask.count)
      state.load(zip(bytes, zip(mask, xor)).map { $0 & $1.0 ^ $1.1 }, into)
    case .lookup(let name, let key, let into, let inverted):
      let element = try find(name, key, state)
      guard (element != nil) != inverted else { return false }
      if let into, case .value(let bytes) = element?.data { state.load(bytes, into) }
    case .fib(let flags, .addressType, let register):
      let address = flags.contains(.source) ? state.packet.source : destination(state)
      let type: UInt32 = nodeAddresses.contains(address) ? 2 : 1  // RTN_LOCAL, RTN_UNICAST
      state.load(withUnsafeBytes(of: type) { Array($0) }, register)
    // What is remembered or counted decides nothing about this packet.
    case .immediate(let bytes, let register): state.load(bytes, register)
    case .dynset, .counter: break
    default: throw Unsupported(description: "\(expression)")
    }
    return true
  }

  private func destination(_ state: State) -> IPAddress { state.translation?.address ?? state.packet.destination }

  private func payload(
    _ base: NFExpression.PayloadBase, _ offset: Int, _ length: Int, _ state: State
  ) throws -> [UInt8] {
    let header: [UInt8]
    switch base {
    case .network:
      let addresses = state.packet.source.bytes + destination(state).bytes
      header = [UInt8](repeating: 0, count: state.packet.family == .v4 ? 12 : 8) + addresses
    case .transport:
      let port = state.translation?.port ?? state.packet.port
      header = [0x9c, 0x40, UInt8(port >> 8), UInt8(port & 0xff)]
    case .link: throw Unsupported(description: "link header")
    }
    guard offset + length <= header.count else { throw Unsupported(description: "offset \(offset)") }
    return Array(header[offset..<offset + length])
  }

  private func meta(_ key: NFExpression.MetaKey, _ packet: Packet) throws -> [UInt8] {
    switch key {
    case .networkProtocol: return [packet.family == .v4 ? 2 : 10]
    case .transportProtocol: return [packet.transport.rawValue]
    case .inputName:
      let name = Array((packet.interface ?? "").utf8)
      return name + [UInt8](repeating: 0, count: 16 - name.count)
    default: throw Unsupported(description: "meta \(key)")
    }
  }

  private func conntrack(
    _ key: NFExpression.ConntrackKey, _ direction: NFExpression.Direction?, _ state: State
  ) throws -> [UInt8] {
    switch (key, direction) {
    case (.status, _):
      let status: UInt32 = state.translation == nil ? 0 : 1 << 5  // IPS_DST_NAT
      return withUnsafeBytes(of: status) { Array($0) }
    case (.destinationIPv4, .original), (.destinationIPv6, .original): return state.packet.destination.bytes
    case (.destinationPort, .original):
      return [UInt8(state.packet.port >> 8), UInt8(state.packet.port & 0xff)]
    default: throw Unsupported(description: "ct \(key)")
    }
  }
}
