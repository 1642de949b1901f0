import KubeAPI

/// Reads objects in protobuf, which generated clients (and kubectl from 1.33 on) send.
///
/// The format is `k8s` and a zero byte, then a `runtime.Unknown`: the type, and the object as a message of the schema.
/// Go writes fields without a pointer also where they are empty; in JSON they are left out. Which fields have a pointer,
/// so that their zero is a value, is not in the schema: see ``zerosThatCount``.
struct ProtobufObject {
  static let mediaType = "application/vnd.kubernetes.protobuf"

  struct Malformed: Error, CustomStringConvertible {
    var place: String
    var description: String { "the protobuf message cannot be read at \(place)" }
  }

  let schema: KubeAPI.Schema

  /// The object of a request's body.
  /// - Parameter expected: the kind where the envelope does not say one.
  func read(_ body: [UInt8], expected: GroupVersionKind) throws(Malformed) -> JSONValue {
    guard body.starts(with: [0x6B, 0x38, 0x73, 0x00]) else { throw Malformed(place: "the prefix") }
    var apiVersion = "\(expected.groupVersion)"
    var kind = expected.kind
    var raw: ArraySlice<UInt8> = []
    var envelope = ProtobufReader(body[4...])
    while let (number, value) = try envelope.next() {
      switch (number, value) {
      case (1, .bytes(let type)):
        var reader = ProtobufReader(type)
        while let (number, value) = try reader.next() {
          guard case .bytes(let text) = value, !text.isEmpty else { continue }
          if number == 1 { apiVersion = String(decoding: text, as: UTF8.self) }
          if number == 2 { kind = String(decoding: text, as: UTF8.self) }
        }
      case (2, .bytes(let bytes)): raw = bytes
      default: break
      }
    }
    var result = JSONObject()
    result["apiVersion"] = .string(apiVersion)
    result["kind"] = .string(kind)
    let group = GroupVersion(apiVersion) ?? expected.groupVersion
    // A kind that is none of the schema is refused by its name later.
    guard let message = schema.message(GroupVersionKind(group: group.group, version: group.version, kind: kind)) else {
      return .object(result)
    }
    for (name, value) in try self.message(raw, message) { result[name] = value }
    return .object(result)
  }

  /// Fields whose zero or `false` says something else than their absence.
  private static let zerosThatCount: Set<String> = [
    "activeDeadlineSeconds", "allocateLoadBalancerNodePorts", "allowPrivilegeEscalation",
    "automountServiceAccountToken",
    "blockOwnerDeletion", "controller", "defaultMode", "deletionGracePeriodSeconds", "enableServiceLinks", "fsGroup",
    "gracePeriodSeconds", "hostUsers", "immutable", "leaseDurationSeconds", "leaseTransitions", "mode", "optional",
    "orphanDependents", "priority", "privileged", "progressDeadlineSeconds", "publishNotReadyAddresses",
    "readOnlyRootFilesystem", "ready", "replicas", "revisionHistoryLimit", "runAsGroup", "runAsNonRoot", "runAsUser",
    "serving", "setHostnameAsFQDN", "shareProcessNamespace", "started", "terminating", "terminationGracePeriodSeconds",
    "timeoutSeconds", "tolerationSeconds",
  ]

  private func message(_ bytes: ArraySlice<UInt8>, _ message: KubeAPI.Schema.Message) throws(Malformed) -> JSONObject {
    var result = JSONObject()
    var reader = ProtobufReader(bytes)
    while let (number, value) = try reader.next() {
      guard let field = message.definedFields.first(where: { $0.number == number }), !field.isHidden else { continue }
      if field.isInline {
        guard let inner = schema.message(field.kind), case .bytes(let bytes) = value else { continue }
        for (name, value) in try self.message(bytes, inner) { result[name] = value }
        continue
      }
      switch field.shape {
      case .one:
        let read = try element(value, field)
        if !Self.isEmpty(read, field) { result[field.name] = read }
      case .list:
        var list = result[field.name]?.arrayValue ?? []
        list.append(try element(value, field))
        result[field.name] = .array(list)
      case .map:
        guard case .bytes(let entry) = value else { throw Malformed(place: field.name) }
        var map = result[field.name]?.objectValue ?? JSONObject()
        let (key, member) = try mapEntry(entry, field)
        map[key] = member
        result[field.name] = .object(map)
      }
    }
    return result
  }

  private func mapEntry(
    _ bytes: ArraySlice<UInt8>, _ field: KubeAPI.Schema.Field
  ) throws(Malformed) -> (String, JSONValue) {
    var key = ""
    var member: JSONValue?
    var reader = ProtobufReader(bytes)
    while let (number, value) = try reader.next() {
      if number == 1, case .bytes(let text) = value { key = String(decoding: text, as: UTF8.self) }
      if number == 2 { member = try element(value, field) }
    }
    if let member { return (key, member) }
    return (key, try element(.bytes([]), field))
  }

  /// What JSON would leave out.
  private static func isEmpty(_ value: JSONValue, _ field: KubeAPI.Schema.Field) -> Bool {
    switch value {
    case .null: true
    case .string(let text): text.isEmpty
    case .integer(0), .bool(false): field.kind != .intOrString && !zerosThatCount.contains(field.name)
    default: false
    }
  }

