#!/usr/bin/env node
/** A small orchestrator: start, spawn, send, status, cleanup, stop, and `db` for its state. */
import { rmSync } from 'node:fs'
import { Command } from 'commander'
import { closeAllDbs, dbCommand, getDb, getGlobalDb, getPortBlock } from 'holdfast/farm/compat'
import { projectRoot, spawnBuilder, startAgent, stopAgent } from './spawn.mjs'

const program = new Command('af').description('Runs builders side by side.')

program
  .command('start')
  .description('start the architect')
  .action(() => {
    const root = projectRoot()
    const here = getDb().farm.in(root)
    const base = getPortBlock(root)
    const running = getDb()
      .farm.processes({ workspace: root })
      .find(
        ({ kind, row, liveness }) =>
          kind === 'architect' && row.id === 'main' && liveness === 'alive',
      )
    if (running) {
      console.log(`architect main runs already as process ${running.row.pid}`)
      return
    }
    // A row of one that has ended is no obstacle.
    const pid = startAgent('architect', 'main', root)
    here.architects.start({ id: 'main', pid, port: base + 1, cmd: 'agent.mjs architect main' })
    console.log(`architect main runs as process ${pid}, ports ${base}-${base + 99}`)
  })

program
  .command('spawn')
  .argument('<id...>')
  .option('--task <text>', 'what it is to do')
  .description('start builders, each in a folder of its own')
  .action((ids, { task }) => {
    const base = getPortBlock(projectRoot())
    for (const id of ids) {
      const { pid, port } = spawnBuilder({ id, base, task: task ?? null })
      console.log(`builder ${id} runs as process ${pid} on port ${port}`)
    }
  })

program
  .command('send')
  .argument('<id>')
  .argument('<text>')
  .option('--delay <seconds>', 'hold it so long', Number)
  .description('send a message to an agent')
  .action((to, body, { delay }) => {
    const { mail } = getDb().farm.in(projectRoot())
    const later = delay === undefined ? {} : { notBeforeMs: Date.now() + delay * 1000 }
    console.log(`message ${mail.send({ to, body, from: 'you', ...later }).id} is stored`)
  })

program
  .command('status')
  .option('--json', 'as JSON')
  .description('what runs, and what has ended')
  .action(({ json }) => {
    const root = projectRoot()
    const { farm, presence } = getDb()
    const beats = new Map(presence.list().map((present) => [present.name, present.state]))
    const held = new Map(
      farm
        .in(root)
        .mail.waiting()
        .map(({ agent, held }) => [agent, held]),
    )
    const rows = farm.processes({ workspace: root }).map(({ kind, row, status, liveness }) => ({
      ...{ kind, id: row.id, status, process: liveness, pid: row.pid, port: row.port },
      ...{ presence: beats.get(`${kind} ${row.id}`) ?? 'unknown', mail: held.get(row.id) ?? 0 },
    }))
    if (json) console.log(JSON.stringify(rows))
    else if (rows.length === 0) console.log('nothing runs: af start, af spawn <id>')
    else console.table(rows)
  })

program
  .command('cleanup')
  .argument('[id...]')
  .description('end builders and remove them; without an id, settle what has ended')
  .action((ids) => {
    const root = projectRoot()
    const { farm } = getDb()
    const { builders } = farm.in(root)
    for (const id of ids) {
      const builder = builders.get(id)
      if (!builder) {
        console.error(`there is no builder ${id}`)
        process.exitCode = 1
        continue
      }
      stopAgent(farm, 'builder', id, root)
      rmSync(builder.worktree, { recursive: true, force: true })
      builders.delete(id)
      console.log(`builder ${id} is gone`)
    }
    if (ids.length > 0) return
    for (const { kind, id, action } of farm.reap({ workspace: root, dryRun: false })) {
      console.log(`${kind} ${id}: ${action}`)
    }
  })

program
  .command('stop')
  .description('end everything of this project; its state stays')
  .action(() => {
    const root = projectRoot()
    const { farm } = getDb()
    for (const { kind, row } of farm.processes({ workspace: root })) {
      if (stopAgent(farm, kind, row.id, root)) console.log(`${kind} ${row.id} was stopped`)
    }
    const { ports } = getGlobalDb()
    const block = ports.get(root)
    if (block) ports.release(block)
  })

program.addCommand(dbCommand(new Command('db')))

try {
  await program.parseAsync()
} catch (error) {
  console.error(`[error] ${error.message}${error.hint ? ` (${error.hint})` : ''}`)
  process.exitCode = 1
} finally {
  closeAllDbs()
}
