import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { afterEach, describe, expect, test } from 'vitest'
import {
  currentProcessIdentity,
  formatIdentity,
  isProcessAlive,
  type ProcessIdentity,
  parseIdentity,
} from './identity.ts'
import { type ProcessProbe, type SignalAnswer, systemProcessProbe } from './process-probe.ts'

const absent = (): SignalAnswer => 'absent'
const notPermitted = (): SignalAnswer => 'not-permitted'

const OWNER: ProcessIdentity = {
  pid: 4711,
  startTime: '8392',
  bootId: '1c2d0000-0000-4000-8000-000000000001',
  pidNamespace: '4026531836',
  host: 'devbox~1f0c3a9b',
}

// A probe on the owner's machine that sees the owner alive, but for what the test says.
function probe(answers: Partial<ProcessProbe> = {}): ProcessProbe {
  return {
    pid: 1,
    bootId: () => OWNER.bootId,
    pidNamespace: () => OWNER.pidNamespace,
    host: () => OWNER.host,
    signal: () => 'exists',
    look: () => ({ startTime: OWNER.startTime, isZombie: false }),
    ...answers,
  }
}

describe('liveness', () => {
  test('a process with the same pid and start time is alive', () => {
    expect(isProcessAlive(OWNER, probe())).toBe('alive')
  })
  test('a process that may not be signalled is alive', () => {
    const answers = { signal: notPermitted, look: () => undefined }
    expect(isProcessAlive(OWNER, probe(answers))).toBe('alive')
  })
  test('a pid that nobody has is dead', () => {
    expect(isProcessAlive(OWNER, probe({ signal: absent }))).toBe('dead')
  })
  test('a pid with another start time was reused, so its owner is dead', () => {
    const look = () => ({ startTime: '9999', isZombie: false })
    expect(isProcessAlive(OWNER, probe({ look }))).toBe('dead')
    expect(isProcessAlive(OWNER, probe({ look, signal: notPermitted }))).toBe('dead')
  })
  test('a zombie is dead', () => {
    const look = () => ({ startTime: OWNER.startTime, isZombie: true })
    expect(isProcessAlive(OWNER, probe({ look }))).toBe('dead')
  })
  test('an owner of an earlier boot is dead, whoever has its pid now', () => {
    expect(isProcessAlive(OWNER, probe({ bootId: () => 'another' }))).toBe('dead')
  })
  test('an earlier boot is recognised even from another pid namespace', () => {
    const answers = { bootId: () => 'another', pidNamespace: () => '1' }
    expect(isProcessAlive(OWNER, probe(answers))).toBe('dead')
  })
  test('an owner on another host is unknown, even with another boot id', () => {
    const answers = { host: () => 'laptop', bootId: () => 'another' }
    expect(isProcessAlive(OWNER, probe(answers))).toBe('unknown')
  })
  test('an owner in another pid namespace is unknown, even when nobody has its pid here', () => {
    const answers = { pidNamespace: () => '4026532000', signal: absent }
    expect(isProcessAlive(OWNER, probe(answers))).toBe('unknown')
  })
  test('two unknown hosts or namespaces are not the same one', () => {
    expect(isProcessAlive({ ...OWNER, host: '' }, probe({ host: () => '', signal: absent }))).toBe(
      'unknown',
    )
    const anywhere = probe({ pidNamespace: () => '', signal: absent })
    expect(isProcessAlive({ ...OWNER, pidNamespace: '' }, anywhere)).toBe('unknown')
  })
  test('an unknown boot id on either side proves nothing', () => {
    expect(isProcessAlive({ ...OWNER, bootId: '' }, probe())).toBe('alive')
    expect(isProcessAlive(OWNER, probe({ bootId: () => '' }))).toBe('alive')
  })
  test('a used pid without a known start time is unknown, an unused one is dead', () => {
    const owner = { ...OWNER, startTime: '' }
    expect(isProcessAlive(owner, probe())).toBe('unknown')
    expect(isProcessAlive(owner, probe({ look: () => undefined }))).toBe('unknown')
    expect(isProcessAlive(owner, probe({ signal: absent }))).toBe('dead')
    const look = () => ({ startTime: '', isZombie: false })
    expect(isProcessAlive(OWNER, probe({ look }))).toBe('unknown')
  })
  test('a process that ends between the two questions is dead', () => {
    const answers = ['exists', 'absent'] as const
    let asked = 0
    const signal = () => answers[asked++] ?? 'absent'
    expect(isProcessAlive(OWNER, probe({ signal, look: () => undefined }))).toBe('dead')
  })
})

