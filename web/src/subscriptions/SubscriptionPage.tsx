/** One subscription: what it gets, and every delivery with what came of it; one of them again. */
import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { Link, useNavigate, useParams } from '@tanstack/react-router'
import { RotateCcw, Send } from 'lucide-react'

import { useCan } from '../access/useCan'
import {
  deliveriesQuery,
  redeliver,
  sendTest,
  subscriptionQuery,
  type Delivery,
  type Subscription,
} from '../api/subscriptions'
import { Ago } from '../ui/Ago'
import { Button } from '../ui/Button'
import { absolute } from '../ui/format'
import { LoadMore } from '../ui/LoadMore'
import { Page, Panel } from '../ui/Page'
import { StateBadge } from '../ui/StateBadge'
import { Empty, ErrorState, Skeleton } from '../ui/states'
import { Cell, Row, Table, type Column } from '../ui/Table'
import { useMutate } from '../ui/useMutate'
import { SubscriptionActions } from './SubscriptionActions'
import { nameOf } from './types'

const REFRESH = 3_000
const COLUMNS: readonly Column[] = [
  { key: 'at', title: 'When', width: '110px' },
  { key: 'type', title: 'Event' },
  { key: 'state', title: 'State', width: '130px' },
  { key: 'answer', title: 'Answer' },
  { key: 'attempts', title: 'Attempts', align: 'right', width: '80px' },
  { key: 'again', title: '', label: 'Actions', width: '130px' },
]

export function SubscriptionPage() {
  const { id } = useParams({ from: '/subscriptions/$id' })
  const navigate = useNavigate()
  const { data, error, isPending, refetch } = useQuery(subscriptionQuery(id))
  const back = () => void navigate({ to: '/subscriptions' })
  return (
    <Page
      title={data ? nameOf(data) : 'Subscription'}
      actions={
        data && (
          <>
            <TestButton subscription={data} />
            <SubscriptionActions subscription={data} onDeleted={back} />
          </>
        )
      }
    >
      {isPending ? (
        <Panel>
          <Skeleton rows={3} />
        </Panel>
      ) : error ? (
        <Panel>
          <ErrorState
            error={error}
            retry={() => void refetch()}
            back={{ to: '/subscriptions', label: 'To the subscriptions' }}
          />
        </Panel>
      ) : (
        <>
          <Facts subscription={data} />
          <Deliveries subscription={data} />
        </>
      )}
    </Page>
  )
}

function TestButton({ subscription }: { subscription: Subscription }) {
  const mayTest = useCan('event-subscriptions', 'operator')
  const test = useMutate({
    run: () => sendTest(subscription.id),
    keys: [['subscription', subscription.id, 'deliveries']],
    done: () => 'Sent an event holdfast.test',
  })
  if (!mayTest) return null
  return (
    <Button busy={test.busy} disabled={!subscription.enabled} onClick={() => test.start(undefined)}>
      <Send size={14} aria-hidden /> Send a test
    </Button>
  )
}

function Facts({ subscription }: { subscription: Subscription }) {
  const until = subscription.previous_secret_until
  return (
    <Panel>
      <dl className="grid grid-cols-[auto_minmax(0,1fr)] gap-x-6 gap-y-1 px-4 py-3 [&_dd]:break-words [&_dt]:text-ink-faint">
        <dt>Address</dt>
        <dd className="font-mono text-xs leading-5 break-all">{subscription.url}</dd>
        <dt>Types</dt>
        <dd className="font-mono text-xs leading-5">{subscription.types.join(', ')}</dd>
        {subscription.condition && (
          <>
            <dt>Condition</dt>
            <dd className="font-mono text-xs leading-5">{subscription.condition}</dd>
          </>
        )}
        <dt>State</dt>
        <dd>{subscription.enabled ? 'on' : subscription.reason ? `off: ${subscription.reason}` : 'off'}</dd>
        {until && (
          <>
            <dt>Secret</dt>
            <dd>the one before the newest signs too until {absolute(until)}</dd>
          </>
        )}
      </dl>
    </Panel>
  )
}

function Deliveries({ subscription }: { subscription: Subscription }) {
  const list = useInfiniteQuery({ ...deliveriesQuery(subscription.id), refetchInterval: REFRESH })
  const deliveries = list.data?.pages.flatMap((page) => page.items) ?? []
  return (
    <Panel title="Deliveries">
      {list.isPending ? (
        <Skeleton rows={4} />
      ) : list.isLoadingError ? (
        <ErrorState error={list.error} retry={() => void list.refetch()} />
      ) : deliveries.length === 0 ? (
        <Empty title="Nothing was sent yet" Icon={Send}>
          <p>Events of its types that come from now on are sent. Send a test to try the address.</p>
        </Empty>
      ) : (
        <Table label="Deliveries" columns={COLUMNS}>
          {deliveries.map((delivery) => (
            <DeliveryRow key={delivery.id} delivery={delivery} subscription={subscription} />
          ))}
        </Table>
      )}
      <LoadMore query={list} />
    </Panel>
  )
}

function DeliveryRow({ delivery, subscription }: { delivery: Delivery; subscription: Subscription }) {
  const mayRedeliver = useCan('event-subscriptions', 'operator')
  const again = useMutate({
    run: () => redeliver(subscription.id, delivery.id),
    keys: [['subscription', subscription.id, 'deliveries']],
    done: () => `Sending ${delivery.type} again`,
  })
  return (
    <Row>
      <Cell className="text-ink-soft">
        <Ago at={delivery.at} />
      </Cell>
      <Cell>
        <Link
          to="/jobs/$id"
          params={{ id: delivery.id }}
          className="rounded font-mono text-xs text-accent hover:underline"
        >
          {delivery.type}
        </Link>
      </Cell>
      <Cell>
        <StateBadge state={delivery.state} />
      </Cell>
      <Cell className="text-xs break-words text-ink-soft">
        {delivery.status !== null && <span className="mr-2 tabular-nums">{delivery.status}</span>}
        {messageOf(delivery)}
      </Cell>
      <Cell right>{delivery.attempts}</Cell>
      <Cell right>
        {mayRedeliver && delivery.state !== 'RUNNING' && subscription.enabled && (
          <Button
            look="quiet"
            busy={again.busy}
            aria-label={`Redeliver ${delivery.type}`}
            onClick={() => again.start(undefined)}
          >
            <RotateCcw size={13} aria-hidden /> Redeliver
          </Button>
        )}
      </Cell>
    </Row>
  )
}

function messageOf({ error }: Delivery): string {
  if (typeof error !== 'object' || error === null || Array.isArray(error)) return ''
  return typeof error['message'] === 'string' ? error['message'] : ''
}
