import Testing

@testable import Netlink

/// What goes to the kernel, byte by byte. Names are of `<linux/netlink.h>` and `<linux/netfilter/nf_tables.h>`; headers
/// are in the order of a little-endian machine, attributes' numbers are big endian.
@Suite struct WireFormTests {
  private let table = NFTableName(.inet, "t")

  /// The message of one operation, without the batch around it.
  private func message(_ operation: NFBatch.Operation) -> [UInt8] {
    let encoder = NFBatchEncoder([operation], firstSequence: 1)
    return Array(encoder.buffer.bytes.dropFirst(20).dropLast(20))
  }

  @Test func aBatchHasABeginningAnEndAndAsksForOneAcknowledgement() {
    let operations: [NFBatch.Operation] = [.addTable(NFTable(table)), .deleteChain(table, "c")]
    let wire = Wire(
      """
      14 00 00 00  10 00  01 00  // length 20, NFNL_MSG_BATCH_BEGIN, NLM_F_REQUEST
      01 00 00 00  00 00 00 00   // sequence 1, port
      00 00 00 0a                // AF_UNSPEC, NFNETLINK_V0, NFNL_SUBSYS_NFTABLES
      24 00 00 00  00 0a  01 04  // length 36, NFT_MSG_NEWTABLE, NLM_F_REQUEST | NLM_F_CREATE
      02 00 00 00  00 00 00 00   // sequence 2
      01 00 00 00                // NFPROTO_INET
      06 00 01 00  74 00 00 00   // NFTA_TABLE_NAME "t", padded
      08 00 02 00  00 00 00 00   // NFTA_TABLE_FLAGS none
      24 00 00 00  05 0a  05 00  // length 36, NFT_MSG_DELCHAIN, NLM_F_REQUEST | NLM_F_ACK
      03 00 00 00  00 00 00 00   // sequence 3
      01 00 00 00                // NFPROTO_INET
      06 00 01 00  74 00 00 00   // NFTA_CHAIN_TABLE "t"
      06 00 03 00  63 00 00 00   // NFTA_CHAIN_NAME "c"
      14 00 00 00  11 00  01 00  // NFNL_MSG_BATCH_END
      04 00 00 00  00 00 00 00   // sequence 4
      00 00 00 0a                // NFNL_SUBSYS_NFTABLES
      """
    )
    #expect(wire.difference(from: NFBatchEncoder(operations, firstSequence: 1).buffer.bytes) == nil)
  }

  @Test func aTableHasItsCommentAsUserData() {
    let wire = Wire(
      """
      30 00 00 00  00 0a  05 04  // length 48, NFT_MSG_NEWTABLE, NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE
      02 00 00 00  00 00 00 00
      01 00 00 00
      06 00 01 00  74 00 00 00   // NFTA_TABLE_NAME "t"
      08 00 02 00  00 00 00 00   // NFTA_TABLE_FLAGS
      09 00 06 00                // NFTA_TABLE_USERDATA of 5 bytes
      00 03 68 69 00  00 00 00   // type 0 (comment), 3 bytes, "hi" with its zero; padding
      """
    )
    #expect(wire.difference(from: message(.addTable(NFTable(table, comment: "hi")))) == nil)
  }

  @Test func aBaseChainHasHookPriorityAndPolicy() {
    let base = NFBaseChain(.nat, hook: .prerouting, priority: -100, policy: .drop)
    let wire = Wire(
      """
      48 00 00 00  03 0a  05 04  // NFT_MSG_NEWCHAIN
      02 00 00 00  00 00 00 00
      01 00 00 00
      06 00 01 00  74 00 00 00   // NFTA_CHAIN_TABLE "t"
      08 00 03 00  70 72 65 00   // NFTA_CHAIN_NAME "pre"
      14 00 04 80                // NFTA_CHAIN_HOOK, nested
      08 00 01 00  00 00 00 00   //   NFTA_HOOK_HOOKNUM NF_INET_PRE_ROUTING
      08 00 02 00  ff ff ff 9c   //   NFTA_HOOK_PRIORITY -100
      08 00 05 00  00 00 00 00   // NFTA_CHAIN_POLICY NF_DROP
      08 00 07 00  6e 61 74 00   // NFTA_CHAIN_TYPE "nat"
      """
    )
    #expect(wire.difference(from: message(.addChain(NFChain("pre", in: table, base: base)))) == nil)
  }

