import CLinux
import ServiceLifecycle

#if canImport(Glibc)
  import Glibc
#endif

/// Gives memory back to the kernel that only the start of a daemon needed: what lists of objects left free in the heap,
/// and pages of the executable (relocations, set-up code) that are never looked at again. A page of the executable that
/// is needed after all comes back from the page cache.
struct ResidentMemory: ServiceLifecycle.Service {
  /// When, counted from the start: after the first lists, and when a cluster that started with it has come to rest.
  static let moments: [Duration] = [.seconds(5), .seconds(60)]

  func run() async throws {
    let start = ContinuousClock.now
    await cancelWhenGracefulShutdown {
      for moment in Self.moments {
        do { try await Task.sleep(until: start + moment, clock: .continuous) } catch { return }
        Self.release()
      }
    }
    try await gracefulShutdown()
  }

  /// For a daemon whose threads allocate little: what one heap has free serves all of them.
  static func useOneHeap() { skiff_heap_single() }

  static func release() {
    skiff_heap_trim()
    guard let text = try? Files.readIfPresent("/proc/self/smaps"), let executable = try? Files.ownExecutable() else {
      return
    }
    for mapping in untouchedMappings(String(decoding: text, as: UTF8.self), of: executable) {
      madvise(UnsafeMutableRawPointer(bitPattern: mapping.lowerBound), mapping.count, MADV_DONTNEED)
    }
  }

  /// The mappings of a file, in the text of `/proc/PID/smaps`, that may not be written to and never were: those hold
  /// nothing that is not in the file. Relocated data may not be written to either, but has pages of its own.
  static func untouchedMappings(_ smaps: String, of file: String) -> [Range<UInt>] {
    var found: [Range<UInt>] = []
    var candidate: Range<UInt>?
    for line in smaps.split(separator: "\n") {
      let fields = line.split(separator: " ", maxSplits: 5, omittingEmptySubsequences: true)
      guard let first = fields.first else { continue }
      if !first.hasSuffix(":") {
        let ends = first.split(separator: "-").compactMap { UInt($0, radix: 16) }
        let isOfFile = fields.count == 6 && fields[5].drop { $0 == " " } == file
        candidate = isOfFile && !fields[1].contains("w") && ends.count == 2 ? ends[0]..<ends[1] : nil
      } else if first == "Anonymous:", let mapping = candidate {
        if fields.count > 1, fields[1] == "0" { found.append(mapping) }
        candidate = nil
      }
    }
    return found
  }
}
