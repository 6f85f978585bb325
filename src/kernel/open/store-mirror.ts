/** The mirror as a store shows it: catching up with the log, and following it. */
import { checkOptions, FUNCTION, type Kinds, SIGNAL } from '../arguments.ts'
import { StoreError } from '../errors.ts'
import { NewsWait } from '../follow/news-wait.ts'
import type { Mirror } from '../mirror/mirror.ts'
import type { MirrorFollowOptions, MirrorProgress, StoreMirror } from '../mirror/types.ts'
import type { Attachment } from './attachment.ts'

const FOLLOW: Kinds = { signal: SIGNAL, onProgress: FUNCTION }

/** Implements {@link StoreMirror} over the attached kernel. */
export function storeMirror(attachment: Attachment): StoreMirror {
  const catchUp = (): MirrorProgress => mirrorOf(attachment).catchUp()
  return {
    catchUp,
    follow: async (options = {}) => {
      checkOptions('follow', options, FOLLOW)
      await follow(attachment, options)
    },
  }
}

async function follow(
  attachment: Attachment,
  { signal, onProgress }: MirrorFollowOptions,
): Promise<void> {
  const mirror = mirrorOf(attachment)
  const news = new NewsWait(attachment.kernel.waker, signal)
  try {
    while (!news.isEnded) {
      const progress = mirror.catchUp()
      if (progress.lines > 0) onProgress?.(progress)
      await news.wait(() => mirror.hasNews)
    }
  } finally {
    news.end()
  }
}

function mirrorOf(attachment: Attachment): Mirror {
  const { mirror } = attachment.kernel
  if (mirror) return mirror
  throw new StoreError('ARGUMENT_INVALID', 'the store was opened without a mirror', {
    hint: "open it for writing, with { mirror: 'events.jsonl' }",
  })
}
