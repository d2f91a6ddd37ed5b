/** Sends a signal with a payload: ends a `wait.event` or `wait.callback` in place of what it waits for. */
import { useState } from 'react'

import { signalRun } from '../../api/runs'
import type { Json } from '../../api/types'
import { Button } from '../../ui/Button'
import { Labelled, TextArea } from '../../ui/inputs'
import { useMutate } from '../../ui/useMutate'
import { readJson } from '../../workflows/readJson'
import { keysOf } from './keys'

interface Props {
  run: string
  name: string
  onClose: () => void
}

export function SignalForm({ run, name, onClose }: Props) {
  const [text, setText] = useState('{}')
  const payload = readJson(text)
  const send = useMutate({
    run: (value: Json) => signalRun(run, name, value),
    keys: keysOf(run),
    done: () => `Sent the signal ${name}`,
    onDone: onClose,
  })
  const submit = () => {
    if (payload.ok && !send.busy) send.start(payload.value as Json)
  }
  return (
    <form
      className="space-y-2"
      onSubmit={(event) => {
        event.preventDefault()
        submit()
      }}
    >
      <Labelled
        label={`Payload of the signal ${name}, as JSON`}
        error={payload.ok ? null : payload.message}
        hint="It becomes the node’s output."
      >
        {(wiring) => (
          <TextArea
            {...wiring}
            code
            rows={4}
            spellCheck={false}
            autoFocus
            value={text}
            onChange={(event) => setText(event.target.value)}
            onKeyDown={(event) => event.key === 'Enter' && (event.metaKey || event.ctrlKey) && submit()}
          />
        )}
      </Labelled>
      <div className="flex gap-2">
        <Button type="submit" look="primary" busy={send.busy} disabled={!payload.ok}>
          Send
        </Button>
        <Button look="quiet" onClick={onClose}>
          Never mind
        </Button>
      </div>
    </form>
  )
}
