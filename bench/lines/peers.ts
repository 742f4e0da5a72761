/** Other programs at the same work, each set up as its own documentation shows it. */
import { existsSync } from 'node:fs'
import { findAddresses } from '../../test/support/addresses.ts'
import { startApache } from '../../test/support/apache.ts'
import { basic } from '../../test/support/api-call.ts'
import { createBrowserSession } from '../../test/support/browser-session.ts'
import { PASSWORD, startPostgres } from '../../test/support/postgres.ts'
import { type Comparison, compare } from '../comparison.ts'
import { OTHERS, onCores } from '../cores.ts'
import type { Bench, Figure, Line } from '../line.ts'
import type { Ask } from '../load/choice.ts'
import { portOf, type ServerProcess, startServerProcess } from '../server-process.ts'
import { buildSessionChecks } from './session.ts'

const IN_FLIGHT = 32
/** As at the other lines whose every answer waits for the disk. */
const VISITS_IN_FLIGHT = 64
/** Fewer than the library's store in memory keeps. */
const TOKENS = 500
/** Logins at a peer before its sessions are checked. */
const VISITORS = 100
const MODULE = '/usr/lib/apache2/modules/mod_auth_openidc.so'
const FASTER = { atLeast: 1 }

export const introspection: Line = {
  name: 'introspection',
  async run(bench) {
    const { program, seed } = await bench.house('thousand')
    const peer = await startServerProcess('introspection')
    try {
      const choices = await issueTokens(`http://127.0.0.1:${peer.port}`)
      const comparison = await compare(bench, {
        ours: {
          connections: IN_FLIGHT,
          ports: [portOf(program.api)],
          pid: program.pid(),
          scenario: { name: 'bearer', seed },
        },
        theirs: { connections: IN_FLIGHT, ports: [peer.port], pid: peer.pid, scenario: { name: 'choice', choices } },
      })
      return [describe('bearer check, against introspection by oidc-provider', comparison)]
    } finally {
      await peer.close()
    }
  },
}

export const apacheSession: Line = {
  name: 'mod_auth_openidc',
  async run(bench) {
    if (!existsSync(MODULE)) throw new Error('this line needs the Debian package libapache2-mod-auth-openidc')
    const house = await bench.house('thousand')
    const origin = (await findAddresses()).example
    const client = { clientId: 'benchmark', secret: 'the-secret-of-the-client-with-more-than-32-bytes' }
    const apache = await startApache({ origin, issuer: await bench.provider(), ...client })
    try {
      const choices = await signIn(`${origin}/protected/plain.html`, '/protected/plain.html', 'You are in')
      const comparison = await compare(bench, {
        ours: {
          connections: IN_FLIGHT,
          ports: [portOf(house.program.portal)],
          pid: house.program.pid(),
          scenario: { name: 'choice', choices: buildSessionChecks(house) },
        },
        theirs: { connections: IN_FLIGHT, ports: [portOf(origin)], scenario: { name: 'choice', choices } },
      })
      return [describe('session check at the portal, against a protected page of mod_auth_openidc', comparison)]
    } finally {
      await apache.close()
    }
  },
}

export const express: Line = { name: 'express', run: compareInMemory }

export const expressOnPostgres: Line = { name: 'express-postgres', run: compareOnPostgres }

async function compareInMemory(bench: Bench): Promise<Figure[]> {
  const house = await bench.house('thousand')
  const peer = await startServerProcess('express-app', [await bench.provider()])
  try {
    const choices = await signIn(`http://localhost:${peer.port}/login`, '/me', '"username":"person-')
    const check = await compare(bench, {
      ours: {
        connections: IN_FLIGHT,
        ports: [portOf(house.program.portal)],
        pid: house.program.pid(),
        scenario: { name: 'choice', choices: buildSessionChecks(house) },
      },
      theirs: { connections: IN_FLIGHT, ports: [peer.port], pid: peer.pid, scenario: { name: 'choice', choices } },
    })
    const visits = await compareVisits(bench, peer)
    return [
      describe('session check at the portal, against Express with express-session', check),
      describe('login and logout at the portal, against Express with openid-client, sessions in memory', visits),
    ]
  } finally {
    await peer.close()
  }
}

async function compareOnPostgres(bench: Bench): Promise<Figure[]> {
  const server = await onCores(OTHERS, () => startPostgres())
  try {
    const url = new URL(server.url(await server.createDatabase()))
    url.password = PASSWORD
    const peer = await startServerProcess('express-app', [await bench.provider(), url.href])
    try {
      const visits = await compareVisits(bench, peer)
      return [describe('login and logout at the portal, against Express with its sessions in PostgreSQL', visits)]
    } finally {
      await peer.close()
    }
  } finally {
    await server.remove()
  }
}

async function compareVisits(bench: Bench, peer: ServerProcess): Promise<Comparison> {
  const { program } = await bench.house('thousand')
  const visit = { name: 'visit', provider: await bench.provider() } as const
  const login = '/login?auth_provider_hint=instant&auth_url_hash='
  return compare(bench, {
    ours: {
      connections: VISITS_IN_FLIGHT,
      ports: [portOf(program.portal)],
      pid: program.pid(),
      scenario: { ...visit, login, logout: '/api/security/logout' },
    },
    theirs: {
      connections: VISITS_IN_FLIGHT,
      ports: [peer.port],
      pid: peer.pid,
      scenario: { ...visit, login: '/login', logout: '/logout' },
    },
  })
}

function describe(work: string, { ratio, from }: Comparison): Figure {
  return { work, value: ratio, unit: '×', target: FASTER, from }
}

/** @returns the introspection of many tokens that were just issued */
async function issueTokens(origin: string): Promise<Ask[]> {
  const authorization = basic('benchmark', 'the-secret-of-the-client-with-more-than-32-bytes')
  const headers = { authorization, 'content-type': 'application/x-www-form-urlencoded' }
  const choices: Ask[] = []
  while (choices.length < TOKENS) {
    const answer = await fetch(`${origin}/token`, { method: 'POST', headers, body: 'grant_type=client_credentials' })
    const { access_token: token } = (await answer.json()) as { access_token?: string }
    if (token === undefined) throw new Error(`oidc-provider issued no token: ${answer.status}`)
    const body = `token=${token}`
    choices.push({ method: 'POST', path: '/token/introspection', headers, body, expected: '"active":true' })
  }
  return choices
}

/** Many visitors, each of whom signs in at `url` through the instant provider. @returns what each then asks for */
async function signIn(url: string, path: string, expected: string): Promise<Ask[]> {
  const choices: Ask[] = []
  while (choices.length < VISITORS) {
    const browser = createBrowserSession()
    await browser.visit(url)
    const cookie = browser.cookieHeader(new URL(path, url).href)
    choices.push({ method: 'GET', path, headers: { cookie, accept: 'application/json' }, expected })
  }
  return choices
}
