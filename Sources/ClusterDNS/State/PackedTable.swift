import KubeAPI

/// What can be kept in a ``PackedTable``.
protocol PackedValue: Sendable, Equatable {
  /// - Parameter key: of the object; what is part of its name need not be kept twice.
  func pack(_ key: ObjectKey, into bytes: inout [UInt8])
  init(_ key: ObjectKey, from reader: inout PackedReader)
}

/// What is kept of many objects, by their keys, in a few bytes more than what it says: a dictionary of strings and arrays
/// would take eight times as much.
///
/// A thousand arrays of bytes hold the records of the keys that fall into them, one behind the other:
///
///     length of what follows · u8 mark · length of the key · key · value
///
/// To find a key its array is walked: with a hundred thousand objects over a hundred records, most of which differ in the
/// mark already.
struct PackedTable<Value: PackedValue>: Sendable {
  private static var bucketCount: Int { 1_024 }
  /// The bit of a mark that says whether the list that is coming in has the object; the others are of the key's hash.
  private static var listedBit: UInt8 { 1 }

  private var buckets: [[UInt8]] = Array(repeating: [], count: Self.bucketCount)

  /// A key as it is kept and looked for.
  private struct PackedKey {
    let bytes: [UInt8]
    let bucket: Int
    let mark: UInt8

    init(_ key: ObjectKey) {
      // No namespace has a slash in its name.
      bytes = Array("\(key.namespace)/\(key.name)".utf8)
      let hash = UInt(bitPattern: bytes.hashValue)
      bucket = Int(hash % UInt(bucketCount))
      mark = UInt8(truncatingIfNeeded: hash >> 32) & ~listedBit
    }
  }

  private struct Record {
    /// All of it, its length included.
    var range: Range<Int>
    var mark: Int
    var value: Int
  }

  private func find(_ key: PackedKey) -> Record? {
    let bucket = buckets[key.bucket]
    var start = 0
    while start < bucket.count {
      var reader = PackedReader(bucket[start...])
      let length = reader.number()
      let (mark, end) = (reader.offset, reader.offset + length)
      if reader.byte() & ~Self.listedBit == key.mark, reader.number() == key.bytes.count,
        reader.bytes(key.bytes.count).elementsEqual(key.bytes)
      {
        return Record(range: start..<end, mark: mark, value: reader.offset)
      }
      start = end
    }
    return nil
  }

  subscript(key: ObjectKey) -> Value? {
    let packed = PackedKey(key)
    guard let record = find(packed) else { return nil }
    var reader = PackedReader(buckets[packed.bucket][record.value..<record.range.upperBound])
    return Value(key, from: &reader)
  }

  /// Keeps a value, in place of one that the key has; `nil` for none.
  mutating func set(_ key: ObjectKey, _ value: Value?) {
    let packed = PackedKey(key)
    if let record = find(packed) { buckets[packed.bucket].removeSubrange(record.range) }
    if let value {
      var record = [packed.mark | Self.listedBit]
      record.append(number: packed.bytes.count)
      record += packed.bytes
      value.pack(key, into: &record)
      var length: [UInt8] = []
      length.append(number: record.count)
      resize(packed.bucket, adding: length.count + record.count)
      buckets[packed.bucket] += length
      buckets[packed.bucket] += record
    } else {
      resize(packed.bucket, adding: 0)
    }
  }

  /// Sees to it that little more memory is held than is needed: an array by itself would take twice as much.
  private mutating func resize(_ index: Int, adding count: Int) {
    let needed = buckets[index].count + count
    guard needed > buckets[index].capacity || needed < buckets[index].capacity / 2 else { return }
    var bucket: [UInt8] = []
    bucket.reserveCapacity(needed + needed / 8)
    bucket += buckets[index]
    buckets[index] = bucket
  }

  // MARK: Lists

  /// A list begins: no object is known to be in it.
  mutating func beginList() {
    for index in buckets.indices {
      var start = 0
      while start < buckets[index].count {
        var reader = PackedReader(buckets[index][start...])
        let length = reader.number()
        let mark = reader.offset
        start = mark + length
        buckets[index][mark] &= ~Self.listedBit
      }
    }
  }

  /// The list has an object whose value is kept already; `set` says the same.
  mutating func markListed(_ key: ObjectKey) {
    let packed = PackedKey(key)
    if let record = find(packed) { buckets[packed.bucket][record.mark] |= Self.listedBit }
  }

  /// All keys.
  var keys: [ObjectKey] { keys { _ in true } }

  /// The keys that have not been set since the list began, and are not in it.
  var unlisted: [ObjectKey] { keys { $0 & Self.listedBit == 0 } }

  private func keys(where isWanted: (_ mark: UInt8) -> Bool) -> [ObjectKey] {
    var keys: [ObjectKey] = []
    for bucket in buckets {
      var start = 0
      while start < bucket.count {
        var reader = PackedReader(bucket[start...])
        let length = reader.number()
        start = reader.offset + length
        guard isWanted(reader.byte()) else { continue }
        let count = reader.number()
        let key = reader.bytes(count)
        let slash = key.firstIndex(of: UInt8(ascii: "/")) ?? key.endIndex
        keys.append(
          ObjectKey(
            namespace: String(decoding: key[..<slash], as: UTF8.self),
            name: String(decoding: key[slash...].dropFirst(), as: UTF8.self)))
      }
    }
    return keys
  }
}