describe('text', () => {
  test('an identity survives being written and read', () => {
    const odd = { ...OWNER, host: 'my box: 100%\n', startTime: '', bootId: '' }
    for (const identity of [OWNER, odd]) {
      const text = formatIdentity(identity)
      expect(text).not.toMatch(/\s/)
      expect(parseIdentity(text)).toEqual(identity)
    }
    expect(formatIdentity(OWNER)).toBe(
      '4711:8392:1c2d0000-0000-4000-8000-000000000001:4026531836:devbox~1f0c3a9b',
    )
  })
  test.each([
    '',
    'agent-7',
    '1:2:3:4',
    '1:2:3:4:5:6',
    '0:2:3:4:5',
    '-1:2:3:4:5',
    '1.5:2:3:4:5',
    '01:2:3:4:5',
    '2147483648:2:3:4:5',
    '1:2:3:4:%',
    '1:2:3:4:%61',
    `1:2:3:4:${'x'.repeat(2_000)}`,
  ])('%j is no identity', (text) => {
    expect(parseIdentity(text)).toBeUndefined()
  })
  test('an identity with an impossible pid is refused', () => {
    expect(() => formatIdentity({ ...OWNER, pid: 0 })).toThrow(
      expect.objectContaining({ code: 'ARGUMENT_INVALID' }),
    )
  })
})

describe.skipIf(process.platform === 'win32')('real processes', () => {
  const children: ChildProcess[] = []
  afterEach(() => {
    for (const child of children.splice(0)) child.kill('SIGKILL')
  })
  function start(command: string): ChildProcess & { readonly pid: number } {
    const child = spawn('sh', ['-c', command], { stdio: ['ignore', 'pipe', 'ignore'] })
    children.push(child)
    if (child.pid === undefined) throw new Error('sh did not start')
    return child as ChildProcess & { readonly pid: number }
  }
  function identityOf(pid: number): ProcessIdentity {
    const own = currentProcessIdentity()
    return { ...own, pid, startTime: systemProcessProbe().look(pid)?.startTime ?? '' }
  }

  test('this process is alive by its own identity, from any probe', () => {
    const own = currentProcessIdentity()
    expect(own.pid).toBe(process.pid)
    expect(own.startTime).toMatch(/^\d+$/)
    expect(isProcessAlive(own)).toBe('alive')
    expect(currentProcessIdentity()).toEqual(own)
    expect(parseIdentity(formatIdentity(own))).toEqual(own)
  })
  test('a child is alive, and dead once it was killed', async () => {
    const child = start('exec sleep 60')
    const identity = identityOf(child.pid)
    expect(isProcessAlive(identity)).toBe('alive')
    child.kill('SIGKILL')
    await once(child, 'exit')
    expect(isProcessAlive(identity)).toBe('dead')
  })
  test('a stopped child is alive', async () => {
    const child = start('exec sleep 60')
    const identity = identityOf(child.pid)
    child.kill('SIGSTOP')
    await expect.poll(() => stateOf(child.pid)).toBe('T')
    expect(isProcessAlive(identity)).toBe('alive')
  })
  test('a zombie child is dead although its pid still answers', async () => {
    // The shell becomes `sleep`, which never asks about the child that it inherits.
    const parent = start('sleep 60 & echo $!; exec sleep 60')
    const [pidText] = await once(parent.stdout as NodeJS.ReadableStream, 'data')
    const identity = identityOf(Number(String(pidText)))
    expect(isProcessAlive(identity)).toBe('alive')
    process.kill(identity.pid, 'SIGKILL')
    await expect.poll(() => stateOf(identity.pid)).toBe('Z')
    expect(systemProcessProbe().signal(identity.pid)).toBe('exists')
    expect(isProcessAlive(identity)).toBe('dead')
  })
  test('a live pid with another start time is dead', () => {
    const own = currentProcessIdentity()
    expect(isProcessAlive({ ...own, startTime: '1' })).toBe('dead')
  })
})

async function stateOf(pid: number): Promise<string> {
  const ps = spawn('ps', ['-o', 'stat=', '-p', String(pid)], {
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  const [output] = await once(ps.stdout, 'data')
  return String(output).trim().slice(0, 1)
}
