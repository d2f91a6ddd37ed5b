/** Approve or reject, with a comment. Who may is told; whoever else tries is refused by the server in its own words. */
import { Check, X } from 'lucide-react'
import { useState } from 'react'

import { signalRun } from '../../api/runs'
import type { Wait } from '../../api/types'
import { Button } from '../../ui/Button'
import { Labelled, TextArea } from '../../ui/inputs'
import { useMutate } from '../../ui/useMutate'
import { keysOf } from './keys'

export function Approval({ run, wait }: { run: string; wait: Wait }) {
  const [comment, setComment] = useState('')
  const [decision, setDecision] = useState<boolean | null>(null)
  const decide = useMutate({
    run: (approved: boolean) => {
      setDecision(approved)
      return signalRun(run, wait.name, { approved, ...(comment.trim() && { comment: comment.trim() }) })
    },
    keys: keysOf(run),
    done: (_, approved) => (approved ? 'Approved' : 'Rejected'),
  })
  const approvers = wait.approvers ?? []
  return (
    <div className="space-y-2.5">
      <p className="text-xs text-ink-soft">
        {approvers.length > 0 ? (
          <>
            Decided by <span className="font-medium text-ink">{approvers.join(', ')}</span>
          </>
        ) : (
          'Decided by whoever may operate the run'
        )}
      </p>
      <Labelled label="Comment">
        {(wiring) => (
          <TextArea
            {...wiring}
            rows={2}
            value={comment}
            placeholder="Optional"
            onChange={(event) => setComment(event.target.value)}
          />
        )}
      </Labelled>
      <div className="flex gap-2">
        <Button
          look="primary"
          busy={decide.busy && decision === true}
          disabled={decide.busy}
          onClick={() => decide.start(true)}
        >
          <Check size={14} aria-hidden /> Approve
        </Button>
        <Button
          look="danger"
          busy={decide.busy && decision === false}
          disabled={decide.busy}
          onClick={() => decide.start(false)}
        >
          <X size={14} aria-hidden /> Reject
        </Button>
      </div>
    </div>
  )
}
