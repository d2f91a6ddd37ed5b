/** Who gets which events: every subscription, on or off; make one, and see its secret this once. */
import { useInfiniteQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { Plus, Rss } from 'lucide-react'
import { useState } from 'react'

import { Allowed } from '../access/Allowed'
import { useCan } from '../access/useCan'
import { changeSubscription, subscriptionsQuery, type Subscription } from '../api/subscriptions'
import { Ago } from '../ui/Ago'
import { Button } from '../ui/Button'
import { LoadMore } from '../ui/LoadMore'
import { Page, Panel } from '../ui/Page'
import { Empty, ErrorState, Skeleton } from '../ui/states'
import { Switch } from '../ui/Switch'
import { Cell, Row, Table, type Column } from '../ui/Table'
import { useMutate } from '../ui/useMutate'
import { MadeSecret } from './MadeSecret'
import { SubscriptionActions } from './SubscriptionActions'
import { SubscriptionDialog } from './SubscriptionDialog'
import { nameOf } from './types'

const COLUMNS: readonly Column[] = [
  { key: 'name', title: 'Subscription' },
  { key: 'types', title: 'Types' },
  { key: 'changed', title: 'Changed', width: '110px' },
  { key: 'on', title: 'On', width: '70px' },
  { key: 'actions', title: '', label: 'Actions', width: '48px' },
]

export function SubscriptionsPage() {
  const list = useInfiniteQuery(subscriptionsQuery())
  const [making, make] = useState(false)
  const [made, setMade] = useState<Subscription | null>(null)
  const subscriptions = list.data?.pages.flatMap((page) => page.items) ?? []
  return (
    <Page
      title="Subscriptions"
      actions={
        <Allowed area="event-subscriptions" role="editor">
          <Button look="primary" onClick={() => make(true)}>
            <Plus size={14} aria-hidden /> New subscription
          </Button>
        </Allowed>
      }
    >
      <Panel>
        {list.isPending ? (
          <Skeleton />
        ) : list.isLoadingError ? (
          <ErrorState error={list.error} retry={() => void list.refetch()} />
        ) : subscriptions.length === 0 ? (
          <Empty title="No subscription yet" Icon={Rss}>
            <p>
              A subscription takes chosen events to an address of another system, signed and with retries.
            </p>
          </Empty>
        ) : (
          <Table label="Subscriptions" columns={COLUMNS}>
            {subscriptions.map((each) => (
              <SubscriptionRow key={each.id} subscription={each} />
            ))}
          </Table>
        )}
        <LoadMore query={list} />
      </Panel>
      <SubscriptionDialog open={making} onOpenChange={make} subscription={null} onMade={setMade} />
      {made?.secret && <MadeSecret secret={made.secret} onClose={() => setMade(null)} />}
    </Page>
  )
}

function SubscriptionRow({ subscription }: { subscription: Subscription }) {
  const name = nameOf(subscription)
  const maySwitch = useCan('event-subscriptions', 'editor')
  const change = useMutate({
    run: (enabled: boolean) => changeSubscription(subscription.id, { enabled }),
    keys: [['subscriptions'], ['subscription']],
    done: (_, enabled) => `${enabled ? 'Switched on' : 'Switched off'} ${name}`,
  })
  return (
    <Row>
      <Cell>
        <div className="flex min-w-0 flex-col">
          <Link
            to="/subscriptions/$id"
            params={{ id: subscription.id }}
            className="w-fit rounded font-medium hover:underline"
          >
            {name}
          </Link>
          <span className="font-mono text-xs break-all text-ink-faint">{subscription.url}</span>
          {!subscription.enabled && subscription.reason && (
            <span className="text-xs text-[var(--failure-text)]">{subscription.reason}</span>
          )}
        </div>
      </Cell>
      <Cell>
        <span className="font-mono text-xs break-words">{subscription.types.join(', ')}</span>
        {subscription.condition && (
          <span className="block font-mono text-xs break-words text-ink-faint">
            if {subscription.condition}
          </span>
        )}
      </Cell>
      <Cell className="text-ink-soft">
        <Ago at={subscription.updated_at} />
      </Cell>
      <Cell>
        <Switch
          hidden
          label={`${name} is on`}
          checked={subscription.enabled}
          disabled={change.busy || !maySwitch}
          onChange={(enabled) => change.start(enabled)}
        />
      </Cell>
      <Cell right>
        <SubscriptionActions subscription={subscription} />
      </Cell>
    </Row>
  )
}
