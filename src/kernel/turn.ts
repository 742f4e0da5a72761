/**
 * The turn of the event loop in which something arrives. What arrived in one turn goes on side by side from its end: all
 * take their first step, then all their second, so that code and data of a step are at hand for every one but the first.
 * To do everything for one after the other takes the processor up to twice as long.
 */
let arrived: (() => void)[] = []

/** Resolves when everything that arrives in this turn is there, in the order of the calls. */
export function endOfTurn(): Promise<void> {
  return new Promise((resolve) => {
    if (arrived.push(resolve) === 1) setImmediate(goOn)
  })
}

function goOn(): void {
  const all = arrived
  arrived = []
  for (const resolve of all) resolve()
}
