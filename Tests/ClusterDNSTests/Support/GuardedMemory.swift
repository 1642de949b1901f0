import Glibc

/// Memory that ends where the process's memory ends: who reads or writes one byte past it is stopped by the processor.
final class GuardedMemory {
  private static let page = 4096
  private let start: UnsafeMutableRawPointer
  private let capacity: Int

  struct Refused: Error { var errno: Int32 }

  init(capacity: Int) throws {
    self.capacity = (capacity + Self.page - 1) / Self.page * Self.page
    let map = mmap(
      nil, self.capacity + Self.page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
    guard let map, map != MAP_FAILED, mprotect(map + self.capacity, Self.page, PROT_NONE) == 0 else {
      throw Refused(errno: errno)
    }
    start = map
  }

  deinit { munmap(start, capacity + Self.page) }

  /// The last `count` bytes before the end.
  func last(_ count: Int) -> UnsafeMutableRawBufferPointer {
    UnsafeMutableRawBufferPointer(start: start + (capacity - count), count: count)
  }

  /// The same, with these bytes in it.
  func holding(_ bytes: [UInt8]) -> UnsafeRawBufferPointer {
    let place = last(bytes.count)
    place.copyBytes(from: bytes)
    return UnsafeRawBufferPointer(place)
  }
}
