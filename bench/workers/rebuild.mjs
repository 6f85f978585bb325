import { fork } from 'node:child_process'
import { append, open } from '../lib/holdfast.mjs'
import { job } from '../lib/workload.mjs'

const [directory, countText, step] = process.argv.slice(2)
const count = Number(countText)
const path = `${directory}/store.db`
const steps = { fill, replay, rebuild, verify }

if (step) {
  process.send({ kind: 'step', ...steps[step]() })
  process.disconnect()
} else {
  const report = {}
  for (const name of Object.keys(steps)) Object.assign(report, await inChild(name))
  process.send({ ...report, kind: 'done' })
}

function inChild(name) {
  return new Promise((resolve, reject) => {
    const child = fork(process.argv[1], [directory, countText, name])
    child.once('message', resolve)
    child.once('exit', (code) => reject(new Error(`step ${name} ended with ${code}`)))
  })
}

function fill() {
  const store = open(path)
  const startedAt = performance.now()
  for (let first = 0; first < count; first += 1000) {
    store.write((tx) => {
      for (let index = first; index < first + 1000; index++) append(tx, job(index))
    })
  }
  store.close()
  return { batchRate: perSecond(startedAt) }
}

function replay() {
  const store = open(path, { mode: 'read' })
  let sum = 0
  for (const page of store.log.pages()) for (const { data } of page) sum += data.durationMs
  store.close()
  return { sum, replayRssMb: peakMb() }
}

function rebuild() {
  const store = open(path)
  const startedAt = performance.now()
  const { lockedMs } = store.rebuild('bench')
  const rebuildRate = perSecond(startedAt)
  store.close()
  return { rebuildRate, lockedMs, rebuildRssMb: peakMb() }
}

function verify() {
  const store = open(path, { mode: 'read' })
  const startedAt = performance.now()
  if (!store.verify().ok) throw new Error('verify found damage')
  store.close()
  return { verifyRate: perSecond(startedAt) }
}

function perSecond(startedAt) {
  return (count / (performance.now() - startedAt)) * 1000
}

function peakMb() {
  return process.resourceUsage().maxRSS / 1024
}
