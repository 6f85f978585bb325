/** A connection to a file of its own, for tests of what stands below the store. */
import { onTestFinished } from 'vitest'
import type { Connection } from '../../src/kernel/connection/connection.ts'
import { openConnection } from '../../src/kernel/connection/open-connection.ts'
import type { Durability } from '../../src/kernel/connection/pragmas.ts'
import { chooseDriver } from '../../src/kernel/driver/choose.ts'
import { tempStorePath } from './temp-folder.ts'

/** What may differ from the usual. */
export interface TestConnectionOptions {
  readonly path?: string
  readonly isReadOnly?: boolean
  readonly timeoutMs?: number
  readonly durability?: Durability
}

/** Opens a connection that is closed when the running test has finished. */
export function testConnection(options: TestConnectionOptions = {}): Connection {
  const { path = tempStorePath(), isReadOnly = false, timeoutMs = 20, durability } = options
  const connection = openConnection(chooseDriver(), path, {
    isReadOnly,
    wait: { path, timeoutMs, random: () => 0.5 },
    ...(durability === undefined ? {} : { durability }),
  })
  onTestFinished(() => connection.close())
  return connection
}
