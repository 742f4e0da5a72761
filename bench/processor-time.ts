import { readFileSync } from 'node:fs'

/** The kernel counts in these. `getconf CLK_TCK` is 100 on every Linux of today. */
const TICKS_PER_SECOND = 100

/** Seconds of processor time that a process and its threads have used; what it has started is not counted. */
export function readProcessorTime(pid: number): number {
  // The name, in parentheses, may have blanks. After it: state is field 3, utime 14 and stime 15 (proc(5)).
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /s, '')
    .split(' ')
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND
}
