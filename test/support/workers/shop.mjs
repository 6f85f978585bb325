/** A module with a table and an importer: `orders.jsonl`, a record an order. */
import { defineModule, event, readJsonl } from '../../../dist/index.js'

/** @param {(number: number) => void} onRecord called when the table takes an order. */
export const shop = (onRecord = () => undefined) =>
  defineModule({
    name: 'shop',
    version: 1,
    events: { 'shop.order.placed': event() },
    migrations: [
      { id: '0001', sql: 'CREATE TABLE shop_order (number INTEGER PRIMARY KEY) STRICT' },
    ],
    project: {
      'shop.order.placed': (tx, { data }) => {
        onRecord(data.number)
        tx.run('INSERT INTO shop_order (number) VALUES (?)', [data.number])
      },
    },
    importers: [
      {
        name: 'orders',
        format: 'jsonl',
        matches: (source) => source.name === 'orders.jsonl',
        *read(source, context) {
          for (const item of readJsonl({ path: source.path }, context)) {
            if (item.kind !== 'record') yield item
            else {
              const { kind: _, value, ...place } = item
              const stream = `shop.order/${value.number}`
              yield { ...place, kind: 'event', stream, type: 'shop.order.placed', data: value }
            }
          }
        },
      },
    ],
    api: () => ({}),
  })
