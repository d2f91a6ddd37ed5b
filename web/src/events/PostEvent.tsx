/** Posts an event of one's own: triggers, rules and subscriptions take it like any other. */
import { useState, type SubmitEvent } from 'react'

import { postEvent } from '../api/events'
import type { Json } from '../api/types'
import { JsonEditor } from '../ui/code/JsonEditor'
import { Dialog } from '../ui/Dialog'
import { FormFoot } from '../ui/FormFoot'
import { Labelled, TextInput } from '../ui/inputs'
import { useMutate } from '../ui/useMutate'

interface Props {
  open: boolean
  onOpenChange: (open: boolean) => void
}

export function PostEvent({ open, onOpenChange }: Props) {
  return (
    <Dialog
      open={open}
      onOpenChange={onOpenChange}
      title="Post an event"
      description="Event triggers, rules and subscriptions take it like any other."
    >
      <Draft onClose={() => onOpenChange(false)} />
    </Dialog>
  )
}

function Draft({ onClose }: { onClose: () => void }) {
  const [type, setType] = useState('')
  const [subject, setSubject] = useState('')
  const [data, setData] = useState<Json | undefined>({})
  const [refused, refuse] = useState<unknown>(null)
  const post = useMutate({
    run: () => postEvent(type.trim(), data ?? {}, subject.trim() || null),
    keys: [],
    done: () => `Posted ${type.trim()}`,
    onDone: onClose,
  })
  const submit = (event: SubmitEvent) => {
    event.preventDefault()
    refuse(null)
    post.startAsync(undefined).catch(refuse)
  }
  return (
    <form onSubmit={submit} className="space-y-3 overflow-y-auto p-4">
      <Labelled label="Type" required hint="Such as order.paid; the engine’s own words (job.…) are refused.">
        {(wiring) => (
          <TextInput
            {...wiring}
            required
            autoFocus
            spellCheck={false}
            autoComplete="off"
            value={type}
            onChange={(event) => setType(event.target.value)}
          />
        )}
      </Labelled>
      <Labelled label="Subject" hint="What it is about; may be left out.">
        {(wiring) => (
          <TextInput {...wiring} value={subject} onChange={(event) => setSubject(event.target.value)} />
        )}
      </Labelled>
      <div className="space-y-1">
        <span className="text-xs font-medium text-ink-soft">Data</span>
        <JsonEditor label="Data" value={data} onChange={setData} className="min-h-28" />
      </div>
      <FormFoot action="Post" busy={post.busy} refused={refused} onCancel={onClose} />
    </form>
  )
}
