extension Console {
  /// A table with a column for each report: its heading (name and value of what tells the reports apart), and rows that
  /// are alike in all of them.
  static func table(_ columns: [(heading: [String], rows: [(String, String)])]) {
    guard let first = columns.first else { return }
    var rows = [[first.heading[0]] + columns.map { $0.heading[1] }]
    for (index, row) in first.rows.enumerated() { rows.append([row.0] + columns.map { $0.rows[index].1 }) }
    for line in Table.aligned(rows) { Console.line(line) }
  }
}
