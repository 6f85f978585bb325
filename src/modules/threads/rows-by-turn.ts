/** Rows in memory that can be found by their turn, so that going back looks at those that go and no other. */

/** A row of a turn, 0 for what came before the first. */
export interface OfTurn {
  readonly id: string
  readonly turnNumber: number
}

interface Place {
  readonly rows: Map<string, OfTurn>
  readonly id: string
}

/** Keeps where the rows of each turn are. */
export class RowsByTurn {
  readonly #places = new Map<number, Place[]>()

  /** Puts a row into its map. */
  set<Row extends OfTurn>(rows: Map<string, Row>, row: Row): void {
    rows.set(row.id, row)
    const place = { rows, id: row.id }
    const places = this.#places.get(row.turnNumber)
    if (places) places.push(place)
    else this.#places.set(row.turnNumber, [place])
  }

  /** Takes the rows of later turns out of their maps. */
  dropAfter(turnNumber: number): void {
    for (const [turn, places] of this.#places) {
      if (turn <= turnNumber) continue
      for (const { rows, id } of places) {
        // An id may have been given again, to a row of an earlier turn.
        if ((rows.get(id)?.turnNumber ?? 0) > turnNumber) rows.delete(id)
      }
      this.#places.delete(turn)
    }
  }
}
