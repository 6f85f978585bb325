import { manyWriters } from './08-many-writers.mjs'

export function define({ scale }) {
  return manyWriters({
    title: '8 processes, one event a transaction, safe against power failure',
    durability: 'full',
    floors: { rate: 0.9, rateAmbition: 2, worstMs: 100 },
    scale,
  })
}
