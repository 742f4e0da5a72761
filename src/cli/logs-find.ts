import { createReadStream, existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { styleText } from 'node:util'
import { readJsonObject, type JsonObject } from '../kernel/json.ts'
import type { Settings } from '../settings/settings.ts'
import { type Command, CommandError, EXIT } from './command.ts'
import { CONFIG_OPTION } from './config-option.ts'
import { printable } from './printable.ts'
import { readSettingsOf } from './settings-input.ts'

/** The names under which an audit line has the id of its request. */
const ID_FIELDS = ['request.id', 'opaque_id', 'trace.id']
/** Shown in the first line of an event, or of no use to who looks for a failed login. */
const LEFT_OUT = new Set(['type', 'timestamp', 'event.type', 'event.action', 'event.reason', ...ID_FIELDS])
const OF_THE_NODE = /^(?:cluster|node|host)\./

export const logsFind: Command = {
  operands: ['ID'],
  description:
    'Shows the audit lines of a reference id: the one that a failed login shows, or the X-Opaque-Id or X-Request-Id of a\n' +
    'call. Ends with 1 if there is none.',
  options: { json: { description: 'Prints the lines as they are.' }, config: CONFIG_OPTION },
  async run(input) {
    const [id = ''] = input.operands
    const settings = await readSettingsOf(input)
    const files = listAuditFiles(settings)
    let count = 0
    for (const file of files)
      for await (const line of readLines(file)) {
        const event = line.includes(id) ? readJsonObject(line) : undefined
        if (event === undefined || !ID_FIELDS.some((field) => event[field] === id)) continue
        count += 1
        console.log(input.flags.has('json') ? line : formatEvent(event))
      }
    if (count > 0) return
    const off = settings.audit.enabled ? '' : ', and the audit log is off: xpack.security.audit.enabled'
    const where =
      files.length === 0 ? `there is no audit log in ${settings.audit.directory}` : `not in ${files.join(', ')}`
    throw new CommandError(`nothing about [${id}]: ${where}${off}`, EXIT.failed)
  },
}

/** The one that is written and those that were rotated away, the oldest first. */
function listAuditFiles({ audit, node }: Settings): string[] {
  if (!existsSync(audit.directory)) return []
  const current = `${node.clusterName}_audit.json`
  const rotated = readdirSync(audit.directory)
    .filter(
      (file) => file.startsWith(`${node.clusterName}_audit`) && /\.json(?:\.\d+)?$/.test(file) && file !== current,
    )
    .toSorted()
  return [...rotated, current].map((file) => join(audit.directory, file)).filter((file) => existsSync(file))
}

/** Not by node:readline, to which U+2028 ends a line too: what a stranger sends may have that, and stands in a line as it is. */
async function* readLines(file: string): AsyncGenerator<string> {
  let rest = ''
  for await (const chunk of createReadStream(file, 'utf8')) {
    const [first = '', ...others] = String(chunk).split('\n')
    const lines = [rest + first, ...others]
    rest = lines.pop() ?? ''
    yield* lines
  }
  yield rest
}

function formatEvent(event: JsonObject): string {
  const failed = /failed|denied|refused/.test(show(event['event.action']))
  const action = styleText(failed ? 'red' : 'green', show(event['event.action']))
  const head = `${show(event['timestamp'])}  ${styleText('bold', action)}`
  const fields = Object.entries(event).filter(([name]) => !LEFT_OUT.has(name) && !OF_THE_NODE.test(name))
  const width = Math.max(0, ...fields.map(([name]) => name.length))
  const rows = fields.map(([name, value]) => `    ${name.padEnd(width)}  ${show(value)}`)
  return [head, ...rows, ''].join('\n')
}

function show(value: unknown): string {
  return printable(typeof value === 'string' ? value : JSON.stringify(value))
}
