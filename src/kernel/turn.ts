/**
 * The turn of the event loop in which something arrives. What arrived in one turn goes on side by side from its end: all
 * take their first step, then all their second, so that code and data of a step are at hand for every one but the first.
 * To do everything for one after the other takes the processor up to twice as long.
 */
let arrived: (() => void)[] = []
let turns = 0
let isGoingOn = false

/** Resolves when everything that arrives in this turn is there, in the order of the calls. */
export function endOfTurn(): Promise<void> {
  return new Promise((resolve) => {
    if (arrived.push(resolve) > 1) return
    setImmediate(goOn)
    // Right behind it: between them is what those who go on do until they wait for something outside, and nothing else.
    setImmediate(stop)
  })
}

/**
 * The number of the turn whose arrivals go on at this moment; `undefined` at other times. While it is the same nothing
 * arrives, so what was read outside in this turn is as new as any of them may expect.
 */
export function currentTurn(): number | undefined {
  return isGoingOn ? turns : undefined
}

function goOn(): void {
  const all = arrived
  arrived = []
  turns += 1
  isGoingOn = true
  for (const resolve of all) resolve()
}

function stop(): void {
  isGoingOn = false
}
