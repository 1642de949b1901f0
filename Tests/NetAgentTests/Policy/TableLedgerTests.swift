import Testing

@testable import NetAgent

/// What a set of ranges holds, against a model of the kernel.
@Suite struct TableLedgerTests {
  private func carryOut(_ ledger: inout TableLedger<Int>, _ kernel: inout [UInt32: Set<Int>]) -> Bool {
    let (deleted, added) = ledger.changes
    for (number, element) in deleted {
      guard kernel[number]?.remove(element) != nil else { return false }
      if kernel[number]?.isEmpty == true { kernel[number] = nil }
    }
    for (number, element) in added where !kernel[number, default: []].insert(element).inserted { return false }
    ledger.committed()
    return true
  }

  @Test func whatShouldBeIsThereAndLeftoversGo() {
    var generator = SystemRandomNumberGenerator()
    var ledger = TableLedger<Int>()
    var (kernel, wanted): ([UInt32: Set<Int>], [UInt32: Set<Int>]) = ([:], [:])
    for step in 0..<5000 {
      for _ in 0..<Int.random(in: 0..<4, using: &generator) {
        let number = UInt32.random(in: 1..<9, using: &generator)
        let table = Set(
          (0..<Int.random(in: 1..<6, using: &generator)).map { _ in Int.random(in: 0..<9, using: &generator) })
        wanted[number] = Bool.random(using: &generator) ? table : nil
        ledger[number] = wanted[number]
      }
      switch Int.random(in: 0..<10, using: &generator) {
      case 0:
        // Another process, or damage.
        if Bool.random(using: &generator), let number = kernel.keys.randomElement(using: &generator) {
          kernel[number] = [7]
        }
        ledger.adopt(kernel)
      case 1..<5: ledger.removeLeftovers(Int.random(in: 0..<4, using: &generator))
      default: break
      }
      guard carryOut(&ledger, &kernel) else {
        Issue.record("step \(step): an element was deleted that is not there, or added that is")
        return
      }
      #expect(wanted.allSatisfy { kernel[$0.key] == $0.value } && ledger.desired == wanted && !ledger.hasChanges)
      let held = kernel.values.reduce(0) { $0 + $1.count }
      #expect(ledger.count == held && ledger.leftoverCount == held - wanted.values.reduce(0) { $0 + $1.count })
    }
    ledger.removeLeftovers(.max)
    #expect(carryOut(&ledger, &kernel))
    #expect(kernel == wanted && ledger.leftoverCount == 0)
  }
}
