import assert from 'node:assert/strict'
import { createPrivateKey, X509Certificate } from 'node:crypto'
import test from 'node:test'
import { readKeystore, readTruststore } from '../../../src/pkcs12/stores.ts'
import { PKCS12 } from '../../support/pkcs12.ts'
import { assertLittleWork } from '../../support/work.ts'

const AUTHORITY = new X509Certificate(PKCS12.authority).toString()
const [MODERN] = PKCS12.truststores
const WRONG = { message: 'the password is wrong' }

for (const { name, password, file } of PKCS12.truststores) {
  test(`the authority of a truststore is read: ${name}`, () => {
    assert.deepEqual(readTruststore(file, password), [AUTHORITY])
  })
}

for (const { name, password, keyPassword, file } of PKCS12.keystores) {
  test(`key and certificates of a keystore are read, its own first: ${name}`, () => {
    const { cert, key } = readKeystore(file, password, keyPassword)
    assert.equal(cert, new X509Certificate(PKCS12.client.certificate).toString() + AUTHORITY)
    assert.ok(createPrivateKey(key).equals(createPrivateKey(PKCS12.client.key)))
  })
}

test('a wrong password is told as that, whatever the encryption', () => {
  for (const { name, file } of PKCS12.truststores.filter((store) => !store.name.includes('without encryption'))) {
    assert.throws(() => readTruststore(file, 'wrong'), WRONG, name)
  }
})

test('a key with a password of its own does not open with that of the file', () => {
  const store = PKCS12.keystores.find(({ keyPassword }) => keyPassword !== undefined)
  assert.ok(store)
  assert.throws(() => readKeystore(store.file, store.password), WRONG)
  assert.throws(() => readKeystore(store.file, 'wrong', store.keyPassword), WRONG)
})

test('a truststore is no keystore', () => {
  assert.throws(() => readKeystore(MODERN.file, MODERN.password), { message: 'it has no private key' })
})

test('a changed file is not read', () => {
  const changed = Buffer.from(MODERN.file)
  changed[200] = (changed[200] ?? 0) ^ 1
  assert.throws(() => readTruststore(changed, MODERN.password), WRONG)
})

test('a file of Java’s own format is told, with the command that converts it', () => {
  assert.throws(() => readTruststore(PKCS12.jks, 'pa55-word'), {
    message:
      'it is a keystore of the type JKS, which is not read; [keytool -importkeystore -srckeystore FILE ' +
      '-destkeystore FILE.p12 -deststoretype PKCS12] makes a PKCS#12 file of it',
  })
})

test('what is no PKCS#12 file is told, wherever it ends or differs', () => {
  const refused = { message: 'it is not a PKCS#12 file' }
  for (const text of ['', 'garbage', PKCS12.authority]) {
    assert.throws(() => readTruststore(Buffer.from(text), 'pa55-word'), refused)
  }
  const der = new X509Certificate(PKCS12.authority).raw
  assert.throws(() => readTruststore(der, 'pa55-word'), refused)
  for (let length = 1; length < MODERN.file.length; length += 7) {
    assert.throws(() => readTruststore(MODERN.file.subarray(0, length), MODERN.password), refused, String(length))
  }
})

test('A-34: a file that is large, deep or dear to open costs little', () => {
  assertLittleWork(100, () => {
    assert.throws(() => readTruststore(Buffer.alloc(2_000_000), ''), /longer than 1048576 bytes/)
  })
  assertLittleWork(500, () => {
    assert.throws(() => readTruststore(Buffer.from('3080'.repeat(100_000), 'hex'), ''))
  })
  // The 10,000 iterations of the MAC, at the end of the file, become 2^31 - 1: a number of two bytes more.
  const dear = Buffer.concat([MODERN.file.subarray(0, -4), Buffer.from('02047fffffff', 'hex')])
  dear.writeUInt16BE(dear.readUInt16BE(2) + 2, 2)
  const macData = 711
  dear.writeUInt8(dear.readUInt8(macData + 1) + 2, macData + 1)
  assertLittleWork(100, () => {
    assert.throws(() => readTruststore(dear, MODERN.password), /take more than 1000000 iterations to check/)
  })
  // The MAC, which 10,000 iterations are made for, becomes as long as 20,000 of them.
  const [algorithm, mac] = [macData + 4, macData + 19]
  const info = encode(0x30, MODERN.file.subarray(algorithm, mac), encode(0x04, Buffer.alloc(640_000)))
  const long = encode(0x30, MODERN.file.subarray(4, macData), encode(0x30, info, MODERN.file.subarray(mac + 34)))
  assertLittleWork(100, () => {
    assert.throws(() => readTruststore(long, MODERN.password), {
      message: 'it is authenticated by 640000 bytes, which sha256 does not make',
    })
  })
})

/** DER, with three bytes for the length. */
function encode(tag: number, ...parts: readonly Buffer[]): Buffer {
  const content = Buffer.concat(parts)
  const head = Buffer.from([tag, 0x83, 0, 0, 0])
  head.writeUIntBE(content.length, 2, 3)
  return Buffer.concat([head, content])
}
