/** The values of ASN.1 that a PKCS#12 file is made of. They are read as BER (X.690): old programs write no pure DER. */
import { type AsnType, Constructed, fromBER, Integer, ObjectIdentifier, OctetString, Primitive } from 'asn1js'

export type Value = AsnType

/** @throws Error */
export function readValue(bytes: Uint8Array): Value {
  const { offset, result } = fromBER(bytes)
  return offset === -1 ? refuse() : result
}

/** The values in a sequence, a set or a tag. @throws Error if there are fewer than `least` */
export function readItems<const L extends number = 0>(value: Value | undefined, least?: L): Items<L>
export function readItems(value: Value | undefined, least = 0): readonly Value[] {
  if (!(value instanceof Constructed)) return refuse()
  const items: readonly Value[] = value.valueBlock.value
  return items.length < least ? refuse() : items
}

type Items<L extends number> = L extends 1
  ? readonly [Value, ...Value[]]
  : L extends 2
    ? readonly [Value, Value, ...Value[]]
    : L extends 3
      ? readonly [Value, Value, Value, ...Value[]]
      : readonly Value[]

/** The one value in an explicit tag. */
export function readTagged(value: Value | undefined): Value {
  return readItems(value, 1)[0]
}

export function readOid(value: Value | undefined): string {
  return value instanceof ObjectIdentifier ? value.getValue() : refuse()
}

/** An octet string, whole or in pieces, also where an implicit tag stands in place of its own. */
export function readOctets(value: Value | undefined): Buffer {
  if (value instanceof OctetString) return Buffer.from(value.getValue())
  if (value instanceof Primitive) return Buffer.from(value.valueBlock.valueHexView)
  return Buffer.concat(readItems(value).map((piece) => readOctets(piece)))
}

export function readNumber(value: Value | undefined): number {
  return value instanceof Integer ? Number(value.toBigInt()) : refuse()
}

/** The bytes that a value was read from. */
export function readBytes(value: Value): Buffer {
  return Buffer.from(value.valueBeforeDecodeView)
}

function refuse(): never {
  throw new Error('it is not a PKCS#12 file')
}
