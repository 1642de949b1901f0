import KubeAPI
import NIOCore
import Testing

@testable import KubeClient

@Suite struct LineSplitterTests {
  @Test(arguments: 1...12) func cutsWhereverThePartsEnd(size: Int) throws {
    let text = "first\n\nsecond line\nä\n{\"a\":1}\nrest"
    let bytes = Array(text.utf8)
    var splitter = LineSplitter()
    var lines: [String] = []
    for start in stride(from: 0, to: bytes.count, by: size) {
      try splitter.append(ByteBuffer(bytes: bytes[start..<min(start + size, bytes.count)]))
      while let line = splitter.next() { lines.append(String(buffer: line)) }
    }
    #expect(lines == ["first", "second line", "ä", "{\"a\":1}"])
    #expect(splitter.rest == 4)
  }

  @Test func readsEveryKindOfFrame() throws {
    func frame(_ text: String) throws -> WatchFrame { try WatchFrame(line: ByteBuffer(string: text)) }
    #expect(try frame(#"{"type":"ADDED","object":{"a":1}}"#) == .added(["a": 1]))
    #expect(try frame(#"{"type":"MODIFIED","object":{}}"#) == .modified([:]))
    #expect(try frame(#"{"type":"DELETED","object":{}}"#) == .deleted([:]))
    #expect(
      try frame(#"{"type":"BOOKMARK","object":{"metadata":{"resourceVersion":"7"}}}"#)
        == .bookmark(resourceVersion: "7"))
    guard
      case .error(let error) = try frame(#"{"type":"ERROR","object":{"kind":"Status","code":410,"reason":"Expired"}}"#)
    else {
      Issue.record("an ERROR event was read as something else")
      return
    }
    #expect(error.isGone)
    #expect(throws: WatchFrame.Malformed.self) { try frame("{\"type\":\"ADD") }
    #expect(throws: WatchFrame.Malformed.self) { try frame(#"{"type":"NEW","object":{}}"#) }
  }
}
