/** Asks before a run is cancelled, and whether what it did is to be undone first. */
import { useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'

import { cancelRun } from '../../api/runs'
import type { Run } from '../../api/types'
import { Confirm } from '../../ui/Confirm'
import { Switch } from '../../ui/Switch'
import { useToast } from '../../ui/Toasts'
import { keysOf } from './keys'

interface Props {
  run: Run
  open: boolean
  onOpenChange: (open: boolean) => void
}

export function CancelDialog({ run, open, onOpenChange }: Props) {
  const [compensate, choose] = useState(false)
  const client = useQueryClient()
  const toast = useToast()
  const cancel = async () => {
    await cancelRun(run.id, compensate)
    toast.done(compensate ? 'The run is undone, then it ends' : 'Cancelled the run')
    await Promise.all(keysOf(run.id).map((queryKey) => client.invalidateQueries({ queryKey })))
  }
  return (
    <Confirm
      open={open}
      onOpenChange={onOpenChange}
      title="Cancel this run?"
      description="What runs now is stopped, and nothing new starts. A cancelled run can be run again."
      action="Cancel the run"
      danger
      onConfirm={cancel}
    >
      <div className="rounded-md border border-line px-3 py-2">
        <Switch checked={compensate} onChange={choose} label="Undo what succeeded first" />
        <p className="mt-1 text-xs text-ink-faint">
          Runs the nodes named by <code className="font-mono">compensate</code>, in reverse order.
        </p>
      </div>
    </Confirm>
  )
}
