import type { At, Module, Store } from '../../../dist/index.js'

export interface Gauges {
  place(id: string, place: string): void
  remove(id: string): void
  read(id: string, value: number): void
  note(id: string, text: string): void
  rows(): object[][]
}

export const READING_DAYS: number
export function gauges(): Module<Gauges>
export function tablesOf(store: Store | At): object[][]
