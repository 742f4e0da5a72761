/**
 * How the embedded driver finds the pairs of a user, a subject or a session. An index over all pairs would cost a page for
 * each entry of each sign-in, since neighbours in time are far apart in it. So the entries of about a thousand pairs that
 * came one after the other are kept together, as a block: a commit touches few pages, and a search looks into each block.
 */
import { pairsByIndex, type PairColumn, type PairsBy } from '../pair-search.ts'

const KIND: Readonly<Record<Exclude<PairColumn, 'realm'>, number>> = { username: 1, subject: 2, session_id: 3 }

/** A realm's pairs are in the order of their arrival in its index: a sign-in adds to the end. */
export const pairsByLink: PairsBy = (column, value, after) => {
  if (column === 'realm') return pairsByIndex(column, value, after)
  // A block has the pairs above its start, up to the next one's.
  const firstBlock = `coalesce((select max(start) from pair_block where start <= ${after}), -1)`
  return {
    from: `
      pair_block
      cross join pair_link on block = start and kind = ${KIND[column]} and value = ${value} and pair > ${after}
      cross join token_pair on id = pair and start >= ${firstBlock}`,
    order: 'start, pair',
  }
}
