import KubeAPI
import Testing

@Suite struct JSONTests {
  @Test(arguments: [
    "null", "true", "false", "0", "-1", "1.50", "1e400", "-0", "9223372036854775807", "9223372036854775808", "\"\"",
    #""a\"b\\c\n\t\r\u0001""#, #""é😀""#, "[]", "[1,[2,[3]],{}]", #"{"b":1,"a":{"c":[null]}}"#,
    #"{"aVeryLongKeyOfAnObject":1,"aVeryLongKeyOfAnOther!":2}"#,
  ])
  func roundTrips(text: String) throws {
    #expect(try JSONValue(parsing: text).text == text)
  }

  @Test(arguments: [
    (#""\u00e9\/\b\f""#, "\u{e9}/\u{8}\u{c}"), (#""\ud83d\ude00""#, "😀"), (#""\ud83d""#, "\u{fffd}"),
    (#""\ude00x""#, "\u{fffd}x"), (#""\ud83dA""#, "\u{fffd}A"),
    (
      #""long text before an escape \n and long text behind it""#,
      "long text before an escape \n and long text behind it"
    ),
  ])
  func readsEscapes(text: String, expected: String) throws {
    #expect(try JSONValue(parsing: text).stringValue == expected)
  }

  @Test(arguments: [
    "", " ", "{", "[", "\"", "\"abc", "nul", "tru", "01", "1.", ".5", "1e", "+1", "-", "[1,]", "{\"a\":1,}", "{a:1}",
    "{\"a\" 1}", "{\"a\":}", "[1 2]", "1 2", "\"\u{1}\"", "\"\\x\"", "\"\\u12g4\"", "\"\\u12", "'a'", "[1]]",
    "\u{feff}1",
    "\"01234567\u{2}9\"", "\"0123456789abcdef\\", "{\"0123456789abcdef\\q\":1}",
  ])
  func refuses(text: String) {
    #expect(throws: JSONError.self) { try JSONValue(parsing: text) }
  }

  @Test func refusesBrokenUTF8AndDepth() {
    #expect(throws: JSONError.self) { try JSONValue(parsing: [0x22, 0xFF, 0x22]) }
    #expect(throws: JSONError.self) { try JSONValue(parsing: [0x22, 0xC3, 0x22]) }
    #expect(throws: JSONError.self) { try JSONValue(parsing: [0x22, 0xED, 0xA0, 0x80, 0x22]) }
    let deep = String(repeating: "[", count: 600) + String(repeating: "]", count: 600)
    #expect(throws: JSONError.self) { try JSONValue(parsing: deep) }
    let fine = String(repeating: "[", count: 500) + String(repeating: "]", count: 500)
    #expect(throws: Never.self) { try JSONValue(parsing: fine) }
  }

  @Test func lastOfRepeatedMembersCounts() throws {
    let (value, duplicates) = try JSONValue.parsingStrictly(#"{"a":1,"b":2,"a":3}"#.utf8)
    #expect(value.text == #"{"a":3,"b":2}"#)
    #expect(duplicates == ["a"])
  }

  @Test func objectsWithManyMembers() throws {
    var object = JSONObject()
    for number in 0..<500 { object["key-\(number)"] = .integer(Int64(number)) }
    #expect(object.count == 500)
    #expect(object["key-321"] == 321)
    object["key-321"] = nil
    object.removeValue(forKey: "key-0")
    #expect(object["key-321"] == nil)
    #expect(object["key-499"] == 499)
    object["key-10"] = "x"
    let copy = try JSONValue(parsing: JSONValue.object(object).text)
    #expect(copy == .object(object))
    #expect(copy["key-10"] == "x")
    for number in 20..<500 { object["key-\(number)"] = nil }
    #expect(object.count == 19)
    #expect(object["key-19"] == 19)
  }

  @Test func copiesAreIndependent() {
    var first: JSONValue = ["a": ["b": 1]]
    let second = first
    first["a"]?["b"] = 2
    first["c"] = 3
    #expect(second == ["a": ["b": 1]])
    #expect(first == ["a": ["b": 2], "c": 3])
    #expect(first != second)
    #expect(JSONValue.object(["a": 1, "b": 2]) == ["b": 2, "a": 1])
    #expect(Set<JSONValue>([["a": 1, "b": 2], ["b": 2, "a": 1]]).count == 1)
  }

  @Test func valuesAreSmall() {
    #expect(MemoryLayout<JSONValue>.stride <= 24)
  }

  /// Whatever the bytes are, the parser neither reads outside them nor accepts what it does not print alike.
  @Test func survivesFuzzing() throws {
    let seeds = [
      #"{"apiVersion":"v1","kind":"Pod","metadata":{"name":"a","labels":{"terminationGracePeriodSeconds":"\u00e9\n"}}}"#,
      #"[1,-2.5e10,true,null,"long text that spans more than eight bytes",{"a":[{}]}]"#,
    ].map { Array($0.utf8) }
    var generator = SplitMix(state: 42)
    let interesting: [UInt8] = Array("{}[]\",:\\u0e-+.tn ".utf8) + [0, 0x1F, 0x7F, 0x80, 0xC3, 0xED, 0xF4, 0xFF]
    var accepted = 0
    for round in 0..<20_000 {
      var bytes = seeds[round % seeds.count]
      for _ in 0..<(1 + Int(generator.next() % 4)) {
        let place = Int(generator.next() % UInt64(bytes.count))
        switch generator.next() % 4 {
        case 0: bytes[place] = interesting[Int(generator.next() % UInt64(interesting.count))]
        case 1: bytes.remove(at: place)
        case 2: bytes.insert(interesting[Int(generator.next() % UInt64(interesting.count))], at: place)
        default: bytes.removeSubrange(place...)
        }
        if bytes.isEmpty { bytes = [0x5B] }
      }
      guard let value = try? JSONValue(parsing: bytes) else { continue }
      accepted += 1
      let again = try JSONValue(parsing: value.bytes)
      #expect(again == value)
    }
    #expect(accepted > 100)
  }
}

/// A small generator with a seed, so that a failure can be repeated.
struct SplitMix: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var value = state
    value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
    value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
    return value ^ (value >> 31)
  }
}
