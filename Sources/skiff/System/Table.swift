/// Text in columns.
enum Table {
  /// Lines in which each column is as wide as its widest cell, with three blanks between.
  static func aligned(_ rows: [[String]]) -> [String] {
    let columns = rows.map(\.count).max() ?? 0
    let widths = (0..<columns).map { column in rows.map { column < $0.count ? $0[column].count : 0 }.max() ?? 0 }
    return rows.map { row in
      var line = ""
      for (column, cell) in row.enumerated() {
        line += cell
        if column < row.count - 1 { line += String(repeating: " ", count: widths[column] - cell.count + 3) }
      }
      while line.last == " " { line.removeLast() }
      return line
    }
  }
}
