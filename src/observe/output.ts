let lines: string[] = []
process.on('exit', flush)

/**
 * Prints a line on standard output, in one write with all others of this turn of the event loop when it ends: a write waits
 * for the system, and under load a turn has lines of many requests. At the end of the process none is left behind.
 */
export function printLine(line: string): void {
  if (lines.push(line) === 1) setImmediate(flush)
}

function flush(): void {
  const text = lines.join('')
  lines = []
  if (text !== '') process.stdout.write(text)
}
