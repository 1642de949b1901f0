import Glibc

/// Bytes that end where memory ends: whoever reads one more than there are is stopped by the processor.
final class GuardedBytes {
  private let start: UnsafeMutableRawPointer
  private let capacity: Int
  private let page = 4096

  init(capacity: Int) throws {
    self.capacity = (capacity + page - 1) / page * page
    let size = self.capacity + page
    let map = mmap(nil, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
    guard let map, map != MAP_FAILED, mprotect(map + self.capacity, page, PROT_NONE) == 0 else {
      throw Refused(errno: errno)
    }
    start = map
  }

  struct Refused: Error {
    var errno: Int32
  }

  deinit { munmap(start, capacity + page) }

  /// Gives the bytes, at most `capacity` of them, to a reader.
  func reading<Value>(_ bytes: [UInt8], _ body: (UnsafeRawBufferPointer) -> Value) -> Value {
    let place = UnsafeMutableRawBufferPointer(start: start + capacity - bytes.count, count: bytes.count)
    place.copyBytes(from: bytes)
    return body(UnsafeRawBufferPointer(place))
  }
}
