/** Subscriptions to events: make, change, delete; their secret; test; deliveries, and one of them again. */
import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'

import { call, newKey, query } from './http'
import type { Shape } from './shapes'
import type { Page } from './types'

export type Subscription = Shape<'SubscriptionShape'>
export type Delivery = Shape<'DeliveryShape'>
export type Rotated = Shape<'RotatedShape'>

export interface SubscriptionDraft {
  url: string
  types: string[]
  title: string
  condition: string | null
}

const API = '/api/v1/event-subscriptions'
const first = null as string | null
const one = (id: string) => `${API}/${encodeURIComponent(id)}`

export const subscriptionsQuery = () =>
  infiniteQueryOptions({
    queryKey: ['subscriptions'],
    initialPageParam: first,
    queryFn: ({ pageParam, signal }) =>
      call<Page<Subscription>>(`${API}${query({ limit: 100, cursor: pageParam })}`, { signal }),
    getNextPageParam: (page) => page.next,
  })

export const subscriptionQuery = (id: string) =>
  queryOptions({
    queryKey: ['subscription', id],
    queryFn: ({ signal }) => call<Subscription>(one(id), { signal }),
  })

export const deliveriesQuery = (id: string) =>
  infiniteQueryOptions({
    queryKey: ['subscription', id, 'deliveries'],
    initialPageParam: first,
    queryFn: ({ pageParam, signal }) =>
      call<Page<Delivery>>(`${one(id)}/deliveries${query({ limit: 50, cursor: pageParam })}`, { signal }),
    getNextPageParam: (page) => page.next,
  })

/** Its answer holds the secret, this once. */
export function createSubscription(draft: SubscriptionDraft, idempotencyKey: string): Promise<Subscription> {
  return call(API, { method: 'POST', body: draft, idempotencyKey })
}

export function changeSubscription(
  id: string,
  change: Partial<SubscriptionDraft & { enabled: boolean }>,
): Promise<Subscription> {
  return call(one(id), { method: 'PATCH', body: change })
}

export function deleteSubscription(id: string): Promise<void> {
  return call(one(id), { method: 'DELETE' })
}

/** A new secret, shown this once. */
export function rotateSecret(id: string): Promise<Rotated> {
  return call(`${one(id)}/rotate`, { method: 'POST', body: {} })
}

export function sendTest(id: string): Promise<Delivery> {
  return call(`${one(id)}/test`, { method: 'POST', idempotencyKey: newKey() })
}

export function redeliver(id: string, delivery: string): Promise<Delivery> {
  return call(`${one(id)}/deliveries/${encodeURIComponent(delivery)}/redeliver`, {
    method: 'POST',
    idempotencyKey: newKey(),
  })
}
