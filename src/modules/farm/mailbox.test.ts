import { tmpdir } from 'node:os'
import { expect, onTestFinished, test } from 'vitest'
import { createTestStore } from '../../testing/test-store.ts'
import { farm } from './index.ts'

function mailbox() {
  const test = createTestStore({ farm })
  onTestFinished(() => test.close())
  return { test, clock: test.clock, mail: test.store.farm.in(tmpdir()).mail }
}

const bodies = (messages: readonly { readonly body: string }[]) => messages.map(({ body }) => body)

test('held mail is given in the order it came in, until it is delivered', () => {
  const { mail } = mailbox()
  const [first] = ['one', 'two'].map((body) => mail.send({ to: 'B001', body }))
  mail.send({ to: 'B002', body: 'other' })
  expect(bodies(mail.due('B001'))).toEqual(['one', 'two'])
  expect(mail.delivered(first?.id ?? '')).toBe(true)
  expect(mail.delivered(first?.id ?? '')).toBe(false)
  expect(bodies(mail.due('B001'))).toEqual(['two'])
})

test('mail outlives the store being closed', () => {
  const { test, mail } = mailbox()
  mail.send({ to: 'B001', body: 'later' })
  expect(bodies(test.reopen().farm.in(tmpdir()).mail.due('B001'))).toEqual(['later'])
})

test('a delayed message is not due before its time', () => {
  const { mail, clock } = mailbox()
  mail.send({ to: 'B001', body: 'later', notBeforeMs: clock.now() + 1000 })
  mail.send({ to: 'B001', body: 'now' })
  expect(bodies(mail.due('B001', { limit: 1 }))).toEqual(['now'])
  clock.advance(1000)
  expect(bodies(mail.due('B001'))).toEqual(['later', 'now'])
})

test('a message takes the place of held ones with its key and recipient, and of no others', () => {
  const { mail } = mailbox()
  for (const [to, body] of [
    ['B001', 'old'],
    ['B002', 'theirs'],
  ] as const) {
    mail.send({ to, body, supersedeKey: 'status' })
  }
  mail.send({ to: 'B001', body: 'other', supersedeKey: 'cron' })
  mail.send({ to: 'B001', body: 'plain' })
  mail.send({ to: 'B001', body: 'new', supersedeKey: 'status' })
  expect(bodies(mail.due('B001'))).toEqual(['other', 'plain', 'new'])
  expect(bodies(mail.list({ state: 'superseded' }))).toEqual(['old'])
  expect(bodies(mail.due('B002'))).toEqual(['theirs'])
})

test('sending an id again changes nothing, even after delivery', () => {
  const { mail } = mailbox()
  mail.send({ id: 'm1', to: 'B001', body: 'once' })
  mail.delivered('m1')
  expect(mail.send({ id: 'm1', to: 'B001', body: 'twice' })).toMatchObject({
    body: 'once',
    state: 'delivered',
  })
  expect(mail.due('B001')).toEqual([])
})

test('what is settled stays so; what is held can be given a reason and escalated once', () => {
  const { mail } = mailbox()
  mail.send({ id: 'm1', to: 'B001', body: 'x' })
  expect([mail.hold('m1', 'busy'), mail.escalate('m1'), mail.escalate('m1')]).toEqual([
    true,
    true,
    false,
  ])
  expect(mail.get('m1')).toMatchObject({ reason: 'busy', isEscalated: true })
  expect(mail.dismiss('m1', 'builder gone')).toBe(true)
  expect([mail.delivered('m1'), mail.hold('m1', 'y'), mail.dismiss('m1', 'z')]).toEqual([
    false,
    false,
    false,
  ])
  expect(mail.get('m1')?.reason).toBe('builder gone')
})

test('settled mail is pruned after a week, held mail never', () => {
  const { mail, clock } = mailbox()
  for (const id of ['m1', 'm2']) mail.send({ id, to: 'B001', body: id })
  mail.delivered('m1')
  clock.advance(7 * 24 * 3_600_000)
  expect(mail.prune()).toBe(0)
  clock.advance(1)
  expect(mail.prune()).toBe(1)
  expect(bodies(mail.list())).toEqual(['m2'])
  expect(mail.waiting()).toMatchObject([{ agent: 'B001', held: 1 }])
})

test('a message to nobody is refused', () => {
  expect(() => mailbox().mail.send({ to: '', body: 'x' })).toThrow(
    expect.objectContaining({ code: 'ARGUMENT_INVALID' }),
  )
})
