/**
 * Claiming a block in which nobody listens: reserve, bind outside any transaction, then confirm it
 * or mark it occupied and go on with the next. Each round settles one block, so it comes to an end.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { isStoreError } from '../errors.ts'
import type { BindProbe } from './ports-probe.ts'
import type { PortBlock } from './ports-types.ts'

/** The steps, each a transaction of its own. */
export interface ClaimSteps {
  reserve(key: string): PortBlock
  activate(block: PortBlock): PortBlock
  release(block: PortBlock): boolean
  /** Keeps the block from being given for a while; `port` is in use. */
  occupy(block: PortBlock, port: number): void
}

// Another process of the same key is probing: as often as makes no load and is not felt.
const WAIT_MS = 20
/** Longer than another process's reservation can keep us waiting. */
const PATIENCE_MS = 120_000

/** Gives the key's block, or the first that can be bound. */
export async function claimFreeBlock(
  steps: ClaimSteps,
  key: string,
  bindProbe: BindProbe,
): Promise<PortBlock> {
  const deadline = performance.now() + PATIENCE_MS
  for (;;) {
    const block = await reserveOrWait(steps, key, deadline)
    if (block.state === 'active') return block
    const taken = await tryPorts(steps, block, bindProbe)
    if (taken !== undefined) {
      steps.occupy(block, taken)
      continue
    }
    try {
      return steps.activate(block)
    } catch (error) {
      // The probe took longer than the reservation lasts.
      if (!isStoreError(error, 'LEASE_LOST') || performance.now() > deadline) throw error
    }
  }
}

async function reserveOrWait(steps: ClaimSteps, key: string, deadline: number): Promise<PortBlock> {
  for (;;) {
    try {
      return steps.reserve(key)
    } catch (error) {
      if (!isStoreError(error, 'LEASE_HELD') || performance.now() > deadline) throw error
      await sleep(WAIT_MS)
    }
  }
}

async function tryPorts(
  steps: ClaimSteps,
  block: PortBlock,
  bindProbe: BindProbe,
): Promise<number | undefined> {
  try {
    return await bindProbe(block.base, block.size)
  } catch (error) {
    // Nothing was learnt of these ports, so they stay as free as they were.
    steps.release(block)
    throw error
  }
}
