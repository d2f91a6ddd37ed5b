/** Makes a subscription, or changes one: address, types, title, condition. A new one's secret is handed on, this once. */
import { useState, type SubmitEvent } from 'react'

import { newKey } from '../api/http'
import {
  changeSubscription,
  createSubscription,
  type Subscription,
  type SubscriptionDraft,
} from '../api/subscriptions'
import { CodeField } from '../ui/code/CodeField'
import { Dialog } from '../ui/Dialog'
import { FormFoot } from '../ui/FormFoot'
import { Labelled, TextInput } from '../ui/inputs'
import { useMutate } from '../ui/useMutate'
import { nameOf, typesIn } from './types'

interface Props {
  open: boolean
  onOpenChange: (open: boolean) => void
  /** Null: a new one. */
  subscription: Subscription | null
  onMade?: (made: Subscription) => void
}

export function SubscriptionDialog({ open, onOpenChange, subscription, onMade }: Props) {
  return (
    <Dialog
      open={open}
      onOpenChange={onOpenChange}
      title={subscription ? `Change ${nameOf(subscription)}` : 'New subscription'}
      description="Events of these types are sent to the address, signed by Standard Webhooks, with retries."
    >
      <Draft subscription={subscription} onClose={() => onOpenChange(false)} onMade={onMade} />
    </Dialog>
  )
}

interface DraftProps {
  subscription: Subscription | null
  onClose: () => void
  onMade: ((made: Subscription) => void) | undefined
}

function useSave(subscription: Subscription | null, onDone: (made: Subscription) => void) {
  // A repeat after a lost answer is the same subscription.
  const [key] = useState(newKey)
  return useMutate({
    run: (draft: SubscriptionDraft) =>
      subscription ? changeSubscription(subscription.id, draft) : createSubscription(draft, key),
    keys: [['subscriptions'], ['subscription']],
    done: (made) => `Saved ${nameOf(made)}`,
    onDone,
  })
}

function Draft({ subscription, onClose, onMade }: DraftProps) {
  const [url, setUrl] = useState(subscription?.url ?? '')
  const [types, setTypes] = useState(subscription?.types.join(', ') ?? '')
  const [title, setTitle] = useState(subscription?.title ?? '')
  const [condition, setCondition] = useState(subscription?.condition ?? '')
  const [refused, refuse] = useState<unknown>(null)
  const save = useSave(subscription, (made) => {
    onClose()
    onMade?.(made)
  })
  const submit = (event: SubmitEvent) => {
    event.preventDefault()
    refuse(null)
    const draft = { url: url.trim(), types: typesIn(types), title, condition: condition.trim() || null }
    save.startAsync(draft).catch(refuse)
  }
  return (
    <form onSubmit={submit} className="space-y-3 overflow-y-auto p-4">
      <Labelled label="Address" required>
        {(wiring) => (
          <TextInput
            {...wiring}
            type="url"
            required
            autoFocus
            placeholder="https://crm.example.com/webhooks"
            value={url}
            onChange={(event) => setUrl(event.target.value)}
          />
        )}
      </Labelled>
      <Labelled
        label="Types"
        required
        hint="Such as order.paid; order.* stands for all that begin so, * for all."
      >
        {(wiring) => (
          <TextInput
            {...wiring}
            required
            spellCheck={false}
            placeholder="order.*, workflow.finished"
            value={types}
            onChange={(event) => setTypes(event.target.value)}
          />
        )}
      </Labelled>
      <Labelled label="Title">
        {(wiring) => (
          <TextInput {...wiring} value={title} onChange={(event) => setTitle(event.target.value)} />
        )}
      </Labelled>
      <div className="space-y-1">
        <span className="text-xs font-medium text-ink-soft">Condition</span>
        <CodeField
          language="expression"
          label="Condition"
          singleLine
          placeholder="event.data.total > 100"
          value={condition}
          onChange={setCondition}
        />
        <p className="text-xs text-ink-faint">Only events for which it is true are sent. May be left out.</p>
      </div>
      <FormFoot
        action={subscription ? 'Save' : 'Subscribe'}
        busy={save.busy}
        refused={refused}
        onCancel={onClose}
      />
    </form>
  )
}
