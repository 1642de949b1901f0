import Netlink

@testable import NetAgent

/// Walks a packet through the rules of a table as the kernel would, register by register.
struct RulesetInterpreter {
  private struct Contents {
    var exact: [[UInt8]: NFElement] = [:]
    var ranges: [NFElement] = []
    var widths: [Int] = []

    /// Each part of a concatenation lies in its own range.
    func find(_ key: [UInt8]) -> NFElement? {
      if let found = exact[key] { return found }
      return ranges.first { element in
        let (from, to) = (element.key, element.keyEnd ?? element.key)
        var start = 0
        for width in widths {
          let part = start..<(start + width)
          if key[part].lexicographicallyPrecedes(from[part]) || to[part].lexicographicallyPrecedes(key[part]) {
            return false
          }
          start += (width + 3) & ~3
        }
        return true
      }
    }
  }

  struct Failure: Error { var text: String }

  private var rules: [String: [NFRule]] = [:]
  private var sets: [String: Contents] = [:]
  private var keyLengths: [String: Int] = [:]

  init(_ connection: any NFTablesConnection, _ table: NFTableName) throws {
    rules = Dictionary(grouping: try connection.rules(in: table), by: \.chain)
    for set in try connection.sets(in: table) {
      var contents = Contents()
      contents.widths = set.key.map(\.length)
      keyLengths[set.name] = set.key.count == 1 ? set.key[0].length : set.key.reduce(0) { $0 + $1.paddedLength }
      for element in try connection.elements(of: set.name, in: table) {
        if set.flags.contains(.interval) {
          contents.ranges.append(element)
        } else {
          contents.exact[element.key] = element
        }
      }
      sets[set.name] = contents
    }
  }

  /// A packet: its headers as far as rules look at them.
  struct Packet {
    var probe: PolicyProbe
    /// TCP's flags.
    var flags: UInt8 = 2
    /// 2 established, 4 related, 8 new.
    var state: UInt32 = 8

    var network: [UInt8] {
      let addresses = probe.source.bytes + probe.destination.bytes
      return [UInt8](repeating: 0, count: probe.source.isIPv4 ? 12 : 8) + addresses
    }

    var transport: [UInt8] {
      var bytes = [UInt8](repeating: 0, count: 20)
      bytes[2] = UInt8(probe.port >> 8)
      bytes[3] = UInt8(probe.port & 0xff)
      bytes[13] = flags
      return bytes
    }
  }

  private enum Outcome { case decided(Bool), returned, ended }

  /// Whether the packet passes the chain, whose policy is to accept.
  func passes(_ packet: Packet, from chain: String = "forward") throws -> Bool {
    if case .decided(let passes) = try walk(chain, packet) { return passes }
    return true
  }

  private func walk(_ chain: String, _ packet: Packet) throws -> Outcome {
    for rule in rules[chain] ?? [] {
      guard let verdict = try evaluate(rule, packet) else { continue }
      switch verdict {
      case .accept: return .decided(true)
      case .drop: return .decided(false)
      case .continue: continue
      case .return: return .returned
      case .goto(let target):
        let outcome = try walk(target, packet)
        if case .decided = outcome { return outcome }
        return .returned
      case .jump(let target):
        let outcome = try walk(target, packet)
        if case .decided = outcome { return outcome }
      }
    }
    return .ended
  }

  /// The rule's verdict; nil where it ends before one.
  private func evaluate(_ rule: NFRule, _ packet: Packet) throws -> NFVerdict? {
    var registers = [UInt8](repeating: 0xee, count: 64)
    func start(_ register: NFRegister) -> Int { Int(register.index) * 4 }
    func read(_ register: NFRegister, _ count: Int) -> [UInt8] {
      Array(registers[start(register)..<(start(register) + count)])
    }
    func write(_ bytes: [UInt8], _ register: NFRegister) {
      let padded = bytes + [UInt8](repeating: 0, count: (4 - bytes.count % 4) % 4)
      registers.replaceSubrange(start(register)..<(start(register) + padded.count), with: padded)
    }
    for expression in rule.expressions {
      switch expression {
      case .payload(let base, let offset, let length, let into):
        let header = base == .network ? packet.network : packet.transport
        guard header.count >= offset + length else { return nil }
        write(Array(header[offset..<(offset + length)]), into)
      case .meta(.networkProtocol, let into): write([packet.probe.source.isIPv4 ? 2 : 10], into)
      case .meta(.transportProtocol, let into): write([packet.probe.transport], into)
      case .meta(.mark, let into): write([0xaa, 0xaa, 0xaa, 0xaa], into)
      case .conntrack(.state, _, let into): write(NFWord.native(packet.state), into)
      case .bitwise(let from, let into, let mask, let xor):
        write(zip(zip(read(from, mask.count), mask), xor).map { ($0.0 & $0.1) ^ $1 }, into)
      case .compare(let register, let comparison, let bytes):
        let isEqual = read(register, bytes.count) == bytes
        guard comparison == .equal ? isEqual : !isEqual else { return nil }
      case .range(let register, let from, let to, false):
        let value = read(register, from.count)
        if value.lexicographicallyPrecedes(from) || to.lexicographicallyPrecedes(value) { return nil }
      case .lookup(let set, let key, let into, false):
        guard let contents = sets[set], let length = keyLengths[set] else { throw Failure(text: "no set \(set)") }
        guard let element = contents.find(read(key, length)) else { return nil }
        if let into {
          guard case .value(let bytes) = element.data else { throw Failure(text: "no value in \(set)") }
          write(bytes, into)
        }
      case .verdictMap(let set, let key):
        guard let contents = sets[set], let length = keyLengths[set] else { throw Failure(text: "no set \(set)") }
        guard case .verdict(let verdict) = contents.find(read(key, length))?.data else { return nil }
        return verdict
      case .verdict(let verdict): return verdict
      case .counter: continue
      default: throw Failure(text: "cannot evaluate \(expression)")
      }
    }
    return nil
  }
}
