/** How a command gets a secret: typed without echo, or piped in. Never as an argument, which other users could see. */
import { CommandError, type CommandInput, EXIT, type Terminal } from './command.ts'

const MAX_LENGTH = 65_536

/** The option of every command that takes a secret. */
export const STDIN_OPTION = { description: 'Reads the value from standard input instead of asking for it.' }

/**
 * Reads a new secret, twice where somebody types it.
 * @throws CommandError if it is empty, was typed differently, or there is no terminal to type at
 */
export async function readSecret(question: string, { flags, terminal }: CommandInput): Promise<string> {
  return withText(flags.has('stdin') ? await readPiped(terminal) : await readTwice(question, terminal))
}

/** Reads a secret that is known elsewhere: once is enough, a slip of the finger is refused there. */
export async function readKnownSecret(question: string, { flags, terminal }: CommandInput): Promise<string> {
  return withText(flags.has('stdin') ? await readPiped(terminal) : await ask(question, terminal))
}

function withText(secret: string): string {
  if (secret === '') throw new CommandError('the value is empty', EXIT.usage)
  return secret
}

/** Everything that is piped in, without the line end that editors and `echo` put last. */
async function readPiped({ input }: Terminal): Promise<string> {
  let text = ''
  for await (const chunk of input.setEncoding('utf8')) {
    text += String(chunk)
    if (text.length > MAX_LENGTH)
      throw new CommandError(`the value is longer than ${MAX_LENGTH} characters`, EXIT.usage)
  }
  return text.replace(/\r?\n$/, '')
}

async function readTwice(question: string, terminal: Terminal): Promise<string> {
  const secret = await ask(question, terminal)
  const again = await ask(`${question}, once more`, terminal)
  if (again !== secret) throw new CommandError('the two values differ', EXIT.usage)
  return secret
}

async function ask(question: string, { input, output }: Terminal): Promise<string> {
  if (!input.isTTY) throw new CommandError(`${question}: standard input is no terminal: use --stdin`, EXIT.usage)
  output.write(`${question}: `)
  input.setEncoding('utf8').setRawMode(true).resume()
  try {
    return await readLine(input)
  } finally {
    input.setRawMode(false).pause()
    output.write('\n')
  }
}

/** In raw mode the terminal neither shows nor edits what is typed. */
function readLine(input: NodeJS.ReadStream): Promise<string> {
  return new Promise((resolve, reject) => {
    let line = ''
    const end = (settle: () => void) => {
      input.off('data', take)
      settle()
    }
    const take = (chunk: string) => {
      for (const character of chunk) {
        if (character === '\r' || character === '\n' || character === '\u0004') return end(() => resolve(line))
        if (character === '\u0003') return end(() => reject(new CommandError('cancelled', EXIT.failed)))
        if (character === '\u007f' || character === '\b') line = Array.from(line).slice(0, -1).join('')
        else if (line.length < MAX_LENGTH) line += character
      }
    }
    input.on('data', take)
  })
}