  private func element(
    _ value: ProtobufReader.Value, _ field: KubeAPI.Schema.Field
  ) throws(Malformed) -> JSONValue {
    switch (field.kind, value) {
    case (.string, .bytes(let bytes)):
      guard let text = String(validating: bytes, as: UTF8.self) else { throw Malformed(place: field.name) }
      return .string(text)
    case (.bytes, .bytes(let bytes)): return Base64Data(bytes).jsonValue
    case (.int32, .varint(let number)), (.int64, .varint(let number)): return .integer(Int64(bitPattern: number))
    case (.bool, .varint(let number)): return .bool(number != 0)
    case (.double, .fixed64(let bits)): return .decimal("\(Double(bitPattern: bits))")
    case (.quantity, .bytes(let bytes)):
      var reader = ProtobufReader(bytes)
      while let (number, value) = try reader.next() {
        if number == 1, case .bytes(let text) = value { return .string(String(decoding: text, as: UTF8.self)) }
      }
      return "0"
    case (.time, .bytes(let bytes)), (.microTime, .bytes(let bytes)): return try time(bytes, field.kind == .microTime)
    case (.intOrString, .bytes(let bytes)): return try intOrString(bytes)
    case (.any, .bytes(let bytes)), (.fieldsV1, .bytes(let bytes)):
      var reader = ProtobufReader(bytes)
      while let (number, value) = try reader.next() {
        if number == 1, case .bytes(let raw) = value { return (try? JSONValue(parsing: raw)) ?? .null }
      }
      return .null
    case (.message(let position), .bytes(let bytes)):
      let inner = schema.messages[position]
      let object = try message(bytes, inner)
      if inner.isBareList, let name = inner.fields.first?.name { return object[name] ?? .array([]) }
      return .object(object)
    default: throw Malformed(place: field.name)
    }
  }

  private func time(_ bytes: ArraySlice<UInt8>, _ isMicro: Bool) throws(Malformed) -> JSONValue {
    var seconds: Int64?
    var nanoseconds: Int64 = 0
    var reader = ProtobufReader(bytes)
    while let (number, value) = try reader.next() {
      guard case .varint(let bits) = value else { continue }
      if number == 1 { seconds = Int64(bitPattern: bits) }
      if number == 2 { nanoseconds = Int64(bitPattern: bits) }
    }
    // Go's zero time is a message without fields.
    guard let seconds else { return .null }
    guard (-62_135_596_800...253_402_300_799).contains(seconds) else { throw Malformed(place: "a time") }
    if isMicro { return MicroTime(microseconds: seconds * 1_000_000 + nanoseconds / 1_000).jsonValue }
    return Time(seconds: seconds).jsonValue
  }

  private func intOrString(_ bytes: ArraySlice<UInt8>) throws(Malformed) -> JSONValue {
    var isString = false
    var number: Int64 = 0
    var text = ""
    var reader = ProtobufReader(bytes)
    while let (field, value) = try reader.next() {
      switch (field, value) {
      case (1, .varint(let type)): isString = type == 1
      case (2, .varint(let bits)): number = Int64(bitPattern: bits)
      case (3, .bytes(let bytes)): text = String(decoding: bytes, as: UTF8.self)
      default: break
      }
    }
    return isString ? .string(text) : .integer(number)
  }
}

/// Reads the fields of one protobuf message.
struct ProtobufReader {
  enum Value {
    case varint(UInt64)
    case fixed64(UInt64)
    case bytes(ArraySlice<UInt8>)
    case fixed32(UInt32)
  }

  private var rest: ArraySlice<UInt8>

  init(_ bytes: ArraySlice<UInt8>) { rest = bytes }

  /// The next field; `nil` at the end.
  mutating func next() throws(ProtobufObject.Malformed) -> (number: Int, value: Value)? {
    if rest.isEmpty { return nil }
    let tag = try varint()
    let number = Int(truncatingIfNeeded: tag >> 3)
    switch tag & 7 {
    case 0: return (number, .varint(try varint()))
    case 1: return (number, .fixed64(try fixed(8)))
    case 2:
      let length = try varint()
      guard length <= UInt64(rest.count) else { throw ProtobufObject.Malformed(place: "field \(number)") }
      let bytes = rest.prefix(Int(length))
      rest = rest.dropFirst(Int(length))
      return (number, .bytes(bytes))
    case 5: return (number, .fixed32(UInt32(truncatingIfNeeded: try fixed(4))))
    default: throw ProtobufObject.Malformed(place: "field \(number)")
    }
  }

  private mutating func fixed(_ count: Int) throws(ProtobufObject.Malformed) -> UInt64 {
    guard rest.count >= count else { throw ProtobufObject.Malformed(place: "a number") }
    var value: UInt64 = 0
    for (index, byte) in rest.prefix(count).enumerated() { value |= UInt64(byte) << UInt64(8 * index) }
    rest = rest.dropFirst(count)
    return value
  }

  private mutating func varint() throws(ProtobufObject.Malformed) -> UInt64 {
    var value: UInt64 = 0
    var shift: UInt64 = 0
    while let byte = rest.popFirst() {
      value |= UInt64(byte & 0x7F) << shift
      if byte & 0x80 == 0 { return value }
      shift += 7
      if shift > 63 { break }
    }
    throw ProtobufObject.Malformed(place: "a number")
  }
}
