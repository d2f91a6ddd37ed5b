/** What can be done with a subscription: try it, change it, replace its secret, delete it. */
import { Ellipsis, KeyRound, Pencil, Send, Trash2 } from 'lucide-react'
import { useState } from 'react'
import { useQueryClient } from '@tanstack/react-query'

import { useCan } from '../access/useCan'
import {
  deleteSubscription,
  rotateSecret,
  sendTest,
  type Rotated,
  type Subscription,
} from '../api/subscriptions'
import { Button } from '../ui/Button'
import { Confirm } from '../ui/Confirm'
import { absolute } from '../ui/format'
import { Menu, MenuItem, MenuLine } from '../ui/Menu'
import { useToast } from '../ui/Toasts'
import { useMutate } from '../ui/useMutate'
import { MadeSecret } from './MadeSecret'
import { SubscriptionDialog } from './SubscriptionDialog'
import { nameOf } from './types'

interface Props {
  subscription: Subscription
  onDeleted?: () => void
}

type Asked = 'edit' | 'rotate' | 'delete' | null

export function SubscriptionActions({ subscription, onDeleted }: Props) {
  const [asked, ask] = useState<Asked>(null)
  const name = nameOf(subscription)
  const mayTest = useCan('event-subscriptions', 'operator')
  const mayChange = useCan('event-subscriptions', 'editor')
  const test = useMutate({
    run: () => sendTest(subscription.id),
    keys: [['subscription', subscription.id, 'deliveries']],
    done: () => `Sent an event holdfast.test to ${name}`,
  })
  if (!mayTest) return null
  return (
    <>
      <Menu
        trigger={
          <Button look="quiet" aria-label={`Actions of ${name}`} className="!px-1.5">
            <Ellipsis size={15} aria-hidden />
          </Button>
        }
      >
        <MenuItem Icon={Send} disabled={!subscription.enabled} onSelect={() => test.start(undefined)}>
          Send a test
        </MenuItem>
        {mayChange && (
          <>
            <MenuItem Icon={Pencil} onSelect={() => ask('edit')}>
              Change…
            </MenuItem>
            <MenuItem Icon={KeyRound} onSelect={() => ask('rotate')}>
              Rotate the secret…
            </MenuItem>
            <MenuLine />
            <MenuItem Icon={Trash2} danger onSelect={() => ask('delete')}>
              Delete…
            </MenuItem>
          </>
        )}
      </Menu>
      <SubscriptionDialog
        open={asked === 'edit'}
        onOpenChange={() => ask(null)}
        subscription={subscription}
      />
      <Questions subscription={subscription} asked={asked} onClose={() => ask(null)} onDeleted={onDeleted} />
    </>
  )
}

interface QuestionsProps {
  subscription: Subscription
  asked: Asked
  onClose: () => void
  onDeleted: (() => void) | undefined
}

function Questions({ subscription, asked, onClose, onDeleted }: QuestionsProps) {
  const client = useQueryClient()
  const toast = useToast()
  const [rotated, setRotated] = useState<Rotated | null>(null)
  const name = nameOf(subscription)
  const remove = async () => {
    await deleteSubscription(subscription.id)
    toast.done(`Deleted ${name}`)
    onDeleted?.()
    await client.invalidateQueries({ queryKey: ['subscriptions'] })
  }
  const rotate = async () => {
    setRotated(await rotateSecret(subscription.id))
    await client.invalidateQueries({ queryKey: ['subscription', subscription.id] })
  }
  return (
    <>
      <Confirm
        open={asked === 'delete'}
        onOpenChange={onClose}
        danger
        title={`Delete ${name}?`}
        description="Nothing is sent any more; deliveries on their way are cancelled when their turn comes."
        action="Delete"
        onConfirm={remove}
      />
      <Confirm
        open={asked === 'rotate'}
        onOpenChange={onClose}
        title={`Rotate the secret of ${name}?`}
        description="A new secret signs from now on. The one before signs too for 24 hours; a second rotation ends that of the first."
        action="Rotate"
        onConfirm={rotate}
      />
      {rotated && (
        <MadeSecret
          secret={rotated.secret}
          previousUntil={rotated.previous_secret_until ? absolute(rotated.previous_secret_until) : undefined}
          onClose={() => setRotated(null)}
        />
      )}
    </>
  )
}
