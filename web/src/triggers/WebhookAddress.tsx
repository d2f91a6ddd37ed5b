/** The address of a webhook: to copy, and to try. It is there once the workflow was saved with it. */
import { useState } from 'react'

import type { TriggerDefinition } from '../api/types'
import { Button } from '../ui/Button'
import { CopyButton } from '../ui/CopyButton'
import { TestCall } from './TestCall'

interface Props {
  trigger: TriggerDefinition
  /** Null: it isn't saved yet. */
  url: string | null
  /** The document differs from what was saved, which is what a call starts. */
  dirty: boolean
}

export function WebhookAddress({ trigger, url, dirty }: Props) {
  const [trying, tryIt] = useState(false)
  if (url === null) {
    return (
      <p className="rounded-md border border-dashed border-line-strong px-2.5 py-2 text-xs text-ink-soft">
        It has no address yet: it gets one when you save the workflow.
      </p>
    )
  }
  return (
    <div className="space-y-1.5">
      <Address url={url} />
      <Button className="h-7" aria-expanded={trying} onClick={() => tryIt(!trying)}>
        Test call
      </Button>
      {trying && <TestCall trigger={trigger} url={url} dirty={dirty} />}
    </div>
  )
}

/** To read and to copy. */
export function Address({ url }: { url: string }) {
  return (
    <div className="flex items-center gap-1 rounded-md border border-line bg-page pl-2">
      <code
        aria-label="Webhook address"
        className="min-w-0 flex-1 truncate py-1 font-mono text-xs"
        title={url}
      >
        {url}
      </code>
      <CopyButton text={url} label="Copy the webhook address" />
    </div>
  )
}
