/// Writes an archive in the ustar format (POSIX.1-1988), enough for an image of a few files.
struct TarArchive {
  private(set) var bytes: [UInt8] = []

  mutating func addDirectory(_ name: String) { addHeader(name + "/", size: 0, mode: 0o755, type: "5") }

  /// - Parameter name: at most 100 bytes.
  mutating func addFile(_ name: String, _ content: [UInt8], mode: Int = 0o644) {
    addHeader(name, size: content.count, mode: mode, type: "0")
    bytes += content
    bytes += [UInt8](repeating: 0, count: (512 - content.count % 512) % 512)
  }

  mutating func addLink(_ name: String, to target: String) {
    addHeader(name, size: 0, mode: 0o777, type: "2", link: target)
  }

  /// The archive with the two empty blocks at its end.
  func finished() -> [UInt8] { bytes + [UInt8](repeating: 0, count: 1024) }

  private mutating func addHeader(_ name: String, size: Int, mode: Int, type: Character, link: String = "") {
    var block = [UInt8](repeating: 0, count: 512)
    func put(_ text: String, at offset: Int) {
      block.replaceSubrange(offset..<offset + text.utf8.count, with: text.utf8)
    }
    func octal(_ value: Int, _ width: Int) -> String {
      let digits = String(value, radix: 8)
      return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
    }
    put(name, at: 0)
    put(octal(mode, 7), at: 100)
    put(octal(0, 7), at: 108)
    put(octal(0, 7), at: 116)
    put(octal(size, 11), at: 124)
    put(octal(0, 11), at: 136)
    put("        ", at: 148)  // the checksum is taken with its own field blank
    put(String(type), at: 156)
    put(link, at: 157)
    put("ustar", at: 257)
    put("00", at: 263)
    put(octal(block.reduce(0) { $0 + Int($1) }, 6), at: 148)
    block[154] = 0
    block[155] = UInt8(ascii: " ")
    bytes += block
  }
}
