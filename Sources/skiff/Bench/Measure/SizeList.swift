import ArgumentParser

/// Numbers with commas between, on the command line: `1000,10000`. They are kept in ascending order, each once.
struct SizeList: ExpressibleByArgument, CustomStringConvertible {
  var sizes: [Int]

  init(_ sizes: [Int]) { self.sizes = Set(sizes).sorted() }

  init?(argument: String) {
    let parts = argument.split(separator: ",", omittingEmptySubsequences: false)
    let numbers = parts.compactMap { Int($0) }
    guard !numbers.isEmpty, numbers.count == parts.count else { return nil }
    self.init(numbers)
  }

  var description: String { sizes.map(String.init).joined(separator: ",") }
  var defaultValueDescription: String { description }

  func allSatisfy(_ range: ClosedRange<Int>) -> Bool { sizes.allSatisfy(range.contains) }
}
