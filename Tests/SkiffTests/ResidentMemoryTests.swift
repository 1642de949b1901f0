import Testing

@testable import skiff

struct ResidentMemoryTests {
  @Test func onlyWhatTheFileHoldsIsGivenBack() {
    let smaps = """
      55d0a0000000-55d0a0100000 r--p 00000000 fe:00 42                         /opt/skiff
      Size:               1024 kB
      Anonymous:             0 kB
      VmFlags: rd mr mw me sd
      55d0a0100000-55d0a0200000 r-xp 00100000 fe:00 42                         /opt/skiff
      Anonymous:             0 kB
      55d0a0200000-55d0a0300000 r--p 00200000 fe:00 42                         /opt/skiff
      Anonymous:          1024 kB
      55d0a0300000-55d0a0400000 rw-p 00300000 fe:00 42                         /opt/skiff
      Anonymous:             0 kB
      7f0000000000-7f0000100000 r-xp 00000000 fe:00 43                         /lib/libc.so.6
      Anonymous:             0 kB
      7f0000200000-7f0000300000 r--p 00000000 00:00 0
      Anonymous:             0 kB
      """
    #expect(
      ResidentMemory.untouchedMappings(smaps, of: "/opt/skiff") == [
        0x55d0_a000_0000..<0x55d0_a010_0000, 0x55d0_a010_0000..<0x55d0_a020_0000,
      ])
  }

  @Test func aProcessGoesOnWithoutThePages() {
    ResidentMemory.release()
    #expect(ResidentMemoryTests.sum(1...100) == 5050)
  }

  private static func sum(_ numbers: ClosedRange<Int>) -> Int { numbers.reduce(0, +) }
}
