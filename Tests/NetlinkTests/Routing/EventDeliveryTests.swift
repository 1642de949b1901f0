import Testing

@testable import Netlink

@Suite struct EventDeliveryTests {
  @Test func whatDoesNotFitIsToldAsOneOverrun() async {
    let (stream, empty) = EventDelivery.makeStream(limit: 3, overrun: -1)
    var delivery = empty
    for number in 1...9 { delivery.deliver(number) }
    #expect(delivery.isOverrun)
    let isTold = delivery.tellOverrun()
    #expect(!isTold)
    var reader = stream.makeAsyncIterator()
    #expect(await reader.next() == 1)
    // There is room for one: the overrun comes before what is new, and what is new does not fit again.
    delivery.deliver(10)
    #expect(delivery.isOverrun)
    for expected in [2, 3, -1] { #expect(await reader.next() == expected) }
    delivery.deliver(11)
    #expect(!delivery.isOverrun)
    delivery.finish()
    for expected in [-1, 11, nil] { #expect(await reader.next() == expected) }
  }
}
