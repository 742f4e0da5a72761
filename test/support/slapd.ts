/** A real LDAP server (OpenLDAP's slapd) in a process of its own, on free ports, with the entries that a test gives it. */
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { createTrialCertificates } from '../../src/net/trial-certificates.ts'
import { findAddresses } from './addresses.ts'

export const BASE = 'dc=example,dc=com'
export const ADMIN = { dn: `cn=admin,${BASE}`, password: 'admin-password' }
const DEADLINE = 20_000

export interface Slapd {
  /** `ldap://127.0.0.1:PORT` */
  readonly url: string
  /** `ldaps://localhost:PORT` */
  readonly secureUrl: string
  /** PEM: who has signed the server's certificate. */
  readonly authority: string
  /** Ends the server; `start` brings it back on the same ports. */
  stop(): Promise<void>
  start(): Promise<void>
  remove(): Promise<void>
}

/** An entry: its DN and its attributes. */
export type LdapEntry = readonly [dn: string, attributes: Readonly<Record<string, string | readonly string[]>>]

/** What the server shows of itself, and whose client certificates it demands. PEM. */
export interface SlapdTls {
  readonly authority: string
  readonly certificate: string
  readonly key: string
}

/**
 * The caller owes a `remove()`.
 * @param tls without it the certificate is made, and nobody needs one
 */
export async function startSlapd(entries: readonly LdapEntry[], tls?: SlapdTls): Promise<Slapd> {
  const directory = await mkdtemp(join(tmpdir(), 'ostiary-slapd-'))
  const ports = await findAddresses()
  const url = `ldap://127.0.0.1:${new URL(ports.api).port}`
  const secureUrl = `ldaps://localhost:${new URL(ports.portal).port}`
  const { authority, certificate, key } = tls ?? (await createTrialCertificates({ names: ['localhost'], days: 1 }))
  const file = (name: string) => join(directory, name)
  await mkdir(file('data'))
  await Promise.all([
    writeFile(file('server.crt'), certificate),
    writeFile(file('server.key'), key),
    writeFile(file('ca.crt'), authority),
    writeFile(file('slapd.conf'), buildConfiguration(directory, tls === undefined ? 'never' : 'demand')),
    writeFile(file('entries.ldif'), [ROOT, ...entries].map((entry) => buildLdif(entry)).join('\n')),
  ])
  const added = spawnSync('/usr/sbin/slapadd', ['-q', '-f', file('slapd.conf'), '-l', file('entries.ldif')])
  if (added.status !== 0) throw new Error(`slapadd: ${added.stderr.toString()}`)

  let child: ReturnType<typeof spawn> | undefined
  async function start(): Promise<void> {
    child = spawn('/usr/sbin/slapd', ['-d', '0', '-f', file('slapd.conf'), '-h', `${url}/ ${secureUrl}/`])
    const killWithUs = () => child?.kill('SIGKILL')
    process.once('exit', killWithUs)
    child.once('exit', () => process.removeListener('exit', killWithUs))
    for (const address of [url, secureUrl]) await waitUntilOpen(new URL(address), child)
  }
  async function stop(): Promise<void> {
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
    child.kill('SIGKILL')
    await once(child, 'exit')
  }
  await start()
  return {
    url,
    secureUrl,
    authority,
    start,
    stop,
    async remove() {
      await stop()
      await rm(directory, { recursive: true })
    },
  }
}

function buildConfiguration(directory: string, verifyClient: 'never' | 'demand'): string {
  return `
include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/nis.schema
include /etc/ldap/schema/inetorgperson.schema
modulepath /usr/lib/ldap
moduleload back_mdb
pidfile ${directory}/slapd.pid
TLSCertificateFile ${directory}/server.crt
TLSCertificateKeyFile ${directory}/server.key
TLSCACertificateFile ${directory}/ca.crt
TLSVerifyClient ${verifyClient}
database mdb
suffix "${BASE}"
rootdn "${ADMIN.dn}"
rootpw ${ADMIN.password}
directory ${directory}/data
maxsize 104857600
index objectClass,uid,member eq
`
}

const ROOT: LdapEntry = [BASE, { objectClass: ['dcObject', 'organization'], dc: 'example', o: 'Example' }]

/** RFC 2849, all values in base64. */
function buildLdif([dn, attributes]: LdapEntry): string {
  const encode = (name: string, value: string) => `${name}:: ${Buffer.from(value).toString('base64')}`
  const lines = Object.entries(attributes).flatMap(([name, values]) =>
    [values].flat().map((value) => encode(name, value)),
  )
  return `${[encode('dn', dn), ...lines].join('\n')}\n`
}

async function waitUntilOpen({ hostname, port }: URL, child: ReturnType<typeof spawn>): Promise<void> {
  const deadline = Date.now() + DEADLINE
  for (;;) {
    if (child.exitCode !== null) throw new Error(`slapd has ended with ${child.exitCode}`)
    const socket = connect({ host: hostname, port: Number(port) })
    try {
      await once(socket, 'connect')
      return
    } catch (cause) {
      if (Date.now() > deadline) throw new Error('slapd does not listen', { cause })
      await sleep(25)
    } finally {
      socket.destroy()
    }
  }
}