  @Test func aSetWithRangesInAConcatenationNamesItsFields() {
    let wire = Wire(
      """
      7c 00 00 00  09 0a  05 04               // length 124, NFT_MSG_NEWSET
      02 00 00 00  00 00 00 00
      01 00 00 00
      06 00 01 00  74 00 00 00                // NFTA_SET_TABLE "t"
      0b 00 02 00  72 61 6e 67 65 73 00 00    // NFTA_SET_NAME "ranges"
      08 00 03 00  00 00 00 84                // NFTA_SET_FLAGS NFT_SET_CONCAT | NFT_SET_INTERVAL
      08 00 04 00  00 00 01 cd                // NFTA_SET_KEY_TYPE 7 (ipv4_addr) << 6 | 13 (inet_service)
      08 00 05 00  00 00 00 08                // NFTA_SET_KEY_LEN
      08 00 0a 00  00 00 00 01                // NFTA_SET_ID
      28 00 09 80                             // NFTA_SET_DESC
      08 00 01 00  00 00 00 09                //   NFTA_SET_DESC_SIZE 9
      1c 00 02 80                             //   NFTA_SET_DESC_CONCAT
      0c 00 01 80  08 00 01 00  00 00 00 04   //     NFTA_LIST_ELEM: NFTA_SET_FIELD_LEN 4
      0c 00 01 80  08 00 01 00  00 00 00 02   //     NFTA_LIST_ELEM: NFTA_SET_FIELD_LEN 2
      0a 00 0d 00  00 04 00 00 00 00  00 00   // NFTA_SET_USERDATA: byte order of the key, none of one
      """
    )
    #expect(
      wire.difference(
        from: message(
          .addSet(NFSet("ranges", in: table, key: [.ipv4Address, .inetService], flags: .interval, size: 9)))) == nil)
  }

  @Test func aMapElementLeadsToAChain() {
    let key: [UInt8] = [10, 96, 0, 10] + [6, 0, 0, 0] + [0, 80, 0, 0]
    let elements = [NFElement(key, data: .verdict(.goto("lb4-2")))]
    let wire = Wire(
      """
      64 00 00 00  0c 0a  05 04                     // NFT_MSG_NEWSETELEM
      02 00 00 00  00 00 00 00
      01 00 00 00
      06 00 01 00  74 00 00 00                      // NFTA_SET_ELEM_LIST_TABLE "t"
      0e 00 02 00  64 69 73 70 61 74 63 68 34 00    // NFTA_SET_ELEM_LIST_SET "dispatch4"
      00 00                                         //   padding
      38 00 03 80                                   // NFTA_SET_ELEM_LIST_ELEMENTS
      34 00 01 80                                   //   NFTA_LIST_ELEM
      14 00 01 80  10 00 01 00                      //     NFTA_SET_ELEM_KEY: NFTA_DATA_VALUE
      0a 60 00 0a                                   //       10.96.0.10
      06 00 00 00                                   //       tcp, to four bytes
      00 50 00 00                                   //       port 80, to four bytes
      1c 00 02 80                                   //     NFTA_SET_ELEM_DATA
      18 00 02 80                                   //       NFTA_DATA_VERDICT
      08 00 01 00  ff ff ff fc                      //         NFTA_VERDICT_CODE NFT_GOTO
      0a 00 02 00  6c 62 34 2d 32 00  00 00         //         NFTA_VERDICT_CHAIN "lb4-2"
      """
    )
    #expect(wire.difference(from: message(.addElements(elements, table, set: "dispatch4"))) == nil)
  }

  @Test func anElementHasItsEndItsTimeAndItsValue() {
    let element = NFElement([10, 0, 0, 0], to: [10, 0, 0, 9], data: .value([1, 2]), timeout: 60_000)
    let wire = Wire(
      """
      5c 00 00 00  0e 0a  05 00                 // NFT_MSG_DELSETELEM
      02 00 00 00  00 00 00 00
      01 00 00 00
      06 00 01 00  74 00 00 00                  // NFTA_SET_ELEM_LIST_TABLE
      06 00 02 00  73 00 00 00                  // NFTA_SET_ELEM_LIST_SET
      38 00 03 80  34 00 01 80                  // NFTA_SET_ELEM_LIST_ELEMENTS: NFTA_LIST_ELEM
      0c 00 01 80  08 00 01 00  0a 00 00 00     //   NFTA_SET_ELEM_KEY: NFTA_DATA_VALUE
      0c 00 0a 80  08 00 01 00  0a 00 00 09     //   NFTA_SET_ELEM_KEY_END: NFTA_DATA_VALUE
      0c 00 02 80  06 00 01 00  01 02 00 00     //   NFTA_SET_ELEM_DATA: NFTA_DATA_VALUE
      0c 00 04 00  00 00 00 00 00 00 ea 60      //   NFTA_SET_ELEM_TIMEOUT, milliseconds
      """
    )
    #expect(wire.difference(from: message(.deleteElements([element], table, set: "s"))) == nil)
  }

  @Test func aRuleIsAListOfExpressions() {
    let rule = NFRule(
      in: "lb4-2", of: table, comment: "pick",
      [
        .payload(.network, offset: 16, length: 4, into: 0), .meta(.transportProtocol, into: 1),
        .lookup(set: "m", key: 0, into: 8), .nat(.destination, .ipv4, address: 8, port: 9, flags: .random),
      ])
    let wire = Wire(
      """
      f4 00 00 00  06 0a  05 0c                 // NFT_MSG_NEWRULE, …, NLM_F_CREATE | NLM_F_APPEND
      02 00 00 00  00 00 00 00
      01 00 00 00
      06 00 01 00  74 00 00 00                  // NFTA_RULE_TABLE "t"
      0a 00 02 00  6c 62 34 2d 32 00  00 00     // NFTA_RULE_CHAIN "lb4-2"
      c0 00 04 80                               // NFTA_RULE_EXPRESSIONS
      34 00 01 80                               //   NFTA_LIST_ELEM
      0c 00 01 00  70 61 79 6c 6f 61 64 00      //     NFTA_EXPR_NAME "payload"
      24 00 02 80                               //     NFTA_EXPR_DATA
      08 00 01 00  00 00 00 08                  //       NFTA_PAYLOAD_DREG NFT_REG32_00
      08 00 02 00  00 00 00 01                  //       NFTA_PAYLOAD_BASE NFT_PAYLOAD_NETWORK_HEADER
      08 00 03 00  00 00 00 10                  //       NFTA_PAYLOAD_OFFSET 16: the destination
      08 00 04 00  00 00 00 04                  //       NFTA_PAYLOAD_LEN
      24 00 01 80                               //   NFTA_LIST_ELEM
      09 00 01 00  6d 65 74 61 00  00 00 00     //     NFTA_EXPR_NAME "meta"
      14 00 02 80                               //     NFTA_EXPR_DATA
      08 00 01 00  00 00 00 09                  //       NFTA_META_DREG NFT_REG32_01
      08 00 02 00  00 00 00 10                  //       NFTA_META_KEY NFT_META_L4PROTO
      2c 00 01 80                               //   NFTA_LIST_ELEM
      0b 00 01 00  6c 6f 6f 6b 75 70 00  00     //     NFTA_EXPR_NAME "lookup"
      1c 00 02 80                               //     NFTA_EXPR_DATA
      06 00 01 00  6d 00 00 00                  //       NFTA_LOOKUP_SET "m"
      08 00 02 00  00 00 00 08                  //       NFTA_LOOKUP_SREG
      08 00 03 00  00 00 00 10                  //       NFTA_LOOKUP_DREG NFT_REG32_08
      38 00 01 80                               //   NFTA_LIST_ELEM
      08 00 01 00  6e 61 74 00                  //     NFTA_EXPR_NAME "nat"
      2c 00 02 80                               //     NFTA_EXPR_DATA
      08 00 01 00  00 00 00 01                  //       NFTA_NAT_TYPE NFT_NAT_DNAT
      08 00 02 00  00 00 00 02                  //       NFTA_NAT_FAMILY NFPROTO_IPV4
      08 00 03 00  00 00 00 10                  //       NFTA_NAT_REG_ADDR_MIN
      08 00 05 00  00 00 00 11                  //       NFTA_NAT_REG_PROTO_MIN
      08 00 07 00  00 00 00 04                  //       NFTA_NAT_FLAGS NF_NAT_RANGE_PROTO_RANDOM
      0b 00 07 00  00 05 70 69 63 6b 00  00     // NFTA_RULE_USERDATA: comment "pick"
      """
    )
    #expect(wire.difference(from: message(.addRule(rule))) == nil)
  }

  @Test func whatIsExpectedCanDiffer() {
    #expect(Wire("00\n01 02 // two").difference(from: [0, 1, 3]) == "got 01 03 for: 01 02 // two")
    #expect(Wire("01 // one").difference(from: [1, 2]) == "more than expected: 02")
    #expect(Wire("01 // one").difference(from: []) == "got  for: 01 // one")
    #expect(Wire("01 ff // two\n  10").bytes == [1, 255, 16])
  }
}
