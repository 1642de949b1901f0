import KubeAPI
import Testing

@Suite struct QuantityTests {
  @Test(arguments: [
    ("0", "0"), ("1", "1"), ("100m", "100m"), ("0.5", "500m"), ("1.5", "1500m"), ("1000m", "1"), ("1500", "1500"),
    ("1000", "1k"), ("1Ki", "1Ki"), ("1024", "1024"), ("1024Ki", "1Mi"), ("1.5Gi", "1536Mi"), ("0.5Ki", "512"),
    ("0.5Mi", "512Ki"), ("1e3", "1e3"), ("1E3", "1e3"), ("12e6", "12e6"), ("100e-3", "100e-3"), ("1n", "1n"),
    ("0.1n", "1n"), ("-0.1n", "-1n"), ("1.1n", "2n"), ("-1Gi", "-1Gi"), ("+5k", "5k"), (".5", "500m"), ("5.", "5"),
    ("64Mi", "64Mi"), ("1Ei", "1Ei"), ("0.0001Ki", "102400u"), ("128974848", "128974848"), ("129e6", "129e6"),
    ("129M", "129M"), ("123Mi", "123Mi"), ("3.0", "3"), ("9223372036854775807", "9223372036854775807"),
  ])
  func canonicalForm(text: String, canonical: String) throws {
    let amount = try #require(Quantity(text).amount)
    #expect(amount.description == canonical)
    #expect(Quantity(text).canonical.text == canonical)
  }

  @Test(arguments: ["", "a", "1.2.3", "1Kii", "1e", "--1", "1 Gi", "m", "1K", "0x1", "1e1.5"])
  func refuses(text: String) {
    #expect(Quantity(text).amount == nil)
  }

  @Test func arithmetic() throws {
    let a = try #require(Quantity("1.5Gi").amount)
    let b = try #require(Quantity("512Mi").amount)
    #expect((a + b).description == "2Gi")
    #expect((b - a).description == "-1Gi")
    #expect(b < a)
    #expect((b * 3).description == "1536Mi")
    let half = try #require(Quantity("500m").amount)
    #expect((half + half).description == "1")
    #expect((Quantity.Amount.zero + b).description == "512Mi")
    #expect(Quantity("1500m").value == 2)
    #expect(Quantity("1u").milliValue == 1)
    #expect(Quantity("-1500m").value == -2)
    #expect(Quantity("1000m").amount == Quantity("1").amount)
    #expect(Quantity("1u").amount?.roundedToMilli.description == "1m")
    #expect(Quantity("1e40").amount?.value == Int64.max)
  }
}
