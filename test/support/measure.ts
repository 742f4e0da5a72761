/** How long some work takes, in milliseconds. Of three runs the shortest: what else the machine does only makes it longer. */
export async function measureBest(work: () => unknown): Promise<number> {
  let best = Infinity
  for (let run = 0; run < 3; run += 1) best = Math.min(best, await measure(work))
  return best
}

/** The same, once. */
export async function measure(work: () => unknown): Promise<number> {
  const start = performance.now()
  await work()
  return performance.now() - start
}
